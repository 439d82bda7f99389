"""An agent, declared: its code, what it uses, who may ask it. Everything else follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pulumi

from agentry.components import arguments
from agentry.components.declaration import Declaration
from agentry.components.endpoint import Endpoint
from agentry.components.graph import Graph
from agentry.errors import AgentryError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentry.resources import Resource


class Agent(pulumi.ComponentResource):
    """An AI agent on Databricks: registered, served, and allowed what it uses.

    Before anything is registered the code is read (never run), and what it uses is compared with what is declared.

    Args:
        name: The name of every node, for example `weather`.
        code: The agent's directory, relative to the project, for example `agents/weather`.
        model: The model's name, `catalog.schema.model`.
        source: Instead of code: an existing version, `models:/c.s.m/7` or `models:/c.s.m@alias`. With `model` beside it
            the model is this stack's own; without, somebody else's, and only its versions are used.
        resources: What the agent uses. None: what is found in its code, and an error on what can not be decided. A
            list: exactly this, and an error where the code uses more.
        model_config: Plain values that go over the agent's config.yaml; no secrets, since the model is readable.
        requirements: Lines of a requirements file. None: its requirements.txt.
        python: `3.10` to `3.13`. None: its .python-version, else 3.11.
        interface: `ChatAgent`, `ResponsesAgent`, `ChatModel` or `PythonModel`. None: found from its `set_model`.
        signature: Of a PythonModel: `{"inputs": [{"name": "amount", "type": "double"}], "outputs": [{"type": "double"}]}`,
            with `params` where it has some. None: that of its type hints; the other interfaces have MLflow's own.
        input_example: A request, such as `{"inputs": [{"amount": 0.5}]}`. None: MLflow's own, of a PythonModel none.
        auth_policy: `{"user_auth_policy": {"api_scopes": [...]}}`: what it does as its caller. None: nothing.
        environment_vars: Variables of the served agent; secrets allowed, `{{secrets/scope/key}}` is passed through.
        endpoint: Size, name, traffic, tags and timeouts of its endpoint. None: the defaults of `Endpoint`.
        aliases: Aliases of the model that follow once the endpoint serves the version; () for none.
        access: Who may do what with the endpoint: `{"group:analysts": "CAN_QUERY"}`.
        experiment: Path of the experiment of its traces. None: `/Shared/agentry/<project>/<stack>/<name>`. False: it has
            none, and leaves no traces.
        keep: How many retired versions stay. None: all.
        force_destroy: Whether destroy removes traces and versions of others too.
        check: Whether the code is compared with `resources`; False needs a list.
        description: What people read beside model, version and endpoint.
        owner: Who the grants of what it uses are for: `user:`, `group:` or `sp:`. None: the creator of its endpoint.
        tags: Tags of model, version and endpoint; keys without `. , - = / :`.
        opts: Pulumi's options.

    Raises:
        ProgramError: An argument that can not be.
        AgentCodeError: Something in the agent's directory that can not be.
        UndeclaredResource: Its code uses what is not declared, or what can not be decided.
    """

    url: pulumi.Output[str]
    """Where questions go."""
    version: pulumi.Output[str]
    """The version that is served."""
    digest: pulumi.Output[str]
    """64 hex digits over the version's content; empty with `source`."""
    endpoint_name: pulumi.Output[str]
    """The name of its endpoint."""
    playground_url: pulumi.Output[str]
    """Where a person can talk to it."""

    def __init__(
        self,
        name: str,
        *,
        code: str | None = None,
        model: str | None = None,
        source: str | None = None,
        resources: Sequence[Resource] | None = None,
        model_config: Mapping[str, Any] | None = None,
        requirements: Sequence[str] | None = None,
        python: str | None = None,
        interface: str | None = None,
        signature: Mapping[str, Any] | None = None,
        input_example: Mapping[str, Any] | None = None,
        auth_policy: Mapping[str, Any] | None = None,
        environment_vars: Mapping[str, pulumi.Input[str]] | None = None,
        endpoint: Endpoint | None = None,
        aliases: Sequence[str] = ("champion",),
        access: Mapping[str, str] | None = None,
        experiment: str | Literal[False] | None = None,
        keep: int | None = None,
        force_destroy: bool = False,
        check: bool = True,
        description: str | None = None,
        owner: str | None = None,
        tags: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        declared = Declaration(
            name=name,
            code=code,
            model=model,
            source=source,
            resources=resources,
            model_config=model_config or {},
            packaging={
                "auth_policy": auth_policy,
                "requirements": requirements,
                "python": python,
                "interface": interface,
                "signature": signature,
                "input_example": input_example,
                "keep": keep,
                "check": check,
            },
            environment_vars=environment_vars or {},
            endpoint=endpoint or Endpoint(),
            aliases=aliases,
            access=access or {},
            experiment=experiment,
            force_destroy=force_destroy,
            check=check,
            description=description,
            owner=owner,
            tags=tags or {},
        )
        try:
            decided = declared.decide(where=arguments.call_site())
        except AgentryError as error:
            raise arguments.as_run_error(error) from None
        super().__init__("agentry:components:Agent", name, None, opts)
        graph = Graph(self, declared, decided)
        self.url, self.playground_url = graph.endpoint.url, graph.endpoint.playground_url
        self.version, self.endpoint_name = graph.endpoint.served_version, graph.endpoint.name
        self.digest = graph.version.digest if graph.version else pulumi.Output.from_input("")
        outputs = ("url", "version", "digest", "endpoint_name", "playground_url")
        self.register_outputs({output: getattr(self, output) for output in outputs})
