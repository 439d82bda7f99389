"""Python itself: code that is text when it is read can use anything when it runs."""

from __future__ import annotations

from agentry.inspector.entrypoints.row import EntryPoint, Family

FAMILY = Family(
    (
        EntryPoint(
            ("exec", "eval"), reason="the code that it runs is text, and what that uses is known only when it runs"
        ),
    )
)
