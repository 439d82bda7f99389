"""How long a preview may be left without an answer: one budget for all checks and diffs of a run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentry.errors import AgentryError

SECONDS = 5.0
"""After this long without an answer the workspace counts as unreachable."""


class Budget:
    """Shared by all requests of a run's checks and diffs.

    A workspace that answers costs nothing, however many questions there are and however long the last of them has to
    wait for its turn. Once nobody was answered for the whole budget, everybody who still waits, and everybody who
    asks later, gets that error at once.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self.spent = asyncio.Event()
        self.error: AgentryError | None = None
        self._heard = 0.0

    def hear(self, now: float) -> None:
        """Somebody got an answer, at this time of the event loop."""
        self._heard = max(self._heard, now)

    def left(self, now: float, since: float) -> float:
        """Seconds that somebody who asked at `since` goes on waiting."""
        return max(since, self._heard) + self.seconds - now

    def exhaust(self, error: AgentryError) -> None:
        """Say that the workspace did not answer in time."""
        if self.error is None:
            self.error = error
            self.spent.set()
