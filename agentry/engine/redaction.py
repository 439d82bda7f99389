"""Texts from programs and providers, with the stack's secrets taken out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from agentry.engine import values

if TYPE_CHECKING:
    from agentry.errors import AgentryError

MASK = "[secret]"
SHORTEST = 4
"""Shorter secrets are not searched for: taking every "a" or "10" out of a text tells more than it hides."""


class Redactor:
    """Knows secret texts and takes them out of others."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, value: Any) -> None:
        """Remember every text in the secret parts of a value."""
        for one in values.walk(value):
            if values.is_secret(one):
                self.add(*(text for text in values.walk(one.get("value")) if isinstance(text, str)))

    def add(self, *texts: str) -> None:
        """Remember these texts as secret, whole and line by line."""
        lines = {line.strip() for text in texts for line in (text, *text.splitlines())}
        new = {line for line in lines if len(line) >= SHORTEST and line != values.UNKNOWN} - self._secrets
        if new:
            self._secrets |= new
            longest_first = sorted(self._secrets, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def redact(self, text: str) -> str:
        """The text with every secret in it masked."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def redact_error(self, error: AgentryError) -> None:
        """Mask every secret in an error's own words: a traceback shows the values that a program worked with."""
        error.what, error.where, error.why, error.fix = map(
            self.redact, (error.what, error.where, error.why, error.fix)
        )
        error.args = (error.what,)
