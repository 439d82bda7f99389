"""The deployed agents of a stack, put together from what its state holds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentry.deploy import RecordedResource, engine_of
from agentry.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentry.cli.chosen import ChosenStack

ENDPOINT, VERSION, ALIAS = (f"agentry:index:{kind}" for kind in ("ServingEndpoint", "ModelVersion", "ModelAlias"))


def value(resource: RecordedResource, key: str, default: Any = "") -> Any:
    """An output of a resource, or its input of that name; secrets are masked."""
    found = resource.outputs.get(key, resource.inputs.get(key))
    return default if found is None else found


@dataclass(frozen=True)
class RecordedAgent:
    """A deployed agent: its endpoint, what was registered for it, and the aliases that follow it.

    Attributes:
        name: Its endpoint's name in the program, which is the component's.
        endpoint: The ServingEndpoint.
        version: The ModelVersion; None for an agent that uses an existing version (`source`).
        aliases: The ModelAliases.
    """

    name: str
    endpoint: RecordedResource
    version: RecordedResource | None
    aliases: tuple[RecordedResource, ...]

    @property
    def endpoint_name(self) -> str:
        """What the workspace calls the endpoint."""
        return str(value(self.endpoint, "name"))

    @property
    def url(self) -> str:
        """Where questions go."""
        return str(value(self.endpoint, "url"))


def recorded_resources(stack: ChosenStack) -> tuple[RecordedResource, ...]:
    """What the stack holds; nothing for one that was never brought up.

    Raises:
        AgentryError: The state can not be found, opened or read.
    """
    resolved = stack.resolve()
    return asyncio.run(engine_of(resolved, stack.engine).resources(resolved))


def recorded_agent(stack: ChosenStack, name: str) -> RecordedAgent:
    """One deployed agent of a stack.

    Raises:
        ConfigError: There is none of that name; says which there are.
    """
    return named(agents(recorded_resources(stack)), name, stack)


def agents(resources: Sequence[RecordedResource]) -> list[RecordedAgent]:
    """The deployed agents, in the order of their endpoints."""
    live = [resource for resource in resources if not resource.leaving]
    return [_agent(resource, live) for resource in live if resource.type == ENDPOINT]


def _agent(endpoint: RecordedResource, resources: Sequence[RecordedResource]) -> RecordedAgent:
    """The endpoint with what belongs to it: what has the same parent and is about the same model."""
    mine = [
        resource
        for resource in resources
        if resource.parent == endpoint.parent and value(resource, "model") == value(endpoint, "model")
    ]
    version = next((resource for resource in mine if resource.type == VERSION), None)
    return RecordedAgent(endpoint.name, endpoint, version, tuple(one for one in mine if one.type == ALIAS))


def named(deployed: Sequence[RecordedAgent], name: str, stack: ChosenStack) -> RecordedAgent:
    """The agent of that name.

    Raises:
        ConfigError: There is none; says which there are.
    """
    known = {agent.name: agent for agent in deployed}
    if name in known:
        return known[name]
    raise ConfigError(
        f"no agent {name!r} is deployed in stack {stack.name}",
        why=f"deployed there: {', '.join(known)}" if known else "nothing is deployed there yet",
        fix="give one of these names" if known else f"agentry up{stack.option}",
    )
