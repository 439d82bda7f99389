"""Calls: of the agent's own functions with their arguments bound, of what packages offer, of plain values' methods."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from agentry.inspector.code.modules import Function, Scope
from agentry.inspector.evaluation import library
from agentry.inspector.evaluation.values import (
    Entries,
    External,
    Frame,
    Instance,
    Known,
    Local,
    Made,
    Method,
    Unknown,
    Value,
    Values,
    call_method,
    combine,
    unique,
    why,
)

if TYPE_CHECKING:
    from agentry.inspector.code.modules import Parameter, Site
    from agentry.inspector.evaluation.evaluate import Evaluator

CONTEXTS = 32  # calls of one function that are told apart


class Calls:
    """The part of evaluation that is about calls, and the index of who calls what."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._callers: dict[Scope, list[tuple[Site, Value]]] | None = None
        self._binding: set[ast.Call] = set()

    def call(self, node: ast.Call, scope: Scope, frame: Frame | None) -> Values:
        """What a call returns."""
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            return self._super(scope)
        callees = self._evaluator.values(node.func, scope, frame)
        return unique([v for callee in callees for v in self._called(callee, node, scope, frame)])

    def _called(self, callee: Value, node: ast.Call, scope: Scope, frame: Frame | None) -> Values:
        if isinstance(callee, Local) and isinstance(callee.scope.node, Function):
            return self.returned(callee, self.bind(callee, node, scope, frame))
        if isinstance(callee, Local) and isinstance(callee.scope.node, ast.ClassDef):
            return self._made(callee.scope, node, scope, frame)
        if isinstance(callee, External):
            return self._external(callee, node, scope, frame)
        if isinstance(callee, Method):
            return self._method(callee, node, scope, frame)
        return (Unknown(why(callee)),)

    def returned(self, function: Local, frame: Frame) -> Values:
        """What a function of the agent's own returns when called with the arguments of `frame`."""
        if not function.scope.returns:
            return (Known(None),)
        if frame.parent and frame.parent.of(function.scope):
            return ()  # it calls itself
        outside = frame.parent if function.scope.parent and function.scope.parent.function else None
        key = (function.scope, frozenset(frame.arguments.items()), frame.instance, outside)
        return self._evaluator.memory.recall(
            key,
            lambda: unique(
                [v for each in function.scope.returns for v in self._evaluator.values(each.expr, each.scope, frame)]
            ),
        )

    def _made(self, cls: Scope, node: ast.Call, scope: Scope, frame: Frame | None) -> Values:
        """An object of the agent's own class, or of the package's class that it extends."""
        for each in self._evaluator.objects.ancestry(cls):
            for binding in each.bindings.get("__init__", ()):
                for value in self._evaluator.bound(binding, None):
                    if isinstance(value, Local):
                        bound = self.bind(Local(value.scope, Instance(cls)), node, scope, frame)
                        return (Instance(cls, bound),)
        keywords, _ = self._keywords(node, scope, frame)
        fields = [n for each in reversed(self._evaluator.objects.ancestry(cls)) for n in _annotated(each.node)]
        arguments = [self._evaluator.values(argument, scope, frame) for argument in node.args]
        return (Instance(cls, Frame(cls, dict(zip(fields, arguments, strict=False)) | keywords)),)

    def _external(self, callee: External, node: ast.Call, scope: Scope, frame: Frame | None) -> Values:
        arguments = [self._evaluator.values(argument, scope, frame) for argument in node.args]
        keywords, _ = self._keywords(node, scope, frame)
        if callee.path == "getattr" and len(arguments) > 1:
            names = [name.value for name in arguments[1] if isinstance(name, Known)]
            return unique(
                [v for b in arguments[0] for n in names for v in self._evaluator.objects.attribute(b, str(n), frame)]
            )
        if callee.path in {"importlib.import_module", "import_module", "__import__"} and arguments:
            return unique(
                [v for n in arguments[0] if isinstance(n, Known) for v in self._evaluator.imported(str(n.value))]
            )
        known = library.call(callee.path, arguments, keywords, self._evaluator.settings)
        if known is not None:
            return known
        return (External(f"{callee.path}()", Made(node, scope, frame, callee)),)

    def _method(self, method: Method, node: ast.Call, scope: Scope, frame: Frame | None) -> Values:
        arguments = [self._evaluator.values(argument, scope, frame) for argument in node.args]
        keywords, _ = self._keywords(node, scope, frame)
        if isinstance(method.of, Entries) and method.name in {"get", "pop", "setdefault"}:
            default = arguments[1] if len(arguments) > 1 else (Known(None),)
            found = [v for key in (arguments[0] if arguments else ()) for v in self._entry(method.of, key, default)]
            return unique(found)
        if isinstance(method.of, Known) and all(len(argument) == 1 for argument in arguments):
            path = library.path_method(method.of, method.name, [argument[0] for argument in arguments])
            if path is not None:
                return (path,)
        names = list(keywords)
        return combine(
            [*arguments, *keywords.values()],
            lambda choice: call_method(
                method, choice[: len(arguments)], dict(zip(names, choice[len(arguments) :], strict=True))
            ),
        )

    def _entry(self, entries: Entries, key: Value, default: Values) -> Values:
        found = entries.get(key.value) if isinstance(key, Known) else None
        if found is not None:
            return found
        return default if isinstance(key, Known) and not entries.why else self._evaluator.item(entries, key)

    def _super(self, scope: Scope) -> Values:
        function = scope.function
        if function is None or function.owner is None:
            return (Unknown("super() outside of a class"),)
        external = self._evaluator.objects.external_base(function.owner)
        own = self._evaluator.objects.ancestry(function.owner)[1:]
        if own:
            return (Instance(own[0]),)
        return (External(external),) if external else (Unknown("super() of object"),)

    # arguments

    def bind(self, function: Local, node: ast.Call, scope: Scope, frame: Frame | None) -> Frame:
        """The arguments of a call, by the names of the function's parameters; what is left out is not in it."""
        inner = function.scope.node
        assert isinstance(inner, Function)
        names = _parameters(inner)[: len(inner.args.posonlyargs) + len(inner.args.args)]
        if function.instance is not None and names and not _is_static(inner):
            names = names[1:]
        bound: dict[str, Values] = {}
        for index, argument in enumerate(node.args):
            if isinstance(argument, ast.Starred):
                break
            if index < len(names):
                bound[names[index]] = self._evaluator.values(argument, scope, frame)
        keywords, reason = self._keywords(node, scope, frame)
        bound.update(keywords)
        if reason:
            bound |= {name: (Unknown(reason),) for name in names if name not in bound}
        return Frame(function.scope, bound, frame, function.instance)

    def _keywords(self, node: ast.Call, scope: Scope, frame: Frame | None) -> tuple[dict[str, Values], str]:
        """The keywords of a call, `**` spread out; and why there may be more, empty when there may not."""
        found: dict[str, Values] = {}
        reason = ""
        for keyword in node.keywords:
            values = self._evaluator.values(keyword.value, scope, frame)
            if keyword.arg:
                found[keyword.arg] = values
                continue
            for value in values:
                if isinstance(value, Entries):
                    found.update({str(key): each for key, each in value.items})
                    reason = reason or value.why
                else:
                    reason = reason or why(value)
        return found, reason

    def argument(self, made: Made, names: tuple[str, ...], position: int | None) -> Values | None:
        """An argument of a call by any of its names, else by its position; None when it is not given."""
        node, scope = made.site
        keywords, reason = self._keywords(node, scope, made.frame)
        for name in names:
            if name in keywords:
                return keywords[name]
        if position is not None and position < len(node.args):
            if any(isinstance(argument, ast.Starred) for argument in node.args[: position + 1]):
                return (Unknown("the arguments are known only when it runs"),)
            return self._evaluator.values(node.args[position], scope, made.frame)
        return (Unknown(reason),) if reason else None

    # who calls what

    def parameter(self, parameter: Parameter, frame: Frame | None) -> Values:
        """What a parameter may be: of this call when it is known, else of every call there is."""
        function = parameter.scope
        assert isinstance(function.node, Function)
        own = frame.of(function) if frame else None
        if function.owner and _parameters(function.node)[0] == parameter.name and not _is_static(function.node):
            return (own.instance if own and own.instance else Instance(function.owner),)
        if own:
            return own.arguments.get(parameter.name) or self._default(parameter)
        callers = [(site, callee) for site, callee in self._index().get(function, []) if isinstance(callee, Local)]
        if not callers:
            name = getattr(function.node, "name", "a lambda")
            given = (Unknown(f"`{parameter.name}` is given to {name}() by somebody else"),)
            return self._default(parameter) or given
        found: list[Value] = []
        for site, callee in callers:
            arguments = self._bound_once(callee, site).arguments
            found.extend(arguments[parameter.name] if parameter.name in arguments else self._default(parameter))
        return unique(found)

    def _bound_once(self, callee: Local, site: Site) -> Frame:
        """The arguments of a call, whatever the function that it is in is called with."""
        node = site.node
        assert isinstance(node, ast.Call)
        if node in self._binding:
            self._evaluator.memory.cut()
            return Frame(callee.scope, dict.fromkeys(_parameters(callee.scope.node), ()))
        self._binding.add(node)
        try:
            key = ("arguments", node, callee.scope)
            return self._evaluator.memory.recall(key, lambda: self.bind(callee, node, site.scope, None))
        finally:
            self._binding.discard(node)

    def _default(self, parameter: Parameter) -> Values:
        node = parameter.scope.node
        assert isinstance(node, Function)
        positional = [*node.args.posonlyargs, *node.args.args]
        pairs = zip(reversed(positional), reversed(node.args.defaults), strict=False)
        outside = parameter.scope.parent or parameter.scope
        for argument, default in (*pairs, *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)):
            if argument.arg == parameter.name and default is not None:
                return self._evaluator.values(default, outside)
        return ()

    def frames(self, scope: Scope, depth: int = 3) -> list[Frame | None]:
        """One frame for each call of the function that `scope` is inside of; [None] when nothing here calls it."""
        function = scope.function
        if function is None:
            return [None]
        callers = self._index().get(function, [])
        found: list[Frame | None] = []
        for site, callee in callers:
            assert isinstance(site.node, ast.Call)
            if site.scope.function is function or not isinstance(callee, Local):
                continue
            for outer in self.frames(site.scope, depth - 1) if depth else [None]:
                found.append(self.bind(callee, site.node, site.scope, outer))
                if len(found) >= CONTEXTS:
                    return found
        return found or [None]

    def _index(self) -> dict[Scope, list[tuple[Site, Value]]]:
        """Who calls which function of the agent's own; made once."""
        if self._callers is None:
            self._callers = {}  # what is asked while it is made sees no callers
            callers: dict[Scope, list[tuple[Site, Value]]] = {}
            for module in self._evaluator.modules.values():
                for site in module.calls:
                    assert isinstance(site.node, ast.Call)
                    for callee in self._evaluator.values(site.node.func, site.scope):
                        for function in self._functions(callee):
                            callers.setdefault(function.scope, []).append((site, function))
            self._callers = callers
            self._evaluator.memory.settled = True
        return self._callers

    def _functions(self, callee: Value) -> list[Local]:
        """The function that a call enters: itself, or the `__init__` of a class."""
        if not isinstance(callee, Local):
            return []
        if isinstance(callee.scope.node, Function):
            return [callee]
        if not isinstance(callee.scope.node, ast.ClassDef):
            return []
        initialized = [c for c in self._evaluator.objects.ancestry(callee.scope) if "__init__" in c.bindings]
        return [
            Local(value.scope, Instance(callee.scope))
            for each in initialized[:1]
            for binding in each.bindings["__init__"]
            for value in self._evaluator.bound(binding, None)
            if isinstance(value, Local)
        ]


def _annotated(node: ast.AST) -> list[str]:
    """The fields of a dataclass or model, in their order."""
    assert isinstance(node, ast.ClassDef)
    return [
        each.target.id for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    ]


def _parameters(node: ast.AST) -> list[str]:
    assert isinstance(node, Function)
    return [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]


def _is_static(node: ast.AST) -> bool:
    decorators = getattr(node, "decorator_list", [])
    return any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in decorators)
