"""A row of `make bench`, and how a figure comes about: so many runs, the median said, the spread shown."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.inspector import inspection
from agentry.package import requirement_lines, spec

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Row:
    """One figure: seconds of several runs, and what is to be reached (None where it stands for comparison)."""

    what: str
    seconds: tuple[float, ...]
    target: float | None = None

    @property
    def median(self) -> float:
        """The middle of the runs, in seconds."""
        return statistics.median(self.seconds)


def _forget() -> None:
    """What was worked out of the same content before, in this process, is not what is measured."""
    inspection._INSPECTIONS.clear()
    spec._KNOWN.clear()
    requirement_lines.logical_lines.cache_clear()
    requirement_lines._understood.cache_clear()


def measure(what: str, run: Callable[[], object], *, runs: int = 5, warm: int = 1, target: float | None = None) -> Row:
    """Time `run` so many times, after `warm` runs that do not count; each is a first look at what it reads."""
    for _ in range(warm):
        run()
    seconds = []
    for _ in range(runs):
        _forget()
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return Row(what, tuple(seconds), target)
