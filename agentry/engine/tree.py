"""Places inside of structured configuration values: what `--path outer.inner[0]` gets, sets and removes."""

from __future__ import annotations

from typing import Any

from agentry.engine import paths
from agentry.errors import ConfigError, ProgramError

Path = tuple[str | int, ...]
"""Keys and indices."""


def parse(text: str) -> Path:
    """Read a path: `outer.inner`, `names[0]`, `["a.key"]`.

    Raises:
        ConfigError: It is none, or has a wildcard.
    """
    try:
        path = paths.parse(text)
    except ProgramError as error:
        raise ConfigError(error.what, fix=error.fix) from error
    if "*" in path:
        raise ConfigError(f"{text!r} names more than one place", fix="give each with its own key or index")
    return path


def is_ciphertext(value: Any) -> bool:
    """Whether this very value is an encrypted one."""
    return isinstance(value, dict) and set(value) == {"secure"} and isinstance(value["secure"], str)


def get(value: Any, path: Path) -> Any:
    """What is at a path, or `paths.MISSING`; nothing is inside of a secret."""
    for element in path:
        value = paths.MISSING if is_ciphertext(value) else paths.get(value, (element,))
    return value


def put(value: Any, path: Path, item: Any) -> Any:
    """The value with `item` at a path; mappings and lists that lead there come to be, an index at the end appends.

    Raises:
        ConfigError: An index beyond the end, or something on the way that holds nothing.
    """
    if not path:
        return item
    key, rest = path[0], path[1:]
    if value is paths.MISSING:
        value = [] if isinstance(key, int) else {}
    if isinstance(value, list) and isinstance(key, int):
        if key > len(value):
            raise ConfigError(f"there is no place {key} in a list of {len(value)}", fix=f"the next one is {len(value)}")
        inner = value[key] if key < len(value) else paths.MISSING
        return [*value[:key], put(inner, rest, item), *value[key + 1 :]]
    if isinstance(value, dict) and isinstance(key, str) and not is_ciphertext(value):
        return {**value, key: put(value.get(key, paths.MISSING), rest, item)}
    raise ConfigError(f"{paths.render(path)} can not be in {_kind(value)}", fix="remove that first")


def take(value: Any, path: Path) -> Any:
    """The value without what is at a path (which has something)."""
    key, rest = path[0], path[1:]
    if isinstance(value, list) and isinstance(key, int):
        return [*value[:key], *([take(value[key], rest)] if rest else []), *value[key + 1 :]]
    assert isinstance(value, dict)
    if rest:
        return {**value, key: take(value[key], rest)}
    return {name: item for name, item in value.items() if name != key}


def _kind(value: Any) -> str:
    if is_ciphertext(value):
        return "a secret"
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a mapping"
    return f"the value {value!r}"
