"""SIGINT and SIGTERM, for whatever deploys in this process."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """SIGINT and SIGTERM end every run of this process in order; several may be under way side by side."""

    def __init__(self) -> None:
        self._cancels: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._before: dict[signal.Signals, Any] = {}
        self._cancelling: set[asyncio.Task[None]] = set()

    @contextlib.contextmanager
    def during(self, cancel: Callable[[], Coroutine[Any, Any, None]]) -> Iterator[None]:
        """Call this on a signal, until the end of the block."""
        # Elsewhere than in the main thread nobody but the host of this code gets signals.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        if not self._cancels:
            self._take()
        self._cancels.append(cancel)
        try:
            yield
        finally:
            self._cancels.remove(cancel)
            if not self._cancels:
                self._give_back()

    def _take(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            self._before[number] = signal.getsignal(number)
            loop.add_signal_handler(number, self._interrupt)

    def _give_back(self) -> None:
        for number, handler in self._before.items():
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, handler)

    def _interrupt(self) -> None:
        for cancel in self._cancels:
            task = asyncio.get_running_loop().create_task(cancel())
            self._cancelling.add(task)
            task.add_done_callback(self._cancelling.discard)


signals = Signals()
"""Those of this process."""
