"""What to do with one registered resource, as values: no calls, no clock, no disk.

    find_old -> wanted_inputs -> (the provider's Check) -> desired -> (its Diff) -> judge -> plan_resource

Between `judge` and `plan_resource` a replacement is checked again without the old inputs, and one that deletes first
asks `graph.dependents_to_replace` what must go with it. Somebody else performs the steps.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from agentry.engine import differences, paths, state, values
from agentry.engine.events import Difference, Op
from agentry.engine.state import Resource
from agentry.errors import ProgramError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from agentry.engine.goal import Goal, Reading
    from agentry.engine.values import Properties

INIT_ERROR = "#initerror"
"""The path by which `replaceOnChanges` names recorded init errors."""


class Change(Enum):
    """What a provider's Diff says as a whole; the numbers are the protocol's."""

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
    return next((recorded[name] for name in (urn, *aliases) if name in recorded), None)


def needs_import(goal: Goal, old: Resource | None) -> bool:
    """Whether the resource is to be adopted by its `import_id`: it is not recorded as that one yet."""
    if not (goal.custom and goal.import_id):
        return False
    return old is None or old.external or goal.import_id not in {old.id, old.import_id}


def wanted_inputs(goal: Goal, old: Resource | None) -> Properties:
    """The inputs to check: the program's, with those it ignores as they were."""
    return paths.keep_old(goal.inputs, old.inputs, goal.ignore_changes) if old and not old.external else goal.inputs


def desired(goal: Goal, urn: str, inputs: Properties, provider: str, old: Resource | None) -> Resource:
    """The record a registration asks for, with checked inputs; id, outputs and creation time are the old ones'."""
    return Resource(
        urn=urn,
        type=goal.type,
        custom=goal.custom,
        id=old.id if old else "",
        parent=goal.parent,
        inputs=inputs,
        outputs=old.outputs if old else {},
        provider=provider,
        dependencies=goal.dependencies,
        property_dependencies=goal.property_dependencies,
        protect=bool(goal.protect),
        retain_on_delete=bool(goal.retain_on_delete),
        deleted_with=goal.deleted_with,
        replace_with=goal.replace_with,
        additional_secret_outputs=goal.additional_secret_outputs,
        ignore_changes=goal.ignore_changes,
        replace_on_changes=goal.replace_on_changes,
        replacement_trigger=goal.replacement_trigger,
        hide_diffs=goal.hide_diffs,
        custom_timeouts=goal.custom_timeouts,
        import_id=goal.import_id,
        created=old.created if old else "",
        modified=old.modified if old else "",
        extra=old.extra if old else {},
    )


def must_replace(goal: Goal, old: Resource, replaced: AbstractSet[str]) -> str:
    """The option that forces a replacement whatever a provider says of it; empty when none does.

    Args:
        goal: What was asked for.
        old: The live record.
        replaced: The URNs replaced in this deployment so far.
    """
    if _triggered(goal.replacement_trigger, old.replacement_trigger):
        return "replacementTrigger"
    if not replaced.isdisjoint(goal.replace_with):
        return "replaceWith"
    return "deletedWith" if goal.deleted_with in replaced else ""


def _triggered(new: Any, old: Any) -> bool:
    """Whether a trigger changed; what is not known yet may have, and to get or lose one is no change."""
    if values.has_unknown(new) or values.has_unknown(old):
        return True
    return None not in (values.reveal(new), values.reveal(old)) and not values.equal(old, new)


def judge(goal: Goal, old: Resource, new: Resource, diff: Diff | None, *, forced: str = "") -> Judgement:
    """Whether a recorded resource stays, is updated or replaced.

    Recorded init errors force an update. A replacement comes from the provider, from `replaceOnChanges`, from what
    `forced` names, a taint, another kind (component or custom), and from one that was begun before.

    Args:
        goal: What was asked for.
        old: The live record.
        new: What `desired` made.
        diff: The provider's answer; None compares the inputs here (components, and what is replaced anyway).
        forced: What forces a replacement: what `must_replace` said, or `provider` when another one manages it now.

    Raises:
        ProgramError: It would be replaced, but is protected or still names an `import_id`.
    """
    # As in Pulumi, nothing names the changes of what has no provider: `replaceOnChanges` has no effect on components.
    patterns = goal.replace_on_changes if diff else ()
    if diff is None or diff.change is Change.UNKNOWN:
        diff = _own_diff(old, new, diff)
    if diff.change is Change.NONE:
        diff = Diff(Change.NONE, delete_before_replace=diff.delete_before_replace)
    detailed = _forced(diff.detailed, patterns)
    shown = differences.describe(
        detailed,
        old_inputs=old.inputs,
        old_outputs=old.outputs,
        new_inputs=new.inputs,
        hidden=goal.hide_diffs,
    )
    reasons = (forced,) if forced else _reasons(patterns, old, diff, detailed)
    if reasons or old.taint or old.pending_replacement or old.custom != new.custom:
        _refuse_replacement(goal, old, new, reasons)
        first = diff.delete_before_replace if goal.delete_before_replace is None else goal.delete_before_replace
        return Judgement(Verdict.REPLACE, reasons, delete_first=first or old.pending_replacement, differences=shown)
    if diff.change is Change.SOME or old.init_errors:
        return Judgement(Verdict.UPDATE, differences=shown)
    return Judgement(Verdict.SAME)


def _own_diff(old: Resource, new: Resource, answer: Diff | None) -> Diff:
    """Our own comparison of the inputs, where nobody else can say; it never asks for a replacement itself."""
    inputs = paths.keep_old(new.inputs, old.inputs, new.ignore_changes)
    detailed = differences.compare(old.inputs, inputs)
    changed = dict.fromkeys(str(paths.parse(path)[0]) for path in detailed)
    return Diff(
        change=Change.SOME if detailed else Change.NONE,
        replaces=answer.replaces if answer else (),
        changed=tuple(changed),
        detailed=detailed,
        delete_before_replace=bool(answer and answer.delete_before_replace),
    )


def _forced(detailed: Mapping[str, str], patterns: Sequence[str]) -> dict[str, str]:
    """The detailed diff in which what `replaceOnChanges` names forces a replacement."""
    return {
        path: f"{kind}-replace" if not kind.endswith("-replace") and _named(path, patterns) else kind
        for path, kind in detailed.items()
    }


def _named(path: str, patterns: Sequence[str]) -> bool:
    return any(paths.contains(paths.parse(pattern), paths.parse(path)) for pattern in patterns)


def _reasons(patterns: Sequence[str], old: Resource, diff: Diff, detailed: Mapping[str, str]) -> tuple[str, ...]:
    def named() -> Iterator[str]:
        yield from diff.replaces
        yield from (path for path, kind in detailed.items() if kind.endswith("-replace"))
        yield from (name for name in diff.changed if _named(name, patterns))
        if old.init_errors and _named(INIT_ERROR, patterns):
            yield INIT_ERROR

    return tuple(dict.fromkeys(named()))


def _refuse_replacement(goal: Goal, old: Resource, new: Resource, reasons: Sequence[str]) -> None:
    because = f"changed: {', '.join(reasons)}" if reasons else ""
    # Taking the protection away and replacing at once is allowed, as in Pulumi.
    if old.protect and new.protect:
        raise ProgramError(
            "this change replaces the resource, and it is protected",
            where=old.urn,
            why=because,
            fix="take `protect` off the resource in the program, or take the change back",
        )
    if goal.import_id:
        raise ProgramError(
            "this change replaces the resource, and the program still says to import it",
            where=old.urn,
            why=because,
            fix="take `import_` off the resource in the program: it is imported already",
        )


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
    if old is None or judgement is None:
        return [Step(Op.CREATE, new.urn, new=_fresh(new))]
    if judgement.verdict is Verdict.SAME:
        return [Step(Op.SAME, new.urn, old, new)]
    if judgement.verdict is Verdict.UPDATE:
        return [Step(Op.UPDATE, new.urn, old, new, judgement.differences)]
    replace = Step(Op.REPLACE, new.urn, old, _fresh(new), judgement.differences, judgement.reasons)
    create = dataclasses.replace(replace, op=Op.CREATE_REPLACEMENT)
    if not judgement.delete_first:
        return [create, replace]
    return [*_delete_first(old, dependents), replace, create]


def _delete_first(old: Resource, dependents: Sequence[Resource]) -> list[Step]:
    """The deletes before a replacement, users first; what a deployment before this one deleted is gone already."""
    going = {old.urn, *(dependent.urn for dependent in dependents)}
    for dependent in dependents:
        if dependent.protect:
            raise ProgramError(
                f"replacing {old.urn} deletes this resource first, and it is protected",
                where=dependent.urn,
                fix="take `protect` off the resource in the program, or take the change back",
            )
    doomed = [record for record in (*reversed(dependents), old) if not record.pending_replacement]
    return [delete_replaced(record, going, pending_replacement=True) for record in doomed]


def plan_takeover(old: Resource, new: Resource) -> list[Step]:
    """The steps for a resource that was only read so far and is to be managed: the record of the read one goes at the end."""
    replace = Step(Op.REPLACE, new.urn, old, _fresh(new))
    return [dataclasses.replace(replace, op=Op.CREATE_REPLACEMENT), replace]


def plan_import(old: Resource | None, new: Resource) -> list[Step]:
    """The steps to adopt what exists. What was recorded under this name is replaced by it, and goes at the end."""
    if old is None:
        return [Step(Op.IMPORT, new.urn, new=new)]
    replace = Step(Op.REPLACE, new.urn, old, new)
    return [dataclasses.replace(replace, op=Op.IMPORT_REPLACEMENT), replace]


def plan_read(old: Resource | None, new: Resource) -> list[Step]:
    """The steps to look at a resource that is managed elsewhere.

    A record of the same id is let go of: it is managed here no more. One of another id is replaced, and goes at the end.
    """
    if old is None or old.external or old.id == new.id:
        return [Step(Op.READ, new.urn, old, new)]
    replace = Step(Op.REPLACE, new.urn, old, new)
    return [dataclasses.replace(replace, op=Op.READ_REPLACEMENT), replace]


def external(reading: Reading, urn: str, provider: str, old: Resource | None) -> Resource:
    """The record of a resource that is only read; what it is the provider tells."""
    return Resource(
        urn=urn,
        type=reading.type,
        custom=True,
        external=True,
        id=reading.id,
        parent=reading.parent,
        inputs=reading.inputs,
        provider=provider,
        dependencies=reading.dependencies,
        additional_secret_outputs=reading.additional_secret_outputs,
        created=old.created if old else "",
        modified=old.modified if old else "",
    )


def plan_recreate(old: Resource, new: Resource, reasons: tuple[str, ...] = ()) -> list[Step]:
    """The steps for a resource that this deployment deleted already, as the dependent of another one."""
    replace = Step(Op.REPLACE, new.urn, old, _fresh(new), reasons=reasons)
    return [replace, dataclasses.replace(replace, op=Op.CREATE_REPLACEMENT)]


def _fresh(new: Resource) -> Resource:
    """What is wanted, as something that has never been."""
    return dataclasses.replace(new, id="", outputs={}, created="", modified="")


def delete_replaced(old: Resource, going: AbstractSet[str], *, pending_replacement: bool = False) -> Step:
    """The delete of what was, or is going to be, replaced; `going` are the URNs that are deleted with it."""
    return Step(
        Op.DISCARD_REPLACED if old.external else Op.DELETE_REPLACED,
        old.urn,
        old,
        pending_replacement=pending_replacement,
        record_only=only_record(old, going),
    )


def only_record(old: Resource, going: AbstractSet[str]) -> bool:
    """Whether only the record of a resource goes when it is deleted, together with the URNs `going`."""
    return not old.custom or old.external or old.retain_on_delete or old.deleted_with in going


def may_skip_write(old: Resource, new: Resource) -> bool:
    """Whether a resource that is the same needs no write of its own: nothing recorded differs but times."""
    return state.equal(old, new)
