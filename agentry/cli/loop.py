"""An event loop for one command, which SIGINT and SIGTERM end in an orderly way."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any, TypeVar

from agentry.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T], *, stopping: Callable[[], None] | None = None, go_on: str = "") -> T:
    """Run a coroutine to its end.

    Args:
        work: What to do. A signal cancels it once; it may take its time to end.
        stopping: Called at the first signal, to tell the person.
        go_on: What to type to go on afterwards.

    Raises:
        Interrupted: A signal ended it.
    """
    return asyncio.run(_interruptible(work, stopping, go_on))


async def _interruptible(work: Coroutine[Any, Any, T], stopping: Callable[[], None] | None, go_on: str) -> T:
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    asked = False

    def stop() -> None:
        nonlocal asked
        if not asked:
            asked = True
            task.cancel()
            if stopping:
                stopping()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        raise Interrupted("interrupted", fix=go_on) from None
