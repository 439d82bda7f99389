"""Whether what an answer holds is what was declared, by the types of the table. Pure.

Absent, null, false and empty are one: the platform leaves out what is off. What the table calls input only is never
told, so silence on it says nothing; `untold` is what a change of the declaration has to be looked for in instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.provider.fields import Does, Field, Shape, Type
from agentry.provider.kinds.kind import UNKNOWN

if TYPE_CHECKING:
    from agentry.provider.kinds.endpoint_places import Place


def agrees(place: Place, wanted: Any, there: Any) -> bool:
    """Whether the value at a place is what is wanted there, both spelled as a program does."""
    if wanted is None and place.declared.type.fields:
        # Declared no more: what the platform adds to a declared one has to go with it.
        return _object(place.declared.type, {}, there or {}, exact=True)
    if there is None and isinstance(wanted, dict) and untold(place.declared, wanted):
        return False  # it is not silent on a part of it: nothing of it is there
    return _field(place.declared, wanted, place.absent if there is None else there, place.absent)


def untold(field: Field, value: Any, path: str = "") -> dict[str, Any]:
    """What of a declared value no answer tells, by its path."""
    path = f"{path}.{field.name}"
    if value is None or value is UNKNOWN:
        return {}
    if field.has(Does.INPUT_ONLY):
        return {path: value}
    if not isinstance(value, dict) or not field.type.fields:
        return {}
    within = [untold(one, value.get(one.name), path) for one in field.type.fields]
    return {key: item for found in within for key, item in found.items()}


def _field(field: Field, wanted: Any, there: Any, absent: Any = None) -> bool:
    if wanted is UNKNOWN or (field.has(Does.INPUT_ONLY) and there is None):
        return True
    default = absent if field.default is None else field.default
    wanted, there = (default if value is None else value for value in (wanted, there))
    return _type(field.type, wanted, there)


def _type(type_: Type, wanted: Any, there: Any) -> bool:
    if wanted is UNKNOWN or (_is_off(wanted) and _is_off(there)):
        return True
    if type_.shape is Shape.OBJECT:
        return _object(type_, wanted or {}, there or {})
    if type_.shape is Shape.LIST:
        return _same_items(type_.item, wanted or [], there or [])
    if type_.shape is Shape.MAP and isinstance(wanted, dict) and isinstance(there, dict):
        return wanted.keys() == there.keys() and all(wanted[key] in (UNKNOWN, there[key]) for key in wanted)
    return bool(wanted == there)


def _object(type_: Type, wanted: Any, there: Any, *, exact: bool = False) -> bool:
    if not isinstance(wanted, dict) or not isinstance(there, dict):
        return False
    return all(
        _field(field, wanted.get(field.name), there.get(field.name))
        for field in type_.fields
        if exact or wanted.get(field.name) is not None or not field.has(Does.BACKEND_DEFAULT)
    )


def _same_items(item: Type | None, wanted: list[Any], there: list[Any]) -> bool:
    """The lists of an endpoint are sets: addresses, words, topics, limits."""
    left = list(there)
    for one in wanted:
        match = next((other for other in left if item is None or _type(item, one, other)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _is_off(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {})
