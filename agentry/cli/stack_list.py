"""Which stacks there are, and what is known of each."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentry.cli.chosen import choose
from agentry.cli.console import table
from agentry.cli.display.layout import Line, Piece
from agentry.cli.history import when
from agentry.deploy import LOCAL, Stack, StackSummary, engine_of
from agentry.errors import AgentryError, ConfigError
from agentry.stacks import EngineName, find_root, stack_names

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_FILE = "no stack file"


@dataclass(frozen=True, slots=True)
class Listed:
    """A stack in the list: its name, its workspace in words, and what is known of its state."""

    name: str
    place: str
    summary: StackSummary


def stacks(*, on_sandbox: bool = False, engine: EngineName = EngineName.AUTO) -> list[Listed]:
    """Every stack of the project that has a file or a state, by name.

    Args:
        on_sandbox: The states of runs against sandboxes, and not the stacks' own.
        engine: Which engine knows where states are (`pulumi`: where somebody has logged in).

    Raises:
        ConfigError: There is no project.
    """
    root = find_root(Path.cwd().resolve())
    files = stack_names(root)
    # Stack local has its state elsewhere than all others, which share theirs.
    states = _states(root, LOCAL, on_sandbox=on_sandbox, engine=engine)
    if not on_sandbox:
        local = {name: one for name, one in states.items() if name == LOCAL}
        states = {**_states(root, "*", on_sandbox=False, engine=engine), **local}
    unknown = states.pop("*", None)
    return [
        Listed(name, _place(name, on_sandbox=on_sandbox) if name in files else NO_FILE, _of(name, states, unknown))
        for name in sorted({*files, *states})
    ]


def _of(name: str, states: dict[str, StackSummary], unknown: StackSummary | None) -> StackSummary:
    if unknown and name != LOCAL:
        return StackSummary(name=name, resources=None, trouble=unknown.trouble)
    return states.get(name) or StackSummary(name=name)


def _states(root: Path, name: str, *, on_sandbox: bool, engine: EngineName) -> dict[str, StackSummary]:
    """The states beside that of a stack; one called `*` says why nobody knows them."""
    variables = {"PULUMI_CONFIG_PASSPHRASE": "", **os.environ}
    try:
        stack = Stack.resolve(root, name, sandbox=on_sandbox, environment=variables, engine=engine)
        return {one.name: one for one in asyncio.run(engine_of(stack, engine).stacks(stack))}
    except AgentryError as error:
        return {"*": StackSummary(name="*", resources=None, trouble=error.what)}


def _place(name: str, *, on_sandbox: bool) -> str:
    try:
        return choose(name, on_sandbox=on_sandbox).settings.place
    except ConfigError as error:
        return error.what


def lines(found: Sequence[Listed]) -> list[Line]:
    """The list as a person reads it, with what troubles a state below it."""
    rows = [[one.name, count(one.summary), updated(one.summary), one.place, _locked(one.summary)] for one in found]
    head, *body = table([["STACK", "RESOURCES", "LAST UPDATE", "WORKSPACE", "LOCKED"], *rows])
    notes = dict.fromkeys(one.summary.trouble for one in found if one.summary.trouble)
    interrupted = [one for one in found if one.summary.pending]
    return [
        (Piece(head, "dim"),),
        *((Piece(line),) for line in body),
        *((Piece(f"?: {note}", "yellow"),) for note in notes),
        *(
            (Piece(f"{one.name}: interrupted operations; see agentry stack --stack {one.name}", "yellow"),)
            for one in interrupted
        ),
    ]


def count(summary: StackSummary) -> str:
    """How many resources a stack holds, in a word."""
    return "?" if summary.resources is None else str(summary.resources)


def resources(number: int) -> str:
    """`1 resource`, `3 resources`."""
    return f"{number} resource{'' if number == 1 else 's'}"


def updated(summary: StackSummary) -> str:
    """When a stack's state was written last, in a word."""
    if summary.updated is None:
        return "?" if summary.resources is None else "never"
    return when(summary.updated)


def _locked(summary: StackSummary) -> str:
    return "; ".join(lock.owner for lock in summary.locks) or "no"


def as_json(name: str, place: str, summary: StackSummary) -> dict[str, Any]:
    """A stack for machines."""
    return {
        "name": name,
        "workspace": place,
        "resources": summary.resources,
        "updated": when(summary.updated) if summary.updated is not None else None,
        "locks": [{"owner": lock.owner, "alive": lock.alive} for lock in summary.locks],
        "pending": [{"kind": one.kind, "urn": one.urn} for one in summary.pending],
        "trouble": summary.trouble,
    }
