"""`agentry status`: what is deployed, from the recorded state and from the workspace."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from agentry.cli.app import new
from agentry.cli.chosen import choose
from agentry.cli.console import say, show, show_json
from agentry.cli.display.layout import Line, Piece
from agentry.cli.loop import run
from agentry.cli.options import AUTO, LOCAL, NO, AsJson, Engine, OnSandbox, StackName
from agentry.cli.recorded import RecordedAgent, agents, recorded_resources, value
from agentry.cli.stored import pending, pending_lines
from agentry.clock import RealClock
from agentry.errors import AgentryError, NotFound
from agentry.workspace import connect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentry.cli.chosen import ChosenStack

app = new()
Json = dict[str, Any]
SHORT_DIGEST = 12


@dataclass(frozen=True)
class Served:
    """One served entity.

    Attributes:
        name: Its name.
        model: The registered model; of an external one, provider and name: `openai/gpt-4o`.
        version: Its version; empty for an external model.
        traffic: Percent of the questions.
        state: What the workspace says of its deployment, `DEPLOYMENT_READY`.
    """

    name: str
    model: str
    version: str
    traffic: int
    state: str = ""


@dataclass(frozen=True)
class AgentStatus:
    """One agent.

    Attributes:
        name: Its name in the program.
        model: Its registered model; empty for an endpoint of an external one.
        version: The version that the stack deployed; empty as well.
        digest: Of that version's content, 64 hexadecimal digits; empty for an agent with a `source`.
        endpoint: The endpoint's name.
        state: READY, NOT_READY, `updating`, `update failed`, `gone`, or `unknown` when the workspace was not asked.
        served: Who serves what.
        aliases: Version by alias, as recorded.
        url: Where questions go.
    """

    name: str
    model: str
    version: str
    digest: str
    endpoint: str
    state: str
    url: str
    served: tuple[Served, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)


@app.command()
def status(*, stack: StackName = LOCAL, sandbox: OnSandbox = NO, as_json: AsJson = NO, engine: Engine = AUTO) -> None:
    """Show each agent's version, endpoint, who serves what traffic, aliases and URL."""
    chosen = choose(stack, on_sandbox=sandbox, engine=engine)
    recorded = agents(recorded_resources(chosen))
    live, error = run(_ask_workspace(chosen, recorded)) if recorded else ({}, None)
    found = [status_of(agent, live.get(agent.name), asked=error is None) for agent in recorded]
    unfinished = pending(chosen)
    if as_json:
        show_json(
            {
                "stack": stack,
                "workspace": chosen.settings.place,
                "agents": [asdict(one) for one in found],
                "pending": [{"kind": one.kind, "urn": one.urn} for one in unfinished],
                "workspace_error": str(error or ""),
            }
        )
        return
    if not found:
        say(f"nothing is deployed in stack {stack}; `agentry up{chosen.option}` deploys it")
    else:
        show([(Piece(f"{chosen.shown} in {chosen.settings.place}", "dim"),)])
    show([line for one in found for line in lines(one)])
    show(pending_lines(unfinished, chosen.option))
    if error:
        show([(Piece("not asked: ", "yellow"), Piece(text)) for text in error.lines()])


async def _ask_workspace(
    stack: ChosenStack, recorded: Sequence[RecordedAgent]
) -> tuple[dict[str, Json], AgentryError | None]:
    """The endpoints as they are, by agent; or why nobody could be asked."""
    try:
        workspace = await connect(stack.settings, clock=RealClock())

        async def endpoint(agent: RecordedAgent) -> Json:
            try:
                return await workspace.get(f"/api/2.0/serving-endpoints/{agent.endpoint_name}")
            except NotFound:
                return {}

        found = await asyncio.gather(*(endpoint(agent) for agent in recorded))
    except AgentryError as error:
        return {}, error
    return {agent.name: one for agent, one in zip(recorded, found, strict=True)}, None


def status_of(agent: RecordedAgent, endpoint: Mapping[str, Any] | None, *, asked: bool) -> AgentStatus:
    """What is known of an agent.

    Args:
        agent: From the recorded state.
        endpoint: What the workspace says of its endpoint; None or empty when it does not exist.
        asked: Whether the workspace was asked.
    """
    version = agent.version
    return AgentStatus(
        name=agent.name,
        model=str(value(agent.endpoint, "model")),
        version=str(value(version or agent.endpoint, "version")),
        digest=str(value(version, "digest")) if version else "",
        endpoint=agent.endpoint_name,
        state=endpoint_state(endpoint) if asked else "unknown",
        url=agent.url,
        served=served(endpoint or {}),
        aliases={str(value(alias, "alias")): str(value(alias, "version")) for alias in agent.aliases},
    )


def endpoint_state(endpoint: Mapping[str, Any] | None) -> str:
    """One word for the platform's two: `ready` and `config_update`."""
    if not endpoint:
        return "gone"
    state = endpoint.get("state") or {}
    ready, update = str(state.get("ready", "")), str(state.get("config_update", ""))
    words = {"IN_PROGRESS": "updating", "UPDATE_FAILED": "update failed", "UPDATE_CANCELED": "update cancelled"}
    if update in words:
        return words[update] if ready != "READY" else f"READY, {words[update]}"
    return ready or "unknown"


def served(endpoint: Mapping[str, Any]) -> tuple[Served, ...]:
    """Who serves what share of the questions."""
    config = endpoint.get("config") or {}
    routes = (config.get("traffic_config") or {}).get("routes") or []
    traffic = {
        route.get("served_entity_name") or route.get("served_model_name"): int(route.get("traffic_percentage", 0))
        for route in routes
    }
    return tuple(
        Served(
            name=str(one.get("name", "")),
            model=str(one.get("entity_name") or _external(one.get("external_model") or {})),
            version=str(one.get("entity_version", "")),
            traffic=traffic.get(one.get("name"), 0),
            state=str((one.get("state") or {}).get("deployment", "")),
        )
        for one in config.get("served_entities") or []
    )


def _external(model: Mapping[str, Any]) -> str:
    return "/".join(str(model[key]) for key in ("provider", "name") if model.get(key))


def _model(model: str, version: str) -> str:
    return f"{model}/{version}" if version else model


def lines(one: AgentStatus) -> list[Line]:
    """An agent as a person reads it."""
    good = one.state == "READY"
    rows: list[tuple[str, str]] = [
        ("version", _model(one.model, one.version) + (f"  digest {one.digest[:SHORT_DIGEST]}" if one.digest else "")),
        ("endpoint", f"{one.endpoint}  {one.state}"),
        *(("serves", f"{_model(s.model, s.version)}  {s.traffic} %  {s.state}".rstrip()) for s in one.served),
        *(("alias", f"{alias} → {version}") for alias, version in one.aliases.items()),
        ("url", one.url),
    ]
    body: list[Line] = [(Piece(f"  {key.ljust(9)} ", "dim"), Piece(text)) for key, text in rows if text]
    return [(Piece(one.name, "bold"), Piece("  "), Piece(one.state, "green" if good else "yellow")), *body]
