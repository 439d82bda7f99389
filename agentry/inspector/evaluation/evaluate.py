"""Constant evaluation over the agent's modules: what an expression may be, with where it comes from.

Nothing of the agent runs. Names, attributes of the agent's own objects, strings in all their forms, containers, calls
of the agent's own functions and of well-known ones (library.py) are followed; everything else is `Unknown`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, ClassVar

from agentry.inspector.code import growth
from agentry.inspector.evaluation import containers, operators, texts
from agentry.inspector.evaluation.callers import Callers
from agentry.inspector.evaluation.calls import Calls
from agentry.inspector.evaluation.changes import Changes
from agentry.inspector.evaluation.models import Models
from agentry.inspector.evaluation.names import Names
from agentry.inspector.evaluation.objects import Objects
from agentry.inspector.evaluation.solver import SPENT, Solver
from agentry.inspector.evaluation.values import (
    CIRCLE,
    HOLE,
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
    is_key,
    key_of,
    text,
    unique,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentry.inspector.code.modules import Module, Scope
    from agentry.inspector.evaluation.settings import Settings
    from agentry.inspector.evaluation.values import Frame

HEAVIEST = 20_000  # values that a list or dict may hold, with what is in them
DEEPEST = 40  # lists and dicts in each other


class Evaluator:
    """Evaluates expressions of one agent.

    Args:
        modules: The agent's modules, by name.
        settings: What the code can read when it runs: files, model config, environment variables.
    """

    def __init__(self, modules: Mapping[str, Module], settings: Settings) -> None:
        self.modules = modules
        self.settings = settings
        self.solver = Solver()
        self.names = Names(self)
        self.objects = Objects(self)
        self.models = Models(self)
        self.calls = Calls(self)
        self.callers = Callers(self)
        self.changes = Changes(self)
        settings.coded = lambda name: self._variable(name, default=False)
        settings.defaulted = lambda name: self._variable(name, default=True)

    def values(self, expr: ast.expr, scope: Scope, frame: Frame | None = None) -> Values:
        """What `expr` may be, in `scope`, called with the arguments of `frame` (None: any that the code has)."""
        kind = type(expr)
        if kind is ast.Constant:
            return (Known(expr.value),)  # type: ignore[attr-defined]
        if self.solver.active:
            return self._within(expr, scope, frame)
        self.callers.prepare()
        try:
            return self._within(expr, scope, frame)
        except RecursionError:  # by a stack that was deep already: DEPTH keeps ours far from it
            self.solver.gave_up = True
            return (SPENT,)

    def _within(self, expr: ast.expr, scope: Scope, frame: Frame | None) -> Values:
        # What a name stands for is found once where it is bound; the name itself needs no memory.
        if type(expr) is ast.Name:
            return self.names.read(expr.id, scope, frame, (expr.lineno, expr.col_offset))
        if type(expr) is ast.FormattedValue:
            return self._formatted_value(expr, scope, frame)
        return self.followed(expr, scope, frame)

    def followed(self, expr: ast.expr, scope: Scope, frame: Frame | None = None) -> Values:
        """The same, guarded against circles and found once."""
        if type(expr) is ast.Constant:
            return (Known(expr.value),)
        known = self.solver.lasting.get((expr, frame))
        return known or self.solver.solve((expr, frame), self._evaluate, expr, scope, frame)

    def _evaluate(self, expr: ast.expr, scope: Scope, frame: Frame | None) -> Values:
        evaluate = self._evaluators.get(type(expr))
        if evaluate is None:
            return (Unknown("expressions of this form are not followed"),)
        found = evaluate(self, expr, scope, frame)
        for value in found:
            if isinstance(value, Items | Entries):
                if value.weight > HEAVIEST or value.depth > DEEPEST:
                    return (Unknown(f"it holds more than {HEAVIEST:,} things, or is nested too deeply"),)
                self.solver.charge(value.weight // texts.WIDEST)
                return tuple(self.changes.placed(value, expr, scope, frame) for value in found)
            if isinstance(value, Known) and isinstance(value.value, str) and len(value.value) > texts.WIDEST:
                self.solver.charge(len(value.value) // texts.WIDEST)
        return found

    def _variable(self, name: str, *, default: bool) -> Values:
        """What the code itself sets an environment variable to."""
        self.solver.ask()
        found: list[Value] = []
        for module in self.modules.values():
            for key, assigned, only_missing in module.variables:
                if only_missing is not default:
                    continue
                for frame in self.callers.frames(key) if self.solver.settled else [None]:
                    names = self.values(key.node, key.scope, frame)
                    if any(not isinstance(n, Known) or n.value == name or HOLE in str(n.value) for n in names):
                        found.extend(self.values(assigned.node, assigned.scope, frame))
        return unique(found)

    # names and attributes

    def _name(self, node: ast.Name, scope: Scope, frame: Frame | None) -> Values:
        return self.names.read(node.id, scope, frame, (node.lineno, node.col_offset))

    def _attribute(self, node: ast.Attribute, scope: Scope, frame: Frame | None) -> Values:
        found: list[Value] = []
        bases = self.values(node.value, scope, frame)
        for base in bases:
            if isinstance(base, Unknown) and node.attr == "model_config" and growth.last_name(node.value) == "context":
                # MLflow's context, which is given to `load_context` and `predict`.
                found.append(External("mlflow.models.ModelConfig().to_dict()"))
            else:
                found.extend(self.objects.attribute(base, node.attr, (node.lineno, node.col_offset), scope))
        return unique(found)

    # plain values and containers

    def _joined_str(self, node: ast.JoinedStr, scope: Scope, frame: Frame | None) -> Values:
        return operators.chained(self, node.values, scope, frame, text)

    def _formatted_value(self, node: ast.FormattedValue, scope: Scope, frame: Frame | None) -> Values:
        value = self.values(node.value, scope, frame)
        if node.format_spec is None and node.conversion in {-1, ord("s")}:
            return value
        spec = self.values(node.format_spec, scope, frame) if node.format_spec else (Known(""),)
        return combine([value, spec], lambda pair: texts.formatted(pair[0], node.conversion, pair[1]))

    def _list(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope, frame: Frame | None) -> Values:
        items: list[Values] = []
        reason, loose = "", isinstance(node, ast.Set)
        for element in node.elts:
            if not isinstance(element, ast.Starred):
                items.append(self.values(element, scope, frame))
                continue
            spread = self.values(element.value, scope, frame)
            for value in spread:
                inner = containers.keys(value) if isinstance(value, Entries) else value
                items.extend(inner.items if isinstance(inner, Items) else ())
                reason = reason or (inner.why if isinstance(inner, Items) else why(inner))
                loose = loose or len(spread) > 1 or (isinstance(inner, Items) and inner.loose)
        return (Items(tuple(items), reason, loose=loose),)

    def _dict(self, node: ast.Dict, scope: Scope, frame: Frame | None) -> Values:
        entries: list[tuple[Any, Values]] = []
        whole: Value = Entries(())
        reason, loose = "", False
        seen: set[Any] = set()
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                spread = self.values(value, scope, frame)
                before = Entries(tuple(entries), reason, loose)
                merged = [containers.merge(before, each) for each in spread]
                entries = [entry for each in merged if isinstance(each, Entries) for entry in each.items]
                reason = next((each.why for each in merged if isinstance(each, Entries) and each.why), reason)
                loose = loose or len(spread) > 1 or any(isinstance(each, Entries) and each.loose for each in spread)
                seen.update(name for name, _ in entries)
                continue
            names = self.values(key, scope, frame)
            loose = loose or len(names) > 1
            for name in names:
                again = is_key(name) and key_of(name) in seen
                if is_key(name):
                    seen.add(key_of(name))
                if len(names) == 1 and again:
                    entries = [entry for entry in entries if entry[0] != key_of(name)]
                if is_key(name):
                    entries.append((key_of(name), self.values(value, scope, frame)))
                else:
                    reason = why(name)
                    loose = True
        whole = Entries(tuple(entries), reason, loose)
        return (whole,)

    def _list_comp(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope, frame: Frame | None
    ) -> Values:
        inner = growth.scope_of(growth.comprehension_name(node), scope)
        assert inner
        turns = self.calls.turns(inner.loops, frame)
        items: list[Values] = []
        loose = turns is None or not turns[1] or isinstance(node, ast.SetComp)
        for turn in [frame] if turns is None else turns[0]:
            holds = self._holds(node.generators, inner, turn)
            loose = loose or holds is None
            if holds is not False:
                items.append(self.values(node.elt, inner, turn))
        reason = "" if turns is not None else "how many there are is known only when it runs"
        return (Items(tuple(items), "" if reason and items else reason, loose=loose),)

    def _dict_comp(self, node: ast.DictComp, scope: Scope, frame: Frame | None) -> Values:
        inner = growth.scope_of(growth.comprehension_name(node), scope)
        assert inner
        turns = self.calls.turns(inner.loops, frame)
        entries: list[tuple[Any, Values]] = []
        reason, loose = "", turns is None or not turns[1]
        for turn in [frame] if turns is None else turns[0]:
            holds = self._holds(node.generators, inner, turn)
            loose = loose or holds is None
            keys = self.values(node.key, inner, turn) if holds is not False else ()
            loose = loose or len(keys) > 1
            for key in keys:
                if is_key(key):
                    entries.append((key_of(key), self.values(node.value, inner, turn)))
                else:
                    reason = reason or why(key)
        return (Entries(tuple(entries), reason, loose or bool(reason)),)

    def _holds(self, generators: list[ast.comprehension], scope: Scope, frame: Frame | None) -> bool | None:
        """Whether all conditions of a comprehension hold."""
        known = True
        for generator in generators:
            for condition in generator.ifs:
                values = self.values(condition, scope, frame)
                if values and all(containers.is_false(value) for value in values):
                    return False
                known = known and bool(values) and all(containers.is_true(value) for value in values)
        return True if known else None

    def _subscript(self, node: ast.Subscript, scope: Scope, frame: Frame | None) -> Values:
        bases = self.values(node.value, scope, frame)
        if isinstance(node.slice, ast.Slice):
            parts = (node.slice.lower, node.slice.upper, node.slice.step)
            bounds = [self.values(part, scope, frame) if part else (Known(None),) for part in parts]
            return combine([bases, *bounds], lambda choice: containers.part(choice[0], choice[1:]))
        return unique([v for key in self.values(node.slice, scope, frame) for v in self._items(bases, key)])

    def _items(self, bases: Values, key: Value) -> Values:
        """`base[key]` of every alternative; a dict that lacks the key does not count where another has it."""
        having = [base for base in bases if not isinstance(base, Entries) or _has(base, key)]
        found: list[Value] = []
        for base in having or bases:
            if isinstance(base, External) and base.path == "globals()":
                found.append(Unknown("globals() is known only when it runs"))
            elif isinstance(base, External):
                read = self.settings.read(base.path, key, None)
                found.extend(read or (External(f"{base.path}[]", base.made),))
            elif isinstance(base, Local) and isinstance(base.scope.node, ast.ClassDef):
                found.extend(self.models.member(base.scope, key))
            else:
                found.extend(
                    containers.item(self.models.items(base) or base, key)
                    if isinstance(base, Instance)
                    else containers.item(base, key)
                )
        return unique(found)

    # operators

    def _bin_op(self, node: ast.BinOp, scope: Scope, frame: Frame | None) -> Values:
        if isinstance(node, growth.Augmented):
            left = self.values(node.left, scope, frame)
            kinds = left if any(value is not CIRCLE for value in left) else self.values(node.right, scope, frame)
            if all(isinstance(value, Items) or value is CIRCLE for value in kinds):
                return left  # a list grows in place: what is added to it is a change of where it was made
        if isinstance(node.op, ast.Add):
            parts: list[ast.expr] = []
            part: ast.expr = node
            while isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add):
                parts.append(part.right)
                part = part.left
            return operators.chained(self, [part, *reversed(parts)], scope, frame, operators.add)
        sides = (self.values(node.left, scope, frame), self.values(node.right, scope, frame))
        return combine(sides, lambda pair: operators.apply(type(node.op), pair[0], pair[1]))

    def _unary_op(self, node: ast.UnaryOp, scope: Scope, frame: Frame | None) -> Values:
        values = self.values(node.operand, scope, frame)
        return unique([operators.unary(type(node.op), value) for value in values])

    def _compare(self, node: ast.Compare, scope: Scope, frame: Frame | None) -> Values:
        if len(node.ops) > 1:
            return (Unknown("a comparison that is not followed"),)
        sides = (self.values(node.left, scope, frame), self.values(node.comparators[0], scope, frame))
        return combine(sides, lambda pair: operators.compare(type(node.ops[0]), pair[0], pair[1], self.settings))

    def _bool_op(self, node: ast.BoolOp, scope: Scope, frame: Frame | None) -> Values:
        stops = containers.is_false if isinstance(node.op, ast.And) else containers.is_true
        passes = containers.is_true if isinstance(node.op, ast.And) else containers.is_false
        found: list[Value] = []
        for part in node.values:
            values = self.values(part, scope, frame)
            found.extend(value for value in values if part is node.values[-1] or not passes(value))
            if values and all(stops(value) for value in values):
                break
        return unique(found)

    def _if_exp(self, node: ast.IfExp, scope: Scope, frame: Frame | None) -> Values:
        test = self.values(node.test, scope, frame)
        if test and all(containers.is_true(value) for value in test):
            return self.values(node.body, scope, frame)
        if test and all(containers.is_false(value) for value in test):
            return self.values(node.orelse, scope, frame)
        return unique((*self.values(node.body, scope, frame), *self.values(node.orelse, scope, frame)))

    def _inner(self, node: ast.NamedExpr | ast.Await, scope: Scope, frame: Frame | None) -> Values:
        return self.values(node.value, scope, frame)

    def _lambda(self, node: ast.Lambda, scope: Scope, frame: Frame | None) -> Values:
        inner = growth.scope_of(growth.lambda_name(node), scope)
        return (Local(inner, None, frame.around() if frame else None),) if inner else ()

    def _call(self, node: ast.Call, scope: Scope, frame: Frame | None) -> Values:
        return self.calls.call(node, scope, frame)

    _evaluators: ClassVar[dict[type[ast.expr], Callable[[Evaluator, Any, Scope, Frame | None], Values]]] = {
        ast.Name: _name,
        ast.Attribute: _attribute,
        ast.JoinedStr: _joined_str,
        ast.FormattedValue: _formatted_value,
        ast.List: _list,
        ast.Dict: _dict,
        ast.ListComp: _list_comp,
        ast.DictComp: _dict_comp,
        ast.Subscript: _subscript,
        ast.BinOp: _bin_op,
        growth.Augmented: _bin_op,
        ast.UnaryOp: _unary_op,
        ast.Compare: _compare,
        ast.BoolOp: _bool_op,
        ast.IfExp: _if_exp,
        ast.NamedExpr: _inner,
        ast.Await: _inner,
        ast.Lambda: _lambda,
        ast.Call: _call,
        ast.Tuple: _list,
        ast.Set: _list,
        ast.SetComp: _list_comp,
        ast.GeneratorExp: _list_comp,
    }


def _has(entries: Entries, key: Value) -> bool:
    return not is_key(key) or entries.get(key_of(key)) is not None
