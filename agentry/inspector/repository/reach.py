"""What an object that is logged reaches of the notebook or script that makes it.

A driver that logs an object (`python_model=MyAgent()`, `lc_model=chain`) is agent and driver in one: it also tests the
agent, evaluates it, asks the deployed endpoint. Counted is what serving gets:

* the expression that is logged, and from there on every name it reads: a function or class with all that is in it, an
  assignment with its expression; and so on;
* a statement that changes something reached: `graph.add_node("chat", node)`, `AGENT.tools = tools`, a function that is
  decorated with it;
* not what the notebook reads with Spark on its way: the object holds what came of it;
* a call that sets up a library for good, such as `dspy.configure(lm=lm)` or `set_default_openai_client(client)`;
* of a module of the repository that is imported by something reached: all of it, as it is imported when the object is
  loaded. A notebook that is brought in with `%run` is taken like the driver itself: only what is reached.

Where the expression leads to nothing of the repository, what stands above the call counts.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from agentry.inspector.code.flow import END, reaching
from agentry.inspector.code.modules import Assigned, Defined, Function, Imported, Module, Opaque, Parameter, Scope
from agentry.inspector.evaluation.values import External, Local

if TYPE_CHECKING:
    from agentry.inspector.code.flow import Position
    from agentry.inspector.code.modules import Binding, Site
    from agentry.inspector.evaluation.evaluate import Evaluator

_SETS_UP = ("configure", "set_")


class Reach:
    """Follows names from an expression.

    Args:
        evaluator: Over the driver's modules.
        partial: The files of which only what is reached counts: the driver and the notebooks that it runs.
    """

    def __init__(self, evaluator: Evaluator, partial: frozenset[str]) -> None:
        self._evaluator = evaluator
        self._partial = partial
        self._scopes: dict[ast.AST, Scope] = {}
        self._names: set[tuple[Scope, str]] = set()
        self._nodes: set[ast.AST] = set()
        self._whole: set[Module] = set()
        self._paths: set[str] = set()
        self._call: tuple[Scope, Position] | None = None
        self._touched: set[Module] = set()
        for module in evaluator.modules.values():
            self._index(module.scope)

    def follow(self, expr: ast.expr, scope: Scope, call: ast.Call) -> None:
        """Follow an expression to all that it reaches; what stands below the call that logs it is not yet there."""
        self._call = (scope.function or scope.module.scope, (call.lineno, call.col_offset))
        self._visit(expr, scope)
        self._sets_up()
        before = -1
        while before != len(self._nodes):
            before = len(self._nodes)
            for each in {scope for scope, _ in self._names}:
                self._changes(each)

    @property
    def found_anything(self) -> bool:
        """Whether it led to something of the repository's own."""
        return bool(self._names or self._whole)

    def above(self, call: ast.Call, scope: Scope) -> None:
        """Take everything above a call in its file."""
        self._touched.add(scope.module)
        for node in ast.walk(scope.module.tree):
            if getattr(node, "lineno", call.lineno) < call.lineno:
                self._nodes.add(node)
        for path in scope.module.imports:
            self._import(path)

    def modules(self) -> Mapping[str, Module]:
        """The modules with those calls left in that are reached."""
        return _Reached(self._evaluator.modules, {id(m): self._left(m) for m in self._evaluator.modules.values()})

    def _left(self, module: Module) -> Module:
        if module in self._whole:
            return module
        left = copy.copy(module)
        left.calls = [site for site in module.calls if site.node in self._nodes and not _is_of_the_moment(site)]
        left.references = [site for site in module.references if site.node in self._nodes]
        left.variables = []  # what a notebook sets stays with the notebook
        left.markers = list(module.markers) if module in self._touched else []
        return left

    # names

    def _index(self, scope: Scope) -> None:
        self._scopes[scope.node] = scope
        for bindings in list(scope.bindings.values()):
            for binding in bindings:
                if isinstance(binding, Defined) and binding.scope.node not in self._scopes:
                    self._index(binding.scope)

    def _visit(self, node: ast.AST, scope: Scope) -> None:
        waiting = [(node, scope)]
        while waiting:
            each, at = waiting.pop()
            if each in self._nodes:
                continue
            self._nodes.add(each)
            self._touched.add(at.module)
            at = self._scopes.get(each, at)
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
                self._name(each.id, at, (each.lineno, each.col_offset))
            elif isinstance(each, ast.Import | ast.ImportFrom):
                self._imports(each, at)
            waiting.extend((child, at) for child in ast.iter_child_nodes(each))

    def _name(self, name: str, scope: Scope, position: Position = END) -> None:
        found: Scope | None = scope
        while found and name not in found.bindings:
            found = found.parent
        if found is None:
            for star in scope.module.stars:
                module = self._evaluator.modules.get(star)
                if module and name in module.scope.bindings:
                    self._member(module, name)
            return
        for binding in self._reaching(name, found, scope, position):
            self._binding(binding, found, name)

    def _reaching(self, name: str, found: Scope, scope: Scope, position: Position) -> list[Binding]:
        """What a name is bound to where it is read; in a function of the driver, when the object is logged."""
        pairs = list(zip(found.bindings[name], found.places[name], strict=True))
        if self._call is None or found is not self._call[0] or len(pairs) == 1:
            return [binding for binding, _ in pairs]
        inside = scope.function is not (found if isinstance(found.node, Function) else None)
        at = self._call[1] if inside else min(position, self._call[1])
        return [binding for binding, _ in reaching(pairs, at, lambda _: None, later=False)]

    def _binding(self, binding: Binding, scope: Scope, name: str) -> None:
        if isinstance(binding, Imported):
            self._import(binding.path)
            return
        self._names.add((scope, name))
        if isinstance(binding, Assigned):
            self._visit(binding.expr, binding.scope)
        elif isinstance(binding, Defined):
            self._visit(binding.scope.node, scope)
        elif isinstance(binding, Parameter) and binding.scope.node not in self._nodes:
            self._callers(binding.scope)
        elif isinstance(binding, Opaque):
            return

    def _callers(self, function: Scope) -> None:
        """What a function is given, by whoever calls it."""
        for module in self._evaluator.modules.values():
            for site in module.calls:
                assert isinstance(site.node, ast.Call)
                if Local(function) in self._evaluator.values(site.node.func, site.scope):
                    for argument in (*site.node.args, *(keyword.value for keyword in site.node.keywords)):
                        self._visit(argument, site.scope)

    # imports

    def _imports(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        """An import inside of something reached."""
        for alias in node.names:
            for binding in scope.bindings.get(alias.asname or alias.name.partition(".")[0], ()):
                if isinstance(binding, Imported):
                    self._import(binding.path)

    def _import(self, path: str) -> None:
        if path in self._paths:
            return
        self._paths.add(path)
        parts = path.split(".")
        for end in range(len(parts), 0, -1):
            module = self._evaluator.modules.get(".".join(parts[:end]))
            if module and end < len(parts):
                self._member(module, parts[end])
            elif module:
                self._take(module)
            if module:
                return

    def _member(self, module: Module, name: str) -> None:
        if module.file in self._partial:
            self._name(name, module.scope)
        else:
            self._take(module)

    def _take(self, module: Module) -> None:
        """A module that is imported when the object is loaded, and all that it imports."""
        if module in self._whole or module.file in self._partial:
            return
        self._whole.add(module)
        for path in (*module.imports, *module.stars):
            parts = path.split(".")
            for end in range(1, len(parts) + 1):
                imported = self._evaluator.modules.get(".".join(parts[:end]))
                if imported:
                    self._take(imported)

    # statements

    def _changes(self, scope: Scope) -> None:
        """The statements beside something reached that change it."""
        if scope.module in self._whole:
            return
        for statement in _statements(scope.node):
            if self._call and scope is self._call[0] and statement.lineno > self._call[1][0]:
                continue
            changed: list[ast.expr] = []
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call | ast.Await):
                changed = [statement.value]
            elif isinstance(statement, ast.Assign | ast.AugAssign):
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                changed = [each for each in targets if isinstance(each, ast.Attribute | ast.Subscript)]
            elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                changed = statement.decorator_list
            if any(self._is_reached(_root(each), scope) for each in changed):
                self._visit(statement, scope)

    def _is_reached(self, name: str, scope: Scope) -> bool:
        found: Scope | None = scope
        while found and name not in found.bindings:
            found = found.parent
        return found is not None and (found, name) in self._names

    def _sets_up(self) -> None:
        """Calls that set up a library for everything that comes after."""
        for module in self._evaluator.modules.values():
            for statement in _statements(module.tree) if module.file in self._partial else ():
                call = statement.value if isinstance(statement, ast.Expr) else None
                if not isinstance(call, ast.Call) or not _called(call).startswith(_SETS_UP):
                    continue
                callees = self._evaluator.values(call.func, module.scope)
                if any(isinstance(each, External) and not each.path.startswith("mlflow.") for each in callees):
                    self._visit(call, module.scope)


class _Reached(Mapping[str, Module]):
    """Modules by every name that they are found by, with less in them."""

    def __init__(self, modules: Mapping[str, Module], left: Mapping[int, Module]) -> None:
        self._modules = modules
        self._left = left

    def __getitem__(self, name: str) -> Module:
        return self._left[id(self._modules[name])]

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


def _is_of_the_moment(site: Site) -> bool:
    """Data that a notebook reads with Spark while it runs: the object holds what came of it, and serving has no Spark."""
    assert isinstance(site.node, ast.Call)
    return site.scope.function is None and _root(site.node) == "spark"


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements of a body, those in `with`, `if`, `for`, `try` too, but not of functions and classes in it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.expr):
            yield from _statements(child)


def _root(node: ast.expr) -> str:
    """The name that an expression starts from: `graph` of `graph.nodes["a"].add(x)`."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Await | ast.Starred):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return ""
    return node.id


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
