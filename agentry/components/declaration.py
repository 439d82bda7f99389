"""What a program says of an agent, and what follows from it before anything is registered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from agentry.components import arguments, endpoint
from agentry.inspector import NOT_KNOWN, compare, inspect_agent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from agentry.resources import Resource


@dataclass(frozen=True, slots=True)
class Decided:
    """What is known of an agent once its declaration was looked at and its code was read.

    Attributes:
        places: Where its code uses what it uses, as far as it was seen to: `agents/weather/agent.py:41: query()`.
    """

    model: str
    uses: tuple[Resource, ...]
    aliases: tuple[str, ...]
    endpoint_name: str
    places: Mapping[Resource, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """The arguments of `Agent`, which documents them; `packaging` holds those that only ModelVersion reads."""

    name: str
    code: str | None
    model: str | None
    source: str | None
    resources: Sequence[Resource] | None
    model_config: Mapping[str, Any]
    packaging: Mapping[str, Any]
    environment_vars: Mapping[str, pulumi.Input[str]]
    endpoint: endpoint.Endpoint
    aliases: Sequence[str]
    access: Mapping[str, str]
    experiment: str | Literal[False] | None
    force_destroy: bool
    check: bool
    description: str | None
    owner: str | None
    tags: Mapping[str, str]

    def decide(self, where: str) -> Decided:
        """Look at all of it; `where` is the line of the program that says it.

        Raises:
            ProgramError: An argument that can not be.
            AgentCodeError: Something in the agent's directory that can not be.
            UndeclaredResource: The code uses what is not declared, or what can not be decided.
        """
        arguments.check_name(self.name, where)
        model = arguments.check_origin(self.code, self.model, self.source, where)
        arguments.check_resources(self.resources, check=self.check, made_of_code=self.code is not None, where=where)
        arguments.check_model_config(self.model_config, where)
        arguments.check_asking(self.packaging, where)
        arguments.check_access(self.access, where)
        arguments.check_experiment(self.experiment, where)
        if self.owner is not None:
            arguments.check_principal(self.owner, where)
        aliases = arguments.check_aliases(self.aliases, where)
        uses, places = self._uses(where)
        name = endpoint.checked(self.endpoint, model, self.name, where)
        return Decided(model, uses, aliases, name, places)

    def _uses(self, where: str) -> tuple[tuple[Resource, ...], Mapping[Resource, str]]:
        if self.code is None or not self.check:
            return tuple(self.resources or ()), {}
        directory = arguments.project_directory() / self.code
        inspection = inspect_agent(directory, self.model_config, self.known_variables, shown=self.code)
        arguments.check_config_keys(self.model_config, inspection.config_keys, self.code, where)
        comparison = compare(inspection, self.resources, self._api_scopes)
        complaint = comparison.complaint()
        if complaint:
            raise complaint
        return comparison.resources, {use.resource: f"{use.where}: {use.construct}" for use in comparison.found}

    @property
    def _api_scopes(self) -> Sequence[str]:
        """Those of the auth policy, as far as it has its form; the provider refuses one that has not."""
        policy = self.packaging["auth_policy"]
        user = policy.get("user_auth_policy") if isinstance(policy, dict) else None
        scopes = user.get("api_scopes") if isinstance(user, dict) else None
        return [scope for scope in scopes if isinstance(scope, str)] if isinstance(scopes, list | tuple) else ()

    @property
    def known_variables(self) -> dict[str, str]:
        """The variables as far as they are known here: an Output is known only later, and may be a secret."""
        return {key: value if isinstance(value, str) else NOT_KNOWN for key, value in self.environment_vars.items()}
