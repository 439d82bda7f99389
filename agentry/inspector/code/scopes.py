"""One walk over a module's tree: which scope binds which name to what and where, and where its calls are."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, ClassVar

from agentry.inspector.code import growth
from agentry.inspector.code.flow import Block, Group, Place
from agentry.inspector.code.growth import comprehension_name
from agentry.inspector.code.modules import (
    EACH,
    Assigned,
    Change,
    Defined,
    Imported,
    Opaque,
    Parameter,
    Scope,
    Site,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agentry.inspector.code.flow import Position
    from agentry.inspector.code.modules import Binding, Module

__all__ = ["CALL_LATER", "Binder", "comprehension_name"]

# What these are given is only looked at, or handed back as it is, like `mlflow.trace(f)`.
_LOOK_ONLY = frozenset({"isinstance", "issubclass", "hasattr", "getattr", "cast", "trace"})
# These call one of their arguments with those behind it: which one, by position. uses.py follows them.
CALL_LATER = {"partial": 0, "to_thread": 0, "submit": 0, "run_sync": 0, "run_in_executor": 1}
_NO_NODES = frozenset({"ctx", "op", "ops", "annotation", "returns", "type_params", "kind", "type_comment"})


class Binder:
    """Fills a module's scopes, imports, calls, references and changes."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.scope = module.scope
        self.block: Block | None = None
        self.line = 1
        self._handled = 0
        self._call_around: ast.Call | None = None

    def walk(self) -> None:
        """Visit the whole module."""
        for statement in self.module.tree.body:
            self.line = statement.lineno
            self.visit(statement)

    def visit(self, node: ast.AST) -> None:
        """Record what one node binds, calls or imports, and visit what is in it."""
        visitor = self._visitors.get(type(node))
        if visitor:
            visitor(self, node)
        else:
            self._children(node)

    def _children(self, node: ast.AST) -> None:
        visitors = self._visitors
        for name in _FIELDS[type(node)]:
            value = getattr(node, name, None)
            for child in value if isinstance(value, list) else (value,):
                if isinstance(child, ast.AST):
                    visitor = visitors.get(type(child))
                    if visitor:
                        visitor(self, child)
                    else:
                        self._children(child)

    def _constant(self, node: ast.Constant) -> None:
        pass

    def _name(self, node: ast.Name) -> None:
        self._reads(node.id)

    def _attribute(self, node: ast.Attribute) -> None:
        self._reads(f".{node.attr}")
        self.visit(node.value)

    def _reads(self, name: str) -> None:
        calls = self.module.read.get(name)
        if calls is None:
            self.module.read[name] = [self._call_around]
        elif calls[-1] is not self._call_around:
            calls.append(self._call_around)

    # names that are bound

    def put(self, name: str, binding: Binding, at: Position) -> None:
        """The scope of now binds a name, from `at` on; or another one does, where it says `global` or `nonlocal`."""
        outer = self.scope.outer.get(name)
        if outer:
            outer.bind(name, binding, Place(at, None, elsewhere=True))
        else:
            self.scope.bind(name, binding, Place(at, self.block))

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.module.imports.add(alias.name)
            top = alias.name.partition(".")[0]
            self.put(alias.asname or top, Imported(alias.name if alias.asname else top), _start(node))

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
                self.put(alias.asname or alias.name, Imported(path), _start(node))

    def _assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self.bind(target, node.value, _end(node))
        self.visit(node.value)

    def _ann_assign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self.bind(node.target, node.value, _end(node))
            self.visit(node.value)

    def _aug_assign(self, node: ast.AugAssign) -> None:
        before = growth.as_read(node.target)
        whole = ast.copy_location(growth.Augmented(before, node.op, node.value), node)
        if isinstance(node.op, ast.Add | ast.BitOr):
            self.change("items", before, None, node.value)
        self.bind(node.target, whole, _end(node))
        self.visit(node.value)

    def _named_expr(self, node: ast.NamedExpr) -> None:
        inner = self.scope
        while isinstance(self.scope.node, growth.COMPREHENSIONS) and self.scope.parent:
            self.scope = self.scope.parent
        self.put(node.target.id, Assigned(node.value, inner), _end(node))
        self.scope = inner
        self.visit(node.value)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        outer = self.block
        self.block = self._block(node.body, loop=True)
        self.scope.loops.append((Site(node.iter, self.scope), self.block))
        self.bind(node.target, node.iter, _end(node.iter), (EACH,))
        self._statements(node.body)
        self.block = outer
        self._within(node.orelse)

    def _while(self, node: ast.While) -> None:
        outer = self.block
        self.block = self._block(node.body, loop=True)
        self.block.start = _start(node.test)
        self.visit(node.test)
        self._statements(node.body)
        self.block = outer
        self._within(node.orelse)

    def _outer_names(self, node: ast.Global | ast.Nonlocal) -> None:
        for name in node.names:
            around = self.scope.parent
            while isinstance(node, ast.Nonlocal) and around and around.parent and name not in around.bindings:
                around = around.parent.function
            self.scope.outer[name] = around if isinstance(node, ast.Nonlocal) and around else self.module.scope

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars:
                self.bind(item.optional_vars, item.context_expr, _end(item.context_expr))
        self._within(node.body)

    def _try(self, node: ast.Try) -> None:
        self._handled += 1
        self._within(node.body)
        self._handled -= 1
        for handler in node.handlers:
            if handler.type:
                self.visit(handler.type)
            if handler.name:
                self.put(handler.name, Opaque("an exception"), _start(handler))
            self._within(handler.body)
        self._within(node.orelse)
        self._statements(node.finalbody)

    def _match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        group = Group(self.block, _start(node), _end(node))
        for case in node.cases:
            outer = self.block
            self.block = self._block(case.body, group=group)
            self.block.start = _start(case.pattern)
            growth.bind_pattern(self, case.pattern, node.subject)
            if case.guard:
                self.visit(case.guard)
            elif isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None:
                group.complete = True
            self._statements(case.body)
            self.block = outer

    def bind(
        self, target: ast.expr, value: ast.expr, at: Position, path: tuple[int | tuple[int, ...], ...] = ()
    ) -> None:
        """A target of an assignment, a loop or a `with` stands for what `path` leads to in `value`."""
        bound = Assigned(value, self.scope, path)
        if isinstance(target, ast.Name):
            self.put(target.id, bound, at)
        elif isinstance(target, ast.Attribute):
            self._bind_attribute(target, bound, at)
        elif isinstance(target, ast.Tuple | ast.List):
            for element, step in growth.steps(target.elts):
                self.bind(element, value, at, (*path, step))
        elif isinstance(target, ast.Subscript):
            base = target.value
            if isinstance(base, ast.Attribute | ast.Name) and growth.last_name(base) == "environ" and not path:
                self.module.variables.append((Site(target.slice, self.scope), Site(value, self.scope), False))
            else:
                self.module.changes.append(Change("entry", Site(base, self.scope), target.slice, bound))
            self.visit(target)

    def _bind_attribute(self, target: ast.Attribute, bound: Assigned, at: Position) -> None:
        function = self.scope.function
        owner = function.owner if function else None
        if owner and function and isinstance(target.value, ast.Name) and target.value.id == growth.self_name(function):
            owner.attributes.setdefault(target.attr, []).append((bound, Place(at, self.block)))
            return
        name = ast.copy_location(ast.Constant(target.attr), target)
        self.module.changes.append(Change("attribute", Site(target.value, self.scope), name, bound))
        self.visit(target.value)

    def change(self, kind: str, target: ast.expr, key: ast.expr | None, value: ast.expr | None) -> None:
        """Something is changed in place."""
        added = Assigned(value, self.scope) if value else None
        self.module.changes.append(Change(kind, Site(target, self.scope), key, added))

    # scopes

    def _function_def(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for outside in (*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)):
            self.visit(outside)
        at = _start(node.body[0])
        inner = Scope(self.module, node, self.scope, at=Place(at, self.block))
        self.put(node.name, Defined(inner), at)
        self._parameters(node.args, inner)
        self._inside(inner, node.body)

    def _lambda(self, node: ast.Lambda) -> None:
        for default in (*node.args.defaults, *(d for d in node.args.kw_defaults if d)):
            self.visit(default)
        inner = Scope(self.module, node, self.scope, at=Place(_start(node), self.block))
        inner.returns.append((Assigned(node.body, inner), Place(_start(node.body))))
        self._parameters(node.args, inner)
        self.scope.bind(growth.lambda_name(node), Defined(inner), Place(_start(node)))
        self._reads(growth.lambda_name(node))
        self._inside(inner, [node.body])

    def _class_def(self, node: ast.ClassDef) -> None:
        for outside in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.visit(outside)
        at = _start(node.body[0])
        inner = Scope(self.module, node, self.scope, at=Place(at, self.block))
        self.put(node.name, Defined(inner), at)
        self._inside(inner, node.body)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        inner = Scope(self.module, node, self.scope, at=Place(_start(node), self.block))
        outer = self.scope
        outer.bind(comprehension_name(node), Defined(inner), Place(_start(node)))
        for number, generator in enumerate(node.generators):
            # The first iterable is evaluated outside.
            self.scope = inner if number else outer
            self.visit(generator.iter)
            site = Site(generator.iter, self.scope)
            self.scope = inner
            inner.loops.append((site, None))
            growth.bind_each(self, generator.target, site)
            for condition in generator.ifs:
                self.visit(condition)
        for result in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.visit(result)
        self.scope = outer

    def _parameters(self, arguments: ast.arguments, inner: Scope) -> None:
        rest = [each for each in (arguments.vararg, arguments.kwarg) if each]
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *rest):
            inner.bind(argument.arg, Parameter(argument.arg, inner), Place((0, 0)))

    def _inside(self, inner: Scope, nodes: Sequence[ast.AST]) -> None:
        before = self.scope, self.block, self._handled, self._call_around
        self.scope, self.block, self._handled, self._call_around = inner, None, 0, None
        self._statements(nodes)
        self.scope, self.block, self._handled, self._call_around = before

    # blocks

    def _statements(self, nodes: Sequence[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _within(self, statements: list[ast.stmt], **about: Any) -> None:
        """Statements that may not run."""
        if statements:
            outer = self.block
            self.block = self._block(statements, **about)
            self._statements(statements)
            self.block = outer

    def _block(self, statements: list[ast.stmt], *, group: Group | None = None, **about: Any) -> Block:
        block = Block(_start(statements[0]), _end(statements[-1]), self.block, group=group, **about)
        last = statements[-1]
        block.leaves = isinstance(last, ast.Return) or (isinstance(last, ast.Raise) and not self._handled)
        if group:
            group.branches.append(block)
        return block

    def _if(self, node: ast.If) -> None:
        outer = self.block
        while True:  # an `elif` is an `if` in the `else`; there may be thousands
            if growth.is_script_guard(node.test):
                self._statements(node.orelse)
                break
            self.visit(node.test)
            group = Group(self.block, _start(node), _end(node), complete=bool(node.orelse))
            self._within(node.body, test=node.test, group=group)
            if not node.orelse:
                break
            self.block = self._block(node.orelse, test=node.test, holds=False, group=group)
            if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
                node = node.orelse[0]
                continue
            self._statements(node.orelse)
            break
        self.block = outer

    # what is done

    def _return(self, node: ast.Return) -> None:
        if node.value:
            function = self.scope.function
            if function:
                function.returns.append((Assigned(node.value, self.scope), Place(_start(node), self.block)))
            self.visit(node.value)

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> None:
        function = self.scope.function
        if function:
            value = node.value or ast.copy_location(ast.Constant(None), node)
            path = (EACH,) if isinstance(node, ast.YieldFrom) else ()
            function.yields.append((Assigned(value, self.scope, path), Place(_start(node), self.block)))
        if node.value:
            self.visit(node.value)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                self.change("order", target.value, None, None)
                self.visit(target)

    def _bin_op(self, node: ast.BinOp) -> None:
        left: ast.expr = node
        while isinstance(left, ast.BinOp):  # `a + b + c + ...` leans to the left; there may be thousands
            self.visit(left.right)
            left = left.left
        self.visit(left)

    def _call(self, node: ast.Call) -> None:
        self.module.calls.append(Site(node, self.scope, self.block))
        func = node.func
        named = func.func if isinstance(func, ast.Call) else func  # mlflow.trace(name="x")(f)
        name = growth.last_name(named)
        if name in {"import_module", "__import__"}:
            first = node.args[0] if node.args else None
            literal = isinstance(first, ast.Constant) and isinstance(first.value, str)
            self.module.imports.add(str(first.value).lstrip(".") if literal else "*")  # type: ignore[union-attr]
        if isinstance(func, ast.Attribute):
            growth.record(self, node, func)
            self.visit(func.value)
        elif isinstance(func, ast.Name):
            if name == "setattr" and len(node.args) > 2:
                self.change("attribute", node.args[0], node.args[1], node.args[2])
        else:
            self.visit(func)
        around, self._call_around = self._call_around, node
        called = node.args[CALL_LATER.get(name, len(node.args)) :][:1]
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            passed_on = name not in _LOOK_ONLY and argument not in called
            if isinstance(argument, ast.Name | ast.Attribute) and passed_on:
                self.module.references.append(Site(argument, self.scope))
            self.visit(argument)
        self._call_around = around

    def _display(self, node: ast.Dict | ast.List | ast.Tuple | ast.Set) -> None:
        elements = node.values if isinstance(node, ast.Dict) else node.elts
        self.module.references.extend(
            Site(element, self.scope) for element in elements if isinstance(element, ast.Name | ast.Attribute)
        )
        self._children(node)

    _visitors: ClassVar[dict[type[ast.AST], Callable[[Binder, Any], None]]] = {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.Attribute: _attribute,
        ast.Import: _import,
        ast.ImportFrom: _import_from,
        ast.Assign: _assign,
        ast.AnnAssign: _ann_assign,
        ast.AugAssign: _aug_assign,
        ast.NamedExpr: _named_expr,
        ast.For: _for,
        ast.AsyncFor: _for,
        ast.While: _while,
        ast.Global: _outer_names,
        ast.Nonlocal: _outer_names,
        ast.With: _with,
        ast.AsyncWith: _with,
        ast.Try: _try,
        ast.Match: _match,
        ast.FunctionDef: _function_def,
        ast.AsyncFunctionDef: _function_def,
        ast.Lambda: _lambda,
        ast.ClassDef: _class_def,
        ast.ListComp: _comprehension,
        ast.SetComp: _comprehension,
        ast.GeneratorExp: _comprehension,
        ast.DictComp: _comprehension,
        ast.Return: _return,
        ast.Yield: _yield,
        ast.YieldFrom: _yield,
        ast.Delete: _delete,
        ast.BinOp: _bin_op,
        ast.Call: _call,
        ast.If: _if,
        ast.Dict: _display,
        ast.List: _display,
        ast.Tuple: _display,
        ast.Set: _display,
    }


if hasattr(ast, "TryStar"):  # from Python 3.11 on
    Binder._visitors[ast.TryStar] = Binder._try  # noqa: SLF001


class _Fields(dict[type, tuple[str, ...]]):
    """The fields of each type of node that may hold nodes to visit."""

    def __missing__(self, kind: type) -> tuple[str, ...]:
        fields: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
        self[kind] = tuple(name for name in fields if name not in _NO_NODES)
        return self[kind]


_FIELDS = _Fields()


def _start(node: Any) -> Position:
    return node.lineno, node.col_offset


def _end(node: Any) -> Position:
    return node.end_lineno, node.end_col_offset
