"""What a kind tells whoever watches, on its resource, and whether the engine asked to stop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Severity = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line on a resource; an ephemeral one is progress, replaced by the next."""

    severity: Severity
    text: str
    urn: str
    ephemeral: bool = False


class Reporter:
    """Lines on one resource.

    Telling is never waited for; the servicer sends what was told before it answers the engine.

    Args:
        urn: The resource; empty for the deployment as a whole.
        tell: Who takes the lines.
        cancelled: Set once the engine asks to stop: waits end at once and no write begins.
    """

    def __init__(
        self, urn: str = "", tell: Callable[[Line], None] | None = None, cancelled: asyncio.Event | None = None
    ) -> None:
        self.urn = urn
        self.cancelled = cancelled or asyncio.Event()
        self._tell = tell or (lambda _: None)
        self._progress = ""

    def tell_through(self, filter: Callable[[Line], Line]) -> None:
        """Pass every further line through a filter (that masks secrets)."""
        tell = self._tell
        self._tell = lambda line: tell(filter(line))

    def info(self, text: str) -> None:
        """Something worth to know that stays on the screen."""
        self._tell(Line("info", text, self.urn))

    def warning(self, text: str) -> None:
        """Something that a person should look at."""
        self._tell(Line("warning", text, self.urn))

    def progress(self, text: str) -> None:
        """What is being done or waited for right now; said again only when it changes."""
        if text != self._progress:
            self._progress = text
            self._tell(Line("info", text, self.urn, ephemeral=True))

    def unchecked(self, what: str) -> None:
        """With `agentry:offline`: what could not be checked, for the list that the preview shows."""
        self._tell(Line("warning", f"not checked (agentry:offline): {what}", self.urn))
