"""A deployment in lines, one for each thing that happened: for pipes, logs and continuous integration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.cli.display import layout
from agentry.cli.display.layout import INDENT, Options, plain
from agentry.cli.display.view import PROVIDER_PREFIX, STACK_TYPE, Row, View
from agentry.cli.display.words import FAILED, OPS, label_of, seconds_of
from agentry.engine.events import Event, Message, Op, Operation, StepDone, StepFailed

if TYPE_CHECKING:
    from collections.abc import Iterator


def lines(view: View, event: Event) -> Iterator[str]:
    """What one event, which the view has taken in already, adds to the log of a deployment that does something.

    Args:
        view: The deployment after the event.
        event: What happened.
    """
    if isinstance(event, Message) and not event.ephemeral and layout.is_general(event) and event in view.messages:
        yield from (plain(line) for line in layout.messages([event]))
    if view.operation is Operation.PREVIEW:
        return  # nothing happens; its tree at the end says all
    if isinstance(event, StepDone):
        row = view.rows[event.urn]
        if _worth_a_line(row, event.op):
            yield f"{OPS[row.op].icon} {label_of(row.urn)}: {OPS[event.op].done}{_took(event.seconds)}"
            if event.op is not Op.DELETE_REPLACED:
                yield from (INDENT + plain(line) for line in layout.properties(row, Options()))
    elif isinstance(event, StepFailed):
        yield f"{FAILED.icon} {label_of(event.urn)}: {FAILED.done}"
        earlier = view.failed[: view.failed.index(event.urn)]
        said = {reason for urn in earlier for reason in view.rows[urn].reasons}
        yield from (INDENT + plain(line) for line in layout.reasons(view.rows[event.urn], said))
    elif isinstance(event, Message) and event.ephemeral and event.urn in view.rows:
        yield f"{INDENT}{label_of(event.urn)}: {event.text}"


def _worth_a_line(row: Row, op: Op) -> bool:
    hidden = row.type == STACK_TYPE or row.type.startswith(PROVIDER_PREFIX)
    # A replacement is told when the new one is there, and when the old one is retired; not in between.
    return row.custom and not hidden and not row.quiet and op is not Op.REPLACE


def _took(seconds: float) -> str:
    return f" ({seconds_of(seconds)})" if seconds >= 0.05 else ""


def ending(view: View, *, everything: bool = False) -> str:
    """What stands at the end: messages, outputs, the summary; before them the tree of a preview, or of `--diff`."""
    shown = everything or view.operation is Operation.PREVIEW
    tree = layout.tree(view, Options(everything=everything)) if shown else []
    below = layout.ending(view, general=False)
    return layout.text_of([*tree, *([()] if tree and below else []), *below])
