"""Property paths as `ignoreChanges` and `replaceOnChanges` write them: `a.b[0]["c d"]`, `*` for every element."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Path = tuple["str | int", ...]
"""Keys and indices; the key "*" matches every key and index."""


class _Missing: ...


MISSING = _Missing()
"""What `get` answers where there is nothing (None is a value)."""


def parse(text: str) -> Path:
    """Read a path; `ProgramError` naming it when it does not parse."""


def render(path: Path) -> str:
    """Write a path so that `parse` reads it back."""


def get(value: Any, path: Path) -> Any:
    """What is at a path without wildcards, or MISSING. Secrets on the way are looked through."""


def contains(pattern: Path, path: Path) -> bool:
    """Whether `path` is what `pattern` names, or lies below it."""


def keep_old(new: dict[str, Any], old: dict[str, Any], ignored: Iterable[str]) -> dict[str, Any]:
    """The new properties with everything at the ignored paths as it was: changed back, put back or taken out."""
