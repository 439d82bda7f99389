"""Strings: put together, formatted, taken apart. None may grow without bounds, whatever the code says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from agentry.inspector.evaluation.values import (
    HOLE,
    LONGEST,
    TOO_LONG,
    Entries,
    Items,
    Known,
    Method,
    Unknown,
    Value,
    as_written,
    joined,
    text,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

WIDEST = 200  # columns of a format

_CONVERSIONS: dict[int, Callable[[Any], str]] = {ord("r"): repr, ord("a"): ascii, ord("s"): str}
# Methods of texts that have no effect but their result.
_METHODS = frozenset(
    {"capitalize", "casefold", "format", "format_map", "join", "lower", "lstrip", "partition", "removeprefix"}
    | {"removesuffix", "replace", "rpartition", "rsplit", "rstrip", "split", "splitlines", "strip", "swapcase"}
    | {"title", "upper", "startswith", "endswith", "encode", "decode"}
)


def formatted(value: Value, conversion: int, spec: Value) -> Value:
    """`{value!r:spec}` of an f-string."""
    if not isinstance(value, Known) or value.format or HOLE in str(value.value):
        return Known(HOLE, "", as_written(value)[1] or "a part of it is known only when it runs")
    if not isinstance(spec, Known) or not _is_narrow(str(spec.value)):
        return Known(HOLE, "", "the format is known only when it runs")
    shown: Any = value.value
    if conversion in _CONVERSIONS:
        shown = _CONVERSIONS[conversion](shown)
    try:
        return Known(format(shown, str(spec.value)), value.origin, value.why)
    except (ValueError, TypeError) as error:
        return Unknown(f"the format fails: {error}")


def _is_narrow(spec: str) -> bool:
    return HOLE not in spec and all(int(number) <= WIDEST for number in re.findall(r"\d{1,9}", spec))


def percent(pair: Sequence[Value]) -> Value:
    """`"%s.%s" % (a, b)`."""
    template, filled = pair
    if not isinstance(template, Known) or not isinstance(template.value, str):
        return Unknown("a format that is known only when it runs")
    if isinstance(filled, Entries):
        return _filled(template, lambda bare: template.value % _Bare(filled, bare))
    if isinstance(filled, Items) and (not filled.exact or any(len(item) != 1 for item in filled.items)):
        return Unknown("what the format is filled with is known only when it runs")
    parts = [item[0] for item in filled.items] if isinstance(filled, Items) else [filled]
    return _filled(template, lambda bare: template.value % tuple(bare(part) for part in parts))


class _Bare(dict[str, Any]):
    """A dict that a format is filled from."""

    def __init__(self, entries: Entries, bare: Callable[[Value], Any]) -> None:
        super().__init__()
        self._entries, self._bare = entries, bare

    def __missing__(self, key: str) -> Any:
        values = self._entries.get(key)
        if values is None and not self._entries.why:
            raise KeyError(key)
        known = values and len(values) == 1
        return self._bare(values[0] if values and known else Unknown(self._entries.why or "it may be several things"))


def _filled(template: Known, fill: Callable[[Callable[[Value], Any]], Any]) -> Value:
    """A template with its gaps filled, unless that could grow too long."""
    if not _is_narrow(re.sub(r"\{\d+", "{", template.value)):
        return Unknown("the format is too wide")
    widths = re.search(r"%[^a-zA-Z]*\*|:[^{}]*\{", template.value)  # that are given with the values
    longest, origins, reasons = 0, [template.origin], [template.why]

    def bare(value: Value) -> Any:
        nonlocal longest
        if isinstance(value, Known):
            origins.append(value.origin)
            reasons.append(value.why or value.format)
            longest = max(longest, len(value.value) if isinstance(value.value, str) else 0)
            if longest * (template.value.count("{") + template.value.count("%")) > LONGEST:
                raise ValueError("it grows too long")
            if widths and isinstance(value.value, int) and abs(value.value) > WIDEST:
                raise ValueError("it grows too wide")
            return _Hole() if value.format else value.value
        reasons.append(why(value))
        return _Hole()

    try:
        result = fill(bare)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        return Unknown(f"the format can not be filled: {error}")
    return TOO_LONG if len(result) > LONGEST else Known(result, joined(origins), joined(reasons))


class _Hole(str):
    """What is not known, in a template: a hole, whatever is asked of it."""

    def __new__(cls) -> _Hole:  # noqa: PYI034
        return super().__new__(cls, HOLE)

    def __format__(self, _spec: str) -> str:
        return HOLE

    def __getattr__(self, _name: str) -> _Hole:
        return self

    def __getitem__(self, _key: Any) -> _Hole:
        return self

    def __str__(self) -> str:
        return HOLE


def call_method(method: Method, arguments: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
    """What a method of a text returns."""
    of, name = method.of, method.name
    if not isinstance(of, Known) or not isinstance(of.value, str | bytes) or name not in _METHODS:
        return Unknown(f".{name}() is not followed")
    if isinstance(of.value, bytes) or name in {"encode", "decode"}:
        return of if name in {"encode", "decode"} else Unknown(f".{name}() of bytes is not followed")
    if name == "format":
        return _filled(
            of,
            lambda bare: of.value.format(*map(bare, arguments), **{key: bare(each) for key, each in keywords.items()}),
        )
    if name == "format_map":
        entries = arguments[0] if arguments else None
        if not isinstance(entries, Entries):
            return Unknown("what the format is filled with is known only when it runs")
        return _filled(of, lambda bare: of.value.format_map(_Bare(entries, bare)))
    if name == "join":
        return _join(of, arguments)
    return _call(of, name, arguments, keywords)


def _join(of: Known, arguments: Sequence[Value]) -> Value:
    items = arguments[0] if arguments else None
    if isinstance(items, Entries):
        items = Items(tuple((Known(key),) for key, _ in items.items), items.why, loose=items.loose)
    if not isinstance(items, Items) or not items.exact:
        return Unknown("what is joined is known only when it runs")
    if any(len(item) != 1 for item in items.items):
        return Unknown("what is joined may be several things")
    parts: list[Value] = []
    for item in items.items:
        parts.extend((*([of] if parts else []), item[0]))
    return text(parts) if parts else Known("", of.origin)


def _call(of: Known, name: str, arguments: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
    given = [*arguments, *keywords.values()]
    if not all(isinstance(each, Known) and not each.format for each in given):
        return Unknown(next(why(each) for each in given if not isinstance(each, Known)) if given else "")
    known = [each for each in given if isinstance(each, Known)]
    origin, reason = joined([of.origin, *(each.origin for each in known)]), joined([of.why, *(e.why for e in known)])
    if any(HOLE in str(each.value) for each in known) or (HOLE in of.value and not _is_safe(of.value, name, known)):
        return Unknown(reason or "a part of it is known only when it runs")
    plain = [each.value for each in arguments if isinstance(each, Known)]
    named = {key: each.value for key, each in keywords.items() if isinstance(each, Known)}
    if name == "replace" and len(plain) > 1:
        times = of.value.count(plain[0]) if isinstance(plain[0], str) else 0
        if isinstance(plain[1], str) and times * len(plain[1]) > LONGEST:
            return TOO_LONG
    try:
        result = getattr(str, name)(of.value, *plain, **named)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        return Unknown(f".{name}() fails: {error}")
    if isinstance(result, list | tuple):
        return Items(tuple((Known(each, origin, reason),) for each in result))
    return Known(result, origin, reason)


def _is_safe(whole: str, name: str, given: Sequence[Known]) -> bool:
    """Whether a method does to a text with holes what it would do without: the parts that it looks at are known."""
    if name in {"lower", "upper", "casefold"}:
        return True
    first = given[0].value if given else None
    if first is not None and not isinstance(first, str):
        return False
    if name in {"startswith", "removeprefix"} and isinstance(first, str):
        return len(whole.partition(HOLE)[0]) >= len(first)
    if name in {"endswith", "removesuffix"} and isinstance(first, str):
        return len(whole.rpartition(HOLE)[2]) >= len(first)
    if name == "lstrip":
        return not whole.lstrip(first).startswith(HOLE)
    if name == "rstrip":
        return not whole.rstrip(first).endswith(HOLE)
    if name == "strip":
        return not whole.strip(first).startswith(HOLE) and not whole.strip(first).endswith(HOLE)
    return False


def substituted(template: Value, entries: Entries, *, safe: bool) -> Value:
    """`string.Template(...).substitute(...)`."""
    if not isinstance(template, Known) or not isinstance(template.value, str) or HOLE in template.value:
        return Unknown(why(template))
    parts: list[Value] = []
    at = 0
    for match in re.finditer(r"\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})", template.value):
        parts.append(Known(template.value[at : match.start()], template.origin))
        at = match.end()
        name = match[2] or match[3]
        values = entries.get(name) if name else (Known("$"),)
        if values is None and not entries.why and safe:
            values = (Known(match[0]),)
        parts.append(values[0] if values and len(values) == 1 else Unknown(entries.why or f"`{name}` is not known"))
    return text([*parts, Known(template.value[at:], template.origin)])
