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

    What can not be kept (see `not_kept`) stays as it is in the new ones.
    """
    for path in ignored:
        new, _ = _reset(new, old, parse(path))
    return new


def not_kept(new: dict[str, Any], old: dict[str, Any], ignored: Iterable[str]) -> list[str]:
    """The ignored paths at which the old value can not be kept: they lead through what only one side has."""
    return [path for path in ignored if not _reset(new, old, parse(path))[1]]


def _bare(value: Any) -> Any:
    while signature(value) == SECRET:
        value = value["value"]
    return value


def _reset(new: Any, old: Any, path: Path, *, hidden: bool = False) -> tuple[Any, bool]:
    """`new` with what is at the path as it is in `old`, and whether that could be done (Pulumi's PropertyPath.Reset).

    `hidden` says that what comes out of `old` came out of a secret.
    """
    if is_secret(new):
        value, done = _reset(_bare(new), _bare(old), path)
        return secret(value), done
    hidden, old = hidden or is_secret(old), _bare(old)
    element, rest = path[0], path[1:]
    if element == "*":
        return _reset_all(new, old, rest, hidden=hidden)
    if isinstance(element, int):
        return _reset_index(new, old, element, rest, hidden=hidden)
    return _reset_key(new, old, element, rest, hidden=hidden)


def _was(value: Any, *, hidden: bool) -> Any:
    """What comes out of an old secret stays one."""
    return secret(value) if hidden else value


def _reset_key(new: Any, old: Any, key: str, rest: Path, *, hidden: bool) -> tuple[Any, bool]:
    was = old.get(key, MISSING) if isinstance(old, dict) else MISSING
    if not isinstance(new, dict):
        # Nothing can be put into it; where there was nothing either, nothing differs.
        return new, was is MISSING if not rest else not isinstance(old, dict)
    if not rest:
        others = {name: value for name, value in new.items() if name != key}
        return (others if was is MISSING else {**new, key: _was(was, hidden=hidden)}), True
    if key not in new:
        return new, was is MISSING
    value, done = _reset(new[key], was, rest, hidden=hidden)
    return {**new, key: value}, done


def _reset_index(new: Any, old: Any, index: int, rest: Path, *, hidden: bool) -> tuple[Any, bool]:
    if not (isinstance(new, list) and isinstance(old, list)):
        return new, not isinstance(new, list) and not isinstance(old, list)
    if index >= min(len(new), len(old)):
        # An element can not be put back or taken out: the others would move.
        return new, not rest and index >= max(len(new), len(old))
    value, done = (
        _reset(new[index], old[index], rest, hidden=hidden) if rest else (_was(old[index], hidden=hidden), True)
    )
    return [*new[:index], value, *new[index + 1 :]], done


def _reset_all(new: Any, old: Any, rest: Path, *, hidden: bool) -> tuple[Any, bool]:
    if isinstance(new, dict) and isinstance(old, dict):
        if not rest:
            return {key: _was(value, hidden=hidden) for key, value in old.items()}, True
        found = {key: _reset(value, old[key], rest, hidden=hidden) for key, value in new.items() if key in old}
        value = {**new, **{key: one for key, (one, _) in found.items()}}
        return value, old.keys() <= new.keys() and all(done for _, done in found.values())
    if isinstance(new, list) and isinstance(old, list):
        same = len(new) == len(old)
        pairs = list(zip(new, old, strict=False))
        if not rest:
            return [*(_was(before, hidden=hidden) for _, before in pairs), *new[len(pairs) :]], same
        parts = [_reset(now, before, rest, hidden=hidden) for now, before in pairs]
        return [*(value for value, _ in parts), *new[len(pairs) :]], same and all(done for _, done in parts)
    return new, not rest and isinstance(new, (dict, list))
