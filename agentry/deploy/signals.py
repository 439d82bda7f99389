"""SIGINT, SIGTERM and SIGHUP, for whatever deploys in this process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """They end every run of this process in order; several may be under way side by side.

    A terminal that closes is a SIGHUP: what is said from then on is for nobody. Under `nohup`, where it is ignored, it
    stays so.
    """

    def __init__(self) -> None:
        self._cancels: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._before: dict[signal.Signals, Any] = {}
        self._cancelling: set[asyncio.Task[None]] = set()
        self._terminals: list[int] = []

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
        # Asked while it is there: of a terminal that has gone the system says that it is none.
        self._terminals = [stream for stream in (1, 2) if _is_terminal(stream)]
        for number in _SIGNALS:
            self._before[number] = signal.getsignal(number)
            if number != signal.SIGHUP:
                loop.add_signal_handler(number, self._interrupt)
            elif self._before[number] != signal.SIG_IGN:
                loop.add_signal_handler(number, self._hang_up)

    def _give_back(self) -> None:
        for number, handler in self._before.items():
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, handler)

    def _hang_up(self) -> None:
        """The terminal is gone: what is written to it would fail, and a run must not end of that."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in self._terminals:
            os.dup2(nowhere, stream)
        os.close(nowhere)
        self._interrupt()

    def _interrupt(self) -> None:
        for cancel in self._cancels:
            task = asyncio.get_running_loop().create_task(cancel())
            self._cancelling.add(task)
            task.add_done_callback(self._cancelling.discard)


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:  # closed
        return False


signals = Signals()
"""Those of this process."""
