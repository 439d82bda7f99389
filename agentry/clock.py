"""Time, injected: everything that waits, expires or stamps takes a Clock, so no test ever sleeps."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What the rest of Agentry knows of time."""

    def now(self) -> float:
        """Seconds since the epoch (UTC)."""
        ...

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back, for deadlines."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait without holding a thread."""
        ...


class RealClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since the epoch (UTC)."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds of the system's monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Yield to the event loop for this long."""
        await asyncio.sleep(seconds)


class FakeClock:
    """A clock that moves only when somebody sleeps on it (or by `advance`)."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> float:
        """The fake time."""
        return self._now

    def monotonic(self) -> float:
        """The same fake time: it never goes back."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on by this many seconds."""
        self._now += seconds

    async def sleep(self, seconds: float) -> None:
        """Record the wait, move on by it and let other tasks run."""
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)
