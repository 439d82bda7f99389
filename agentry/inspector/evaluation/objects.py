"""Attributes: of modules, of the agent's own classes and objects, of what packages offer."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from agentry.inspector.code.flow import END, reaching
from agentry.inspector.code.growth import last_name
from agentry.inspector.evaluation import library
from agentry.inspector.evaluation.values import (
    Entries,
    External,
    Frame,
    Instance,
    Items,
    Known,
    Local,
    Member,
    Method,
    Super,
    Unknown,
    Value,
    Values,
    unique,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentry.inspector.code.flow import Place, Position
    from agentry.inspector.code.modules import Assigned, Scope
    from agentry.inspector.evaluation.evaluate import Evaluator
    from agentry.inspector.evaluation.values import Bound

_PROPERTIES = frozenset({"property", "cached_property", "computed_field", "hybrid_property"})


class Objects:
    """The part of evaluation that is about what things have."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._ancestry: dict[Scope, list[Scope]] = {}
        self._initializers: dict[Scope, list[Local]] = {}
        self._frames: dict[tuple[Instance, Scope | None], list[Frame | None]] = {}
        self._ups: dict[Scope | None, list[Position]] | None = None  # where `super().__init__()` is called

    def attribute(self, base: Value, name: str, at: Position = END, scope: Scope | None = None) -> Values:
        """`base.name`, read at a place of a scope."""
        if isinstance(base, External):
            return (External(f"{base.path}.{name}", base.made),)
        if isinstance(base, Local):
            return self._local_attribute(base, name)
        if isinstance(base, Instance):
            return self._instance_attribute(base, name, at, scope)
        if isinstance(base, Super):
            return self._super_attribute(base, name)
        if isinstance(base, Member):
            return self._member_attribute(base, name)
        if isinstance(base, Entries) and base.dotted:
            found = base.get(name)
            return found if found is not None else (Method(base, name),)
        if isinstance(base, Known) and base.member and name in {"name", "_name_", "value", "_value_"}:
            return (Known(base.member if "name" in name else base.value, base.origin, base.why),)
        if isinstance(base, Known | Items | Entries):
            return library.path_attribute(base, name) or (Method(base, name),)
        return (Unknown(why(base)),)

    def _member_attribute(self, base: Member, name: str) -> Values:
        if name in {"value", "_value_"}:
            return base.value
        if name in {"name", "_name_"}:
            return (Known(base.name),)
        found = self._class_attribute(self.ancestry(base.cls), name, base)
        return found if found is not None else (Unknown(f"`{name}` of a member of an enum is not followed"),)

    def _local_attribute(self, base: Local, name: str) -> Values:
        scope = base.scope
        if isinstance(scope.node, ast.Module):
            return self._evaluator.names.attribute_of(scope, name)
        if isinstance(scope.node, ast.ClassDef):
            found = self._evaluator.models.class_attribute(scope, name)
            if found is None:
                found = self._class_attribute(self.ancestry(scope), name, Local(scope))
            if found is not None:
                return found
            if self._evaluator.models.has_method(scope, name):
                return (Method(base, name),)
            external = self.external_base(scope)
            if external:
                return (External(f"{external}.{name}"),)
        stored = self._evaluator.changes.stored(scope, name)
        return stored or (Unknown(f"`{name}` of `{getattr(scope.node, 'name', 'a function')}` is not followed"),)

    def _super_attribute(self, base: Super, name: str) -> Values:
        cls = base.instance.scope if isinstance(base.instance, Local) else base.instance.cls
        order = self.ancestry(cls)
        after = order[order.index(base.after) + 1 :] if base.after in order else self.ancestry(base.after)[1:]
        found = self._class_attribute(after, name, base.instance)
        if found is not None:
            return found
        external = next((path for each in (base.after, *after) if (path := self._own_external_base(each))), "")
        return (External(f"{external}.{name}"),) if external else (Unknown(f"`{name}` of super() is not followed"),)

    def _instance_attribute(self, base: Instance, name: str, at: Position, scope: Scope | None) -> Values:
        order = self.ancestry(base.cls)
        found: list[Value] = []
        if self._evaluator.changes.is_any_stored:
            found.extend(value for each in order for value in self._evaluator.changes.stored(each, name))
        if not self._is_property(order, name):
            assigned, sure = self._assigned(base, order, name, at, scope)
            found.extend(assigned)
            if sure:
                return unique(found)
            field = self._evaluator.models.field(base, name)
            if field is not None:
                return unique((*found, *field))
        in_class = self._class_attribute(order, name, base)
        if in_class is not None:
            return unique((*found, *in_class))
        if found:
            return unique(found)
        if any("__getattr__" in each.bindings for each in order):
            return (Unknown(f"`{name}` is looked up by __getattr__"),)
        if self._evaluator.models.has_method(base.cls, name):
            return (Method(base, name),)
        external = self.external_base(base.cls)
        return (External(f"{external}().{name}"),) if external else (Unknown(f"`{name}` is set elsewhere"),)

    def _is_property(self, order: Sequence[Scope], name: str) -> bool:
        first = next((each for each in order if name in each.bindings), None)
        return first is not None and any(
            is_property(scope.node) for b in first.bindings[name] if (scope := getattr(b, "scope", None))
        )

    def _assigned(
        self, base: Instance, order: Sequence[Scope], name: str, at: Position, scope: Scope | None
    ) -> tuple[list[Value], bool]:
        """What methods assign to `self.name`, and whether one surely does before anything else reads it."""
        found: list[Value] = []
        reader = scope.function if scope else None
        sure = False
        for cls in order:
            by_method: dict[Scope | None, list[tuple[Assigned, Place]]] = {}
            for assigned, place in cls.attributes.get(name, ()):
                by_method.setdefault(assigned.scope.function, []).append((assigned, place))
            for method, each in by_method.items():
                is_first = getattr(method.node, "name", "") in {"__init__", "__post_init__"} if method else False
                if is_first and sure:
                    continue  # a class above: what it assigned in its own is overwritten
                position = at if method is reader else END
                for assigned, _ in reaching(each, position, lambda _: None, later=method is not reader):
                    for frame in self._frames_of(base, method):
                        found.extend(self._evaluator.names.assigned(assigned, frame))
                if is_first and method and any(not place.block for _, place in each):
                    sure = sure or not self._goes_up_after(method, max(p.at for _, p in each if not p.block))
                    # The first read in the method itself may come before.
                    sure = sure and (method is not reader or any(not p.block and p.at < at for _, p in each))
        return found, sure

    def _goes_up_after(self, method: Scope, at: Position) -> bool:
        """Whether `super().__init__()` is called after a place of an `__init__`."""
        if self._ups is None:
            self._ups = {}
            for module in self._evaluator.modules.values():
                for site in module.calls:
                    func = site.node.func  # type: ignore[attr-defined]
                    if isinstance(func, ast.Attribute) and func.attr == "__init__":
                        here = (site.node.lineno, site.node.col_offset)
                        self._ups.setdefault(site.scope.function, []).append(here)
        return any(here > at for here in self._ups.get(method, ()))

    def _frames_of(self, base: Instance, method: Scope | None) -> list[Frame | None]:
        """The calls of a method by what an object was made with, else of this object with what is not known."""
        known = self._frames.get((base, method))
        if known is None:
            known = self._frames_in(base.frame, method, 3)
            if known == [None] and method and method.owner and not takes_more(method):
                known = [Frame(method, {}, None, base)]
            self._frames[base, method] = known
        return known

    def _frames_in(self, frame: Frame | None, method: Scope | None, depth: int) -> list[Frame | None]:
        """The calls of a method by what is called in `frame`: of `Base.__init__` by `__init__`."""
        if frame is None or method is None:
            return [None]
        own = frame.of(method)
        if own:
            return [own]
        calls = self._evaluator.calls
        found: list[Frame | None] = []
        for site, callee in self._evaluator.callers.of(method) if depth else ():
            around = site.scope.function
            for outer in self._frames_in(frame, around, depth - 1) if around else ():
                if outer is not None and around is not None and outer.of(around):
                    assert isinstance(site.node, ast.Call)
                    found.append(calls.bind(callee, calls.arguments(site.node, site.scope, outer)))
        return found or [None]

    def _class_attribute(self, order: Sequence[Scope], name: str, owner: Bound) -> Values | None:
        for each in order:
            stored = self._evaluator.changes.stored(each, name) if self._evaluator.changes.is_any_stored else ()
            if name not in each.bindings:
                if stored:
                    return stored
                continue
            values = unique((*self._evaluator.names.read(name, each), *stored))
            return unique([v for value in values for v in self._member(value, owner)])
        return None

    def _member(self, value: Value, owner: Bound) -> Values:
        if not isinstance(value, Local) or not isinstance(value.scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return (value,)
        decorators = {last_name(each) for each in value.scope.node.decorator_list}
        if not value.scope.owner or "staticmethod" in decorators:
            return (value,)
        if "classmethod" in decorators:
            cls = owner.scope if isinstance(owner, Local) else owner.cls
            return (Local(value.scope, Local(cls), value.closure),)
        if isinstance(owner, Local):
            return (value,)
        bound = Local(value.scope, owner, value.closure)
        if is_property(value.scope.node):
            return self._evaluator.calls.returned(bound, Frame(value.scope, {}, value.closure, owner))
        return (bound,)

    def initializers(self, cls: Scope) -> list[Local]:
        """`__init__` and `__post_init__` of a class, where it has them."""
        known = self._initializers.get(cls)
        if known is None:
            order, made = self.ancestry(cls), Instance(cls)
            found = [self._class_attribute(order, name, made) for name in ("__init__", "__post_init__")]
            known = [each for values in found for each in values or () if isinstance(each, Local)]
            self._initializers[cls] = known
        return known

    # bases

    def next_round(self) -> None:
        """Forget what depends on who calls what."""
        self._ancestry.clear()
        self._initializers.clear()
        self._frames.clear()

    def ancestry(self, cls: Scope) -> list[Scope]:
        """A class of the agent's own and those of its bases that are, in the order of resolution."""
        known = self._ancestry.get(cls)
        if known is None:
            self._ancestry[cls] = [cls]  # for a class that extends itself
            known = self._ancestry[cls] = self._linear(cls)
        return known

    def _linear(self, cls: Scope) -> list[Scope]:
        assert isinstance(cls.node, ast.ClassDef)
        bases = [
            value.scope
            for base in cls.node.bases
            for value in self._evaluator.values(base, cls.parent or cls)
            if isinstance(value, Local) and isinstance(value.scope.node, ast.ClassDef)
        ]
        lines = [*(self.ancestry(base)[:] for base in bases), bases]
        found = [cls]
        while any(lines := [line for line in lines if line]):
            heads = [line[0] for line in lines]
            head = next((head for head in heads if not any(head in line[1:] for line in lines)), heads[0])
            if head not in found:
                found.append(head)
            lines = [[each for each in line if each is not head] for line in lines]
        return found

    def external_base(self, cls: Scope) -> str:
        """The path of the first base that is not the agent's own; empty when all are."""
        return next((path for each in self.ancestry(cls) if (path := self._own_external_base(each))), "")

    def _own_external_base(self, cls: Scope) -> str:
        assert isinstance(cls.node, ast.ClassDef)
        for base in cls.node.bases:
            expr = base.value if isinstance(base, ast.Subscript) else base
            for value in self._evaluator.values(expr, cls.parent or cls):
                if isinstance(value, External) and value.path not in {"object", "abc.ABC", "typing.Generic"}:
                    return value.path
        return ""


def takes_more(method: Scope) -> bool:
    """Whether a method has a parameter besides `self`."""
    arguments = method.node.args  # type: ignore[attr-defined]
    named = len(arguments.posonlyargs) + len(arguments.args) + len(arguments.kwonlyargs)
    return named > 1 or bool(arguments.vararg or arguments.kwarg)


def is_property(node: ast.AST) -> bool:
    """Whether a method is read like an attribute."""
    decorators = getattr(node, "decorator_list", ())
    return any(last_name(each.func if isinstance(each, ast.Call) else each) in _PROPERTIES for each in decorators)
