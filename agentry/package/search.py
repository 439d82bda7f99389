"""From the object that `set_model` is given to its class, and from a class to what it derives from. Pure.

Through assignments, functions, base classes and the files of the directory; classes of installed packages are not
looked into, but for the interfaces of `mlflow.pyfunc`.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentry.package.modules import Module
from agentry.package.versions import INTERFACES

if TYPE_CHECKING:
    from agentry.source import Source

_DEPTH = 40  # a name that leads back to itself ends here
_BASES = {f"{package}.{name}" for package in ("mlflow.pyfunc", "mlflow.pyfunc.model") for name in INTERFACES}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Definition:
    """What defines an agent, as far as it was found.

    Attributes:
        interface: A key of `versions.INTERFACES`.
        classes: Its class and those that it derives from, each with its file; the nearest first.
        function: Of a PythonModel that is a function: it, with its file.
    """

    interface: str
    classes: tuple[tuple[Module, ast.ClassDef], ...] = ()
    function: tuple[Module, Function] | None = None

    @property
    def predict(self) -> tuple[Module, Function] | None:
        """What MLflow calls, where it can be seen."""
        return self.function or self.method("predict")

    @property
    def streamable(self) -> bool:
        """What MLflow writes: whether `PythonModel.predict_stream` is overridden, as every other interface does.

        Of a class that can not be seen it is taken to be: MLflow offers `predict_stream` by it, and nothing more.
        """
        unseen = not self.classes and self.function is None
        return self.interface != "PythonModel" or unseen or self._has("predict_stream")

    def _has(self, name: str) -> bool:
        """Whether a class defines an attribute of that name, as a method or by assignment."""
        assigned = (
            target
            for _, node in self.classes
            for statement in node.body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
        )
        return self.method(name) is not None or any(isinstance(t, ast.Name) and t.id == name for t in assigned)

    def method(self, name: str) -> tuple[Module, Function] | None:
        """The nearest method of that name."""
        for module, node in self.classes:
            for statement in node.body:
                if isinstance(statement, Function) and statement.name == name:
                    return module, statement
        return None


@dataclass
class Search:
    """Follows names through the files of one directory."""

    source: Source
    modules: dict[str, Module] = field(default_factory=dict)

    def of_value(self, module: Module, node: ast.expr, depth: int = 0) -> Definition | None:
        """What defines an object."""
        if depth > _DEPTH:
            return None
        if isinstance(node, ast.Call):
            return self.of_class(module, node.func, depth + 1) or self.of_function(module, node.func, depth + 1)
        if isinstance(node, ast.Name) and node.id in module.values:
            return self.of_value(module, module.values[node.id], depth + 1)
        if isinstance(node, ast.Name) and node.id in module.functions:
            return Definition("PythonModel", function=(module, module.functions[node.id]))
        if found := self.elsewhere(module, node):
            other, name = found
            return self.of_value(other, ast.Name(name), depth + 1)
        return None

    def of_class(self, module: Module, node: ast.expr, depth: int = 0) -> Definition | None:
        """What a class derives from, with the classes on the way."""
        if depth > _DEPTH:
            return None
        if isinstance(node, ast.Name) and node.id in module.classes:
            class_ = module.classes[node.id]
            bases = [found for base in class_.bases if (found := self.of_class(module, base, depth + 1))]
            if not bases:
                return None
            above = tuple(pair for found in bases for pair in found.classes)
            return Definition(bases[0].interface, ((module, class_), *above))
        dotted = module.dotted(node) or ""
        if dotted in _BASES:
            return Definition(dotted.rpartition(".")[2])
        if elsewhere := self.elsewhere(module, node):
            return self.of_class(elsewhere[0], ast.Name(elsewhere[1]), depth + 1)
        return None

    def of_function(self, module: Module, node: ast.expr, depth: int = 0) -> Definition | None:
        """What defines what a function returns: by its annotation, else by its `return`."""
        if depth > _DEPTH:
            return None
        if not (isinstance(node, ast.Name) and node.id in module.functions):
            elsewhere = self.elsewhere(module, node)
            return self.of_function(elsewhere[0], ast.Name(elsewhere[1]), depth + 1) if elsewhere else None
        function = module.functions[node.id]
        annotation = function.returns
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            annotation = ast.Name(annotation.value)  # -> "WeatherAgent"
        if annotation is not None and (found := self.of_class(module, annotation, depth + 1)):
            # An annotation may name the interface alone; what is returned says the class.
            return found if found.classes else self._returned(module, function, depth) or found
        return self._returned(module, function, depth)

    def _returned(self, module: Module, function: Function, depth: int) -> Definition | None:
        returned = (n.value for n in ast.walk(function) if isinstance(n, ast.Return) and n.value is not None)
        found = (self.of_value(module, value, depth + 1) for value in returned)
        return next((definition for definition in found if definition), None)

    def elsewhere(self, module: Module, node: ast.expr) -> tuple[Module, str] | None:
        """The file of the directory, and the name in it, that an imported name stands for."""
        dotted = module.dotted(node)
        if not dotted or dotted == getattr(node, "id", None):
            return None
        package, _, name = dotted.rpartition(".")
        stem = package.replace(".", "/")
        for path in (f"{stem}.py", f"{stem}/__init__.py"):
            if path in self.source.files:
                if path not in self.modules:
                    self.modules[path] = Module.read(self.source, path)
                return self.modules[path], name
        return None
