"""`agentry sandbox`: the workspace on this machine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from agentry.cli.app import new
from agentry.cli.console import say, show, show_json
from agentry.cli.display.layout import Line, Piece
from agentry.cli.options import NO, AsJson
from agentry.sandbox import process
from agentry.sandbox.mode import Choice
from agentry.stacks import find_root

app = new(no_args_is_help=True)

NAME = "local"
Name = Annotated[str, typer.Option("--name", help="Which sandbox; its catalog and its profile have the same name.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing.")]


@app.callback()
def sandbox() -> None:
    """A Databricks workspace on this machine, for real clients: starts on loopback, keeps state below .agentry/."""


def _root() -> Path:
    return find_root(Path.cwd().resolve())


@app.command()
def start(
    *,
    name: Name = NAME,
    port: Annotated[int, typer.Option(help="On 127.0.0.1; 0 for the one of last time, else any that is free.")] = 0,
    instant: Annotated[
        bool | None,
        typer.Option(
            "--instant/--no-instant", help="Served agents are stand-ins, ready at once, that repeat questions."
        ),
    ] = None,
    latency: Annotated[int | None, typer.Option(help="Milliseconds that each request takes longer.")] = None,
    quiet: Quiet = NO,
) -> None:
    """Start it in the background; one that runs is left as it is. How it behaves is remembered for the next start."""
    before = process.status(_root(), name)
    running = process.start(_root(), name, port, Choice(instant, latency))
    if not quiet:
        verb = "runs already" if before else "started"
        say(f"sandbox {name}: {verb}, {running.address} (process {running.pid})")
        _say_mode(running)
        say(f"  profiles {name}, {name}-admin, {name}-asker in {_shown(running.config_file)}")
        say(f"  stop it: agentry sandbox stop{_option(name)}")


@app.command()
def stop(*, name: Name = NAME, quiet: Quiet = NO) -> None:
    """Stop it, and the agents it serves. What it holds stays."""
    ran = process.stop(_root(), name)
    if not quiet:
        say(f"sandbox {name}: {'stopped' if ran else 'did not run'}")


@app.command()
def status(*, name: Name = NAME, as_json: AsJson = NO) -> None:
    """Say whether it runs, and where. Exit code 1 when it does not."""
    running = process.status(_root(), name)
    well = running is not None and process.answers(running)
    if as_json:
        said = {"address": running.address, "pid": running.pid, "log": str(running.log_file)} if running else {}
        mode = asdict(running.mode) if running else {}
        show_json({"name": name, "running": running is not None, "answers": well, **said, **mode})
    elif running is None:
        say(f"sandbox {name}: does not run; start it: agentry sandbox start{_option(name)}")
    else:
        say(f"sandbox {name}: {running.address} (process {running.pid}){'' if well else ', but does not answer'}")
        _say_mode(running)
        say(f"  log {_shown(running.log_file)}")
    if not well:
        raise typer.Exit(1)


@app.command()
def reset(*, name: Name = NAME, quiet: Quiet = NO) -> None:
    """Forget all that it holds; one that ran runs again, empty.

    The state of stacks that were deployed to it stays: `agentry refresh` or `agentry destroy` tidies it up.
    """
    running = process.reset(_root(), name)
    if not quiet:
        say(f"sandbox {name}: empty" + (f", runs at {running.address}" if running else ""))


@app.command()
def facts(*, as_json: AsJson = NO) -> None:
    """List what its behaviour comes from, and what of the real platform could not be confirmed."""
    from agentry.sandbox.app import AREAS  # noqa: PLC0415 - the web framework, for this one list

    if as_json:
        show_json([{"area": area.name, **fact._asdict()} for area in AREAS for fact in area.facts])
        return
    lines: list[Line] = []
    for area in AREAS:
        lines += [(Piece(area.name, "bold"),)] if area.facts else []
        for fact in sorted(area.facts, key=lambda fact: not fact.confirmed):
            mark = Piece("  ", "") if fact.confirmed else Piece("? ", "yellow")
            lines += [(mark, Piece(fact.behaviour)), (Piece(f"    {fact.source}", "dim"),)]
    unsure = sum(not fact.confirmed for area in AREAS for fact in area.facts)
    show([*lines, (), (Piece(f"? {unsure} could not be confirmed against a real workspace", "yellow"),)])


def _say_mode(running: process.Running) -> None:
    if str(running.mode):
        say(f"  {running.mode}")


def _option(name: str) -> str:
    return "" if name == NAME else f" --name {name}"


def _shown(path: Path) -> str:
    """A path as short as it can be said from here."""
    here = Path.cwd().resolve()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
