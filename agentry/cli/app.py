"""The subcommands by name. A module is imported when its command is typed, so `agentry --help` is there at once.

That is why the modules of the commands may import at their top whatever they need.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from agentry import __version__
from agentry.cli.boundary import boundary

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "demo": "From here to an answered question, on a workspace of its own.",
    "preview": "What `up` would change; writes nothing.",
    "up": "Make it so: register, serve, grant.",
    "refresh": "Bring the recorded state up to what the workspace has.",
    "destroy": "Take back what a stack made.",
    "adopt": "Take over an endpoint that others made, without changing it.",
    "ask": "Ask a deployed agent a question.",
    "status": "Versions, endpoints, who serves what.",
    "logs": "Build and service logs of an agent.",
    "config": "Settings and secrets of a stack: get, set, rm, ls.",
    "stack": "Stacks: init, ls, rm, output, export, import.",
    "history": "What was done to a stack, and when.",
    "state": "Repair what is recorded: list, remove, rename, unprotect.",
    "cancel": "Take away the lock of a run that ended without it.",
    "inspect": "What an agent's code uses, without running it.",
    "doctor": "What is missing here or in the workspace, and what to type.",
    "sandbox": "The workspace on this machine: start, stop, reset, fault, facts.",
    "new": "A repository for your own agents, with tests and workflows.",
    "version": "Versions of Agentry and what it stands on.",
}


class Commands(TyperGroup):
    """Knows its commands by name and one line each; loads one only to run it."""

    def __init__(self, **settings: Any) -> None:
        settings["commands"] = {name: TyperCommand(name, help=text) for name, text in COMMANDS.items()}
        super().__init__(**settings)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The real command in place of its line."""
        name, line, rest = super().resolve_command(ctx, args)
        return name, line and load(str(name)), rest


def load(name: str) -> Any:
    """The command of the module `agentry.cli.<name>`."""
    command = get_command(importlib.import_module(f"agentry.cli.{name}").app)
    command.name = name
    return command


def new(**settings: Any) -> typer.Typer:
    """A Typer in the house's manner: plain help, no completion installers, tracebacks only for bugs."""
    return typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, **settings)


app = new(cls=Commands, no_args_is_help=True)


def _version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        print(f"agentry {__version__}")
        raise typer.Exit


@app.callback()
def agentry(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,  # noqa: FBT002
) -> None:
    """AI agents on Databricks as declared infrastructure.

    One program says what an agent is; `agentry up` registers, serves and grants it as one graph.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `agentry ARGUMENTS` and leave the process with its exit code.

    Args:
        arguments: Without the program's name; None for those of this process.
    """
    sys.exit(boundary(lambda: get_command(app)(args=arguments, prog_name="agentry")))
