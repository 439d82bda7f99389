"""Lists, tuples, sets and dicts: their elements, slices and methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.inspector.code.modules import EACH
from agentry.inspector.evaluation.values import (
    HOLE,
    Entries,
    External,
    Items,
    Known,
    Member,
    Method,
    Unknown,
    Value,
    Values,
    is_key,
    joined,
    key_of,
    unique,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 2_000  # elements that one operation may bring forth

Step = "int | tuple[int, ...]"


def element(value: Value, step: int | tuple[int, ...]) -> Values:
    """One of the things that a value is unpacked into or iterated over."""
    if step == EACH:
        return each(value)
    if isinstance(value, External):
        return (External(f"{value.path}[]", value.made),)
    if isinstance(value, Entries):
        value = keys(value)
    if not isinstance(value, Items):
        return (Unknown(why(value)),)
    if isinstance(step, tuple) and len(step) == 2:
        end = len(value.items) - step[1]
        return (Items(value.items[step[0] : end]) if value.exact else value,)
    at = step if isinstance(step, int) else -step[0]
    if not value.exact:
        return value.all()
    return value.items[at] if -len(value.items) <= at < len(value.items) else (_too_few,)


_too_few = Unknown("it is unpacked from fewer values")


def each(value: Value) -> Values:
    """What a loop over it stands for, all turns together."""
    if isinstance(value, Entries):
        value = keys(value)
    if isinstance(value, Items):
        return value.all()
    if isinstance(value, External):
        return (External(f"{value.path}[]", value.made),)
    if isinstance(value, Known) and isinstance(value.value, str) and HOLE not in value.value:
        return unique([Known(letter, value.origin) for letter in value.value])
    return (Unknown(why(value)),)


def turns(values: Values, most: int) -> list[Values] | None:
    """What a loop over it stands for, turn by turn; None when that is not known, or more than `most`."""
    found: list[Values] = []
    for value in values:
        items = keys(value) if isinstance(value, Entries) else value
        if not isinstance(items, Items):
            return None
        found.extend(items.items)
        if items.why:
            found.append((Unknown(items.why),))
    return found if len(found) <= most else None


def keys(entries: Entries) -> Items:
    """The keys of a dict."""
    names = tuple((as_key(key),) for key in dict.fromkeys(key for key, _ in entries.items))
    return Items(names, entries.why, loose=entries.loose)


def as_key(key: Any) -> Value:
    """A key of a dict as a value."""
    return key if isinstance(key, Member) else Known(key)


def _shown(key: Value) -> str:
    return repr(key.value) if isinstance(key, Known) else why(key)


def pairs(entries: Entries) -> Items:
    """`.items()`."""
    names = dict.fromkeys(key for key, _ in entries.items)
    found = tuple((Items(((as_key(key),), entries.get(key) or ())),) for key in names)
    return Items(found, entries.why, loose=entries.loose)


def item(base: Value, key: Value) -> Values:
    """`base[key]` of a container or text."""
    if isinstance(base, Entries):
        if not is_key(key):
            return unique([*base.all(), *(() if base.items or base.why else (Unknown("the dict is empty"),))])
        found = base.get(key_of(key))
        return found if found is not None else (Unknown(base.why or f"there is no key {_shown(key)}"),)
    if isinstance(base, Items):
        if not base.exact or not (isinstance(key, Known) and isinstance(key.value, int)):
            return base.all() or (Unknown("the list is empty"),)
        at = key.value
        return base.items[at] if -len(base.items) <= at < len(base.items) else (Unknown(f"there is no element {at}"),)
    if isinstance(base, Known) and isinstance(base.value, str) and HOLE not in base.value and isinstance(key, Known):
        try:
            return (Known(base.value[key.value], base.origin),)
        except (TypeError, IndexError):
            return (Unknown(f"a text has no [{key.value!r}]"),)
    return (Unknown(why(base)),)


def part(base: Value, bounds: Sequence[Value]) -> Value:
    """`base[low:high:step]`."""
    if isinstance(base, External):
        return External(f"{base.path}[]", base.made)
    if isinstance(base, Items) and not base.exact:
        return base
    plain = [bound.value for bound in bounds if isinstance(bound, Known)]
    known = len(plain) == 3 and all(bound is None or isinstance(bound, int) for bound in plain) and plain[2] != 0
    if isinstance(base, Items):
        return Items(base.items[slice(*plain)]) if known else Items(base.items, loose=True)
    if known and isinstance(base, Known) and isinstance(base.value, str) and HOLE not in base.value:
        return Known(base.value[slice(*plain)], base.origin, base.why)
    return Unknown("a part of it that is known only when it runs")


def add(left: Value, right: Value) -> Value | None:
    """`a + b` of lists; None when neither is one."""
    if not isinstance(left, Items) and not isinstance(right, Items):
        return None
    if isinstance(left, Items) and isinstance(right, Items):
        if len(left.items) + len(right.items) > MOST:
            return Unknown("the list is too long to follow")
        return Items((*left.items, *right.items), joined((left.why, right.why)), loose=left.loose or right.loose)
    known, other = (left, right) if isinstance(left, Items) else (right, left)
    assert isinstance(known, Items)
    return Items(known.items, joined((known.why, why(other))), loose=True)


def merge(left: Value, right: Value) -> Value:
    """`a | b` of dicts or sets."""
    if isinstance(left, Items) and isinstance(right, Items):
        return add(left, right) or left
    if not isinstance(left, Entries):
        return Entries(right.items, why(left), right.loose) if isinstance(right, Entries) else Unknown(why(left))
    if not isinstance(right, Entries):
        return Entries(tuple((key, (*values, Unknown(why(right)))) for key, values in left.items), why(right))
    if len(left.items) + len(right.items) > MOST:
        return Unknown("the dict is too long to follow")
    again = set() if right.loose else {key for key, _ in right.items}
    kept = tuple((key, values) for key, values in left.items if key not in again)
    if right.why:
        kept = tuple((key, (*values, Unknown(right.why))) for key, values in kept)
    dotted = left.dotted or right.dotted
    return Entries((*kept, *right.items), joined((left.why, right.why)), left.loose or right.loose, dotted=dotted)


def call_method(method: Method, arguments: Sequence[Values]) -> Values | None:
    """What a method of a list or dict returns; None where it is not one of those that are known."""
    of, name = method.of, method.name
    if isinstance(of, Entries):
        return _mapping_method(of, name, arguments)
    if not isinstance(of, Items):
        return None
    if name in {"pop", "popleft"}:
        first = arguments[0][0] if arguments and len(arguments[0]) == 1 else Known(-1 if name == "pop" else 0)
        return item(of, first)
    if name == "copy":
        return (Items(of.items, of.why, loose=of.loose),)
    if name in {"union", "intersection", "difference", "symmetric_difference"}:
        return (Items(of.items, of.why, loose=True),) if name != "union" else None
    if name in {"append", "extend", "insert", "sort", "reverse", "clear", "remove", "add", "update", "discard"}:
        return (Known(None),)
    return None


def _mapping_method(of: Entries, name: str, arguments: Sequence[Values]) -> Values | None:
    if name in {"get", "pop", "setdefault"} and arguments:
        default = arguments[1] if len(arguments) > 1 else (Known(None),)
        return unique([value for key in arguments[0] for value in _get(of, key, default, name)])
    if name == "values":
        return (Items(tuple(of.get(key) or () for key in dict.fromkeys(k for k, _ in of.items)), of.why, of.loose),)
    if name == "keys":
        return (keys(of),)
    if name == "items":
        return (pairs(of),)
    if name in {"copy", "to_dict", "dict", "model_dump", "asdict", "_asdict"}:
        return (Entries(of.items, of.why, of.loose),)
    return (Known(None),) if name in {"update", "clear"} else None


def _get(of: Entries, key: Value, default: Values, name: str) -> Values:
    if not is_key(key):
        return unique([*of.all(), *default, Unknown("the key is known only when it runs")])
    found = of.get(key_of(key))
    if found is None:
        return (*default, Unknown(of.why)) if of.why else default
    return unique([*found, *default]) if of.loose and name != "pop" else found


def is_true(value: Value) -> bool:
    """Whether a value is surely true."""
    if isinstance(value, Known):
        return bool(str(value.value).replace(HOLE, "") and value.value)
    if isinstance(value, Items | Entries):
        return bool(value.items) and not value.loose
    return isinstance(value, Member)


def is_false(value: Value) -> bool:
    """Whether a value is surely false."""
    if isinstance(value, Known):
        return not value.value
    return isinstance(value, Items | Entries) and not value.items and not value.why and not value.loose


def plain(value: Any, origin: str, left: list[int] | None = None, *, dotted: bool = False) -> Value:
    """A value out of a YAML, TOML or JSON file; one that is too large, or holds itself, is not known."""
    left = left if left is not None else [5_000, 40]
    left[0] -= 1
    if left[0] < 0 or left[1] < 0:
        return Unknown(f"{origin.partition('.')[0]} is too large to follow")
    if not isinstance(value, dict | list):
        return Known(value, origin) if isinstance(value, str | int | float | None) else Unknown(f"{origin} is no text")
    left[1] -= 1
    try:
        if isinstance(value, list):
            return Items(tuple((plain(each, origin, left, dotted=dotted),) for each in value), site=("of", origin))
        entries = [(key, (plain(each, f"{origin}.{key}", left, dotted=dotted),)) for key, each in value.items()]
        return Entries(tuple(entries), site=("of", origin), dotted=dotted)
    finally:
        left[1] += 1
