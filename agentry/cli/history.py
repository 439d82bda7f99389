"""`agentry history`: what was done to a stack."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated

import typer

from agentry.cli.app import new
from agentry.cli.chosen import choose
from agentry.cli.console import say, show, show_json, table
from agentry.cli.display.layout import Line, Piece
from agentry.cli.options import AUTO, LOCAL, NO, AsJson, Engine, OnSandbox, StackName
from agentry.cli.stored import without_passphrase
from agentry.deploy import engine_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentry.deploy import RecordedUpdate

app = new()
SHORT = {"create": "+", "update": "~", "delete": "-", "replace": "+-"}
"""The signs of the steps that change something, as the display of a run has them."""


@app.command()
def history(
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    engine: Engine = AUTO,
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="How many, the newest first.")] = 10,
    as_json: AsJson = NO,
) -> None:
    """Show what was done to a stack: version, what, with which end, when, how long, how many changes.

    A version can be looked at, and put back: agentry stack export --version 3 | agentry stack import
    """
    chosen = choose(stack, on_sandbox=sandbox, engine=engine)
    resolved = without_passphrase(chosen)
    updates = asyncio.run(engine_of(resolved, engine).history(resolved))[:last]
    if as_json:
        show_json([asdict(update) | {"start": when(update.start), "end": when(update.end)} for update in updates])
    elif not updates:
        say(f"nothing was done to stack {stack} yet; `agentry up{chosen.option}` deploys it")
    else:
        show(lines(updates))


def when(seconds: float) -> str:
    """A time as RFC 3339 in UTC, to the second."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def lines(updates: Sequence[RecordedUpdate]) -> list[Line]:
    """The history as a person reads it."""
    rows = [
        [str(one.version), one.kind, one.result, when(one.start), f"{one.end - one.start:.0f} s", changes(one.changes)]
        for one in updates
    ]
    head, *body = table([["VERSION", "KIND", "RESULT", "STARTED", "TOOK", "CHANGES"], *rows])
    styled: list[Line] = [
        (Piece(line, "" if update.result == "succeeded" else "red"),)
        for line, update in zip(body, updates, strict=True)
    ]
    return [(Piece(head, "dim"),), *styled]


def changes(counts: Mapping[str, int]) -> str:
    """Steps in few letters: `+3 ~1, 12 same`."""
    signs = [f"{SHORT[op]}{counts[op]}" for op in SHORT if counts.get(op)]
    others = [f"{count} {op}" for op, count in sorted(counts.items()) if op not in SHORT and count]
    return ", ".join(part for part in (" ".join(signs), *others) if part) or "none"
