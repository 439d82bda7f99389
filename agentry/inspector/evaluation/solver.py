"""What was found out once, circles in what is being found out, and how much work one inspection may be.

What is found by way of a circle holds only together with what closes the circle: it is forgotten when that is done,
and then found again on its own. Everything counts steps, never time: the same code is followed equally far anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from agentry.inspector.evaluation.values import CIRCLE, Unknown, Values, unique

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")
DEPTH = 64  # what is nested deeper is not followed
STEPS = 2_000  # nor more than this for the sake of one expression
BUDGET = 60_000  # nor more than this in one inspection, and 5 for each call that stands in the code, to
MOST = 150_000

WAYS = 8  # that something may be which is defined by way of itself
CIRCLES = 40  # things that are defined by way of each other, each found on its own

_ITSELF = Unknown("it is defined by way of itself")
_CLOSED = 1 << 30
SPENT = Unknown("it takes too many steps to follow")


class Solver:
    """Finds values by key, each once.

    Attributes:
        settled: Whether it is known who calls what; until then what depends on it is forgotten with each round.
        spent: Whether the budget of the inspection is used up.
        lasting: What was found for good, by key.
        active: What is being found, with how deep in other things; nothing when nothing is being followed.
        gave_up: Whether some limit was reached since it was last set to False.
    """

    def __init__(self) -> None:
        self.settled = False
        self.spent = False
        self.gave_up = False
        self.lasting: dict[Hashable, Values] = {}
        self._round: dict[Hashable, Values] = {}
        self._passing: dict[Hashable, tuple[Values, int]] = {}
        self._others: dict[Hashable, Any] = {}
        self.active: dict[Hashable, int] = {}
        self._lowest = _CLOSED  # the outermost of what is active that a circle led back to
        self._asked = False
        self._steps = 0
        self._left = BUDGET

    @property
    def asked_any(self) -> bool:
        """Whether anything that was found in this round depends on who calls what."""
        return bool(self._round)

    def ask(self) -> None:
        """What is being found depends on who calls what."""
        self._asked = True

    def next_round(self) -> None:
        """Forget what depends on who calls what."""
        self._round.clear()

    def allow(self, calls: int) -> None:
        """Say how much code there is."""
        self._left = min(BUDGET + 5 * calls, MOST)

    def exhaust(self) -> None:
        """Give up on whatever is not known yet."""
        self._left = -1
        self.spent = True

    def charge(self, steps: int) -> None:
        """Count work that is no expression: a long text, many elements."""
        self._steps += steps
        self._left -= steps

    def once(self, key: Hashable, find: Callable[[], T]) -> T:
        """Something else that is found once, unless it was found by way of a circle."""
        if key in self._others:
            return self._others[key]  # type: ignore[no-any-return]
        lowest, self._lowest = self._lowest, _CLOSED
        found = find()
        inner, self._lowest = self._lowest, min(lowest, self._lowest)
        if self.settled and inner == _CLOSED:
            self._others[key] = found
        return found

    def solve(self, key: Hashable, find: Callable[..., Values], *arguments: Any) -> Values:
        """The result for `key`: known, or found now by `find(*arguments)`."""
        found = self.lasting.get(key)
        if found is not None:
            return found
        found = self._round.get(key)
        if found is not None:
            self._asked = True
            return found
        passing = self._passing.get(key)
        if passing is not None:
            self._steps += 1
            self._left -= 1
            self._lowest = min(self._lowest, passing[1])
            return passing[0]
        if key in self.active:
            self._lowest = min(self._lowest, self.active[key])
            return (CIRCLE,)
        return self._find(key, find, arguments)

    def _find(self, key: Hashable, find: Callable[..., Values], arguments: tuple[Any, ...]) -> Values:
        depth = len(self.active)
        if not depth:
            self._steps = 0
        self._steps += 1
        self._left -= 1
        if self._left < 0 or self._steps > STEPS or depth > DEPTH:
            self.spent = self.spent or self._left < 0
            self.gave_up = True
            self._lowest = 0
            return (SPENT,)
        lowest, asked = self._lowest, self._asked
        self._lowest, self._asked = _CLOSED, False
        self.active[key] = depth
        try:
            found = unique(find(*arguments))
        finally:
            del self.active[key]
            inner, self._lowest = self._lowest, lowest
            depends, self._asked = self._asked, asked or self._asked
        if inner != _CLOSED and len(found) > WAYS:
            found = (Unknown("it is defined by way of itself"), *((CIRCLE,) if CIRCLE in found else ()))
        if inner < depth:
            self._lowest = min(lowest, inner)
            self._passing[key] = (found, inner)
            return found
        if inner != _CLOSED:
            # Only copies lead back as they are: nothing new comes in by them.
            found = tuple(value for value in found if value is not CIRCLE) or (_ITSELF,)
            self._close(depth)
        (self._round if depends and not self.settled else self.lasting)[key] = found
        return found

    def _close(self, depth: int) -> None:
        """Forget what was found on the way round; of a circle that is too large, keep it with what is missing not known."""
        closed = {key: known for key, (known, inner) in self._passing.items() if inner >= depth}
        if len(closed) > CIRCLES or self._steps > STEPS:
            kept = self.lasting if self.settled else self._round
            for key, known in closed.items():
                kept[key] = tuple(_ITSELF if value is CIRCLE else value for value in known)
        for key in closed:
            del self._passing[key]
