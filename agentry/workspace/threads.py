"""The threads that requests run in: so many at once, and none that a process waits for when it ends.

`ThreadPoolExecutor` joins its threads at the end of the process, also one whose host never answers: an error that was
said after 4 s left the prompt to come back after 7.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
IDLE = 30.0
"""Seconds without work after which a thread ends."""


class Threads(Executor):
    """Runs calls in daemon threads, started as they are needed.

    Args:
        most: How many at once.
        name: How the threads are called.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._waiting: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._started = 0
        self._left_over = 0
        """Threads that wait for work, less the calls that wait for a thread."""

    def submit(self, call: Callable[..., T], /, *arguments: Any, **named: Any) -> Future[T]:
        """Run a call as soon as a thread is free."""
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(call(*arguments, **named))
            except BaseException as error:  # noqa: BLE001 it is raised where the result is wanted
                future.set_exception(error)

        with self._lock:
            self._waiting.put(work)
            self._left_over -= 1
            if self._left_over < 0 and self._started < self._most:
                self._started += 1
                self._left_over += 1
                threading.Thread(target=self._serve, name=f"{self._name}-{self._started}", daemon=True).start()
        return future

    def _serve(self) -> None:
        while True:
            try:
                work = self._waiting.get(timeout=IDLE)
            except queue.Empty:
                with self._lock:
                    if self._left_over > 0:  # nothing is on its way to us
                        self._left_over -= 1
                        self._started -= 1
                        return
                continue
            work()
            with self._lock:
                self._left_over += 1
