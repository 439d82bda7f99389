"""`agentry new`: a repository for somebody's own agents."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentry.cli.app import new as new_app
from agentry.cli.console import say, show_json, table
from agentry.cli.options import NO, AsJson
from agentry.new import Names, find_origin, write

if TYPE_CHECKING:
    from agentry.new import Origin

app = new_app()


@app.command()
def new(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where; made if it does not exist.")],
    *,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The project's name; that of DIR.")] = "",
    agent: Annotated[str, typer.Option("--agent", metavar="NAME", help="The first agent's name.")] = "weather",
    wheel: Annotated[
        Path | None,
        typer.Option(
            "--wheel",
            metavar="FILE",
            help="A wheel of Agentry, which goes along; without, the one that is installed, or the registry's.",
        ),
    ] = None,
    beside: Annotated[
        bool, typer.Option("--beside", help="Also where DIR is not empty; files that are there stay as they are.")
    ] = NO,
    as_json: AsJson = NO,
) -> None:
    """Write a repository for your own agents: a program, an agent, stacks, tests, workflows.

    It needs nothing of Agentry's own repository. `make demo` in it goes from there to an answered question.
    """
    names = Names.of(directory.resolve(), name, agent)
    origin = find_origin(wheel)
    done = write(directory, names, origin, beside=beside)
    steps = what_next(directory, origin)
    if as_json:
        show_json(
            {
                "directory": str(directory.resolve()),
                "project": names.project,
                "agent": names.agent,
                "agentry": origin.requirement,
                "written": list(done.written),
                "kept": list(done.kept),
                "next": [typed for typed, _ in steps],
            }
        )
        return
    say(f"wrote {len(done.written)} files of project {names.project} into {directory}")
    if done.kept:
        say("kept as they were: " + ", ".join(done.kept))
    if origin.clone:
        say(
            "this Agentry runs from a clone: for workflows and other people give --wheel FILE (in the clone: uv build --wheel)"
        )
    say("\nNext")
    say("\n".join(f"  {line}" for line in table([[typed, why] for typed, why in steps])))


def what_next(directory: Path, origin: Origin) -> list[tuple[str, str]]:
    """What to type, and what for."""
    demo = "make demo"
    if origin.clone:
        # Nothing that is written names a path of this machine; what is typed here may.
        demo += f" AGENTRY={shlex.quote(str(origin.clone))}"
    steps = [
        (demo, "its agent deployed to a workspace on this machine, and asked"),
        ("make check test", "lint, types, the program and the agent by themselves"),
        ("cat README.md", "real workspaces, workflows, your own agents"),
    ]
    away = directory.resolve() != Path.cwd().resolve()
    return [(f"cd {shlex.quote(os.fspath(directory))}", "go there"), *steps] if away else steps
