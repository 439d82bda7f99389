"""Who uses whom among recorded resources: what must go together, and in which order. Pure.

A resource uses its parent, its provider, its dependencies, those of its properties, and what it is deleted with.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from agentry.engine.plan import Step
from agentry.engine.state import Resource
from agentry.engine.values import Properties


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


def uses(resource: Resource) -> set[str]:
    """The URNs that a resource uses."""


def check_order(resources: Sequence[Resource]) -> str | None:
    """None when each resource comes after what it uses; else which one does not, in a sentence."""


def plan_deletes(resources: Sequence[Resource], registered: AbstractSet[str]) -> Deletions:
    """What goes at the end of an update: records marked for deletion, and those nobody registered.

    Args:
        resources: The state as it is now, in its order.
        registered: The URNs that the program asked for, and what was read; empty to destroy everything.
    """


async def dependents_to_replace(
    root: Resource,
    resources: Sequence[Resource],
    would_replace: Callable[[Resource, Properties], Awaitable[bool]],
    *,
    registered: AbstractSet[str] = frozenset(),
) -> tuple[Resource, ...]:
    """Which recorded resources must go with one that is deleted before it is replaced, used before users.

    Args:
        root: What is replaced.
        resources: The state before the deployment, in its order.
        would_replace: Asks a provider's Diff about a resource and its inputs, those that come from what goes unknown.
        registered: What was registered already can not depend on `root` any more.
    """
