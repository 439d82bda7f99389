"""A client that asks all the while: so many requests a second, no retries, every answer kept."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class Asker:
    """Asks one question over and over, from `start` until `stop`.

    Args:
        url: The endpoint's invocations address.
        token: Bearer token.
        body: The request, always the same.
        rate: Requests a second, sent whether or not the earlier ones were answered.
    """

    url: str
    token: str
    body: dict[str, Any]
    rate: float = 20.0
    _answers: list[Future[httpx.Response]] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def start(self) -> Asker:
        """Begin."""
        self._client = httpx.Client(timeout=60, limits=httpx.Limits(max_connections=64), trust_env=False)
        self._pool = ThreadPoolExecutor(64)
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self._ticker.start()
        return self

    def _tick(self) -> None:
        while not self._ended.wait(1 / self.rate):
            self._answers.append(self._pool.submit(self._ask))

    def _ask(self) -> httpx.Response:
        return self._client.post(self.url, json=self.body, headers={"Authorization": f"Bearer {self.token}"})

    def stop(self) -> list[str]:
        """Wait for the last answer; what went wrong, a line each, and nothing when every question was answered."""
        self._ended.set()
        self._ticker.join()
        self._pool.shutdown(wait=True)
        lost = []
        for number, answer in enumerate(self._answers):
            error = answer.exception()
            if error is not None:
                lost.append(f"question {number}: {error!r}")
            elif answer.result().status_code != 200:
                lost.append(f"question {number}: {answer.result().status_code} {answer.result().text[:200]}")
        self._client.close()
        return lost

    @property
    def asked(self) -> int:
        """How many questions were sent so far."""
        return len(self._answers)

    def texts(self) -> list[str]:
        """The body of each answer, in the order of the questions."""
        return [answer.result().text for answer in self._answers]
