"""What was found out once: for good, or only while one expression is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")


class Memory:
    """Results by what they are results of.

    A result lasts unless a circle was cut while it was found: then it holds only for the expression that is followed
    just now. Nothing lasts before `settled` is set, since then it is not yet known who calls what.
    """

    def __init__(self) -> None:
        self.settled = False
        self._lasting: dict[Hashable, object] = {}
        self._passing: dict[Hashable, object] = {}
        self._cuts = 0

    def begin(self) -> None:
        """Another expression is followed."""
        self._passing = {}

    def cut(self) -> None:
        """A circle was left, or a limit was reached: what is found on the way back holds only for now."""
        self._cuts += 1

    def recall(self, key: Hashable, find: Callable[[], T], *, lasting: bool = True) -> T:
        """The result for `key`, found now if it was not before."""
        for results in (self._lasting, self._passing):
            if key in results:
                return results[key]  # type: ignore[return-value]
        cuts = self._cuts
        found = find()
        lasts = lasting and self.settled and cuts == self._cuts
        (self._lasting if lasts else self._passing)[key] = found
        return found
