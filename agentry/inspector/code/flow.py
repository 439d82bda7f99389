"""Where in the source a name is bound, and which of its bindings can reach a place where it is read.

Only what stands in one scope is ordered. What another scope binds (`global`, `nonlocal`, from outside) may have
happened at any time, and a function is called at any time after it was defined.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
Position = tuple[int, int]
END: Position = (1 << 30, 0)
"""After everything: where a module's names are read from outside."""


@dataclass(slots=True, eq=False)
class Group:
    """Blocks of which one runs: the branches of an `if` or a `match`; `complete` when one of them always does."""

    parent: Block | None
    start: Position
    end: Position
    branches: list[Block] = field(default_factory=list)
    complete: bool = False


@dataclass(slots=True, eq=False)
class Block:
    """Statements of one scope that run together, or not at all.

    Attributes:
        loop: Whether they may run again.
        test: On what it depends whether they run, and `holds`, what that must be.
        leaves: Whether nothing after it runs once they have: they end with `return` or `raise`.
    """

    start: Position
    end: Position
    parent: Block | None
    loop: bool = False
    test: ast.expr | None = None
    holds: bool = True
    group: Group | None = None
    leaves: bool = False

    def contains(self, at: Position) -> bool:
        """Whether something stands in it."""
        return self.start <= at <= self.end

    def around(self) -> Iterator[Block]:
        """Itself and the blocks that it is in, innermost first."""
        block: Block | None = self
        while block:
            yield block
            block = block.parent


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is bound: from `at` on, if `block` runs; at any time when it is done `elsewhere`."""

    at: Position
    block: Block | None = None
    elsewhere: bool = False

    def blocks(self) -> Iterator[Block]:
        """The blocks that it is in, innermost first."""
        return self.block.around() if self.block else iter(())


def reaching(
    bound: Sequence[tuple[T, Place]], at: Position, runs: Callable[[Block], bool | None], *, later: bool
) -> list[tuple[T, bool]]:
    """The bindings that a name may have where it is read, each with whether an earlier turn of a loop may have made it.

    Args:
        bound: Each binding with its place.
        at: Where the name is read, in the same scope.
        runs: Whether a block runs: surely, surely not, or not known (None).
        later: Whether it is read by a function that is defined at `at`, so at any time after.
    """
    live = [(each, place) for each, place in bound if all(runs(block) is not False for block in place.blocks())]
    ordered = [place for _, place in live if not place.elsewhere]
    last: Place | None = None
    for place in ordered:
        again = later and any(block.loop for block in place.blocks())
        newer = place.at <= at and (last is None or place.at > last.at)
        if newer and not again and _surely_before(place.block, at, runs):
            last = place
    since = max([last.at if last else (0, 0), *_covered(ordered, at, runs)])
    sure = set(last.blocks()) if last else set()
    kept = [
        (each, any(block.loop and block.contains(at) and block not in sure for block in place.blocks()))
        for each, place in live
        if place.elsewhere or (place is last and place.at >= since) or _may_reach(place, since, sure, at, later=later)
    ]
    return kept or [(each, True) for each, _ in bound]


def _surely_before(block: Block | None, at: Position, runs: Callable[[Block], bool | None]) -> bool:
    while block and not block.contains(at):
        if runs(block) is not True:
            return False
        block = block.parent
    return True


def _may_reach(place: Place, since: Position, sure: set[Block], at: Position, *, later: bool) -> bool:
    if place.at < since:
        return False
    if place.at > at and later:
        return True
    if any(block.leaves and not block.contains(at) for block in place.blocks()):
        return False
    if place.at <= at and not _is_other_branch(place, at):
        return True
    return any(block.loop and block.contains(at) and block not in sure for block in place.blocks())


def _is_other_branch(place: Place, at: Position) -> bool:
    return any(
        block.group and not block.contains(at) and any(other.contains(at) for other in block.group.branches)
        for block in place.blocks()
    )


def _covered(places: Sequence[Place], at: Position, runs: Callable[[Block], bool | None]) -> list[Position]:
    """Where the `if`s begin that are over at `at` and bind the name in every branch: nothing older is left."""
    groups = {block.group: None for place in places for block in place.blocks() if block.group}
    if not groups:
        return []
    inner: dict[Block | None, list[Group]] = {}
    for group in groups:
        inner.setdefault(group.parent, []).append(group)
    direct = {place.block for place in places}
    # Those inside of others come later, and are asked for first.
    whole: set[Group] = set()
    for group in sorted(groups, key=lambda each: each.start, reverse=True):
        if group.complete and all(
            branch.leaves or branch in direct or not whole.isdisjoint(inner.get(branch, ()))
            for branch in group.branches
        ):
            whole.add(group)
    return [group.start for group in whole if group.end < at and _surely_before(group.parent, at, runs)]
