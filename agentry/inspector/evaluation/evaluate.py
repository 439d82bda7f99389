"""Constant evaluation over the agent's modules: what an expression may be, with where it comes from.

Nothing of the agent runs. Names, attributes of the agent's own objects, strings in all their forms, containers, calls
of the agent's own functions and of a few well-known ones (library.py) are followed; everything else is `Unknown`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, ClassVar

from agentry.inspector.code.modules import EACH, Assigned, Binding, Defined, Imported, Module, Opaque, Parameter, Scope
from agentry.inspector.code.scopes import comprehension_name, lambda_scope
from agentry.inspector.evaluation import library
from agentry.inspector.evaluation.calls import Calls
from agentry.inspector.evaluation.memory import Memory
from agentry.inspector.evaluation.objects import Objects
from agentry.inspector.evaluation.values import (
    HOLE,
    Entries,
    External,
    Frame,
    Items,
    Known,
    Local,
    Unknown,
    Value,
    Values,
    combine,
    text,
    unique,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEPTH = 70  # expressions nested deeper than this are not followed
STEPS = 300  # nor more of them than this for the sake of one


class Evaluator:
    """Evaluates expressions of one agent.

    Args:
        modules: The agent's modules, by name.
        settings: What the code can read when it runs: files, model config, environment variables.
    """

    def __init__(self, modules: Mapping[str, Module], settings: library.Settings) -> None:
        self.modules = modules
        self.settings = settings
        self.calls = Calls(self)
        self.objects = Objects(self)
        self.memory = Memory()
        self._active: set[tuple[ast.expr, Frame | None]] = set()
        self._steps = 0
        settings.coded = self._variable

    def values(self, expr: ast.expr, scope: Scope, frame: Frame | None = None) -> Values:
        """What `expr` may be, in `scope`, called with the arguments of `frame` (None: any that the code has)."""
        outermost = not self._active
        if outermost:
            self.memory.begin()
            self._steps = 0
        if (expr, frame) in self._active:
            self.memory.cut()
            return ()
        found = self.memory.recall((expr, frame), lambda: self._followed(expr, scope, frame), lasting=frame is None)
        # In a circle, what is found on the first time round is all there is.
        return found or (Unknown("it is defined by way of itself"),) if outermost else found

    def _followed(self, expr: ast.expr, scope: Scope, frame: Frame | None) -> Values:
        self._steps += 1
        if self._steps > STEPS or len(self._active) > DEPTH:
            self.memory.cut()
            return (Unknown("it takes too many steps to follow"),)
        evaluate = self._evaluators.get(type(expr))
        if evaluate is None:
            return (Unknown("expressions of this form are not followed"),)
        self._active.add((expr, frame))
        try:
            return unique(evaluate(self, expr, scope, frame))
        finally:
            self._active.discard((expr, frame))

    def _variable(self, name: str) -> Values:
        """What the code itself sets an environment variable to."""
        return unique(
            [
                value
                for module in self.modules.values()
                for key, assigned in module.variables
                if (Known(name),) == self.values(key.node, key.scope)
                for value in self.values(assigned.node, assigned.scope)
            ]
        )

    # names

    def _name(self, node: ast.Name, scope: Scope, frame: Frame | None) -> Values:
        return self.name(node.id, scope, frame)

    def name(self, name: str, scope: Scope, frame: Frame | None = None) -> Values:
        """What a name may be where it is read."""
        found: Scope | None = scope
        while found:
            # The body of a class is not seen from inside its methods.
            if name in found.bindings and (found is scope or not isinstance(found.node, ast.ClassDef)):
                return unique([v for binding in found.bindings[name] for v in self.bound(binding, frame)])
            found = found.parent
        if name == "__file__":
            return (Known(f"{HOLE}/{scope.module.file}", "", "where the agent runs"),)
        for star in scope.module.stars:
            if star in self.modules:
                inside = self.modules[star].scope
                if name in inside.bindings:
                    return self.name(name, inside)
            else:
                return (External(f"{star}.{name}"),)
        return (External(name),)

    def bound(self, binding: Binding, frame: Frame | None) -> Values:
        """What a binding stands for."""
        if isinstance(binding, Assigned):
            values = self.values(binding.expr, binding.scope, frame)
            for index in binding.path:
                values = unique([v for value in values for v in _element(value, index)])
            return values
        if isinstance(binding, Imported):
            return self.imported(binding.path)
        if isinstance(binding, Defined):
            return (Local(binding.scope),)
        if isinstance(binding, Parameter):
            return self.calls.parameter(binding, frame)
        assert isinstance(binding, Opaque)
        return (Unknown(binding.why),)

    def imported(self, path: str) -> Values:
        """A module, or a name in one; the agent's own come before those of packages."""
        parts = path.split(".")
        for end in range(len(parts), 0, -1):
            module = self.modules.get(".".join(parts[:end]))
            if module:
                values: Values = (Local(module.scope),)
                for attribute in parts[end:]:
                    values = unique([v for value in values for v in self.objects.attribute(value, attribute, None)])
                return values
        return (External(path),)

    # attributes

    def _attribute(self, node: ast.Attribute, scope: Scope, frame: Frame | None) -> Values:
        bases = self.values(node.value, scope, frame)
        return unique([v for base in bases for v in self.objects.attribute(base, node.attr, frame)])

    # plain values and containers

    def _constant(self, node: ast.Constant, _scope: Scope, _frame: Frame | None) -> Values:
        return (Known(node.value),)

    def _joined_str(self, node: ast.JoinedStr, scope: Scope, frame: Frame | None) -> Values:
        return combine([self.values(part, scope, frame) for part in node.values], text)

    def _formatted_value(self, node: ast.FormattedValue, scope: Scope, frame: Frame | None) -> Values:
        if node.format_spec is not None or node.conversion == ord("r"):
            return (Unknown("a format is not followed"),)
        return self.values(node.value, scope, frame)

    def _list(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope, frame: Frame | None) -> Values:
        items: list[Values] = []
        for element in node.elts:
            if isinstance(element, ast.Starred):
                for inner in self.values(element.value, scope, frame):
                    items.extend(inner.items if isinstance(inner, Items) else [(Unknown(why(inner)),)])
            else:
                items.append(self.values(element, scope, frame))
        return (Items(tuple(items)),)

    def _dict(self, node: ast.Dict, scope: Scope, frame: Frame | None) -> Values:
        entries: list[tuple[Any, Values]] = []
        reason = ""
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                for inner in self.values(value, scope, frame):
                    entries.extend(inner.items if isinstance(inner, Entries) else ())
                    reason = reason or ("" if isinstance(inner, Entries) and not inner.why else why(inner))
                continue
            for name in self.values(key, scope, frame):
                if isinstance(name, Known):
                    entries.append((name.value, self.values(value, scope, frame)))
                else:
                    reason = why(name)
        return (Entries(tuple(entries), reason),)

    def _list_comp(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope, frame: Frame | None
    ) -> Values:
        defined = scope.bindings.get(comprehension_name(node), [])
        inner = next((binding.scope for binding in defined if isinstance(binding, Defined)), None)
        if inner is None:
            return (Unknown("a comprehension is not followed"),)
        return (Items(tuple((value,) for value in self.values(node.elt, inner, frame))),)

    def _subscript(self, node: ast.Subscript, scope: Scope, frame: Frame | None) -> Values:
        bases = self.values(node.value, scope, frame)
        return unique([v for key in self.values(node.slice, scope, frame) for v in self.items(bases, key)])

    def items(self, bases: Values, key: Value) -> Values:
        """`base[key]` of every alternative; a dict that lacks the key does not count where another has it."""
        having = [base for base in bases if not isinstance(base, Entries) or _has(base, key)]
        return unique([v for base in having or bases for v in self.item(base, key)])

    def item(self, base: Value, key: Value) -> Values:
        """`base[key]`."""
        if isinstance(base, External):
            return self.settings.read(base.path, key, None) or (External(f"{base.path}[]", base.made),)
        if isinstance(base, Entries):
            if not isinstance(key, Known):
                return unique([v for _, values in base.items for v in values])
            found = base.get(key.value)
            return found if found is not None else (Unknown(base.why or f"there is no key {key.value!r}"),)
        if isinstance(base, Items) and isinstance(key, Known) and isinstance(key.value, int):
            return base.items[key.value] if -len(base.items) <= key.value < len(base.items) else ()
        if isinstance(base, Items):
            return unique([v for values in base.items for v in values])
        return (Unknown(why(base)),)

    # operators

    def _bin_op(self, node: ast.BinOp, scope: Scope, frame: Frame | None) -> Values:
        sides = (self.values(node.left, scope, frame), self.values(node.right, scope, frame))
        if isinstance(node.op, ast.Add):
            return combine(sides, library.add)
        if isinstance(node.op, ast.Div):
            return combine(sides, lambda pair: text((pair[0], Known("/"), pair[1])))
        if isinstance(node.op, ast.Mod):
            return combine(sides, library.percent)
        if isinstance(node.op, ast.BitOr) and all(isinstance(side[0], Entries) for side in sides if side):
            return combine(sides, library.merge)
        return (Unknown("an operator that is not followed"),)

    def _bool_op(self, node: ast.BoolOp, scope: Scope, frame: Frame | None) -> Values:
        if isinstance(node.op, ast.And):
            return self.values(node.values[-1], scope, frame)
        found: list[Value] = []
        for part in node.values:
            values = self.values(part, scope, frame)
            found.extend(value for value in values if part is node.values[-1] or not library.is_false(value))
            if values and all(library.is_true(value) for value in values):
                break
        return unique(found)

    def _if_exp(self, node: ast.IfExp, scope: Scope, frame: Frame | None) -> Values:
        test = self.values(node.test, scope, frame)
        # What a package returns counts as true only where it stands for itself: `client or WorkspaceClient()`.
        if test and all(isinstance(value, Known) and library.is_true(value) for value in test):
            return self.values(node.body, scope, frame)
        if test and all(library.is_false(value) for value in test):
            return self.values(node.orelse, scope, frame)
        return unique((*self.values(node.body, scope, frame), *self.values(node.orelse, scope, frame)))

    def _named_expr(self, node: ast.NamedExpr, scope: Scope, frame: Frame | None) -> Values:
        return self.values(node.value, scope, frame)

    def _await(self, node: ast.Await, scope: Scope, frame: Frame | None) -> Values:
        return self.values(node.value, scope, frame)

    def _lambda(self, node: ast.Lambda, scope: Scope, _frame: Frame | None) -> Values:
        inner = lambda_scope(node, scope)
        return (Local(inner),) if inner else (Unknown("a lambda is not followed"),)

    def _call(self, node: ast.Call, scope: Scope, frame: Frame | None) -> Values:
        return self.calls.call(node, scope, frame)

    _evaluators: ClassVar[dict[type[ast.expr], Callable[[Evaluator, Any, Scope, Frame | None], Values]]] = {
        ast.Name: _name,
        ast.Attribute: _attribute,
        ast.Constant: _constant,
        ast.JoinedStr: _joined_str,
        ast.FormattedValue: _formatted_value,
        ast.List: _list,
        ast.Dict: _dict,
        ast.ListComp: _list_comp,
        ast.Subscript: _subscript,
        ast.BinOp: _bin_op,
        ast.BoolOp: _bool_op,
        ast.IfExp: _if_exp,
        ast.NamedExpr: _named_expr,
        ast.Await: _await,
        ast.Lambda: _lambda,
        ast.Call: _call,
        ast.Tuple: _list,
        ast.Set: _list,
        ast.SetComp: _list_comp,
        ast.GeneratorExp: _list_comp,
    }


def _element(value: Value, index: int) -> Values:
    """One of the things that a value is unpacked or iterated into."""
    if isinstance(value, Items):
        if index == EACH:
            return unique([v for values in value.items for v in values])
        return value.items[index] if index < len(value.items) else (Unknown("it is unpacked from fewer values"),)
    if isinstance(value, Entries) and index == EACH:
        return tuple(Known(key) for key, _ in value.items)
    if isinstance(value, External):
        return (External(f"{value.path}[]", value.made),)
    return (Unknown(why(value)),)


def _has(entries: Entries, key: Value) -> bool:
    return not isinstance(key, Known) or entries.get(key.value) is not None
