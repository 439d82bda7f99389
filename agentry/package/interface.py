"""Which interface of MLflow an agent has: read from the code, never by importing it.

`set_model(...)` in agent.py says which object is the agent; its class, in agent.py or in another file of the
directory, derives from `ChatAgent` or `ResponsesAgent`. Classes of installed packages are not looked into: for these
the program says `interface="..."`.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentry.errors import AgentCodeError
from agentry.package.modules import Module
from agentry.package.versions import INTERFACES

if TYPE_CHECKING:
    from agentry.source import Source

AGENT = "agent.py"
_NAMES = " or ".join(INTERFACES)
_OTHERS = ("ChatModel", "PythonModel")
_SET_MODEL = {"mlflow.models.set_model", "mlflow.models.model.set_model"}


def find_interface(source: Source, declared: str | None) -> str:
    """The interface of an agent.

    Args:
        source: Its directory.
        declared: What the program says, which decides; None to find it in the code.

    Returns:
        A key of `versions.INTERFACES`.

    Raises:
        AgentCodeError: No agent.py, no `set_model`, or a class that can not be decided or is not supported.
    """
    if declared is not None and declared not in INTERFACES:
        raise AgentCodeError(f"interface is {_NAMES}, not {declared!r}", where=source.shown)
    if AGENT not in source.files:
        rule = source.ignored.get(AGENT)
        why = f"{rule} takes it out" if rule else "it is the file that calls mlflow.models.set_model"
        raise AgentCodeError("there is no agent.py", where=source.shown, why=why, fix=f"write {source.where(AGENT)}")
    try:
        agent = Module.read(source, AGENT)
    except AgentCodeError:
        # Written for a newer Python than this one: what the program says is enough.
        if declared is not None and b"set_model" in source.files[AGENT]:
            return declared
        raise
    calls = agent.calls_of(_SET_MODEL)
    if not calls:
        raise AgentCodeError(
            "there is no call of set_model",
            where=source.where(AGENT),
            why="MLflow loads agent.py and takes the object that was given to mlflow.models.set_model",
            fix="end agent.py with: set_model(YourAgent())",
        )
    _refuse_relative_imports(agent)
    if declared is not None:
        return declared
    found = {_interface_of(agent, call): call for call in calls}
    if len(found) > 1:
        raise AgentCodeError(
            f"set_model is called with a {' and with a '.join(sorted(found))}",
            where=source.where(AGENT, next(iter(found.values())).lineno),
            fix='say which one is served: interface="..."',
        )
    return next(iter(found))


def _refuse_relative_imports(agent: Module) -> None:
    for node in ast.walk(agent.tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            raise AgentCodeError(
                "agent.py can not import relatively",
                where=agent.source.where(agent.path, node.lineno),
                why="MLflow loads it as a file of its own, with the other files of the directory on sys.path",
                fix=f"from {node.module or '<module>'} import {', '.join(alias.name for alias in node.names)}",
            )


def _interface_of(agent: Module, call: ast.Call) -> str:
    arguments = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "model")]
    found = _Search(agent.source).of_value(agent, arguments[0], 0) if arguments else None
    if found in INTERFACES:
        return str(found)
    if found in _OTHERS:
        raise AgentCodeError(
            f"the agent is a {found}",
            where=agent.source.where(agent.path, call.lineno),
            why=f"Agentry deploys what MLflow serves as an agent: a {_NAMES}",
            fix=f"derive its class from mlflow.pyfunc.{next(reversed(INTERFACES))}",
        )
    what = ast.unparse(arguments[0]) if arguments else "nothing"
    raise AgentCodeError(
        f"which interface the agent has can not be seen: set_model({what})",
        where=agent.source.where(agent.path, call.lineno),
        why=f"its class is not one of the directory's that derives from {_NAMES}",
        fix="say it in the program: " + " or ".join(f'interface="{name}"' for name in INTERFACES),
    )


@dataclass
class _Search:
    """From an object to its class, from a class to what it derives from, through the files of the directory."""

    source: Source
    modules: dict[str, Module] = field(default_factory=dict)

    def of_value(self, module: Module, node: ast.expr, depth: int) -> str | None:
        """The interface of an object."""
        if depth > _DEPTH:
            return None
        if isinstance(node, ast.Call):
            return self.of_class(module, node.func, depth + 1) or self.of_function(module, node.func, depth + 1)
        if isinstance(node, ast.Name) and node.id in module.values:
            return self.of_value(module, module.values[node.id], depth + 1)
        if found := self.elsewhere(module, node):
            other, name = found
            return self.of_value(other, ast.Name(name), depth + 1)
        return None

    def of_class(self, module: Module, node: ast.expr, depth: int) -> str | None:
        """The interface that a class derives from."""
        if depth > _DEPTH:
            return None
        if isinstance(node, ast.Name) and node.id in module.classes:
            found = (self.of_class(module, base, depth + 1) for base in module.classes[node.id].bases)
            return next((interface for interface in found if interface), None)
        dotted = module.dotted(node) or ""
        package, _, name = dotted.rpartition(".")
        if package in {"mlflow.pyfunc", "mlflow.pyfunc.model"} and name in {*INTERFACES, *_OTHERS}:
            return name
        if elsewhere := self.elsewhere(module, node):
            return self.of_class(elsewhere[0], ast.Name(elsewhere[1]), depth + 1)
        return None

    def of_function(self, module: Module, node: ast.expr, depth: int) -> str | None:
        """The interface of what a function returns: by its annotation, else by its `return`."""
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
            return found
        returned = (n.value for n in ast.walk(function) if isinstance(n, ast.Return) and n.value is not None)
        found_values = (self.of_value(module, value, depth + 1) for value in returned)
        return next((interface for interface in found_values if interface), None)

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


_DEPTH = 40  # a name that leads back to itself ends here
