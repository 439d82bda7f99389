"""Waiting for the workspace: polls that start short, grow and carry jitter, and end at once when asked to.

A wait says for what it waits, how far that is, and until when. Many wait side by side and hold no thread.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from agentry.errors import Interrupted, WaitTimeout

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agentry.clock import Clock
    from agentry.report import Reporter

T = TypeVar("T")

FIRST_INTERVAL = 0.2
"""Seconds between the first polls."""
GROWTH = 1.4
LONGEST_INTERVAL = 10.0
"""Seconds; an endpoint takes minutes, and a change of seconds in noticing it does not matter then."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Not there yet; `state` is how far it is, in a few words."""

    state: str = ""


def intervals(random_: random.Random) -> Callable[[], float]:
    """How long to wait before the next poll: growing, each 10 % shorter or longer by chance."""
    nominal = FIRST_INTERVAL / GROWTH

    def following() -> float:
        nonlocal nominal
        nominal = min(nominal * GROWTH, LONGEST_INTERVAL)
        return nominal * random_.uniform(0.9, 1.1)

    return following


async def wait_for(
    poll: Callable[[], Awaitable[T | Pending]],
    *,
    what: str,
    timeout: float,
    report: Reporter,
    clock: Clock,
) -> T:
    """Poll until it answers something else than `Pending`.

    Args:
        poll: Asks once. What it raises ends the wait, so it decides itself which errors are worth another try.
        what: What is waited for, as the object of "waiting for".
        timeout: Seconds until `WaitTimeout`.
        report: Where progress goes; its `cancelled` ends the wait at once.
        clock: Time.

    Returns:
        The first answer that is not `Pending`.

    Raises:
        WaitTimeout: It did not come about in time.
        Interrupted: The engine asked to stop.
    """
    started = clock.monotonic()
    deadline = started + timeout
    next_interval = intervals(random.Random())  # noqa: S311 jitter is no secret
    while True:
        if report.cancelled.is_set():
            raise Interrupted(f"stopped waiting for {what}", why="the deployment was cancelled")
        answer = await poll()
        if not isinstance(answer, Pending):
            return answer
        left = deadline - clock.monotonic()
        state = f" ({answer.state})" if answer.state else ""
        if left <= 0:
            raise WaitTimeout(
                f"waited {span(timeout)} for {what}{state}",
                why="it did not come about in time, and nothing was taken away",
                fix="look at why, then run `up` again; customTimeouts gives it longer",
            )
        report.progress(f"waiting for {what}{state}, at most {span(timeout)}")
        await sleep(min(next_interval(), left), report.cancelled, clock)


async def sleep(seconds: float, cancelled: asyncio.Event, clock: Clock) -> None:
    """Sleep, but no longer than until somebody cancels."""
    asleep = asyncio.ensure_future(clock.sleep(seconds))
    stopped = asyncio.ensure_future(cancelled.wait())
    try:
        await asyncio.wait({asleep, stopped}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        asleep.cancel()
        stopped.cancel()
        await asyncio.gather(asleep, stopped, return_exceptions=True)


def span(seconds: float) -> str:
    """A length of time for people: `45 s`, `30 min`, `1 h 30 min`."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    hours, minutes = divmod(round(whole / 60), 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{minutes} min"] if minutes or not hours else [])])
