"""Arguments and lists as they are written in the code, for telling on which line something is declared."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from agentry.inspector.code.modules import Assigned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentry.inspector.code.modules import Binding, Scope


def written_argument(call: ast.Call, scope: Scope, name: str, position: int | None) -> ast.expr | None:
    """An argument as it is written, also in a dict that is spread out by `**`; None where it is nowhere."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    for keyword in call.keywords:
        for written in _written(keyword.value, scope) if keyword.arg is None else ():
            for key, value in zip(written.keys, written.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == name:
                    return value
    if position is not None and position < len(call.args):
        return call.args[position]
    return None


def _written(expr: ast.expr, scope: Scope) -> Iterator[ast.Dict]:
    """The dicts, as they are written, that a name is bound to."""
    found: Scope | None = scope
    while isinstance(expr, ast.Name) and found and expr.id not in found.bindings:
        found = found.parent
    bindings = found.bindings[expr.id] if isinstance(expr, ast.Name) and found else []
    for each in [expr, *(binding.expr for binding in bindings if isinstance(binding, Assigned))]:
        if isinstance(each, ast.Dict):
            yield each


def inner_lists(expr: ast.expr) -> list[ast.expr]:
    """The lists that a list is made of: both sides of `+`, of a condition, what `list(...)` is given."""
    if isinstance(expr, ast.BinOp) and isinstance(expr.op, ast.Add):
        return [expr.left, expr.right]
    if isinstance(expr, ast.IfExp):
        return [expr.body, expr.orelse]
    if isinstance(expr, ast.BoolOp):
        return expr.values
    named = expr.func.id if isinstance(expr, ast.Call) and isinstance(expr.func, ast.Name) else ""
    if isinstance(expr, ast.Call) and named in {"list", "tuple", "set", "sorted"} and len(expr.args) == 1:
        return [expr.args[0]]
    return []


def effective(name: str, bindings: list[Binding], scope: Scope, line: int | None) -> list[Binding]:
    """Those bindings of a name that count where a call on `line` is reached: from the last plain assignment on."""
    body = getattr(scope.node, "body", [])
    plain = {
        id(statement.value)
        for statement in (body if isinstance(body, list) else [])
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value
    }
    before = [each for each in bindings if isinstance(each, Assigned) and (line is None or each.expr.lineno <= line)]
    starts = [
        number
        for number, each in enumerate(before)
        if id(each.expr) in plain and not any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(each.expr))
    ]
    return list(before[starts[-1] :] if starts and line is not None else before) or bindings
