"""Who calls which function of the agent's own, with what; and who may call it that can not be seen."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from agentry.inspector.code import growth
from agentry.inspector.code.growth import last_name, self_name
from agentry.inspector.code.modules import Defined, Function, Parameter, Site
from agentry.inspector.code.scopes import CALL_LATER
from agentry.inspector.evaluation import decorators, functional, library
from agentry.inspector.evaluation.values import (
    LIMIT,
    Applied,
    Entries,
    External,
    Frame,
    Instance,
    Items,
    Local,
    Unknown,
    Value,
    Values,
    unique,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentry.inspector.code.modules import Module, Scope
    from agentry.inspector.evaluation.evaluate import Evaluator

ROUNDS = 10  # of finding out who calls what, where that depends on itself
CONTEXTS = 200  # calls of one function that are told apart
DEPTH = 3  # callers of callers that are

Caller = tuple[Site, Local]

# What no function of these is given is called with anything else than itself says.
_CALL_NOTHING = frozenset(
    {"print", "repr", "hash", "id", "any", "all", "sum", "abs", "round", "format", "hasattr", "issubclass", "callable"}
    | {"json", "yaml", "os", "sys", "re", "time", "datetime", "math", "random", "uuid", "typing", "logging", "pathlib"}
    | {"warnings", "base64", "hashlib", "textwrap", "traceback", "string", "copy", "decimal", "enum", "types"}
)
_CALLABLE = (ast.Name, ast.Attribute, ast.Lambda, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Call, ast.IfExp)


class Callers:
    """The part of evaluation that knows who calls what."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._started = False
        self._callers: dict[Scope, list[Caller]] = {}
        self._made: dict[Scope, list[Site]] = {}
        self._methods: dict[str, list[Scope]] = {}
        self._classes: list[Scope] = []
        self._below: dict[Scope, list[Scope]] = {}
        self._frames: dict[tuple[Scope, int], list[Frame | None]] = {}
        self._instances: dict[Scope, Values] = {}
        self._functions: list[Scope] = []
        self._handed: set[Scope] = set()
        self._later: dict[Module, list[Site]] = {}

    def prepare(self) -> None:
        """Find out who calls what; once, before anything else is asked."""
        if self._started:
            return
        self._started = True
        solver = self._evaluator.solver
        for module in list(self._evaluator.modules.values()):
            self._define(module.scope)
        solver.allow(sum(len(module.calls) for module in self._evaluator.modules.values()))
        # Calls on what is not known count for every method of that name, once all else is clear.
        by_name = False
        before: object = None
        for number in range(ROUNDS):
            self._forget()
            # From the third round on nothing is taken back: what depends on itself may never come to rest otherwise.
            keep = number > 1
            now = (self._find(by_name=by_name, keep=keep), self._evaluator.changes.find(keep=keep))
            if now == before or not solver.asked_any:
                if by_name:
                    break
                by_name = True
                before = now
                now = (self._find(by_name=True, keep=True), now[1])
                if now == before:
                    break
            before = now
        else:
            solver.exhaust()
        self._find_handed()
        self._forget()
        solver.settled = True

    def _forget(self) -> None:
        """Forget what depends on who calls what."""
        self._evaluator.solver.next_round()
        self._evaluator.objects.next_round()
        self._below.clear()

    def _define(self, scope: Scope) -> None:
        waiting = [scope]
        while waiting:
            for bindings in waiting.pop().bindings.values():
                for binding in bindings:
                    if isinstance(binding, Defined):
                        waiting.append(binding.scope)
                        if isinstance(binding.scope.node, ast.ClassDef):
                            self._classes.append(binding.scope)
                            continue
                        if isinstance(binding.scope.node, Function) and _takes_something(binding.scope):
                            self._functions.append(binding.scope)
                        if binding.scope.owner:
                            name = getattr(binding.scope.node, "name", "")
                            self._methods.setdefault(name, []).append(binding.scope)

    def _find(self, *, by_name: bool, keep: bool) -> object:
        callers: dict[Scope, list[Caller]] = {}
        made: dict[Scope, list[Site]] = {}
        for module in self._evaluator.modules.values():
            for site in (*module.calls, *self._calls_later(module)):
                assert isinstance(site.node, ast.Call)
                for callee in self._evaluator.values(site.node.func, site.scope):
                    for entered in self._entered(callee):
                        callers.setdefault(entered.scope, []).append((site, entered))
                    if isinstance(callee, Local) and isinstance(callee.scope.node, ast.ClassDef):
                        made.setdefault(callee.scope, []).append(site)
                    if by_name and isinstance(callee, Unknown) and isinstance(site.node.func, ast.Attribute):
                        for method in self._methods.get(site.node.func.attr, ()):
                            assert method.owner
                            callers.setdefault(method, []).append((site, Local(method, Instance(method.owner))))
        found = {(id(site.node), scope) for scope, each in callers.items() for site, _ in each}
        for scope, each in self._callers.items() if keep else ():
            missing = [(site, callee) for site, callee in each if (id(site.node), scope) not in found]
            callers.setdefault(scope, []).extend(missing)
            found.update((id(site.node), scope) for site, _ in missing)
        for cls, sites in self._made.items() if keep else ():
            made[cls] = list({id(site): site for site in (*made.get(cls, ()), *sites)}.values())
        self._callers, self._made = callers, made
        return found

    def _calls_later(self, module: Module) -> list[Site]:
        """`asyncio.to_thread(f, x)` and `Thread(target=f, args=(x,))` as the calls of `f` that they are."""
        if module not in self._later:
            found: list[Site] = []
            for site in module.calls:
                call = site.node
                assert isinstance(call, ast.Call)
                position = CALL_LATER.get(last_name(call.func), len(call.args))
                given = {keyword.arg: keyword.value for keyword in call.keywords}
                if position < len(call.args):
                    made = ast.Call(call.args[position], call.args[position + 1 :], call.keywords)
                    found.append(Site(ast.copy_location(made, call), site.scope, site.block))
                elif "target" in given and {"args", "kwargs"}.intersection(given):
                    spread = [ast.Starred(given["args"], ast.Load())] if "args" in given else []
                    named = [ast.keyword(None, given["kwargs"])] if "kwargs" in given else []
                    made = ast.Call(given["target"], [ast.copy_location(each, call) for each in spread], named)
                    found.append(Site(ast.copy_location(made, call), site.scope, site.block))
            self._later[module] = found
        return self._later[module]

    def _entered(self, callee: Value) -> Iterator[Local]:
        """The function of the agent's own that a call enters: itself, or a class's `__init__`."""
        if isinstance(callee, Applied):
            yield from self._entered(callee.callee)
        elif isinstance(callee, Instance):
            for method in self._evaluator.objects.attribute(callee, "__call__"):
                if isinstance(method, Local):
                    yield method
        elif isinstance(callee, Local) and isinstance(callee.scope.node, Function):
            yield callee
        elif isinstance(callee, Local) and isinstance(callee.scope.node, ast.ClassDef):
            yield from self._evaluator.objects.initializers(callee.scope)

    # parameters

    def parameter(self, parameter: Parameter, frame: Frame | None) -> Values:
        """What a parameter may be: of this call when it is known, else of every call there is."""
        function, name = parameter.scope, parameter.name
        own = frame.of(function) if frame else None
        if function.owner and name == self_name(function):
            return self.own_self(function, own)
        if own:
            return own.arguments[name] if name in own.arguments else self.default(function, name)
        return self._evaluator.solver.solve(("parameter", function, name), self._merged, function, name)

    def own_self(self, function: Scope, frame: Frame | None) -> Values:
        """What `self` (or `cls`) of a method is."""
        own = frame.of(function) if frame else None
        if own and own.instance is not None:
            return (own.instance,)
        if own and self_name(function) in own.arguments:
            return own.arguments[self_name(function)]
        self._evaluator.solver.ask()
        assert function.owner
        if _is_class_method(function):
            return tuple(Local(each) for each in self._concrete(function.owner))
        return self.instances(function.owner)

    def _merged(self, function: Scope, name: str) -> Values:
        self._evaluator.solver.ask()
        found: list[Value] = []
        callers = self._callers.get(function, [])
        calls = self._evaluator.calls
        for site, callee in callers:
            assert isinstance(site.node, ast.Call)
            given = calls.bind(callee, calls.arguments(site.node, site.scope, None)).arguments
            found.extend(given[name] if name in given else self.default(function, name))
        if not callers or self.is_open(function):
            found.extend(self.open_argument(function, name))
        return unique(found)

    def open_argument(self, function: Scope, name: str) -> Values:
        """What a parameter is in a call that is not seen."""
        default = self.default(function, name)
        if default and not self.is_open(function):
            return default
        called = getattr(function.node, "name", "a lambda")
        return unique((*default, Unknown(f"`{name}` is given to {called}() by somebody else")))

    def default(self, function: Scope, name: str) -> Values:
        """The default of a parameter; nothing where it has none."""
        node = function.node
        assert isinstance(node, Function)
        positional = [*node.args.posonlyargs, *node.args.args]
        pairs = zip(reversed(positional), reversed(node.args.defaults), strict=False)
        outside = function.parent or function
        for argument, default in (*pairs, *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)):
            if argument.arg == name and default is not None:
                return self._evaluator.values(default, outside)
        if node.args.vararg and node.args.vararg.arg == name:
            return (Items((), "what it is given is known only when it runs"),)
        if node.args.kwarg and node.args.kwarg.arg == name:
            return (Entries((), "what it is given is known only when it runs"),)
        return ()

    # who may call it that can not be seen

    def is_open(self, function: Scope) -> bool:
        """Whether something may call it that is not the agent's code: it is handed on, or registered by a decorator."""
        return function in self._handed

    def _find_handed(self) -> None:
        """Find the functions that something outside is given, or that a decorator hands on."""
        self._handed = set(self._decorated())
        modules = self._evaluator.modules.values()
        around: dict[ast.Call, None] = {}
        anywhere = False
        for function in self._functions:
            name = getattr(function.node, "name", "") or growth.lambda_name(function.node)  # type: ignore[arg-type]
            for module in modules:
                for call in (*module.read.get(name, ()), *module.read.get(f".{name}", ())):
                    if call is None:
                        anywhere = True
                    else:
                        around[call] = None
        sites = [site for module in modules for site in module.calls]
        anywhere = anywhere or any(site.node in around and self._passes_on(site) for site in sites)
        for site in sites:
            if anywhere or site.node in around:
                self._handed.update(self._handed_by(site))

    def _passes_on(self, site: Site) -> bool:
        """Whether a call enters the agent's own code, which may hand on what it is given."""
        assert isinstance(site.node, ast.Call)
        return any(
            isinstance(callee, Local | Instance | Applied)
            or (isinstance(callee, External) and callee.path.endswith("partial"))
            for callee in self._evaluator.values(site.node.func, site.scope)
        )

    def _handed_by(self, site: Site) -> Iterator[Scope]:
        assert isinstance(site.node, ast.Call)
        handed = _handed_on(site.node)
        for expr in handed if handed and self._leads_outside(site) else ():
            for value in self._evaluator.values(expr, site.scope):
                yield from _functions(value)

    def _leads_outside(self, site: Site) -> bool:
        assert isinstance(site.node, ast.Call)
        return any(
            isinstance(callee, Unknown)
            or (
                isinstance(callee, External)
                and callee.path not in functional.FUNCTIONS
                and callee.path.partition(".")[0] not in _CALL_NOTHING
                and not library.is_known(callee.path)
            )
            for callee in self._evaluator.values(site.node.func, site.scope)
        )

    def _decorated(self) -> Iterator[Scope]:
        for module in self._evaluator.modules.values():
            waiting = [module.scope]
            while waiting:
                for bindings in waiting.pop().bindings.values():
                    for binding in bindings:
                        if isinstance(binding, Defined):
                            waiting.append(binding.scope)
                            if self._is_changed(binding.scope):
                                yield binding.scope

    def _is_changed(self, scope: Scope) -> bool:
        by_whom = getattr(scope.node, "decorator_list", None)
        if not by_whom or not isinstance(scope.node, Function):
            return False
        return any(
            isinstance(by, Unknown) or (isinstance(by, External) and not decorators.is_transparent(by.path))
            for decorator in by_whom
            for by in self._evaluator.values(decorator, scope.parent or scope)
        )

    # in which calls something stands

    def frames(self, site: Site, depth: int = DEPTH) -> list[Frame | None]:
        """In which calls of the functions around it, and turns of loops, a call is made; none where it never is.

        [None] stands for all of them together, where they are too many to tell apart.
        """
        if not self._started:
            self.prepare()
        found: list[Frame | None] = []
        for outer in self._around(site.scope, depth):
            calls = self._evaluator.calls
            turns = calls.turns_at(site, outer) if calls.runs(site.block, site.scope, outer) is not False else ()
            found.extend(
                turn for turn in turns if turn is outer or calls.runs(site.block, site.scope, turn) is not False
            )
            if len(found) > CONTEXTS:
                return [None]
        return found

    def _around(self, scope: Scope, depth: int) -> list[Frame | None]:
        function = scope.function
        if function is None or depth < 0:
            return [None]
        known = self._frames.get((function, depth))
        if known is None:
            self._frames[function, depth] = [None]  # for what asks while they are found
            known = self._frames_of(function, depth)
            known = known if len(known) <= CONTEXTS else [None]
            self._frames[function, depth] = known
        return known

    def _frames_of(self, function: Scope, depth: int) -> list[Frame | None]:
        found: list[Frame | None] = []
        callers = self._callers.get(function, [])
        for site, callee in callers:
            if site.scope.function is not function:
                for outer in self.frames(site, depth - 1):
                    found.extend(self._entering(site, callee, outer))
            if len(found) > CONTEXTS:
                return [None]
        for site, callee in callers:
            if site.scope.function is function:
                found.extend(self._again(site, callee, found))
        if not callers or self.is_open(function):
            found.extend(self._unseen(function, depth))
        return found

    def _entering(self, site: Site, callee: Local, outer: Frame | None) -> Iterator[Frame]:
        assert isinstance(site.node, ast.Call)
        calls = self._evaluator.calls
        given = calls.arguments(site.node, site.scope, outer)
        found, depth = False, (outer.depth if outer else 0) + 1
        for value in self._evaluator.values(site.node.func, site.scope, outer):
            if isinstance(value, Local) and isinstance(value.scope.node, ast.ClassDef):
                for made in self._evaluator.values(site.node, site.scope, outer):
                    if isinstance(made, Instance) and made.frame and made.frame.scope is callee.scope:
                        found = True
                        yield made.frame
                continue
            for entered in self._entered(value):
                if entered.scope is callee.scope:
                    found = True
                    yield replace(calls.bind(entered, functional.applied(value, given)), depth=depth)
        if not found:
            yield replace(calls.bind(callee, given), depth=depth)

    def _again(self, site: Site, callee: Local, frames: list[Frame | None]) -> list[Frame | None]:
        """The frames of a function that calls itself: what changes from call to call is not known."""
        assert isinstance(site.node, ast.Call)
        calls = self._evaluator.calls
        found: list[Frame | None] = []
        for frame in frames:
            if frame is None:
                continue
            name = getattr(callee.scope.node, "name", "a lambda")
            given = calls.bind(callee, calls.arguments(site.node, site.scope, frame)).arguments
            changed = {key for key, values in given.items() if values != frame.arguments.get(key)}
            if changed:
                unknown = (Unknown(f"it changes as {name}() calls itself"),)
                arguments = {key: (*v, *unknown) if key in changed else v for key, v in given.items()}
                found.append(Frame(frame.scope, arguments, frame.outer, frame.instance))
        return found

    def _unseen(self, function: Scope, depth: int) -> list[Frame | None]:
        """The calls of a function that are not seen: of each object, or in each call of the function around it."""
        names = [name for name, each in function.bindings.items() if isinstance(each[0], Parameter)]
        own = self_name(function) if function.owner else ""
        given = {name: self.open_argument(function, name) for name in names if name != own}
        if own:
            if _is_class_method(function):
                assert function.owner
                return [Frame(function, given, None, Local(each)) for each in self._concrete(function.owner)]
            return [
                Frame(function, given, None, each)
                for each in self.own_self(function, None)
                if isinstance(each, Instance)
            ]
        around = function.parent.function if function.parent else None
        if around is None or function.parent is None:
            return [Frame(function, given)]
        return [Frame(function, given, outer.around() if outer else None) for outer in self._around(around, depth - 1)]

    # objects

    def instances(self, cls: Scope) -> Values:
        """The objects of a class and of those that extend it."""
        if not self._evaluator.solver.settled:
            return tuple(Instance(each) for each in self._concrete(cls))
        if cls not in self._instances:
            self._instances[cls] = tuple(Instance(each) for each in self._concrete(cls))  # for who asks meanwhile
            found = unique([made for each in self._concrete(cls) for made in self._made_of(each)])
            known = all(isinstance(made, Instance) for made in found) and len(found) <= LIMIT
            if known and found:
                self._instances[cls] = found
        return self._instances[cls]

    def _made_of(self, cls: Scope) -> Values:
        found: list[Value] = []
        for site in self._made.get(cls, ()):
            for frame in self.frames(site, 1):
                for value in self._evaluator.values(site.node, site.scope, frame):
                    if isinstance(value, Instance) and value.cls is cls:
                        found.append(value)  # noqa: PERF401
        return unique(found) if found else (Instance(cls),)

    def _concrete(self, cls: Scope) -> list[Scope]:
        """A class and those that extend it; without itself where only those are ever made."""
        if not self._below:
            for each in self._classes:
                for above in self._evaluator.objects.ancestry(each):
                    self._below.setdefault(above, []).append(each)
        below = [each for each in self._below.get(cls, ()) if each is not cls]
        return [*([cls] if cls in self._made or not below else []), *below]

    def of(self, function: Scope) -> list[Caller]:
        """The calls of a function that are seen."""
        return self._callers.get(function, [])


def _handed_on(call: ast.Call) -> list[ast.expr]:
    """What a call is given, but for a function that it calls with what is beside it."""
    if not call.args and not call.keywords:
        return []
    called = call.args[CALL_LATER.get(last_name(call.func), len(call.args)) :][:1]
    given = [argument for argument in call.args if argument not in called]
    given += [keyword.value for keyword in call.keywords if keyword.arg != "target"]
    plain = [each.value if isinstance(each, ast.Starred) else each for each in given]
    return [each for each in plain if isinstance(each, _CALLABLE)]


def _takes_something(function: Scope) -> bool:
    """Whether a function has a parameter, besides `self`."""
    arguments = function.node.args  # type: ignore[attr-defined]
    named = len(arguments.posonlyargs) + len(arguments.args) + len(arguments.kwonlyargs)
    own = 1 if function.owner and self_name(function) else 0
    return named > own or bool(arguments.vararg or arguments.kwarg)


def _is_class_method(function: Scope) -> bool:
    return any(last_name(each) == "classmethod" for each in getattr(function.node, "decorator_list", ()))


def _functions(value: Value) -> Iterator[Scope]:
    """The functions of the agent's own that a value is or holds."""
    waiting: list[Value] = [value]
    left = 500
    while waiting and left:
        left -= 1
        each = waiting.pop()
        if isinstance(each, Local) and isinstance(each.scope.node, Function):
            yield each.scope
        elif isinstance(each, Applied):
            waiting.append(each.callee)
        elif isinstance(each, Items):
            waiting.extend(v for values in each.items for v in values)
        elif isinstance(each, Entries):
            waiting.extend(v for _, values in each.items for v in values)
