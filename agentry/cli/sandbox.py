"""`agentry sandbox`: the workspace on this machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from agentry.cli import sandbox_fault
from agentry.cli.app import new
from agentry.cli.console import say, show, show_json
from agentry.cli.display.layout import Line, Piece
from agentry.cli.options import NO, AsJson
from agentry.cli.sandboxes import NAME, Name, Quiet, option, root
from agentry.sandbox import process
from agentry.sandbox.mode import Choice

app = new(no_args_is_help=True)
app.add_typer(sandbox_fault.app, name="fault")

All = typer.Option("--all", help="All sandboxes of this project.")


@app.callback()
def sandbox() -> None:
    """A Databricks workspace on this machine, for real clients: starts on loopback, keeps state below .agentry/."""


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
    storage: Annotated[
        str | None, typer.Option(help="How clients move files: files (the Files API) or presigned (addresses).")
    ] = None,
    idle: Annotated[
        float | None, typer.Option(help="Seconds without a question after which agents scale to zero, if they may.")
    ] = None,
    endpoint_limit: Annotated[
        int | None, typer.Option(help="How many endpoints may be made or updated within the window; 0 for any number.")
    ] = None,
    endpoint_window: Annotated[float | None, typer.Option(help="Its seconds (300 if never said).")] = None,
    quiet: Quiet = NO,
) -> None:
    """Start it in the background; one that runs is left as it is. How it behaves is remembered for the next start."""
    before = process.status(root(), name)
    running = process.start(
        root(), name, port, Choice(instant, latency, storage, idle, endpoint_limit, endpoint_window)
    )
    if not quiet:
        verb = "runs already" if before else "started"
        say(f"sandbox {name}: {verb}, {running.address} (process {running.pid})")
        _say_mode(running)
        say(f"  profiles {name}, {name}-admin, {name}-asker in {_shown(running.config_file)}")
        others = [each for each in process.names(root()) if each != name]
        if others:
            say(f"  its catalog {name} is in the metastore that it shares with {', '.join(others)}")
        say(f"  stop it: agentry sandbox stop{option(name)}")


@app.command()
def stop(*, name: Name = NAME, all_: Annotated[bool, All] = NO, quiet: Quiet = NO) -> None:
    """Stop it, and the agents it serves. What it holds stays."""
    for each in process.names(root()) if all_ else [name]:
        ran = process.stop(root(), each)
        if not quiet:
            say(f"sandbox {each}: {'stopped' if ran else 'did not run'}")


@app.command()
def status(*, name: Name = "", as_json: AsJson = NO) -> None:
    """Say which run, and where; with --name one alone. Exit code 1 when none runs, or one that runs does not answer."""
    here = root()
    found = [_found(here, each) for each in ([name] if name else process.names(here))]
    if as_json:
        shown = [each.document for each in found]
        show_json(shown[0] if name else shown)
    elif not found:
        say("no sandbox here yet; start one: agentry sandbox start")
    else:
        for each in found:
            each.say()
    if not any(each.running for each in found) or any(each.running and not each.answers for each in found):
        raise typer.Exit(1)


@app.command()
def reset(*, name: Name = NAME, all_: Annotated[bool, All] = NO, quiet: Quiet = NO) -> None:
    """Forget what it holds and what is in its catalog; one that ran runs again, empty.

    The catalogs of other sandboxes stay: all share one metastore. --all empties that too.
    The state of stacks that were deployed to it stays: `agentry refresh` or `agentry destroy` tidies it up.
    """
    here = root()
    if all_:
        running, emptied = process.reset_all(here), "all sandboxes and their metastore: empty"
    else:
        again = process.reset(here, name)
        running, emptied = [again] if again else [], f"sandbox {name}: empty, and catalog {name} with it"
    if not quiet:
        say(emptied + "".join(f"\n  sandbox {one.name} runs at {one.address}" for one in running))


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


@dataclass(frozen=True)
class _Found:
    """One sandbox, as it was found."""

    name: str
    running: process.Running | None
    answers: bool

    @property
    def document(self) -> dict[str, object]:
        """For machines."""
        running = self.running
        said = {"address": running.address, "pid": running.pid, "log": str(running.log_file)} if running else {}
        mode = asdict(running.mode) if running else {}
        return {"name": self.name, "running": running is not None, "answers": self.answers, **said, **mode}

    def say(self) -> None:
        """For people."""
        running, name = self.running, self.name
        if running is None:
            say(f"sandbox {name}: does not run; start it: agentry sandbox start{option(name)}")
            return
        well = "" if self.answers else ", but does not answer"
        say(f"sandbox {name}: {running.address} (process {running.pid}){well}")
        _say_mode(running)
        say(f"  log {_shown(running.log_file)}")


def _found(root: Path, name: str) -> _Found:
    running = process.status(root, name)
    return _Found(name, running, running is not None and process.answers(running))


def _say_mode(running: process.Running) -> None:
    if str(running.mode):
        say(f"  {running.mode}")


def _shown(path: Path) -> str:
    """A path as short as it can be said from here."""
    here = Path.cwd().resolve()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
