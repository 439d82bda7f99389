"""What the Pulumi CLI tells while it works, as the events that both engines have.

The CLI says less than the embedded engine: no parent of a resource that failed its checks, nothing that tells a
failed program from a failed deployment, components done only when they register outputs. What it says more is left out:
default providers, debug lines, and what follows from a failure (a program that it ends prints a traceback).

Secrets are masked by the CLI in all properties; in texts by whoever knows them (`redact`).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentry.engine import differences, values
from agentry.engine.deployment import HALVES
from agentry.engine.events import Event, Message, Op, Operation, StepDone, StepFailed, StepPlanned
from agentry.engine.urn import ROOT_STACK_TYPE, is_provider, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pulumi import automation as auto

    from agentry.clock import Clock
    from agentry.engine.events import Difference

_OPS: dict[str, Op] = {op.value: op for op in Op}

_CHECK_FAILURE = re.compile(
    r"^\S+ resource '[^']*': property (?P<property>.+?) value .* has a problem: (?P<reason>.*)$", re.DOTALL
)
"""How the CLI words what Check has against a property: with its value, and that of a secret too, in clear."""


@dataclass(slots=True)
class _Step:
    """A step under way."""

    op: Op
    began: float
    errors: list[str] = field(default_factory=list)


class Translation:
    """One operation of the CLI, event by event.

    Args:
        operation: What it does.
        clock: For how long steps take.
        redact: Masks the secrets in a text.
        parents: The recorded resources' parents, by URN: whom a resource belongs to that fails before it has a step.
    """

    def __init__(
        self,
        operation: Operation,
        *,
        clock: Clock,
        redact: Callable[[str], str],
        parents: Mapping[str, str] | None = None,
    ) -> None:
        self._operation = operation
        self._clock = clock
        self._redact = redact
        self._parents = dict(parents or {})
        self._recorded = frozenset(self._parents)
        self._steps: dict[str, _Step] = {}
        self._refreshing: set[str] = set()
        self._ended = False
        self.begun = False
        """Whether the CLI came so far as to tell anything."""
        self.changes: Counter[str] = Counter()
        self.outputs: dict[str, Any] = {}
        self.failures = 0
        self.errors: list[str] = []
        """What went wrong and is of no resource; what only follows from a failed step is left out."""
        self.interrupted = False

    def take(self, event: auto.EngineEvent) -> Iterator[Event]:
        """The events that one of the CLI's amounts to."""
        self.begun = True
        if event.resource_pre_event:
            yield from self._planned(event.resource_pre_event.metadata)
        elif event.res_outputs_event:
            planning = bool(event.res_outputs_event.planning)
            yield from self._done(event.res_outputs_event.metadata, planning=planning)
        elif event.res_op_failed_event:
            yield from self._failed(event.res_op_failed_event.metadata)
        elif event.diagnostic_event:
            yield from self._told(event.diagnostic_event)
        elif event.policy_event:
            yield from self._violated(event.policy_event)
        elif event.stdout_event and not self.interrupted:
            yield from self._message("info", event.stdout_event.message)
        elif event.summary_event:
            self._ended = True
            yield from self.close()

    def close(self) -> Iterator[Event]:
        """What is still to be said: steps of which only the error was told."""
        for urn, step in list(self._steps.items()):
            if step.errors:
                yield self._step_failed(urn, step.op, step.errors)

    def _planned(self, metadata: auto.StepEventMetadata) -> Iterator[Event]:
        op, state = _OPS.get(metadata.op), metadata.new or metadata.old
        if op is None or state is None:
            return
        urn = metadata.urn
        self._parents[urn] = state.parent
        if op is Op.REFRESH:
            if _is_stack(state) and not self.outputs:
                self.outputs = _outputs(state)
            if not state.custom or is_provider(state.type):
                return
            self._refreshing.add(urn)
        else:
            self._refreshing.discard(urn)
        self._steps[urn] = _Step(op, self._clock.monotonic())
        if _is_default_provider(state):
            return
        yield StepPlanned(
            urn, op, state.parent, _differences(metadata), bool(state.custom), values.mask(dict(state.inputs or {}))
        )
        if not state.custom:
            # Nobody makes a component; the CLI says that it is done only if it registers outputs.
            outputs = _outputs(metadata.old) if op is Op.SAME else {}
            yield from self._end(urn, op, outputs, planning=self._operation is Operation.PREVIEW)

    def _done(self, metadata: auto.StepEventMetadata, *, planning: bool) -> Iterator[Event]:
        state = metadata.new or metadata.old
        if state is None:
            return
        if _is_stack(state):
            self.outputs = _outputs(metadata.new)
        if metadata.urn in self._refreshing:
            yield from self._refreshed(metadata, planning=planning)
        elif metadata.urn in self._steps and not _is_default_provider(state):
            yield from self._end(metadata.urn, self._steps[metadata.urn].op, _outputs(metadata.new), planning=planning)
        else:
            self._steps.pop(metadata.urn, None)

    def _refreshed(self, metadata: auto.StepEventMetadata, *, planning: bool) -> Iterator[Event]:
        """What a refresh found: the CLI says it with the end of the step, and in a preview not by the step's name."""
        self._refreshing.discard(metadata.urn)
        shown: tuple[Difference, ...] = ()
        if metadata.new is None:
            op = Op.DELETE
        elif metadata.detailed_diff or metadata.diffs:
            op, shown = Op.UPDATE, _differences(metadata)
        else:
            op = Op.SAME
        state = metadata.new or metadata.old
        assert state is not None
        yield StepPlanned(metadata.urn, op, state.parent, shown, inputs=values.mask(dict(state.inputs or {})))
        yield from self._end(metadata.urn, op, _outputs(state), planning=planning, found=True)

    def _end(
        self, urn: str, op: Op, outputs: dict[str, Any], *, planning: bool, found: bool = False
    ) -> Iterator[Event]:
        step = self._steps.pop(urn)
        # An update that refreshes first counts what it changes, not what it found.
        if op not in HALVES and (not found or self._operation is Operation.REFRESH):
            self.changes[op.value] += 1
        if not planning:
            yield StepDone(urn, op, self._clock.monotonic() - step.began, outputs)

    def _failed(self, metadata: auto.StepEventMetadata) -> Iterator[Event]:
        op, urn = _OPS.get(metadata.op, Op.UPDATE), metadata.urn
        step = self._steps.get(urn)
        unready = tuple(metadata.new.init_errors or ()) if metadata.new else ()
        reasons = unready or tuple(step.errors if step else ()) or ("the step failed",)
        yield self._step_failed(urn, op, reasons, partial=bool(unready))

    def _step_failed(
        self, urn: str, op: Op, reasons: list[str] | tuple[str, ...], *, parent: str = "", partial: bool = False
    ) -> StepFailed:
        self.failures += 1
        self._steps.pop(urn, None)
        return StepFailed(urn, op, tuple(map(self._redact, reasons)), partial, parent)

    def _told(self, event: auto.DiagnosticEvent) -> Iterator[Event]:
        text, urn = event.message.rstrip(), event.urn or ""
        if event.severity == "debug" or not text.strip():
            return
        if event.severity == "error":
            yield from self._error(text, urn)
        elif urn or event.severity == "warning" or not self._consequence:
            yield from self._message(event.severity, text, urn, ephemeral=bool(event.ephemeral))

    @property
    def _consequence(self) -> bool:
        """Whether what a program says now says only that it was ended."""
        return self._ended or self.failures > 0 or self.interrupted

    def _error(self, text: str, urn: str) -> Iterator[Event]:
        if not urn:
            if not self._consequence:
                self.errors.append(self._redact(text))
            return
        refused = _CHECK_FAILURE.match(text)
        reason = f"{refused['property']}: {refused['reason']}" if refused else text
        if urn in self._steps:
            # The end of the step follows, and says whether the resource is there.
            self._steps[urn].errors.append(reason)
        else:
            yield self._step_failed(urn, self._wanted(urn), (reason,), parent=self._parent(urn))

    def _wanted(self, urn: str) -> Op:
        """What was to be done with a resource that failed before it had a step."""
        if self._operation is Operation.DESTROY:
            return Op.DELETE
        return Op.UPDATE if urn in self._recorded else Op.CREATE

    def _parent(self, urn: str) -> str:
        """The parent as it is recorded; of a new resource, the only one it can be by its URN, else nobody."""
        if urn in self._parents:
            return self._parents[urn]
        above = split(urn).qualified_type.rpartition("$")[0] or ROOT_STACK_TYPE
        fitting = [known for known in self._parents if split(known).qualified_type == above]
        return fitting[0] if len(fitting) == 1 else ""

    def _violated(self, event: auto.PolicyEvent) -> Iterator[Event]:
        text = f"policy {event.policy_name} of {event.policy_pack_name}: {event.message.strip()}"
        if event.enforcement_level == "mandatory":
            yield from self._error(text, event.resource_urn or "")
        else:
            yield from self._message("warning", text, event.resource_urn or "")

    def _message(self, severity: str, text: str, urn: str = "", *, ephemeral: bool = False) -> Iterator[Event]:
        if text.strip():
            yield Message(severity.partition("#")[0], self._redact(text.rstrip()), urn, ephemeral)


def _is_stack(state: auto.StepEventStateMetadata) -> bool:
    return state.type == ROOT_STACK_TYPE


def _is_default_provider(state: auto.StepEventStateMetadata) -> bool:
    """A provider that nobody declared: its steps are shown to nobody."""
    return is_provider(state.type) and split(state.urn).name.startswith("default")


def _outputs(state: auto.StepEventStateMetadata | None) -> dict[str, Any]:
    masked: dict[str, Any] = values.mask(dict(state.outputs or {})) if state else {}
    return masked


def _differences(metadata: auto.StepEventMetadata) -> tuple[Difference, ...]:
    """What changes, from the provider's detailed difference, else from the names of what differs."""
    old, new = metadata.old, metadata.new
    if old is None or new is None:
        return ()
    detailed = {path: str(one.diff_kind.value) for path, one in (metadata.detailed_diff or {}).items()}
    return differences.describe(
        detailed or dict.fromkeys(metadata.diffs or (), "update"),
        old_inputs=dict(old.inputs or {}),
        old_outputs=dict(old.outputs or {}),
        # What a refresh found is also in the outputs; what is to come is not.
        new_inputs={**(new.outputs or {}), **(new.inputs or {})},
    )
