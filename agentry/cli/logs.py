"""`agentry logs`: what an agent's environment said when it was built, and what the agent says while it serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agentry.cli.app import new
from agentry.cli.chosen import choose
from agentry.cli.console import say
from agentry.cli.loop import run
from agentry.cli.options import LOCAL, NO, OnSandbox, StackName
from agentry.cli.recorded import RecordedAgent, recorded_agent
from agentry.clock import Clock, RealClock
from agentry.errors import NotFound
from agentry.workspace import Workspace, connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentry.cli.chosen import ChosenStack

app = new()
POLL_SECONDS = 2.0
# The platform's names of the two logs of a served entity, below .../served-models/<entity>/.
BUILD, SERVICE = "build-logs", "logs"
TITLES = {BUILD: "build", SERVICE: "service"}


@app.command()
def logs(
    agent: Annotated[str, typer.Argument(help="The agent's name in __main__.py.")],
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    build: Annotated[bool, typer.Option("--build", help="Only how its environment was built.")] = NO,
    service: Annotated[bool, typer.Option("--service", help="Only what it says while it serves.")] = NO,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = NO,
) -> None:
    """Show the logs of what serves an agent, of each version that does or is about to."""
    which = [kind for kind, wanted in ((BUILD, build), (SERVICE, service)) if wanted or build == service]
    chosen = choose(stack, on_sandbox=sandbox)
    run(_logs(chosen, recorded_agent(chosen, agent), which, follow=follow))


async def _logs(stack: ChosenStack, agent: RecordedAgent, which: list[str], *, follow: bool) -> None:
    clock = RealClock()
    workspace = await connect(stack.settings, clock=clock)
    await watch(workspace, agent.endpoint_name, which, clock=clock, tell=say, follow=follow)


async def watch(
    workspace: Workspace,
    endpoint: str,
    which: list[str],
    *,
    clock: Clock,
    tell: Callable[[str], None],
    follow: bool = False,
) -> None:
    """Tell the logs of an endpoint, then what is new in them, until cancelled.

    Args:
        workspace: Where the endpoint is.
        endpoint: Its name.
        which: `build-logs`, `logs`.
        clock: For the pauses.
        tell: Who hears the lines.
        follow: Go on after what is there now.
    """
    told: dict[tuple[str, str], str] = {}
    while True:
        for entity in await entities(workspace, endpoint):
            for kind in which:
                text = await _text(workspace, endpoint, entity, kind)
                new_text = fresh(told.get((entity, kind), ""), text)
                if new_text or (entity, kind) not in told:
                    tell(f"--- {entity}: {TITLES[kind]} log" + ("" if new_text else " (empty)"))
                for line in new_text.splitlines():
                    tell(line)
                told[entity, kind] = text
        if not follow:
            return
        await clock.sleep(POLL_SECONDS)


async def entities(workspace: Workspace, endpoint: str) -> list[str]:
    """What serves at an endpoint, and what is being deployed to it, each once."""
    found = await workspace.get(f"/api/2.0/serving-endpoints/{endpoint}")
    names = [
        str(one["name"])
        for config in ("config", "pending_config")
        for one in (found.get(config) or {}).get("served_entities") or []
    ]
    return list(dict.fromkeys(names))


async def _text(workspace: Workspace, endpoint: str, entity: str, kind: str) -> str:
    try:
        answer = await workspace.get(f"/api/2.0/serving-endpoints/{endpoint}/served-models/{entity}/{kind}")
    except NotFound:
        return ""
    return str(answer.get("logs") or "")


def fresh(before: str, now: str) -> str:
    """What a log has that it had not; the platform gives its tail, so the beginning may be gone."""
    if now.startswith(before):
        return now[len(before) :]
    old, new = before.splitlines(), now.splitlines()
    for start in range(len(old)):
        if new[: len(old) - start] == old[start:]:
            return "\n".join(new[len(old) - start :])
    return now
