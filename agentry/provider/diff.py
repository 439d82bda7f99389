"""What a change of inputs means, from the table of fields: which properties, update or replacement. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from agentry.provider.fields import Does, Shape, When
from agentry.provider.inputs import join_path
from agentry.provider.kinds.kind import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agentry.provider.fields import Behaviour, Field, Type
    from agentry.provider.kinds.kind import Properties


class Edit(str, Enum):
    """What happens to one property."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Change:
    """One property that differs.

    Attributes:
        path: Its property path.
        edit: Whether it comes, goes or changes.
        replaces: Whether that makes a new resource.
        reason: Why it does, from the table; or what is there, where the world differs and not the inputs.
        drift: Whether it is the world that differs.
    """

    path: str
    edit: Edit
    replaces: bool = False
    reason: str = ""
    drift: bool = False


def changes(fields: tuple[Field, ...], old: Properties, new: Properties, ignored: Iterable[str] = ()) -> list[Change]:
    """What differs between the inputs of the state and those declared now.

    Args:
        fields: The kind's table.
        old: Inputs as recorded.
        new: Inputs as Check returned them.
        ignored: `ignoreChanges`: paths whose first step is a field's name.
    """
    skip = {path.replace("[", ".").partition(".")[0] for path in ignored}
    return [
        change
        for field in fields
        if field.is_input and not field.has(Does.SILENT) and field.name not in skip
        for change in _field_changes(field, old, new)
    ]


def _field_changes(field: Field, old: Properties, new: Properties) -> list[Change]:
    before, after = old.get(field.name), new.get(field.name)
    if after is None and field.has(Does.BACKEND_DEFAULT):
        return []
    if field.type.shape in (Shape.MAP, Shape.LIST) and not before and not after and UNKNOWN not in (before, after):
        return []  # an empty one is none
    replacing = field.behaviour(Does.REPLACE)
    if replacing and replacing.key and _same_key(before, after, replacing.key):
        return []
    if replacing and not _counts(replacing.when, before, after):
        replacing = None
    if replacing and field.type.shape is Shape.BOOLEAN and not before and not after:
        return []  # no new resource for saying what is so without a word
    before, after = (_arranged(field, value) for value in (before, after))
    before = _without_choices(field.type, before, after)
    return [
        Change(path, edit, replacing is not None, replacing.reason if replacing else "")
        for path, edit in _edits(before, after, field.name, deep=field.type.shape is not Shape.ANY)
    ]


def _counts(when: When, before: Any, after: Any) -> bool:
    """Whether this change makes a new resource."""
    return when is When.CHANGE or (before is None) is not (after is None)


def _same_key(before: Any, after: Any, key: str) -> bool:
    return isinstance(before, dict) and isinstance(after, dict) and key in before and before.get(key) == after.get(key)


def _arranged(field: Field, value: Any) -> Any:
    """A value whose lists without order are in one, at any depth."""
    return _ordered(field.behaviour(Does.UNORDERED), _arranged_within(field.type, value))


def _arranged_within(type_: Type, value: Any) -> Any:
    if type_.shape is Shape.OBJECT and isinstance(value, dict):
        known = {field.name: field for field in type_.fields}
        return {name: _arranged(known[name], item) if name in known else item for name, item in value.items()}
    if type_.shape is Shape.LIST and type_.item is not None and isinstance(value, list):
        return [_arranged_within(type_.item, item) for item in value]
    return value


def _without_choices(type_: Type, before: Any, after: Any) -> Any:
    """What was recorded, without what the workspace chose in an object and nobody declares."""
    if type_.shape is not Shape.OBJECT or not isinstance(before, dict) or not isinstance(after, dict):
        return before
    known = {field.name: field for field in type_.fields}
    chosen = {name for name in before.keys() - after.keys() if name in known and known[name].has(Does.BACKEND_DEFAULT)}
    return {
        name: _without_choices(known[name].type, item, after.get(name)) if name in known else item
        for name, item in before.items()
        if name not in chosen
    }


def _ordered(behaviour: Behaviour | None, value: Any) -> Any:
    """A list without order, in the order of what tells its items apart."""
    if behaviour is None or not isinstance(value, list):
        return value

    def rank(item: Any) -> str:
        shown = item.get(behaviour.key) if behaviour.key and isinstance(item, dict) else item
        return json.dumps(shown, sort_keys=True, default=repr)

    return sorted(value, key=rank)


def _edits(before: Any, after: Any, path: str, *, deep: bool) -> Iterator[tuple[str, Edit]]:
    if before is None or after is None:
        if before is not after:
            yield path, Edit.ADD if before is None else Edit.DELETE
    elif after is UNKNOWN:
        yield path, Edit.UPDATE
    elif deep and isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            yield from _edits(before.get(key), after.get(key), join_path(path, key), deep=deep)
    elif deep and isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            old, new = (values[index] if index < len(values) else None for values in (before, after))
            yield from _edits(old, new, join_path(path, index), deep=deep)
    elif before != after or isinstance(before, bool) is not isinstance(after, bool):
        yield path, Edit.UPDATE
