"""What was before the last writes, for reads that are behind: eventual consistency, on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentry.sandbox.snapshot import Snapshot
    from agentry.sandbox.store import Store

_READS = ("GET", "HEAD", "OPTIONS")
# They are POST requests, and write nothing that a read would show.
_POSTED_READS = ("/search", "/invocations")


class Past:
    """Snapshots, each of the moment before a write."""

    def __init__(self) -> None:
        self._kept: list[tuple[float, Snapshot]] = []

    def before(self, method: str, path: str, store: Store, *, now: float, lag: float) -> None:
        """Keep what is there, if a request may change it and some reads are behind.

        Args:
            method: Of the request.
            path: Of the request.
            store: What is there.
            now: Seconds of a clock that never goes back.
            lag: How many seconds reads are behind, at most.
        """
        while self._kept and self._kept[0][0] <= now - lag:
            self._kept.pop(0)
        if lag and method not in _READS and not path.endswith(_POSTED_READS) and not path.startswith("/sandbox"):
            self._kept.append((now, store.snapshot()))

    def as_of(self, time: float) -> Snapshot | None:
        """What was there at a time; None when nothing was written since."""
        return next((snapshot for written, snapshot in self._kept if written > time), None)

    def forget(self) -> None:
        """All that was is over."""
        self._kept.clear()
