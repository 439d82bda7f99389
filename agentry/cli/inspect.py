"""`agentry inspect`: what an agent's code uses beside what it declares, found without importing it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentry import __version__
from agentry.cli.app import new
from agentry.cli.console import is_terminal, show, show_json, working
from agentry.cli.display.inspected import lines, summary
from agentry.cli.inspected import document
from agentry.cli.options import LOCAL, AsJson, StackName
from agentry.cli.subjects import Subjects, find
from agentry.errors import ConfigError
from agentry.inspector.sarif import sarif
from agentry.inspector.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

app = new()
NO = False
FAILS = 1
"""Exit code where an agent will fail, or can not be read."""


@app.command()
def inspect(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="AGENT|PATH",
            help="Agents of this project by name, or directories and files anywhere; without any, all agents here.",
        ),
    ] = None,
    *,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help="Model config of the agents, YAML, over what they find.", exists=True
        ),
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", metavar="KEY=VALUE", help="An environment variable of the endpoint; as often as needed."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on what can not be decided, too.")] = NO,
    stack: StackName = LOCAL,
    as_json: AsJson = NO,
    as_sarif: Annotated[
        bool, typer.Option("--sarif", help="Print SARIF 2.1.0 on stdout, for annotations in code reviews.")
    ] = NO,
) -> None:
    """Show what agents use: endpoints, tables, functions, with file and line, and what they lack in their declaration.

    Agents of this project are held against what the stack has deployed; agents anywhere else against what the script
    or notebook that logs them gives to MLflow as resources=. Nothing of an agent is run. Exit code 1 where one will fail.
    """
    with working("reading the code"):
        found = find(targets or [], Subjects(Path.cwd(), stack, config, variables(env or []), strict))
    if as_sarif:
        show_json(sarif(found.agents, __version__))
    elif as_json:
        show_json(document(found.agents, found.notes))
    else:
        width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None
        show([line for one in found.agents for line in lines(one, width)] + summary(found.agents, found.notes))
    if any(one.verdict in (Verdict.FAILS, Verdict.UNREADABLE) for one in found.agents):
        raise typer.Exit(FAILS)


def variables(given: Sequence[str]) -> dict[str, str]:
    """`KEY=VALUE` as a mapping.

    Raises:
        ConfigError: One that is not of that form.
    """
    for each in given:
        if not each.partition("=")[0].isidentifier() or "=" not in each:
            raise ConfigError(f"--env {each!r} is no variable", why="it has a name and a value", fix="--env NAME=VALUE")
    return {name: value for name, _, value in (each.partition("=") for each in given)}
