"""One walk over a module's tree: which scope binds which name to what, and where its calls are."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, ClassVar

from agentry.inspector.code.modules import EACH, Assigned, Defined, Function, Imported, Opaque, Parameter, Scope, Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentry.inspector.code.modules import Module

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
# What these are given is only looked at, or handed back as it is, like `mlflow.trace(f)`.
_LOOK_ONLY = frozenset({"isinstance", "issubclass", "hasattr", "getattr", "cast", "trace"})
# These call one of their arguments with those behind it: which one, by position. uses.py follows them.
CALL_LATER = {"partial": 0, "to_thread": 0, "submit": 0, "run_sync": 0, "run_in_executor": 1}


class Binder:
    """Fills a module's scopes, imports, calls and references."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.scope = module.scope

    def walk(self) -> None:
        """Visit the whole module."""
        for statement in self.module.tree.body:
            self.visit(statement)

    def visit(self, node: ast.AST) -> None:
        """Record what one node binds, calls or imports, and visit what is in it."""
        visitor = self._visitors.get(type(node))
        if visitor:
            visitor(self, node)
        else:
            self._children(node)

    def _children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            self.visit(child)

    # names that are bound

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.module.imports.add(alias.name)
            top = alias.name.partition(".")[0]
            self.scope.bind(alias.asname or top, Imported(alias.name if alias.asname else top))

    def _import_from(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        if node.level:
            package = self.module.package.split(".") if self.module.package else []
            kept = package[: len(package) - node.level + 1]
            base = ".".join([*kept, *([node.module] if node.module else [])])
        self.module.imports.add(base)
        for alias in node.names:
            path = f"{base}.{alias.name}" if base else alias.name
            if alias.name == "*":
                self.module.stars.append(base)
            else:
                self.module.imports.add(path)
                self.scope.bind(alias.asname or alias.name, Imported(path))

    def _assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._bind(target, node.value)
        self.visit(node.value)

    def _ann_assign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self._bind(node.target, node.value)
            self.visit(node.value)

    def _aug_assign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            value = node.value
            if isinstance(value, ast.Constant | ast.JoinedStr):
                before = ast.copy_location(ast.Name(node.target.id, ast.Load()), node)
                value = ast.copy_location(ast.BinOp(before, node.op, value), node)
            self._also(node.target.id, value)
        self.visit(node.value)

    def _also(self, name: str, value: ast.expr) -> None:
        """A name that is bound already stands for this too, wherever it was bound."""
        scope: Scope | None = self.scope
        while scope and name not in scope.bindings:
            scope = scope.parent
        if scope and not isinstance(scope.bindings[name][0], Imported):
            scope.bind(name, Assigned(value, self.scope))

    def _named_expr(self, node: ast.NamedExpr) -> None:
        function = self.scope.function or self.module.scope
        function.bind(node.target.id, Assigned(node.value, self.scope))
        self.visit(node.value)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self._bind(node.target, node.iter, (EACH,))
        self._children(node)

    def _global(self, node: ast.Global) -> None:
        self.scope.globals.update(node.names)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            if item.optional_vars:
                self._bind(item.optional_vars, item.context_expr)
        self._children(node)

    def _except_handler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.scope.bind(node.name, Opaque("an exception"))
        self._children(node)

    def _bind(self, target: ast.expr, value: ast.expr, path: tuple[int, ...] = ()) -> None:
        bound = Assigned(value, self.scope, path)
        if isinstance(target, ast.Name):
            scope = self.module.scope if target.id in self.scope.globals else self.scope
            scope.bind(target.id, bound)
        elif isinstance(target, ast.Attribute):
            owner = self.scope.function.owner if self.scope.function else None
            if owner and isinstance(target.value, ast.Name):
                owner.attributes.setdefault(target.attr, []).append(bound)
        elif isinstance(target, ast.Tuple | ast.List):
            for index, element in enumerate(target.elts):
                self._bind(element, value, (*path, index))
        elif isinstance(target, ast.Starred):
            self._bind(target.value, value, (*path, EACH))
        elif isinstance(target, ast.Subscript):
            if isinstance(target.value, ast.Attribute) and target.value.attr == "environ" and not path:
                self.module.variables.append((Site(target.slice, self.scope), Site(value, self.scope)))
            elif isinstance(target.value, ast.Name) and not path:
                self._also(target.value.id, ast.copy_location(ast.Dict([target.slice], [value]), value))
            self.visit(target)

    # scopes

    def _function_def(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for outside in (*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)):
            self.visit(outside)
        inner = Scope(self.module, node, self.scope)
        self.scope.bind(node.name, Defined(inner))
        self._parameters(node.args, inner)
        self._inside(inner, *node.body)

    def _lambda(self, node: ast.Lambda) -> None:
        inner = Scope(self.module, node, self.scope)
        inner.returns.append(Assigned(node.body, inner))
        self._parameters(node.args, inner)
        self.scope.bind(f"<lambda {node.lineno}:{node.col_offset}>", Defined(inner))
        self._inside(inner, node.body)

    def _class_def(self, node: ast.ClassDef) -> None:
        for outside in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.visit(outside)
        inner = Scope(self.module, node, self.scope)
        self.scope.bind(node.name, Defined(inner))
        self._inside(inner, *node.body)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        inner = Scope(self.module, node, self.scope)
        outer, self.scope = self.scope, inner
        for generator in node.generators:
            self._bind(generator.target, generator.iter, (EACH,))
        self._children(node)
        self.scope = outer
        self.scope.bind(comprehension_name(node), Defined(inner))

    def _parameters(self, arguments: ast.arguments, inner: Scope) -> None:
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            inner.bind(argument.arg, Parameter(argument.arg, inner))
        for rest in (arguments.vararg, arguments.kwarg):
            if rest:
                inner.bind(rest.arg, Opaque(f"what is collected in `{rest.arg}`"))

    def _inside(self, inner: Scope, *nodes: ast.AST) -> None:
        outer, self.scope = self.scope, inner
        for node in nodes:
            self.visit(node)
        self.scope = outer

    # what is done

    def _return(self, node: ast.Return | ast.Yield) -> None:
        function = self.scope.function
        if node.value:
            if function:
                function.returns.append(Assigned(node.value, self.scope))
            self.visit(node.value)

    def _call(self, node: ast.Call) -> None:
        self.module.calls.append(Site(node, self.scope))
        named = node.func.func if isinstance(node.func, ast.Call) else node.func  # mlflow.trace(name="x")(f)
        name = named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")
        if name in {"import_module", "__import__"}:
            first = node.args[0] if node.args else None
            literal = isinstance(first, ast.Constant) and isinstance(first.value, str)
            self.module.imports.add(str(first.value).lstrip(".") if literal else "*")  # type: ignore[union-attr]
        if isinstance(node.func, ast.Attribute):
            self._grows(node, node.func)
            self.visit(node.func.value)
        elif not isinstance(node.func, ast.Name):
            self.visit(node.func)
        called = node.args[CALL_LATER.get(name, len(node.args)) :][:1]
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            passed_on = name not in _LOOK_ONLY and argument not in called
            if isinstance(argument, ast.Name | ast.Attribute) and passed_on:
                self.module.references.append(Site(argument, self.scope))
            self.visit(argument)

    def _grows(self, node: ast.Call, method: ast.Attribute) -> None:
        """`names.append(x)` and `names.extend(xs)`: the list is these too; `os.environ.setdefault(name, x)`."""
        if isinstance(method.value, ast.Attribute) and method.value.attr == "environ" and len(node.args) > 1:
            if method.attr == "setdefault":
                self.module.variables.append((Site(node.args[0], self.scope), Site(node.args[1], self.scope)))
        elif isinstance(method.value, ast.Name) and node.args:
            if method.attr in {"append", "add"}:
                self._also(method.value.id, ast.copy_location(ast.List([node.args[0]], ast.Load()), node))
            elif method.attr in {"extend", "update"}:
                self._also(method.value.id, node.args[0])
            elif method.attr == "setdefault" and len(node.args) > 1:
                self._also(method.value.id, ast.copy_location(ast.Dict([node.args[0]], [node.args[1]]), node))

    def _display(self, node: ast.Dict | ast.List | ast.Tuple | ast.Set) -> None:
        elements = node.values if isinstance(node, ast.Dict) else node.elts
        self.module.references.extend(
            Site(element, self.scope) for element in elements if isinstance(element, ast.Name | ast.Attribute)
        )
        self._children(node)

    def _if(self, node: ast.If) -> None:
        if not _is_script_guard(node.test):
            self._children(node)
            return
        for statement in node.orelse:
            self.visit(statement)

    _visitors: ClassVar[dict[type[ast.AST], Callable[[Binder, Any], None]]] = {
        ast.Import: _import,
        ast.ImportFrom: _import_from,
        ast.Assign: _assign,
        ast.AnnAssign: _ann_assign,
        ast.AugAssign: _aug_assign,
        ast.NamedExpr: _named_expr,
        ast.For: _for,
        ast.Global: _global,
        ast.With: _with,
        ast.ExceptHandler: _except_handler,
        ast.FunctionDef: _function_def,
        ast.Lambda: _lambda,
        ast.ClassDef: _class_def,
        ast.Return: _return,
        ast.Call: _call,
        ast.If: _if,
        ast.AsyncFor: _for,
        ast.AsyncWith: _with,
        ast.AsyncFunctionDef: _function_def,
        ast.ListComp: _comprehension,
        ast.SetComp: _comprehension,
        ast.GeneratorExp: _comprehension,
        ast.DictComp: _comprehension,
        ast.Yield: _return,
        ast.Dict: _display,
        ast.List: _display,
        ast.Tuple: _display,
        ast.Set: _display,
    }


def comprehension_name(node: ast.expr) -> str:
    """The name under which the scope of a comprehension is bound in the one around it."""
    return f"<comprehension {node.lineno}:{node.col_offset}>"


def lambda_scope(node: ast.Lambda, scope: Scope) -> Scope | None:
    """The scope of a lambda's body."""
    for binding in scope.bindings.get(f"<lambda {node.lineno}:{node.col_offset}>", ()):
        if isinstance(binding, Defined) and isinstance(binding.scope.node, Function):
            return binding.scope
    return None


def _is_script_guard(test: ast.expr) -> bool:
    """`if __name__ == "__main__":`, which a served agent never enters."""
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return False
    sides = (test.left, *test.comparators)
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides) and any(
        isinstance(side, ast.Constant) and side.value == "__main__" for side in sides
    )
