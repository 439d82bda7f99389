"""What to do with one registered resource, as values: no calls, no clock, no disk.

    find_old -> wanted_inputs -> (the provider's Check) -> desired -> (its Diff) -> judge -> plan_resource

Between `judge` and `plan_resource` a replacement is checked again without the old inputs, and one that deletes first
asks `graph.dependents_to_replace` what must go with it. Somebody else performs the steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import Enum

from agentry.engine.events import Difference, Op
from agentry.engine.goal import Goal
from agentry.engine.state import Resource
from agentry.engine.values import Properties


class Change(Enum):
    """What a provider's Diff says as a whole."""

    UNKNOWN = 0
    NONE = 1
    SOME = 2


@dataclass(frozen=True, slots=True)
class Diff:
    """A provider's answer to Diff.

    `detailed` maps property paths to add, delete or update, each perhaps with "-replace" behind it; it may be empty
    although something changed. `changed` names the top-level properties that did, `replaces` those that force a
    replacement.
    """

    change: Change
    replaces: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    detailed: Mapping[str, str] = field(default_factory=dict)
    delete_before_replace: bool = False


class Verdict(Enum):
    """What a difference means for a resource."""

    SAME = "same"
    UPDATE = "update"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be done with a resource that exists, and why. `reasons` are the properties that force a replacement."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    delete_first: bool = False
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step. `old` is what is recorded, `new` what is to be (outputs still the old ones, where a provider makes them).

    After a create-replacement `old` is forgotten if it is pending replacement, else marked for deletion (a delete at
    the end removes it). `pending_replacement` on a delete: the record stays, so marked, until the resource is made
    again. `record_only` on a delete: no provider is asked (component, external, retainOnDelete, deletedWith, a record
    that was pending replacement).
    """

    op: Op
    urn: str
    old: Resource | None = None
    new: Resource | None = None
    differences: tuple[Difference, ...] = ()
    reasons: tuple[str, ...] = ()
    pending_replacement: bool = False
    record_only: bool = False


def find_old(urn: str, aliases: Sequence[str], recorded: Mapping[str, Resource]) -> Resource | None:
    """The live record of a resource: under its URN, else under the first alias that has one."""


def needs_import(goal: Goal, old: Resource | None) -> bool:
    """Whether the resource is to be adopted by its `import_id`: it is not recorded as that one yet."""


def wanted_inputs(goal: Goal, old: Resource | None) -> Properties:
    """The inputs to check: the program's, with those it ignores as they were."""


def desired(goal: Goal, urn: str, inputs: Properties, provider: str, old: Resource | None) -> Resource:
    """The record a registration asks for, with checked inputs; id, outputs and creation time are the old ones'."""


def judge(
    goal: Goal,
    old: Resource,
    new: Resource,
    diff: Diff | None,
    *,
    provider_replaced: bool = False,
    replaced: AbstractSet[str] = frozenset(),
) -> Judgement:
    """Whether a recorded resource stays, is updated or replaced.

    Recorded init errors force an update. A replacement comes from the provider, from `replaceOnChanges`, from a taint,
    another provider, another kind (component or custom), `replaceWith`, and from one that was begun before.

    Args:
        goal: What was asked for.
        old: The live record.
        new: What `desired` made.
        diff: The provider's answer; None compares the inputs here (components).
        provider_replaced: Its provider can no longer manage it.
        replaced: The URNs replaced in this deployment so far, for `replaceWith`.

    Raises:
        ProgramError: It would be replaced, but is protected or still names an `import_id`.
    """


def plan_resource(
    old: Resource | None, new: Resource, judgement: Judgement | None = None, *, dependents: Sequence[Resource] = ()
) -> list[Step]:
    """The steps of one registration, in order.

    Args:
        old: The live record, if any.
        new: What is wanted; for a replacement with the inputs of the second Check.
        judgement: Of `judge`; None when there is no record.
        dependents: With `delete_first`: what `dependents_to_replace` found and nobody deleted yet, in its order.

    Raises:
        ProgramError: A dependent is protected.
    """


def plan_recreate(old: Resource, new: Resource, reasons: tuple[str, ...] = ()) -> list[Step]:
    """The steps for a resource that this deployment deleted already, as the dependent of another one."""


def may_skip_write(old: Resource, new: Resource) -> bool:
    """Whether a resource that is the same needs no write of its own: nothing recorded differs but times."""
