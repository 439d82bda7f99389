"""What was worked out of the same content before, in this process: a run looks at each agent more than once."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")


class Memo(Generic[T]):
    """Results by what they follow from; those that were not asked for longest go first. Errors are not kept.

    Args:
        most: How many are kept. What they hold is the caller's to keep small.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The result for a key: everything that `make` looks at is in it."""
        if key not in self._known:
            self._known[key] = make()
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    def clear(self) -> None:
        """Know nothing: for measuring what a first look takes."""
        self._known.clear()
