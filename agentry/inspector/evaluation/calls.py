"""Calls: of the agent's own functions with their arguments bound, of what packages offer, of plain values' methods."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from agentry.inspector.code.growth import last_name, self_name
from agentry.inspector.code.modules import Function, Site
from agentry.inspector.evaluation import containers, decorators, functional, library, texts
from agentry.inspector.evaluation.settings import ENVIRONMENT
from agentry.inspector.evaluation.values import (
    Applied,
    Arguments,
    Entries,
    External,
    Frame,
    Instance,
    Items,
    Known,
    Local,
    Made,
    Method,
    Super,
    Unknown,
    Value,
    Values,
    combine,
    unique,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentry.inspector.code.flow import Block
    from agentry.inspector.code.modules import Scope
    from agentry.inspector.evaluation.evaluate import Evaluator

TURNS = 128  # turns of loops that are told apart
RECURSION = 8  # calls of a function by itself that are followed


class Calls:
    """The part of evaluation that is about calls."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._running: dict[Scope, int] = {}

    def call(self, node: ast.Call, scope: Scope, frame: Frame | None) -> Values:
        """What a call returns."""
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            return self._super(node, scope, frame)
        found: list[Value] = []
        for callee in self._evaluator.values(node.func, scope, frame):
            if isinstance(callee, External):
                found.extend(self._external(callee, node, scope, frame))
            else:
                found.extend(self.called(callee, self.arguments(node, scope, frame)))
        return unique(found)

    def called(self, callee: Value, given: Arguments) -> Values:
        """What something returns that is called with these arguments."""
        if isinstance(callee, Local) and isinstance(callee.scope.node, Function):
            return self.returned(callee, self.bind(callee, given))
        if isinstance(callee, Local) and isinstance(callee.scope.node, ast.ClassDef):
            return self._evaluator.models.made(callee.scope, given)
        if isinstance(callee, Applied):
            return self.called(callee.callee, joined_arguments(callee.given, given))
        if isinstance(callee, Instance):
            methods = self._evaluator.objects.attribute(callee, "__call__")
            return unique([v for m in methods if not isinstance(m, Instance) for v in self.called(m, given)])
        if isinstance(callee, Method):
            return self._method(callee, given)
        if isinstance(callee, External) and library.is_known(callee.path):
            return library.call(callee.path, given, self._evaluator.settings) or (Unknown(why(callee)),)
        return (Unknown(why(callee)),)

    def _external(self, callee: External, node: ast.Call, scope: Scope, frame: Frame | None) -> Values:
        if callee.path in functional.FUNCTIONS:
            given = self.arguments(node, scope, frame)
            found = functional.FUNCTIONS[callee.path](self._evaluator, given, scope)
            if found is not None:
                return found
        elif library.is_known(callee.path):
            given = self.arguments(node, scope, frame)
            found = library.call(callee.path, given, self._evaluator.settings)
            if found is not None:
                return found
        return (External(f"{callee.path}()", Made(node, scope, frame, callee)),)

    def _method(self, method: Method, given: Arguments) -> Values:
        of, arguments = method.of, given.positional
        if isinstance(of, Instance | Local):
            return self._evaluator.models.call_method(of, method.name, given)
        if given.rest or given.more:
            return (Unknown(given.rest or given.more),)
        if isinstance(of, Items | Entries):
            found = containers.call_method(method, arguments)
            return found if found is not None else (Unknown(f".{method.name}() is not followed"),)
        if method.name in {"substitute", "safe_substitute"}:
            entries = library.call("dict", given, self._evaluator.settings) or ()
            safe = method.name == "safe_substitute"
            return tuple(texts.substituted(of, e, safe=safe) for e in entries if isinstance(e, Entries))
        if all(len(argument) == 1 for argument in arguments):
            path = library.path_method(of, method.name, [argument[0] for argument in arguments])
            if path is not None:
                return (path,)
        names = list(given.keywords)
        return combine(
            [(of,), *arguments, *given.keywords.values()],
            lambda choice: texts.call_method(
                method,
                choice[1 : len(arguments) + 1],
                dict(zip(names, choice[len(arguments) + 1 :], strict=True)),
            ),
        )

    def _super(self, node: ast.Call, scope: Scope, frame: Frame | None) -> Values:
        function = scope.function
        while function and function.owner is None:
            function = function.parent.function if function.parent else None
        if function is None or function.owner is None:
            return (Unknown("super() outside of a class"),)
        after = function.owner
        if node.args:
            classes = self._evaluator.values(node.args[0], scope, frame)
            after = next((v.scope for v in classes if isinstance(v, Local)), after)
        selves = self._evaluator.callers.own_self(function, frame)
        return tuple(Super(each, after) for each in selves if isinstance(each, Instance | Local))

    # the agent's own functions

    def returned(self, function: Local, frame: Frame) -> Values:
        """What a function of the agent's own returns when called with the arguments of `frame`."""
        key = (function.scope, frozenset(frame.arguments.items()), frame.instance, frame.outer)
        return self._evaluator.solver.solve(key, self._returned, function.scope, frame)

    def _returned(self, scope: Scope, frame: Frame) -> Values:
        if self._running.get(scope, 0) >= RECURSION:
            return (Unknown(f"{_name(scope)}() calls itself"),)
        self._running[scope] = self._running.get(scope, 0) + 1
        try:
            if scope.yields:
                return self._yielded(scope, frame)
            found: list[Value] = []
            for binding, place in scope.returns:
                runs = self.runs(place.block, scope, frame)
                if runs is False:
                    continue
                for turn in self.turns_at(Site(binding.expr, scope), frame):
                    found.extend(self._evaluator.names.assigned(binding, turn))
                if runs:
                    return unique(found)
            node = scope.node
            falls = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _falls_through(node.body)
            return unique([*found, Known(None)]) if falls else unique(found) or (Unknown("it never returns"),)
        finally:
            self._running[scope] -= 1

    def _yielded(self, scope: Scope, frame: Frame) -> Values:
        found: list[Values] = []
        for binding, place in scope.yields:
            if self.runs(place.block, scope, frame) is not False:
                for turn in self.turns_at(Site(binding.expr, scope), frame):
                    found.append(self._evaluator.names.assigned(binding, turn))  # noqa: PERF401
        if any(
            last_name(_undecorated(each)).endswith("contextmanager")
            for each in getattr(scope.node, "decorator_list", ())
        ):
            return unique([value for values in found for value in values])
        return (Items(tuple(found), loose=True),)

    def runs(self, block: Block | None, scope: Scope, frame: Frame | None) -> bool | None:
        """Whether statements run: surely (True, in no loop and no block that may not), surely not, or not known."""
        sure = True
        while block:
            runs = self._evaluator.names.runs(block, scope, frame)
            if runs is False:
                return False
            sure = sure and bool(runs)
            block = block.parent
        return True if sure else None

    def decorated(self, scope: Scope, frame: Frame | None) -> Values:
        """A function or class, as its decorators leave it."""
        closure = frame.around() if frame else None
        plain = Local(scope, None, closure)
        if not getattr(scope.node, "decorator_list", None) or not isinstance(scope.node, Function):
            return (plain,)
        return self._evaluator.solver.solve(("decorated", scope, closure), self._decorated, plain, closure)

    def _decorated(self, plain: Local, frame: Frame | None) -> Values:
        found: Values = (plain,)
        outside = plain.scope.parent or plain.scope
        for decorator in reversed(plain.scope.node.decorator_list):  # type: ignore[attr-defined]
            written = last_name(decorator)
            if written in {"setter", "deleter", "getter"} and isinstance(decorator, ast.Attribute):
                return self._evaluator.values(decorator.value, outside, frame)
            if written == "register" or last_name(_undecorated(decorator)) == "register":
                continue
            following: list[Value] = []
            for by in self._evaluator.values(decorator, outside, frame):
                kept = isinstance(by, External) and (
                    decorators.is_transparent(by.path) or decorators.is_registering(by.path)
                )
                if kept:
                    following.extend(found)
                elif isinstance(by, Local | Applied):
                    following.extend(self.called(by, Arguments((found,))))
                else:
                    reason = f"what {_name(plain.scope)}() becomes by its decorator is not known"
                    following.extend((*found, Unknown(reason)))
            found = unique(following)
        return found

    # arguments

    def arguments(self, node: ast.Call, scope: Scope, frame: Frame | None) -> Arguments:
        """What a call is given, with what is spread by `*` and `**`."""
        positional: list[Values] = []
        rest = ""
        for argument in node.args:
            if not isinstance(argument, ast.Starred):
                if not rest:
                    positional.append(self._evaluator.values(argument, scope, frame))
                continue
            spread = self._evaluator.values(argument.value, scope, frame)
            items = library.as_items(spread[0]) if len(spread) == 1 else None
            if not rest and items is not None and items.exact:
                positional.extend(items.items)
            else:
                rest = rest or "the arguments are known only when it runs"
        keywords: dict[str, Values] = {}
        more = ""
        for keyword in node.keywords:
            values = self._evaluator.values(keyword.value, scope, frame)
            if keyword.arg:
                keywords[keyword.arg] = values
            else:
                more = _spread(keywords, values) or more
        return Arguments(tuple(positional), keywords, rest, more)

    def bind(self, function: Local, given: Arguments) -> Frame:
        """The arguments of a call, by the names of the function's parameters; what is left out is not in it."""
        node = function.scope.node
        assert isinstance(node, Function)
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        if function.instance is not None and self_name(function.scope):
            names = names[1:]
        bound: dict[str, Values] = dict(zip(names, given.positional, strict=False))
        known = {*names, *(argument.arg for argument in node.args.kwonlyargs)}
        bound.update({name: values for name, values in given.keywords.items() if name in known})
        if node.args.vararg:
            bound[node.args.vararg.arg] = (Items(given.positional[len(names) :], given.rest),)
        if node.args.kwarg:
            others = tuple((name, values) for name, values in given.keywords.items() if name not in known)
            bound[node.args.kwarg.arg] = (Entries(others, given.more),)
        for name in known - set(bound) if given.rest or given.more else ():
            reason = Unknown(given.more or given.rest)
            bound[name] = (*self._evaluator.callers.default(function.scope, name), reason)
        return Frame(function.scope, bound, function.closure, function.instance)

    def argument(self, made: Made, names: tuple[str, ...], position: int | None) -> Values | None:
        """An argument of a call by any of its names, else by its position; None when it is not given."""
        given = self._evaluator.solver.once(("given", made), lambda: self.arguments(made.call, made.scope, made.frame))
        if made.maker.given:
            given = joined_arguments(made.maker.given, given)
        for name in names:
            if name in given.keywords:
                return given.keywords[name]
        if position is not None and position < len(given.positional):
            return given.positional[position]
        reason = (given.rest if position is not None else "") or (given.more if names else "")
        return (Unknown(reason),) if reason else None

    def frames(self, site: Site) -> list[Frame | None]:
        """In which calls of the functions around it, and turns of loops, a call is made; none where it never is."""
        return self._evaluator.callers.frames(site)

    # loops

    def turns(
        self, loops: Sequence[tuple[Site, Block | None]], frame: Frame | None
    ) -> tuple[list[Frame | None], bool] | None:
        """Each turn of loops within each other, as a frame, and whether these are all in their order.

        None when they are not known one by one.
        """
        frames: list[Frame | None] = [frame]
        exact = True
        for site, _ in loops:
            following: list[Frame | None] = []
            for each in frames:
                elements, sure = self._elements(site, each)
                if elements is None:
                    return None
                exact = exact and sure
                depth = each.depth if each else 0
                following.extend(Frame(site.node, {"": element}, each, None, depth) for element in elements)
                if len(following) > TURNS:
                    return None
            frames = following
        return frames, exact

    def turns_at(self, site: Site, frame: Frame | None) -> list[Frame | None]:
        """The turns of the loops around a place, of those that are known one by one."""
        frames: list[Frame | None] = [frame]
        for loop in self._loops_around(site):
            following: list[Frame | None] = []
            for each in frames:
                turns = self._turns_of(loop, each)
                following.extend([each] if turns is None else turns[0])
            if len(following) > TURNS:
                return [frame]
            frames = following
        return frames

    def _turns_of(self, loop: Site, frame: Frame | None) -> tuple[list[Frame | None], bool] | None:
        """The turns of one loop; the same frames for whatever is asked of it."""
        return self._evaluator.solver.once(("turns", loop.node, frame), lambda: self.turns([(loop, None)], frame))

    def _loops_around(self, site: Site) -> list[Site]:
        at = (site.node.lineno, site.node.col_offset)
        found: list[Site] = []
        scope: Scope | None = site.scope
        while scope:
            around = [loop for loop, block in scope.loops if block is None or block.contains(at)]
            found = [*around, *found]
            if not scope.is_comprehension:
                break
            scope = scope.parent
        return found

    def _elements(self, site: Site, frame: Frame | None) -> tuple[list[Values] | None, bool]:
        values: list[Value] = []
        for value in self._evaluator.values(site.node, site.scope, frame):
            if isinstance(value, Local) and isinstance(value.scope.node, ast.ClassDef):
                value = self._evaluator.models.members(value.scope) or value  # noqa: PLW2901
            values.append(value)
        found = containers.turns(tuple(values), TURNS)
        self._evaluator.solver.charge(len(found or ()))
        exact = len(values) == 1 and all(
            v.exact if isinstance(v, Items) else not v.loose for v in values if isinstance(v, Items | Entries)
        )
        return found, exact


def joined_arguments(first: Arguments, then: Arguments) -> Arguments:
    """The arguments of a partial with those of its call."""
    return Arguments(
        first.positional if first.rest else (*first.positional, *then.positional),
        {**first.keywords, **then.keywords},
        first.rest or then.rest,
        first.more or then.more,
    )


def _spread(keywords: dict[str, Values], values: Values) -> str:
    """Take in what `**` gives; why there may be more, empty when there may not."""
    reason = ""
    for value in values:
        if isinstance(value, Entries):
            reason = reason or value.why
            for key, _ in value.items:
                each = value.get(key) or ()
                keywords[str(key)] = unique((*keywords.get(str(key), ()), *each)) if len(values) > 1 else each
        elif isinstance(value, External) and value.path in ENVIRONMENT:
            reason = reason or "the environment is known only when it runs"
        else:
            reason = reason or why(value)
    return reason


def _falls_through(body: Sequence[ast.stmt]) -> bool:
    """Whether statements may come to their end without `return`."""
    last = body[-1]
    if isinstance(last, ast.Return | ast.Raise):
        return False
    if isinstance(last, ast.If):
        return not last.orelse or _falls_through(last.body) or _falls_through(last.orelse)
    if isinstance(last, ast.With | ast.AsyncWith):
        return _falls_through(last.body)
    if isinstance(last, ast.Try):
        if last.finalbody and not _falls_through(last.finalbody):
            return False
        ends = [handler.body for handler in last.handlers]
        return _falls_through([*last.body, *last.orelse]) or any(_falls_through(end) for end in ends)
    if isinstance(last, ast.Match):
        whole = any(isinstance(c.pattern, ast.MatchAs) and not c.pattern.pattern and not c.guard for c in last.cases)
        return not whole or any(_falls_through(case.body) for case in last.cases)
    return not (isinstance(last, ast.While) and isinstance(last.test, ast.Constant) and last.test.value)


def _undecorated(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _name(scope: Scope) -> str:
    return getattr(scope.node, "name", "a lambda")
