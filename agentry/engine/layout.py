"""Values as YAML text that every reader understands alike: this engine, the Pulumi CLI (Go) and PyYAML's YAML 1.1."""

from __future__ import annotations

import re
from typing import Any

import yaml

from agentry.engine import documents

_STEP = 2
_PLAIN = re.compile(r"[A-Za-z_/$][\w./@+=$%^~*!?;()<>|&: -]*", re.ASCII)


def block(value: dict[str, Any] | list[Any], indent: int, *, step: int = _STEP) -> list[str]:
    """A mapping or a list (with something in it) as lines, one for each item and more for what is inside.

    Args:
        value: What to write.
        indent: How many blanks stand before each line.
        step: How many more stand before what is inside.
    """
    pad = " " * indent
    lines: list[str] = []
    if isinstance(value, dict):
        for key, item in value.items():
            head, below = _parts(item, indent + step, step)
            lines += [f"{pad}{scalar(key)}:{head and f' {head}'}", *below]
        return lines
    for item in value:
        head, below = _parts(item, indent + _STEP, step)
        if head:
            lines += [f"{pad}- {head}", *below]
        else:
            lines += [f"{pad}- {below[0].lstrip(' ')}", *below[1:]]
    return lines


def _parts(value: Any, indent: int, step: int) -> tuple[str, list[str]]:
    """What stands on the line of the key, and the lines below it."""
    if isinstance(value, (dict, list)) and value:
        return "", block(value, indent, step=step)
    return flow(value), []


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_enclosed(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_enclosed(item) if isinstance(item, str) else flow(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    return scalar(value) if isinstance(value, str) else repr(value)


def _enclosed(text: str) -> str:
    """A text inside of brackets, where a colon may be read as one of theirs."""
    return _quoted(text) if ":" in text else scalar(text)


def scalar(text: str) -> str:
    """A text on one line, in quotes where any reader could take it for something else."""
    plain = (
        _PLAIN.fullmatch(text)
        and not text.endswith((":", " "))
        and ": " not in text
        and text.lower() not in ("y", "n")
        and yaml.safe_load(text) == text
        and documents.value_of(text) == text
    )
    return text if plain else _quoted(text)


def _quoted(text: str) -> str:
    # With this style nothing is folded or left plain, and all that does not print is escaped.
    quoted: str = yaml.safe_dump(text, default_style='"', width=float("inf"), allow_unicode=True)
    return quoted.removesuffix("\n")
