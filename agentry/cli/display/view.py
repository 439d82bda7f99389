"""What a person needs to know of a deployment while it runs and when it is over, folded from its events.

    events -> View -> lines (layout.py), plain lines (plain.py), one JSON document (document.py)

A View holds values only. Times are those of whoever hands the events over, so a recorded list renders the same forever.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from agentry.cli.display.words import REPLACEMENT, split_urn
from agentry.engine.events import Difference, Event, Finished, Message, Op, Operation, StepDone, StepFailed, StepPlanned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"
QUIET = (Op.SAME, Op.READ, Op.REFRESH)


class State(Enum):
    """How far a resource is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Row:
    """One resource.

    Attributes:
        urn: Its URN.
        parent: The URN of its parent, or empty.
        op: What is done to it; the steps of a replacement are one `replace`.
        step: The step it is at, which of a replacement is one of three.
        state: How far it is.
        custom: Whether a provider makes it (not a component).
        begun: When its step began, in the caller's seconds.
        seconds: How long its steps took so far.
        note: Its newest line of progress.
        differences: What changes.
        inputs: What it is made of.
        reasons: Why it failed.
        partial: It failed, but exists and is recorded.
    """

    urn: str
    parent: str
    op: Op
    step: Op
    state: State = State.RUNNING
    custom: bool = True
    begun: float = 0.0
    seconds: float = 0.0
    note: str = ""
    differences: tuple[Difference, ...] = ()
    inputs: dict[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    partial: bool = False

    @property
    def type(self) -> str:
        """Its type token."""
        return split_urn(self.urn)[0]

    @property
    def quiet(self) -> bool:
        """Whether nothing about it needs to be seen: looked at, and found as it should be."""
        return self.op in QUIET and not self.differences and self.state is not State.FAILED


@dataclass(slots=True)
class View:
    """A deployment as far as it got.

    Args:
        operation: What was asked for.
        stack: `agents/local`: what people call the stack.
        rows: Resources by URN, in the order they were first heard of.
        messages: Lines for people that are no progress; nothing twice.
        failed: The URNs of what failed, in the order of time.
        finished: The end, once it came.
    """

    operation: Operation
    stack: str
    rows: dict[str, Row] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    finished: Finished | None = None

    def apply(self, event: Event, now: float = 0.0) -> None:
        """Take one event in.

        Args:
            event: What happened.
            now: When, in seconds of any clock that does not go back.
        """
        if isinstance(event, StepPlanned):
            self._planned(event, now)
        elif isinstance(event, StepDone):
            self._done(event)
        elif isinstance(event, StepFailed):
            self._failed(event)
        elif isinstance(event, Message):
            self._told(event)
        else:
            self.finished = event

    def _planned(self, event: StepPlanned, now: float) -> None:
        op = Op.REPLACE if event.op in REPLACEMENT else event.op
        known = self.rows.get(event.urn)
        if known is None or known.op is not op:
            known = self.rows[event.urn] = Row(event.urn, event.parent, op, event.op, custom=event.custom)
        known.step, known.state, known.begun = event.op, State.RUNNING, now
        known.differences = event.differences or known.differences
        # What begins so is between a provider and its state; the Pulumi CLI does not show it either.
        shown = {key: value for key, value in event.inputs.items() if not key.startswith("__")}
        known.inputs = shown or known.inputs

    def _row(self, urn: str, op: Op, parent: str = "") -> Row:
        """The row of a step that ended; one that was never announced gets a row of its own."""
        return self.rows.setdefault(urn, Row(urn, parent, Op.REPLACE if op in REPLACEMENT else op, op))

    def _done(self, event: StepDone) -> None:
        row = self._row(event.urn, event.op)
        row.state, row.note = State.DONE, ""
        row.seconds += event.seconds

    def _failed(self, event: StepFailed) -> None:
        row = self._row(event.urn, event.op, event.parent)
        row.state, row.note = State.FAILED, ""
        row.reasons = (*row.reasons, *(reason for reason in event.reasons if reason not in row.reasons))
        row.partial = event.partial
        if event.urn not in self.failed:
            self.failed.append(event.urn)

    def _told(self, message: Message) -> None:
        if message.severity == "debug":
            return
        if not message.ephemeral:
            if message not in self.messages:
                self.messages.append(message)
        elif message.urn in self.rows:
            self.rows[message.urn].note = message.text

    def shown_messages(self) -> list[Message]:
        """The messages that say what no failed row says already."""
        said = {reason for row in self.rows.values() for reason in row.reasons}
        return [message for message in self.messages if message.text not in said]

    def shown_rows(self) -> Iterator[Row]:
        """The rows that have a place in the tree: not the stack itself, nor a provider that is as it was."""
        for row in self.rows.values():
            hidden = row.type == STACK_TYPE or row.type.startswith(PROVIDER_PREFIX)
            if not hidden or row.state is State.FAILED:
                yield row


def view_of(operation: Operation, stack: str, events: Iterable[tuple[float, Event]]) -> View:
    """The view after all of these events, each with its time in seconds."""
    view = View(operation, stack)
    for now, event in events:
        view.apply(event, now)
    return view
