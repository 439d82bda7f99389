"""JSON schemas of arguments, as far as tools have them: what a schema is, and whether a value is allowed by it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Schema = dict[str, Any]
_KINDS: dict[str, Callable[[Any], bool]] = {
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "array": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
    "null": lambda v: v is None,
}
_LIMITS: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": lambda v, limit: v >= limit,
    "maximum": lambda v, limit: v <= limit,
    "exclusiveMinimum": lambda v, limit: v > limit,
    "exclusiveMaximum": lambda v, limit: v < limit,
    "multipleOf": lambda v, limit: v % limit == 0,
}


def resolved(schema: Schema, root: Schema) -> Schema:
    """The schema itself: references followed, and of alternatives the first that is not null."""
    for _ in range(20):
        if "$ref" in schema:
            target: Any = root
            for part in str(schema["$ref"]).lstrip("#/").split("/"):
                target = target.get(part, {}) if isinstance(target, dict) else {}
            schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
        elif options := next((schema[key] for key in ("anyOf", "oneOf", "allOf") if schema.get(key)), None):
            chosen: Schema = next((option for option in options if option.get("type") != "null"), {})
            schema = {**{k: v for k, v in schema.items() if k not in ("anyOf", "oneOf", "allOf")}, **chosen}
        else:
            break
    return schema


def kind(schema: Schema) -> str:
    """The type of value that it wants; "string" when it does not say."""
    said = schema.get("type")
    if isinstance(said, list):
        said = next((one for one in said if one != "null"), None)
    if said is None and "properties" in schema:
        return "object"
    return str(said or "string")


def choices(schema: Schema) -> list[Any] | None:
    """The values that it enumerates, or None."""
    if "const" in schema:
        return [schema["const"]]
    enum = schema.get("enum")
    return list(enum) if isinstance(enum, list) else None


def allowed(value: Any, schema: Schema) -> bool:
    """Whether the value fits type, choices and limits."""
    enumerated = choices(schema)
    if enumerated is not None:
        return any(value == choice and type(value) is type(choice) for choice in enumerated)
    if kind(schema) in _KINDS and not _KINDS[kind(schema)](value):
        return False
    if isinstance(value, str):
        return _text_allowed(value, schema)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return all(check(value, schema[key]) for key, check in _LIMITS.items() if key in schema)
    return True


def _text_allowed(value: str, schema: Mapping[str, Any]) -> bool:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        return False
    try:
        return "pattern" not in schema or re.search(schema["pattern"], value) is not None
    except re.error:
        # A pattern of another dialect says nothing here.
        return True


def least(schema: Schema, root: Schema, text: str) -> Any:
    """Some value that is allowed, for when a value must be given and the text has none."""
    schema = resolved(schema, root)
    if "default" in schema:
        return schema["default"]
    if enumerated := choices(schema):
        return enumerated[0]
    if kind(schema) == "object":
        properties = schema.get("properties", {})
        return {name: least(properties.get(name, {}), root, text) for name in schema.get("required", ())}
    simple: dict[str, Any] = {"string": text, "boolean": False, "array": [], "null": None}
    if kind(schema) in simple:
        return simple[kind(schema)]
    candidates = (0, schema.get("minimum", 0), schema.get("exclusiveMinimum", 0) + 1, schema.get("maximum", 0), 1)
    return next((c for c in candidates if allowed(c, schema)), 0)
