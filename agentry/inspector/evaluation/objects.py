"""Attributes: of modules, of the agent's own classes and objects, of what packages offer."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from agentry.inspector.evaluation import library
from agentry.inspector.evaluation.values import (
    Entries,
    External,
    Frame,
    Instance,
    Items,
    Known,
    Local,
    Method,
    Unknown,
    Value,
    Values,
    unique,
    why,
)

if TYPE_CHECKING:
    from agentry.inspector.code.modules import Scope
    from agentry.inspector.evaluation.evaluate import Evaluator


class Objects:
    """The part of evaluation that is about what things have."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def attribute(self, base: Value, name: str, frame: Frame | None) -> Values:
        """`base.name`."""
        if isinstance(base, External):
            return (External(f"{base.path}.{name}", base.made),)
        if isinstance(base, Local):
            return self._local_attribute(base, name)
        if isinstance(base, Instance):
            return self._instance_attribute(base, name, frame)
        if isinstance(base, Known | Items | Entries):
            return library.path_attribute(base, name) or (Method(base, name),)
        return (Unknown(why(base)),)

    def _local_attribute(self, base: Local, name: str) -> Values:
        scope = base.scope
        if isinstance(scope.node, ast.Module):
            if name in scope.bindings or scope.module.stars:
                return self._evaluator.name(name, scope)
            beside = self._evaluator.modules.get(f"{scope.module.name}.{name}")
            return (Local(beside.scope),) if beside else (Unknown(f"{scope.module.file} has no `{name}`"),)
        if isinstance(scope.node, ast.ClassDef):
            found = self._class_attribute(scope, name)
            if found is not None:
                return found
        return (Unknown(f"`{name}` of `{getattr(scope.node, 'name', 'a function')}` is not followed"),)

    def _instance_attribute(self, base: Instance, name: str, frame: Frame | None) -> Values:
        for cls in self.ancestry(base.cls):
            assigned = cls.attributes.get(name)
            if assigned:
                inside = base.frame or frame
                return unique([v for each in assigned for v in self._evaluator.bound(each, inside)])
        if base.frame and name in base.frame.arguments and base.frame.scope is base.cls:
            return base.frame.arguments[name]  # a dataclass or model: fields are what it was made with
        found = self._class_attribute(base.cls, name, base)
        if found is not None:
            return found
        external = self.external_base(base.cls)
        return (External(f"{external}().{name}"),) if external else (Unknown(f"`{name}` is set elsewhere"),)

    def _class_attribute(self, cls: Scope, name: str, instance: Instance | None = None) -> Values | None:
        for each in self.ancestry(cls):
            if name not in each.bindings:
                continue
            values = unique([v for binding in each.bindings[name] for v in self._evaluator.bound(binding, None)])
            return unique([v for value in values for v in self._member(value, each, instance)])
        return None

    def _member(self, value: Value, cls: Scope, instance: Instance | None) -> Values:
        if isinstance(value, Local) and isinstance(value.scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
            bound = Local(value.scope, instance or Instance(cls))
            if library.is_property(value.scope.node):
                return self._evaluator.calls.returned(bound, Frame(value.scope, {}, None, bound.instance))
            return (bound,)
        return (value,)

    def ancestry(self, cls: Scope) -> list[Scope]:
        """A class of the agent's own and those of its bases that are, nearest first."""
        found = [cls]
        assert isinstance(cls.node, ast.ClassDef)
        for base in cls.node.bases:
            for value in self._evaluator.values(base, cls.parent or cls):
                if isinstance(value, Local) and isinstance(value.scope.node, ast.ClassDef) and value.scope not in found:
                    found.extend(each for each in self.ancestry(value.scope) if each not in found)
        return found

    def external_base(self, cls: Scope) -> str:
        """The path of the first base that is not the agent's own; empty when all are."""
        for each in self.ancestry(cls):
            assert isinstance(each.node, ast.ClassDef)
            for base in each.node.bases:
                for value in self._evaluator.values(base, each.parent or each):
                    if isinstance(value, External):
                        return value.path
        return ""
