"""What a stack's state says, read without its passphrase: secrets stay `[secret]`.

`ask`, `status`, `logs` and `inspect` need no more, and none of them should have to know a passphrase.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentry.clock import RealClock
from agentry.engine.backend import FileBackend
from agentry.engine.project import read_project
from agentry.engine.values import mask
from agentry.errors import ConfigError, StateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agentry.cli.stack import ChosenStack

ENDPOINT, VERSION, ALIAS = (f"agentry:index:{kind}" for kind in ("ServingEndpoint", "ModelVersion", "ModelAlias"))


@dataclass(frozen=True)
class Node:
    """A resource of the state.

    Attributes:
        urn: Its URN.
        type: Its type token.
        name: Its name in the program.
        parent: Its parent's URN.
        inputs: What was declared, with what Check added; secrets masked.
        outputs: What the provider made of it; secrets masked.
    """

    urn: str
    type: str
    name: str
    parent: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]

    def get(self, key: str, default: Any = "") -> Any:
        """An output, or the input of that name."""
        value = self.outputs.get(key, self.inputs.get(key))
        return default if value is None else value


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
    endpoint: Node
    version: Node | None
    aliases: tuple[Node, ...]

    @property
    def endpoint_name(self) -> str:
        """What the workspace calls the endpoint."""
        return str(self.endpoint.get("name"))

    @property
    def url(self) -> str:
        """Where questions go."""
        return str(self.endpoint.get("url"))


@dataclass(frozen=True)
class Recorded:
    """A stack's state.

    Attributes:
        stack: The stack's name.
        nodes: Its resources.
        outputs: What its program exports; secrets masked.
    """

    stack: str
    nodes: tuple[Node, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)

    def agents(self) -> list[RecordedAgent]:
        """The deployed agents, in the program's order."""
        return [_agent(node, self.nodes) for node in self.nodes if node.type == ENDPOINT]

    def agent(self, name: str) -> RecordedAgent:
        """One agent.

        Raises:
            ConfigError: There is none of that name; says which there are.
        """
        known = {agent.name: agent for agent in self.agents()}
        if name in known:
            return known[name]
        raise ConfigError(
            f"no agent {name!r} is deployed in stack {self.stack}",
            why=f"deployed there: {', '.join(known)}" if known else "nothing is deployed there yet",
            fix=f"agentry ask {next(iter(known))} ..." if known else f"agentry up{_option(self.stack)}",
        )


def _option(stack: str) -> str:
    return "" if stack == "local" else f" --stack {stack}"


def _agent(endpoint: Node, nodes: Iterable[Node]) -> RecordedAgent:
    """The endpoint with what belongs to it: of the same component, or else of the same model."""
    model = endpoint.get("model")
    mine = [
        node for node in nodes if node.get("model") == model and (node.parent == endpoint.parent or not endpoint.parent)
    ]
    versions = [node for node in mine if node.type == VERSION]
    aliases = tuple(node for node in mine if node.type == ALIAS)
    return RecordedAgent(endpoint.name, endpoint, versions[-1] if versions else None, aliases)


def read_recorded(stack: ChosenStack) -> Recorded:
    """Read the state of a stack; empty when nothing was ever deployed.

    Raises:
        ConfigError: The stack needs a backend and none is named.
        StateError: The state is no checkpoint.
    """
    project = read_project(stack.root / "Pulumi.yaml").name
    backend = FileBackend(stack.backend(), project, base=stack.root, clock=RealClock())
    data = backend.load(stack.name)
    return Recorded(stack.name) if data is None else parse(data, stack.name, str(backend.checkpoint_file(stack.name)))


def parse(data: bytes, stack: str, where: str) -> Recorded:
    """The state in a checkpoint file.

    Args:
        data: The file.
        stack: The stack's name.
        where: The file's name, for errors.

    Raises:
        StateError: It is no checkpoint.
    """
    try:
        latest = json.loads(data)["checkpoint"]["latest"] or {}
        nodes = tuple(_node(record) for record in latest.get("resources") or () if not record.get("delete"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError("is no checkpoint", where=where, why=f"{type(error).__name__}: {error}") from error
    root = next((node for node in nodes if node.type == "pulumi:pulumi:Stack"), None)
    return Recorded(stack, nodes, root.outputs if root else {})


def _node(record: dict[str, Any]) -> Node:
    urn = str(record["urn"])
    return Node(
        urn=urn,
        type=str(record["type"]),
        name=urn.split("::", 3)[3],
        parent=str(record.get("parent") or ""),
        inputs=mask(record.get("inputs") or {}),
        outputs=mask(record.get("outputs") or {}),
    )
