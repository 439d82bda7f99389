"""What a name may be where it is read: in its scope, in the scopes around it, from other modules, from stars."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from agentry.inspector.code.flow import END, reaching
from agentry.inspector.code.modules import EACH, Assigned, Defined, Function, Imported, Opaque, Parameter
from agentry.inspector.evaluation import containers
from agentry.inspector.evaluation.values import (
    HOLE,
    External,
    Instance,
    Known,
    Local,
    Unknown,
    Value,
    Values,
    unique,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentry.inspector.code.flow import Block, Position
    from agentry.inspector.code.modules import Binding, Scope
    from agentry.inspector.evaluation.evaluate import Evaluator
    from agentry.inspector.evaluation.values import Frame

TESTS = 3  # conditions that are looked at for the sake of another
BINDINGS = 200  # places that bind one name
_BUILTINS = frozenset(dir(builtins))


class Names:
    """The part of evaluation that is about names."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._testing = 0

    def read(self, name: str, scope: Scope, frame: Frame | None = None, at: Position = END) -> Values:
        """What a name may be.

        Args:
            name: The name.
            scope: Where it is read.
            frame: In which call it is read.
            at: Where in the module; END for from outside of it, at any time.
        """
        found: Scope | None = scope
        later = at == END
        while found:
            outer = found.outer.get(name)
            while outer and found and found is not outer:
                # What is `global` here is read at any time after the function that this is in was defined.
                at, later = found.at.at if found.at else END, True
                found = found.parent
            if found is None:
                break
            # The body of a class is not seen from inside its methods.
            if name in found.bindings and (found is scope or not isinstance(found.node, ast.ClassDef)):
                if not isinstance(found.node, ast.Module) and len(found.bindings[name]) == 1 and frame is None:
                    return self.bound(found.bindings[name][0], None)
                return self._bound_in(found, name, self._inside(found, frame), at, later=later)
            if isinstance(found.node, Function) and found.at:
                later, at = True, found.at.at
            found = found.parent
        stored = self._evaluator.changes.stored(scope.module.scope, name)
        return stored or self._outside(name, scope)

    def _inside(self, found: Scope, frame: Frame | None) -> Frame | None:
        """The frame of what is bound in a scope: without the calls that are inside of it."""
        function = found.function
        if frame is None or (function is None and frame.around() is None):
            return frame
        return _turns_of(frame, function) if function else None

    def _bound_in(self, found: Scope, name: str, frame: Frame | None, at: Position, *, later: bool) -> Values:
        bindings, places = found.bindings[name], found.places[name]
        in_turn = frame is not None and isinstance(frame.scope, ast.expr)
        values: list[Value] = []
        if len(bindings) == 1 and not (in_turn and places[0].block):
            values.extend(self.bound(bindings[0], frame))
        else:
            if len(bindings) > BINDINGS:
                return (Unknown(f"it is bound in more than {BINDINGS} places"),)
            self._evaluator.solver.charge(1 + len(bindings) // 8)
            pairs = list(zip(bindings, places, strict=True))
            for binding, earlier in reaching(pairs, at, self._runs_in(found, frame), later=later):
                values.extend(self.bound(binding, frame.around() if earlier and frame else frame))
        if isinstance(found.node, ast.Module):
            if self._evaluator.changes.is_any_stored:
                values.extend(self._evaluator.changes.stored(found, name))
            if found.module.stars and not isinstance(bindings[0], Imported):
                values.extend(self._starred(name, found, frozenset((found.module.name,))))
        return unique(values)

    def _runs_in(self, scope: Scope, frame: Frame | None) -> Callable[[Block], bool | None]:
        known: dict[Block, bool | None] = {}

        def runs(block: Block) -> bool | None:
            if block not in known:
                known[block] = self.runs(block, scope, frame)
            return known[block]

        return runs

    def runs(self, block: Block, scope: Scope, frame: Frame | None) -> bool | None:
        """Whether the statements of a block run: surely, surely not, or not known."""
        if block.test is None or self._testing >= TESTS:
            return None
        self._testing += 1
        try:
            values = self._evaluator.values(block.test, scope, frame)
        finally:
            self._testing -= 1
        if values and all(containers.is_true(value) for value in values):
            return block.holds
        if values and all(containers.is_false(value) for value in values):
            return not block.holds
        return None

    def bound(self, binding: Binding, frame: Frame | None) -> Values:
        """What a binding stands for."""
        if isinstance(binding, Assigned):
            return self.assigned(binding, frame)
        if isinstance(binding, Imported):
            return self.imported(binding.path)
        if isinstance(binding, Defined):
            return self._evaluator.calls.decorated(binding.scope, frame)
        if isinstance(binding, Parameter):
            values = self._evaluator.callers.parameter(binding, frame)
            return self._evaluator.changes.settled(values, (binding.scope, binding.name), binding.scope, frame)
        assert isinstance(binding, Opaque)
        return (Unknown(binding.why),)

    def assigned(self, binding: Assigned, frame: Frame | None) -> Values:
        """What is assigned; of a loop that `frame` is a turn of, the element of this turn."""
        expr, path = binding.expr, binding.path
        while path and isinstance(expr, ast.Tuple | ast.List) and isinstance(path[0], int) and path[0] != EACH:
            if path[0] >= len(expr.elts) or any(isinstance(each, ast.Starred) for each in expr.elts):
                break
            expr, path = expr.elts[path[0]], path[1:]
        turn = frame.of(expr) if frame and path and path[0] == EACH else None
        values = turn.arguments[""] if turn else self._evaluator.followed(expr, binding.scope, frame)
        steps = path[1:] if turn else path
        for step in steps:
            values = unique([v for value in values for v in self.element(value, step)])
        if turn or path:
            return self._evaluator.changes.settled(values, (expr, path), binding.scope, frame)
        return values

    def element(self, value: Value, step: int | tuple[int, ...]) -> Values:
        """One of the things that a value is unpacked into or iterated over."""
        if isinstance(value, Local) and isinstance(value.scope.node, ast.ClassDef):
            members = self._evaluator.models.members(value.scope)
            return members.all() if members else (Unknown(why(value)),)
        if isinstance(value, Instance):
            value = self._evaluator.models.items(value) or value
        return containers.element(value, step)

    # modules

    def imported(self, path: str) -> Values:
        """A module, or a name in one; the agent's own come before those of packages."""
        return self._evaluator.solver.solve(("import", path), self._imported, path)

    def _imported(self, path: str) -> Values:
        modules = self._evaluator.modules
        parts = path.split(".")
        for end in range(len(parts), 0, -1):
            module = modules.get(".".join(parts[:end]))
            if not module:
                continue
            values: Values = (Local(module.scope),)
            for attribute in parts[end:]:
                values = unique([v for value in values for v in self._evaluator.objects.attribute(value, attribute)])
            package = modules.get(".".join(parts[: end - 1])) if end == len(parts) and end > 1 else None
            if package and package is not module and parts[-1] in package.scope.bindings:
                # A name of the package may stand before the module of the same name.
                own = package.scope.bindings[parts[-1]]
                if not all(isinstance(each, Imported) and each.path == path for each in own):
                    named = self.read(parts[-1], package.scope)
                    # The package sets its name to the module when that is loaded first, which it may do itself.
                    values = named if path in package.imports else unique((*values, *named))
            return values
        return (External(path),)

    def attribute_of(self, scope: Scope, name: str) -> Values:
        """`module.name`."""
        module = scope.module
        if name in scope.bindings:
            return self.read(name, scope)
        beside = self._evaluator.modules.get(f"{module.name}.{name}" if module.name else name)
        stored = self._evaluator.changes.stored(scope, name)
        if beside:
            return (Local(beside.scope), *stored)
        found = unique((*stored, *self._starred(name, scope, frozenset((module.name,)))))
        if found:
            return found
        outside = [star for star in module.stars if star not in self._evaluator.modules]
        if outside:
            return tuple(External(f"{star}.{name}") for star in outside)
        if "__getattr__" in scope.bindings:
            return (Unknown(f"`{name}` of {module.file} is known only when it runs"),)
        return (Unknown(f"{module.file} has no `{name}`"),)

    def _outside(self, name: str, scope: Scope) -> Values:
        if name == "__file__":
            return (Known(f"{HOLE}/{scope.module.file}", "", "where the agent runs"),)
        if name == "__package__":
            return (Known(scope.module.package),)
        found = self._starred(name, scope, frozenset((scope.module.name,)))
        if found:
            return found
        outside = [star for star in scope.module.stars if star not in self._evaluator.modules]
        if outside and name not in _BUILTINS:
            return tuple(External(f"{star}.{name}") for star in outside)
        return (External(name),)

    def _starred(self, name: str, scope: Scope, seen: frozenset[str]) -> Values:
        """What the agent's own modules give that are imported with a star; any of them may be the last."""
        found: list[Value] = []
        for star in scope.module.stars:
            module = self._evaluator.modules.get(star)
            if module is None or module.name in seen or not self._is_offered(name, module.scope):
                continue
            if name in module.scope.bindings:
                found.extend(self.read(name, module.scope))
            else:
                found.extend(self._starred(name, module.scope, seen | {module.name}))
        return unique(found)

    def _is_offered(self, name: str, scope: Scope) -> bool:
        if "__all__" not in scope.bindings:
            return not name.startswith("_")
        listed = [item for value in self.read("__all__", scope) for item in containers.each(value)]
        return any(not isinstance(each, Known) or each.value == name for each in listed)


def _turns_of(frame: Frame, function: Scope) -> Frame | None:
    """The call of a function, with the turns of its loops where nothing but those is above it."""
    own = frame.of(function)
    return frame if own is not None and frame.around() is own else own
