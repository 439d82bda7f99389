"""Scaling to zero: when a served version has nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from agentry.clock import Clock

# What GET says of a served entity that is ready and does not run (observed: github.com/amesar/mlflow-tools,
# databricks_tools).
SCALED_TO_ZERO = "Scaled to zero"
NAP_SECONDS = 60.0
NAPS = 10


class Asked(Protocol):
    """What counts its questions."""

    asked: int
    asking: int


async def idle(process: Asked, seconds: float, clock: Clock) -> int:
    """Wait until nobody has asked for so long; it is noticed at most a tenth of that later.

    Args:
        process: What is asked. While an answer is on its way it is not idle.
        seconds: How long.
        clock: Says how long it has been.

    Returns:
        How many questions it had got by then.
    """
    seen, since = process.asked, clock.monotonic()
    while clock.monotonic() - since < seconds:
        await clock.sleep(min(seconds / NAPS, NAP_SECONDS))
        if process.asking or process.asked != seen:
            seen, since = process.asked, clock.monotonic()
    return seen
