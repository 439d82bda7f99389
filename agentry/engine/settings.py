"""The `config:` block of a Pulumi.yaml: which keys a project has, of which type, with which default."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentry.errors import ConfigError

if TYPE_CHECKING:
    from agentry.engine.documents import Document

_TYPES = frozenset({"string", "integer", "boolean", "array", "object"})
_DECLARATION = frozenset({"type", "items", "description", "secret", "default", "value"})


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of the project's `config:` block.

    `key` is whole (`agents:catalog`). `type` is string, integer, boolean, object, `array<type>`, or empty for any.
    """

    key: str
    type: str = ""
    default: Any = None
    has_default: bool = False
    secret: bool = False


def whole_key(project: str, key: str) -> str:
    """A configuration key with its namespace: the project's own keys need none, old ones have `config:` in the middle."""
    namespace, _, name = key.rpartition(":")
    return f"{namespace.removesuffix(':config') or project}:{name}"


def read_settings(project: str, document: Document) -> dict[str, Setting]:
    """The settings of a Pulumi.yaml by their whole key; `ConfigError` for a declaration that is none."""
    block = document.content.get("config") or {}
    if not isinstance(block, dict):
        raise ConfigError(
            "`config:` must be a mapping of keys",
            where=document.where("config"),
            fix="for the directory of the stack files write stackConfigDir",
        )
    settings = (_read(project, key, value, document) for key, value in block.items())
    return {setting.key: setting for setting in settings}


def _read(project: str, key: str, value: Any, document: Document) -> Setting:
    whole, where = whole_key(project, key), document.where("config", key)
    if not isinstance(value, dict):
        return Setting(whole, default=value, has_default=value is not None)
    if unknown := sorted(set(value) - _DECLARATION):
        raise ConfigError(f"unknown key {unknown[0]!r} in the declaration of {key!r}", where=where)
    own = whole.startswith(f"{project}:")
    if not own and set(value) - {"value"}:
        raise ConfigError(
            f"{key!r} is not a key of this project, so only its `value` can be given",
            where=where,
            why="types and defaults are for the project's own keys, as in the Pulumi CLI",
        )
    given = value.get("default", value.get("value"))
    return Setting(
        whole,
        type=_type_name(value, where) if "type" in value else "",
        default=given,
        has_default=given is not None,
        secret=bool(value.get("secret")),
    )


def _type_name(declaration: dict[str, Any], where: str) -> str:
    name, items = declaration.get("type"), declaration.get("items")
    if isinstance(name, dict):
        return _type_name(name, where)
    if name not in _TYPES or (name == "array") != isinstance(items, dict):
        raise ConfigError(
            f"{name!r} is no type of a configuration value" if name not in _TYPES else "only an array has `items`",
            where=where,
            fix=f"use one of {', '.join(sorted(_TYPES))}; an array with items: {{type: ...}}",
        )
    return f"array<{_type_name(items, where)}>" if isinstance(items, dict) else str(name)


def fits(type: str, value: Any) -> bool:
    """Whether a value (a text, or what structured JSON text says) is of a type; texts count as what they spell."""
    if type.startswith("array<"):
        return isinstance(value, list) and all(fits(type[6:-1], item) for item in value)
    if type == "object":
        return isinstance(value, dict)
    if type == "integer":
        return _is_integer(value)
    if type == "boolean":
        return isinstance(value, bool) or value in {"true", "false"}
    return isinstance(value, str)


def _is_integer(value: Any) -> bool:
    if isinstance(value, str):
        return value.removeprefix("-").removeprefix("+").isdecimal()
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value)


def as_text(value: Any) -> str:
    """A configuration value as the program gets it: a scalar as text, anything structured as JSON text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
