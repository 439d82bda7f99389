"""The package schema, from the tables of fields: what gives TypeScript, Go, C#, Java and YAML users their SDK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agentry import __version__
from agentry.provider.fields import Does, Field, Shape, Type, When
from agentry.provider.operations import fields_of
from agentry.stacks import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentry.provider.kinds.kind import Kind

_PRIMITIVES = {Shape.STRING, Shape.INTEGER, Shape.NUMBER, Shape.BOOLEAN}


def package_schema(kinds: Iterable[Kind]) -> str:
    """The schema as JSON text."""
    types: dict[str, Any] = {}
    resources = {kind.token: _resource(fields_of(kind), kind.doc, types) for kind in kinds}
    settings = {key: {"type": _setting_type(key), "description": doc} for key, doc in KEYS.items()}
    schema = {
        "name": "agentry",
        "displayName": "Agentry",
        "version": __version__,
        "description": "AI agents on Databricks as declared infrastructure",
        "keywords": ["pulumi", "databricks", "mlflow", "agents"],
        "license": "Apache-2.0",
        "config": {"variables": settings},
        "provider": {"inputProperties": settings},
        "types": dict(sorted(types.items())),
        "resources": dict(sorted(resources.items())),
    }
    return json.dumps(schema, indent=2)


def _setting_type(key: str) -> str:
    return "boolean" if key == "offline" else "string"


def _resource(fields: tuple[Field, ...], doc: str, types: dict[str, Any]) -> dict[str, Any]:
    fields = tuple(field for field in fields if not field.has(Does.REFUSED))
    given = [field for field in fields if field.is_given]
    always = [field.name for field in fields if field.has(Does.OUTPUT) or field.required or field.default is not None]
    return {
        "description": doc,
        "properties": {field.name: _property(field, types) for field in fields},
        "required": sorted(always),
        "inputProperties": {field.name: _property(field, types, given=True) for field in given},
        "requiredInputs": sorted(field.name for field in given if field.required),
    }


def _property(field: Field, types: dict[str, Any], *, given: bool = False) -> dict[str, Any]:
    """One property: its type, what it is, and why it behaves as it does."""
    reasons = [f"{one.does.value.capitalize()}: {one.reason}." for one in field.does]
    choices = [f"One of {', '.join(field.type.choices)}."] if field.type.choices else []
    shown = {**_type(field.type, types), "description": " ".join([field.doc, *choices, *reasons])}
    if field.has(Does.SECRET):
        shown["secret"] = True
    replacing = field.behaviour(Does.REPLACE)
    if given and replacing and replacing.when is When.CHANGE:
        shown["willReplaceOnChanges"] = True
    if given and isinstance(field.default, (str, int, float, bool)):
        shown["default"] = field.default
    return shown


def _type(type_: Type, types: dict[str, Any]) -> dict[str, Any]:
    if type_.shape in _PRIMITIVES:
        return {"type": type_.shape.value}
    if type_.shape is Shape.ANY:
        return {"$ref": "pulumi.json#/Any"}
    if type_.shape is Shape.OBJECT:
        token = f"agentry:index:{type_.name}"
        types[token] = {
            "type": "object",
            "properties": {field.name: _property(field, types) for field in type_.fields},
            "required": sorted(field.name for field in type_.fields if field.required),
        }
        return {"$ref": f"#/types/{token}"}
    assert type_.item is not None
    if type_.shape is Shape.LIST:
        return {"type": "array", "items": _type(type_.item, types)}
    return {"type": "object", "additionalProperties": _type(type_.item, types)}
