"""Who uses whom among recorded resources: what must go together, and in which order. Pure.

A resource uses what `state.uses` says. Among records of one URN (a live one, and others marked for deletion) a user
means those that come before it: a checkpoint is always in topological order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.engine import urn as urns
from agentry.engine.events import Op
from agentry.engine.plan import Step, delete_replaced, only_record
from agentry.engine.state import Resource, uses
from agentry.engine.values import UNKNOWN, Properties

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from collections.abc import Set as AbstractSet


@dataclass(frozen=True, slots=True, eq=False)
class Deletion:
    """A delete and the records that must be gone before it begins (its users that go too)."""

    step: Step
    after: tuple[Resource, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Deletions:
    """What goes, users before what they use; and what stays although nobody asks for it.

    `protected` are errors, one each. `needed` stay because a protected one uses them.
    """

    going: tuple[Deletion, ...]
    protected: tuple[Resource, ...] = ()
    needed: tuple[Resource, ...] = ()


def plan_deletes(resources: Sequence[Resource], registered: AbstractSet[str]) -> Deletions:
    """What goes at the end of an update: records marked for deletion, and those nobody registered.

    Args:
        resources: The state as it is now, in its order.
        registered: The URNs that the program asked for, and what was read; empty to destroy everything.
    """
    doomed = [resource for resource in resources if resource.delete or resource.urn not in registered]
    # What was replaced goes although it is protected: the protection is the live one's.
    protected = [resource for resource in doomed if resource.protect and not resource.delete]
    needed: list[Resource] = []
    kept: set[str] = {resource.urn for resource in protected}
    wanted = {name for resource in protected for name in uses(resource)}
    for resource in reversed(doomed):
        if resource.urn in wanted and resource.urn not in kept and not resource.delete:
            needed.append(resource)
            wanted |= uses(resource)
    staying = {id(resource) for resource in (*protected, *needed)}
    going = [resource for resource in doomed if id(resource) not in staying]
    return Deletions(_order(going), tuple(protected), tuple(reversed(needed)))


def _order(going: Sequence[Resource]) -> tuple[Deletion, ...]:
    """The deletes of these records, users first. They come in topological order, so the reverse of it is one."""
    doomed = {resource.urn for resource in going}
    users: dict[int, list[Resource]] = {id(resource): [] for resource in going}
    before: dict[str, list[Resource]] = {}
    for resource in going:
        for name in uses(resource):
            for used in before.get(name, ()):
                users[id(used)].append(resource)
        before.setdefault(resource.urn, []).append(resource)
    return tuple(Deletion(_delete(resource, doomed), tuple(users[id(resource)])) for resource in reversed(going))


def _delete(resource: Resource, doomed: AbstractSet[str]) -> Step:
    if resource.delete:
        return delete_replaced(resource, doomed)
    if resource.pending_replacement:
        # Its delete was done when its replacement began; nobody asks for the resource any more.
        return Step(Op.REMOVE_PENDING_REPLACE, resource.urn, resource, record_only=True)
    op = Op.DISCARD if resource.external else Op.DELETE
    return Step(op, resource.urn, resource, record_only=only_record(resource, doomed))


async def dependents_to_replace(
    root: Resource,
    resources: Sequence[Resource],
    would_replace: Callable[[Resource, Properties], Awaitable[bool]],
    *,
    registered: AbstractSet[str] = frozenset(),
) -> tuple[Resource, ...]:
    """Which recorded resources must go with one that is deleted before it is replaced, used before users.

    A user goes when its provider does, when it is deleted with what goes or replaced with it, or when its provider
    says that a change of the inputs that come from what goes would replace it.

    Args:
        root: What is replaced.
        resources: The state before the deployment, in its order.
        would_replace: Asks a provider's Diff about a resource and its inputs, those that come from what goes unknown.
        registered: What was registered already can not depend on `root` any more.
    """
    going = {root.urn}
    found: list[Resource] = []
    for resource in resources:
        if (
            resource is root
            or resource.delete
            or resource.urn in registered
            or not resource.custom
            or resource.external
        ):
            continue
        if _goes_with(resource, going) or (
            (inputs := _inputs_without(resource, going)) is not None and await would_replace(resource, inputs)
        ):
            going.add(resource.urn)
            found.append(resource)
    return tuple(found)


def _goes_with(resource: Resource, going: AbstractSet[str]) -> bool:
    provider = urns.split_reference(resource.provider)[0] if resource.provider else ""
    return not going.isdisjoint({provider, resource.deleted_with, *resource.replace_with} - {""})


def _inputs_without(resource: Resource, going: AbstractSet[str]) -> Properties | None:
    """The inputs of which those that come from what goes are unknown; None when there are none of these."""
    touched = {
        name for name, used in resource.property_dependencies.items() if name in resource.inputs and going & set(used)
    }
    if not touched:
        return None
    return {name: UNKNOWN if name in touched else value for name, value in resource.inputs.items()}
