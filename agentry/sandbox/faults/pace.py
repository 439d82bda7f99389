"""How many endpoints of a workspace may be made or changed within some time: a limit of the platform, as a knob."""

from __future__ import annotations

import math
import re
from collections import deque

WINDOW = 300.0
"""Seconds; the platform's own limit is said to be about 50 in them."""
_CREATE = re.compile(r"/api/2\.0/serving-endpoints(/pt)?")
_UPDATE = re.compile(r"/api/2\.0/serving-endpoints/(pt/)?[^/]+/config")


class Pace:
    """Counts, in memory, those that were let through.

    Args:
        limit: How many creates and updates; 0 for any number.
        window: Within how many seconds.
    """

    def __init__(self, limit: int = 0, window: float = WINDOW) -> None:
        self.limit = limit
        self.window = window
        self._let_through: deque[float] = deque()

    def wait(self, method: str, path: str, now: float) -> int:
        """Seconds until a request is let through; 0 when it is, and is counted.

        Args:
            method: Of the request.
            path: Of the request.
            now: Seconds of a clock that never goes back.
        """
        pattern = {"POST": _CREATE, "PUT": _UPDATE}.get(method)
        if not self.limit or pattern is None or not pattern.fullmatch(path):
            return 0
        while self._let_through and self._let_through[0] <= now - self.window:
            self._let_through.popleft()
        if len(self._let_through) < self.limit:
            self._let_through.append(now)
            return 0
        return max(1, math.ceil(self._let_through[0] + self.window - now))
