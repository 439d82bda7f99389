"""`agentry demo`: from a clone to an answered question, on the sandbox workspace of stack local."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from agentry.cli.app import new
from agentry.cli.ask import find
from agentry.cli.chosen import ChosenStack, choose
from agentry.cli.console import say, show
from agentry.cli.display import View
from agentry.cli.display.layout import Line, Piece
from agentry.cli.loop import run
from agentry.cli.operate import deploy, displayed
from agentry.cli.options import LOCAL, NO
from agentry.cli.questions import answer_text
from agentry.cli.recorded import RecordedAgent, agents, named, recorded_resources, value
from agentry.cli.workspace import start_command, start_sandbox, stop_command
from agentry.engine.events import Finished, Operation
from agentry.errors import ConfigError
from agentry.sandbox import process

app = new()

AGENT = "weather"
QUESTIONS = ("What is the weather in nyc?", "What is the weather in sf?")


@app.command()
def demo(
    *,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the mistake that this project comes from, made and mended.")
    ] = NO,
) -> None:
    """Start the sandbox, show what would change, make it so, and ask the deployed agent.

    A second run changes nothing. The sandbox goes on running; the last lines say how to stop it.
    """
    stack = choose(LOCAL)
    require_environment(stack.root)
    if explain:
        from agentry.cli.explain import explain as show_two_runs  # noqa: PLC0415 - it stands on this module

        show_two_runs(stack)
    else:
        show_main_job(stack)


def require_environment(root: Path) -> None:
    """Refuse without the project's virtual environment, in which program and provider run.

    Raises:
        ConfigError: There is none; says what to type.
    """
    if not (root / ".venv" / "bin" / "python").exists():
        raise ConfigError(
            "this project has no .venv", why="the program and the provider run in it", fix="make demo, or make setup"
        )


def show_main_job(stack: ChosenStack) -> None:
    """Sandbox, preview, up, questions."""
    title("A Databricks workspace on this machine")
    said = start_sandbox(stack)
    running = process.status(stack.root, stack.sandbox)
    say("\n".join(said) or f"the sandbox runs already, at {running.address if running else ''}")
    title("What would change")
    if changes(operate(stack, Operation.PREVIEW)):
        title("Make it so")
        operate(stack, Operation.UP)
    title("Ask it")
    agent = deployed_agent(stack)
    ask_all(stack, agent, QUESTIONS)
    say(f"\nIt answers at {agent.url}")
    show(try_next(stack, agent))


def sample(root: Path) -> str:
    """Whose code the demo is about: that of agent weather, or of the first one that a project has.

    Raises:
        ConfigError: It has none below `agents/`.
    """
    names = sorted(path.parent.name for path in (root / "agents").glob("*/agent.py"))
    if not names:
        raise ConfigError("this project has no agents/*/agent.py", why="the demo asks one", fix="agentry new DIR")
    return AGENT if AGENT in names else names[0]


def deployed_agent(stack: ChosenStack) -> RecordedAgent:
    """The agent that is asked: weather, or the first one that the program deploys."""
    deployed = agents(recorded_resources(stack))
    names = [agent.name for agent in deployed]
    return named(deployed, AGENT if AGENT in names or not names else names[0], stack)


def title(text: str) -> None:
    """A headline between two steps."""
    show([(), (Piece(text, "bold cyan"),)])


def operate(stack: ChosenStack, operation: Operation) -> Finished:
    """One operation, shown as `agentry preview` and `agentry up` show it."""
    return deploy(stack, operation, displayed(View(operation, stack.shown)))


def changes(preview: Finished) -> bool:
    """Whether there is anything to do."""
    return any(count for op, count in preview.changes.items() if op != "same")


def ask_all(stack: ChosenStack, agent: RecordedAgent, questions: tuple[str, ...]) -> None:
    """Ask and print.

    Raises:
        WorkspaceError: It does not answer; its own words are in it.
    """
    asker = run(find(stack, agent))
    width = max(8, len(agent.name))
    for question in questions:
        show([(Piece(f"{'you'.ljust(width)} ", "dim"), Piece(question))])
        show([(Piece(f"{agent.name.ljust(width)} ", "green"), Piece(answer_text(asker.ask(question))))])


def command() -> str:
    """How `agentry` is typed here: by its name where that is this one, else by its path."""
    mine = Path(sys.executable).with_name("agentry")
    found = shutil.which("agentry")
    if found and Path(found).resolve() == mine.resolve():
        return "agentry"
    return os.path.relpath(mine) if mine.is_relative_to(Path.cwd()) else str(mine)


def try_next(stack: ChosenStack, agent: RecordedAgent) -> list[Line]:
    """What to type after the demo."""
    agentry = command()
    code = value(agent.version, "code") if agent.version else "agents"
    rows = [
        (f'{agentry} ask {agent.name} "{QUESTIONS[1]}"', "ask it yourself (--stream: word by word)"),
        (f"{agentry} up", f"after an edit of {code}/agent.py: one new version, no question lost"),
        (f"{agentry} status", "versions, endpoints, who serves what"),
        (f"{agentry} demo --explain", "the mistake that this project comes from"),
        (f"{agentry} {stop_command(stack).removeprefix('agentry ')}", "stop the sandbox; it keeps what it holds"),
        (f"{agentry} {start_command(stack.sandbox).removeprefix('agentry ')}", "start it again"),
        ("make clean", "remove everything that was made here"),
    ]
    width = max(len(typed) for typed, _ in rows)
    body: list[Line] = [(Piece(f"  {typed.ljust(width)}  ", "cyan"), Piece(why, "dim")) for typed, why in rows]
    return [(), (Piece("Try next", "bold"),), *body]
