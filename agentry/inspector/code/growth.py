"""What a walk meets in small: targets that are unpacked, patterns, methods that change a list or a dict in place."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from agentry.inspector.code.flow import Place
from agentry.inspector.code.modules import EACH, Assigned, Defined, Function, Opaque, Scope, Site

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agentry.inspector.code.modules import Binding
    from agentry.inspector.code.scopes import Binder

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_MOVES = frozenset({"sort", "reverse", "pop", "popleft", "remove", "clear", "popitem", "discard", "rotate"})


def record(binder: Binder, node: ast.Call, method: ast.Attribute) -> None:
    """`names.append(x)`, `settings.update(y)`, `os.environ.setdefault(name, x)`."""
    if last_name(method.value) == "environ":
        _record_variables(binder, node, method.attr)
    elif method.attr == "__setattr__" and len(node.args) == 3:
        binder.change("attribute", node.args[0], node.args[1], node.args[2])
    else:
        for kind, key, value in changes_of(node, method.attr):
            binder.change(kind, method.value, key, value)


def changes_of(node: ast.Call, name: str) -> list[tuple[str, ast.expr | None, ast.expr | None]]:
    """What a call of a method changes in a list or dict: the kind of change, the key and the value."""
    arguments = node.args
    if name in {"append", "add", "appendleft"} and len(arguments) == 1:
        return [("item", None, arguments[0])]
    if name == "insert" and len(arguments) == 2:
        return [("item", None, arguments[1])]
    if name in {"setdefault", "__setitem__"} and len(arguments) == 2:
        return [("entry", arguments[0], arguments[1])]
    if name in _MOVES:
        return [("order", None, None)]
    if name not in {"extend", "update", "extendleft"}:
        return []
    found: list[tuple[str, ast.expr | None, ast.expr | None]] = [("items", None, each) for each in arguments]
    for keyword in node.keywords if name == "update" else ():
        key = ast.copy_location(ast.Constant(keyword.arg), node) if keyword.arg else None
        found.append(("entry" if key else "items", key, keyword.value))
    return found


def _record_variables(binder: Binder, node: ast.Call, name: str) -> None:
    scope, variables = binder.scope, binder.module.variables
    if name == "setdefault" and len(node.args) > 1:
        variables.append((Site(node.args[0], scope), Site(node.args[1], scope), True))
    elif name == "update":
        for argument in node.args:
            for key, value in (
                zip(argument.keys, argument.values, strict=True) if isinstance(argument, ast.Dict) else ()
            ):
                if key:
                    variables.append((Site(key, scope), Site(value, scope), False))
            if not isinstance(argument, ast.Dict):
                binder.change("items", node.func.value, None, argument)  # type: ignore[attr-defined]
        for keyword in node.keywords:
            if keyword.arg:
                key = ast.copy_location(ast.Constant(keyword.arg), node)
                variables.append((Site(key, scope), Site(keyword.value, scope), False))


def steps(targets: Sequence[ast.expr]) -> Iterator[tuple[ast.expr, int | tuple[int, ...]]]:
    """The targets of an unpacking with the step that leads to each."""
    star = next((index for index, each in enumerate(targets) if isinstance(each, ast.Starred)), len(targets))
    for index, target in enumerate(targets):
        if isinstance(target, ast.Starred):
            yield target.value, (index, len(targets) - index - 1)
        else:
            yield target, index if index < star else (len(targets) - index,)


def bind_each(binder: Binder, target: ast.expr, site: Site, path: tuple[int | tuple[int, ...], ...] = (EACH,)) -> None:
    """The targets of a comprehension: names, or tuples of names."""
    if isinstance(target, ast.Name):
        place = Place((target.lineno, target.col_offset))
        binder.scope.bind(target.id, Assigned(site.node, site.scope, path), place)
    elif isinstance(target, ast.Tuple | ast.List):
        for element, step in steps(target.elts):
            bind_each(binder, element, site, (*path, step))


def bind_pattern(binder: Binder, pattern: ast.pattern, subject: ast.expr) -> None:
    """The names that a `case` captures: the whole of the subject, or a part that is not followed."""
    for node in ast.walk(pattern):
        name = node.rest if isinstance(node, ast.MatchMapping) else getattr(node, "name", None)
        if not name:
            continue
        at = (pattern.lineno, pattern.col_offset)
        if node is pattern and isinstance(node, ast.MatchAs):
            binder.put(name, Assigned(subject, binder.scope), at)
        else:
            binder.put(name, Opaque("what a pattern captures is known only when it runs"), at)


def grown(scope: Scope, name: str) -> list[Binding]:
    """What a name of a scope is bound to, and what is added to it in place, as lists, in the order of the lines."""
    found = [
        binding
        for binding in scope.bindings[name]
        if not isinstance(binding, Assigned) or not isinstance(binding.expr, Augmented)
    ]
    for change in scope.module.changes:
        target, value = change.target, change.value
        if value and isinstance(target.node, ast.Name) and target.node.id == name and _home(target) is scope:
            if change.kind == "item":
                element = ast.copy_location(ast.List([value.expr], ast.Load()), value.expr)
                found.append(Assigned(element, value.scope))
            elif change.kind == "items":
                found.append(value)
    line = {id(each): each.expr.lineno if isinstance(each, Assigned) else 0 for each in found}
    return sorted(found, key=lambda each: line[id(each)])


def _home(site: Site) -> Scope | None:
    assert isinstance(site.node, ast.Name)
    scope: Scope | None = site.scope
    while scope and site.node.id not in scope.bindings:
        scope = scope.parent
    return scope


class Augmented(ast.BinOp):
    """`name += value`, as the expression that the name stands for afterwards."""


def as_read(target: ast.expr) -> ast.expr:
    """The target of `+=`, as it is read before."""
    if isinstance(target, ast.Attribute):
        return ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target)
    if isinstance(target, ast.Subscript):
        return ast.copy_location(ast.Subscript(target.value, target.slice, ast.Load()), target)
    assert isinstance(target, ast.Name)
    return ast.copy_location(ast.Name(target.id, ast.Load()), target)


def last_name(node: ast.expr) -> str:
    """`c` of `a.b.c` and of `c`; empty for anything else."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def self_name(function: Scope) -> str:
    """The first parameter of a method; empty when it has none or is static."""
    node = function.node
    assert isinstance(node, Function)
    first = (*node.args.posonlyargs, *node.args.args)[:1]
    static = any(last_name(each) == "staticmethod" for each in getattr(node, "decorator_list", ()))
    return first[0].arg if first and not static else ""


def comprehension_name(node: ast.expr) -> str:
    """The name under which the scope of a comprehension is bound in the one around it."""
    return f"<comprehension {node.lineno}:{node.col_offset}>"


def lambda_name(node: ast.Lambda) -> str:
    """The name under which the scope of a lambda is bound in the one around it."""
    return f"<lambda {node.lineno}:{node.col_offset}>"


def scope_of(name: str, scope: Scope) -> Scope | None:
    """The scope of a lambda's body or a comprehension, by that name."""
    for binding in scope.bindings.get(name, ()):
        if isinstance(binding, Defined):
            return binding.scope
    return None


def is_script_guard(test: ast.expr) -> bool:
    """`if __name__ == "__main__":`, which a served agent never enters."""
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return False
    sides = (test.left, *test.comparators)
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides) and any(
        isinstance(side, ast.Constant) and side.value == "__main__" for side in sides
    )
