"""What a program gives, against the table of fields: unknown names, types, required fields, defaults. Pure."""

from __future__ import annotations

import copy
import difflib
from typing import TYPE_CHECKING, Any, cast

from agentry.provider.fields import Does, Shape
from agentry.provider.kinds.kind import UNKNOWN, Failure

if TYPE_CHECKING:
    from agentry.provider.fields import Field, Type
    from agentry.provider.kinds.kind import Properties

_PYTHON: dict[Shape, tuple[type, ...]] = {
    Shape.STRING: (str,),
    Shape.BOOLEAN: (bool,),
    Shape.INTEGER: (int,),
    Shape.NUMBER: (int, float),
    Shape.LIST: (list,),
    Shape.MAP: (dict,),
    Shape.OBJECT: (dict,),
}
_WORDS = {
    Shape.STRING: "a text",
    Shape.BOOLEAN: "true or false",
    Shape.INTEGER: "a whole number",
    Shape.NUMBER: "a number",
    Shape.LIST: "a list",
    Shape.MAP: "a map",
    Shape.OBJECT: "a map",
}
_GIVEN = {str: "a text", bool: "a truth value", int: "a number", float: "a number", list: "a list", dict: "a map"}


def validated(fields: tuple[Field, ...], given: Properties, path: str = "") -> tuple[Properties, list[Failure]]:
    """The inputs with defaults, and what is wrong with them.

    Args:
        fields: A kind's table, or the fields of an object in it.
        given: What the program gave; None counts as not given.
        path: Where this is, for failures; "" at the top.
    """
    known = {field.name: field for field in fields if field.is_input}
    inputs: Properties = {}
    failures: list[Failure] = []
    for name, value in given.items():
        if value is None:
            continue
        field = known.get(name)
        if field is None or not field.is_given:
            failures.append(Failure(join_path(path, name), _refusal(name, fields)))
            continue
        inputs[name], found = _typed(field.type, value, join_path(path, name))
        failures += found
    for field in known.values():
        if field.name in inputs or not field.is_given:
            continue
        if field.required:
            failures.append(Failure(join_path(path, field.name), f"is required: {field.doc}"))
        elif field.default is not None:
            inputs[field.name] = copy.deepcopy(field.default)
    return inputs, failures


def _refusal(name: str, fields: tuple[Field, ...]) -> str:
    field = next((one for one in fields if one.name == name), None)
    if field is not None:
        behaviour = field.behaviour(Does.REFUSED) or field.behaviour(Does.OUTPUT) or field.behaviour(Does.COMPUTED)
        return f"can not be given: {behaviour.reason if behaviour else 'it is an output'}"
    given = [one.name for one in fields if one.is_given]
    near = difflib.get_close_matches(name, given, 1)
    hint = f"do you mean {near[0]}?" if near else f"there are {', '.join(given)}"
    return f"is no field that is supported here; {hint}"


def _typed(type_: Type, value: Any, path: str) -> tuple[Any, list[Failure]]:
    """The value with the defaults of objects inside it, and what is wrong with it."""
    if value is UNKNOWN or type_.shape is Shape.ANY:
        return value, []
    is_truth = isinstance(value, bool)  # which Python counts among the numbers
    if not isinstance(value, _PYTHON[type_.shape]) or is_truth is not (type_.shape is Shape.BOOLEAN):
        given = _GIVEN.get(type(value), type(value).__name__)
        return value, [Failure(path, f"is {_WORDS[type_.shape]}, this is {given}")]
    if type_.choices and value not in type_.choices:
        return value, [Failure(path, f"{value!r} is none of {', '.join(type_.choices)}")]
    if type_.shape is Shape.OBJECT:
        assert isinstance(value, dict)
        return validated(type_.fields, value, path)
    if type_.item is None:
        return value, []
    entries = value.items() if isinstance(value, dict) else list(enumerate(cast("list[Any]", value)))
    typed = {key: _typed(type_.item, item, join_path(path, key)) for key, item in entries}
    failures = [failure for _, found in typed.values() for failure in found]
    items = {key: item for key, (item, _) in typed.items()}
    return (items if isinstance(value, dict) else list(items.values())), failures


def join_path(path: str, step: str | int) -> str:
    """A property path as Pulumi writes it: `a.b[0]["c.d"]`."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    if not step.replace("_", "a").isalnum():
        return f'{path}["{step}"]'
    return f"{path}.{step}" if path else step
