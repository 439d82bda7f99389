"""Operators and comparisons of values; chains of them evaluated once for each name that is in them."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from agentry.inspector.evaluation import containers, library, texts
from agentry.inspector.evaluation.settings import ENVIRONMENT
from agentry.inspector.evaluation.values import (
    HOLE,
    LONGEST,
    TOO_LONG,
    Entries,
    External,
    Instance,
    Items,
    Known,
    Local,
    Unknown,
    Value,
    Values,
    combine,
    text,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agentry.inspector.code.modules import Scope
    from agentry.inspector.evaluation.evaluate import Evaluator
    from agentry.inspector.evaluation.settings import Settings
    from agentry.inspector.evaluation.values import Frame

_LARGEST = 1 << 64
_NOT = Unknown("an operator that is not followed")


def chained(
    evaluator: Evaluator,
    parts: Sequence[ast.expr],
    scope: Scope,
    frame: Frame | None,
    make: Callable[[Sequence[Value]], Value],
) -> Values:
    """`make` of the parts; a name that is in several of them is the same thing in each."""
    distinct: dict[str, int] = {}
    values: list[Values] = []
    places: list[int] = []
    for part in parts:
        read = part.value if isinstance(part, ast.FormattedValue) and part.format_spec is None else part
        key = read.id if isinstance(read, ast.Name) else f"{len(places)} "
        if key not in distinct:
            distinct[key] = len(values)
            values.append(evaluator.values(part, scope, frame))
        places.append(distinct[key])
    return combine(values, lambda choice: make([choice[place] for place in places]))


def add(parts: Sequence[Value]) -> Value:
    """`a + b + c`."""
    if all(isinstance(part, Known) and isinstance(part.value, str) for part in parts):
        return text(parts)
    whole = parts[0]
    for part in parts[1:]:
        whole = containers.add(whole, part) or _sum(whole, part)
    return whole


def _sum(left: Value, right: Value) -> Value:
    if _are_numbers(left, right):
        return _number(operator.add, left, right)
    if any(isinstance(side, Known) and not isinstance(side.value, str) for side in (left, right)):
        return Unknown("a sum that is known only when it runs")
    return text((left, right))


def _are_numbers(*values: Value) -> bool:
    return all(isinstance(value, Known) and isinstance(value.value, int | float) for value in values)


def _number(operate: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    assert isinstance(left, Known)
    assert isinstance(right, Known)
    try:
        result = operate(left.value, right.value)
    except (ArithmeticError, ValueError, TypeError):
        return Unknown("it can not be calculated")
    if isinstance(result, int) and abs(result) > _LARGEST:
        return Unknown("the number is too large to follow")
    return Known(result)


_NUMERIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


def apply(kind: type[ast.operator], left: Value, right: Value) -> Value:
    """`left <operator> right`, of all operators but `+`."""
    if kind in _NUMERIC and _are_numbers(left, right):
        return _number(_NUMERIC[kind], left, right)
    if kind is ast.Add:
        return add((left, right))
    if kind is ast.Mod:
        return texts.percent((left, right))
    if kind is ast.Div and not _are_numbers(left, right):
        return library.joined_path([left, right])
    if kind is ast.BitOr:
        return containers.merge(left, right)
    if kind is ast.Mult:
        return _repeated(left, right)
    return _NOT


def _repeated(left: Value, right: Value) -> Value:
    if isinstance(left, Known) and isinstance(left.value, int):
        left, right = right, left
    times = right.value if isinstance(right, Known) and isinstance(right.value, int) else None
    if times is None:
        return _NOT
    if isinstance(left, Known) and isinstance(left.value, str):
        if len(left.value) * times > LONGEST:
            return TOO_LONG
        return Known(left.value * times, left.origin, left.why)
    if isinstance(left, Items) and len(left.items) * times <= containers.MOST:
        return Items(left.items * times, left.why, loose=left.loose)
    return _NOT


def unary(kind: type[ast.unaryop], value: Value) -> Value:
    """`not value`, `-value`."""
    if kind is ast.Not:
        if containers.is_true(value):
            return Known(value=False)
        return Known(value=True) if containers.is_false(value) else Unknown(why(value))
    if kind is ast.USub and _are_numbers(value) and isinstance(value, Known):
        return Known(-value.value)
    return _NOT


_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}


def compare(kind: type[ast.cmpop], left: Value, right: Value, settings: Settings) -> Value:
    """`left == right` and the like: true, false or not known."""
    if kind in {ast.In, ast.NotIn}:
        holds = _contains(left, right, settings)
        return _truth(None if holds is None else holds is (kind is ast.In))
    if _is_whole(left) and _is_whole(right):
        assert isinstance(left, Known)
        assert isinstance(right, Known)
        if kind in {ast.Is, ast.IsNot} and not any(side.value is None or side.value is True for side in (left, right)):
            kind = ast.Eq if kind is ast.Is else ast.NotEq
        try:
            return _truth(bool(_COMPARE[kind](left.value, right.value)))
        except TypeError:
            return _truth(None)
    rows = (_plain_items(left), _plain_items(right))
    if kind in {ast.Eq, ast.NotEq} and rows[0] is not None and rows[1] is not None:
        return _truth((rows[0] == rows[1]) is (kind is ast.Eq))
    made = Items | Entries | Instance | Local
    if kind in {ast.Is, ast.Eq, ast.IsNot, ast.NotEq} and any(
        isinstance(one, made) and isinstance(other, Known) and other.value is None
        for one, other in ((left, right), (right, left))
    ):
        return _truth(kind in {ast.IsNot, ast.NotEq})
    return _truth(None)


def _truth(holds: object) -> Value:
    return Unknown("whether it holds is known only when it runs") if holds is None else Known(holds)


def _is_whole(value: Value) -> bool:
    return isinstance(value, Known) and HOLE not in str(value.value)


def _contains(left: Value, right: Value, settings: Settings) -> bool | None:
    if isinstance(right, External) and right.path in ENVIRONMENT:
        return settings.has_variable(left)
    if not _is_whole(left):
        return None
    assert isinstance(left, Known)
    if isinstance(right, Known) and isinstance(right.value, str) and isinstance(left.value, str):
        return left.value in right.value if HOLE not in right.value else None
    if isinstance(right, Entries) and not right.why and not right.loose:
        return right.get(left.value) is not None
    plain = _plain_items(right)
    return None if plain is None else left.value in plain


def _plain_items(value: Value) -> list[Any] | None:
    """The elements of a list of which all are known; None for anything else."""
    if not isinstance(value, Items) or not value.exact:
        return None
    plain = [item[0].value for item in value.items if len(item) == 1 and _is_whole(item[0])]  # type: ignore[union-attr]
    return plain if len(plain) == len(value.items) else None
