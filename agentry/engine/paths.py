"""Property paths as `ignoreChanges` and `replaceOnChanges` write them: `a.b[0]["c d"]`, `*` for every element."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from agentry.engine.values import SECRET, is_secret, secret, signature
from agentry.errors import ProgramError

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[str | int, ...]
"""Keys and indices; the key "*" matches every key and index."""


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()
"""What `get` answers where there is nothing (None is a value)."""

# Pulumi tolerates a dot before a bracket: old providers answer so.
_ELEMENT = re.compile(r'\.?\[(?:"((?:\\"|[^"])*)"|(\d+)|(\*))\]|\.([^.\[]+)')


def parse(text: str) -> Path:
    """Read a path; `ProgramError` naming it when it does not parse."""
    elements: list[str | int] = []
    rest = text if text.startswith("[") else f".{text}"
    while match := _ELEMENT.match(rest):
        quoted, index, star, name = match.groups()
        elements.append(int(index) if index else star or name or quoted.replace('\\"', '"'))
        rest = rest[match.end() :]
    if rest or not elements:
        raise ProgramError(f"{text!r} is no property path", fix='write it like tags.team, list[0] or map["a key"]')
    return tuple(elements)


def render(path: Path) -> str:
    """Write a path so that `parse` reads it back."""
    text = ""
    for element in path:
        if isinstance(element, int):
            text += f"[{element}]"
        elif re.fullmatch(r"\w+", element, re.ASCII):
            text += f".{element}" if text else element
        else:
            escaped = element.replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def get(value: Any, path: Path) -> Any:
    """What is at a path without wildcards, or MISSING. Secrets on the way are looked through, and stay secrets."""
    hidden = False
    for element in path:
        hidden, value = hidden or is_secret(value), _bare(value)
        value = _step(value, element)
        if value is MISSING:
            return MISSING
    return secret(value) if hidden else value


def _step(value: Any, element: str | int) -> Any:
    if isinstance(value, dict) and isinstance(element, str):
        return value.get(element, MISSING)
    if isinstance(value, list) and isinstance(element, int) and element < len(value):
        return value[element]
    return MISSING


def contains(pattern: Path, path: Path) -> bool:
    """Whether `path` is what `pattern` names, or lies below it."""
    return len(path) >= len(pattern) and all(
        wanted in ("*", found) for wanted, found in zip(pattern, path, strict=False)
    )


def keep_old(new: dict[str, Any], old: dict[str, Any], ignored: Iterable[str]) -> dict[str, Any]:
    """The new properties with everything at the ignored paths as it was: changed back, put back or taken out.

    Where a path leads through something that either side lacks there is nothing to keep.
    """
    for path in ignored:
        new = _reset(new, old, parse(path))
    return new


def _bare(value: Any) -> Any:
    while signature(value) == SECRET:
        value = value["value"]
    return value


def _reset(new: Any, old: Any, path: Path) -> Any:
    if not path:
        return old
    if is_secret(new):
        return secret(_reset(_bare(new), _bare(old), path))
    hidden, old = is_secret(old), _bare(old)
    element, rest = path[0], path[1:]
    if isinstance(new, dict) and isinstance(old, dict) and isinstance(element, str):
        return _reset_keys(new, old, list({**new, **old}) if element == "*" else [element], rest, hidden=hidden)
    if isinstance(new, list) and isinstance(old, list):
        shared = range(min(len(new), len(old)))
        chosen = set(shared if element == "*" else (index for index in shared if index == element))
        return [
            _was(_reset(item, old[index], rest), rest, hidden=hidden) if index in chosen else item
            for index, item in enumerate(new)
        ]
    return new


def _reset_keys(
    new: dict[str, Any], old: dict[str, Any], keys: list[str], rest: Path, *, hidden: bool
) -> dict[str, Any]:
    result = dict(new)
    for key in keys:
        if key in new and key in old:
            result[key] = _was(_reset(new[key], old[key], rest), rest, hidden=hidden)
        elif not rest and key in old:
            result[key] = _was(old[key], rest, hidden=hidden)
        elif not rest:
            result.pop(key, None)
    return result


def _was(value: Any, rest: Path, *, hidden: bool) -> Any:
    """What comes out of an old secret stays one."""
    return secret(value) if hidden and not rest else value
