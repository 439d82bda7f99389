"""What the code uses: every call that is in the tables, with what its argument says, and what can not be decided."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.inspector.code.growth import last_name
from agentry.inspector.code.modules import Site
from agentry.inspector.code.scopes import CALL_LATER
from agentry.inspector.entrypoints import workspaces
from agentry.inspector.entrypoints.arguments import Doubt, is_covered, said
from agentry.inspector.entrypoints.clients import TELLING, is_client, is_constructor, is_harmless, rows, undecorated
from agentry.inspector.entrypoints.credentials import Credential, credentials
from agentry.inspector.entrypoints.table import ENTRY_POINTS
from agentry.inspector.evaluation.solver import SPENT
from agentry.inspector.evaluation.values import External, Local, Made, Unknown, Value, source_of
from agentry.resources import Resource

if TYPE_CHECKING:
    from agentry.inspector.code.modules import Module
    from agentry.inspector.entrypoints.row import EntryPoint
    from agentry.inspector.evaluation.evaluate import Evaluator


_BUILTINS = frozenset(dir(builtins))
# How calls of the table end, but for ends that most calls have which are none: for code that is too large to follow.
_LAST_NAMES = {name.rpartition(".")[2] for row in ENTRY_POINTS for name in row.names} - {
    "get",
    "list",
    "exists",
    "start",
}


@dataclass(frozen=True, slots=True)
class Use:
    """One resource that the code uses, and where.

    Attributes:
        resource: What is used.
        file: As it is said to people, for example `agents/weather/agent.py`.
        line: The line of the call, from 1.
        construct: The call, for example `ChatOpenAI(model=)`.
        origin: Where the name comes from when not from the code itself: a config file, an environment variable.
        implied: What else such a call needs, which no code shows; empty when nothing.
    """

    resource: Resource
    file: str
    line: int
    construct: str
    origin: str = ""
    implied: str = ""

    @property
    def where(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Undecided:
    """A call that uses something of the workspace; what, can not be known without running it."""

    construct: str
    expression: str
    file: str
    line: int
    why: str

    @property
    def where(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"


class Finder:
    """Finds uses in the modules of one agent."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        modules = evaluator.modules.values()
        self._has_clients = any(is_client(path) for module in modules for path in (*module.imports, *module.stars))
        self.uses: dict[Use, None] = {}
        self.undecided: dict[Undecided, None] = {}

    def look(self) -> None:
        """Look at every call, at what is passed on, and at the marker comments."""
        for module in self._evaluator.modules.values():
            for site in module.calls:
                self._call_site(site)
            for site in module.references:
                self._reference(site)
            for marker in module.markers:
                if marker.resource:
                    use = Use(marker.resource, module.shown, marker.line, "marker comment")
                    self.uses[use] = None

    # calls

    def _call_site(self, site: Site) -> None:
        assert isinstance(site.node, ast.Call)
        callees = self._evaluator.values(site.node.func, site.scope)
        externals = [external for callee in callees if (external := self._as_external(callee))]
        last = last_name(site.node.func)
        if self._is_call_of_another(site, last):
            return
        if last in {"get", "to_dict"}:
            self._evaluator.values(site.node, site.scope)  # for which keys of the model config are read
        if any(_is_looked_at(undecorated(external.path)) for external in externals):
            self._in_each_frame(site)
        elif externals:
            unknown = [external for external in externals if external.path not in _BUILTINS]
            if not all(is_harmless(external.path) or is_covered(external) for external in unknown):
                self._clients_passed(site, short(unknown[0].path))
        elif SPENT in callees and self._has_clients and last in _LAST_NAMES:
            self._undecided(site, ast.unparse(site.node.func), site.node, SPENT.why)
        elif any(isinstance(callee, Unknown) for callee in callees):
            written = ast.unparse(site.node.func)
            if written.endswith(TELLING):
                self._undecided(site, written, site.node, "which client it is made on is known only when it runs")
            else:
                self._clients_passed(site, written)

    def _in_each_frame(self, site: Site) -> None:
        """Look at a call once for each call of the function that it is in, so that arguments stay together."""
        assert isinstance(site.node, ast.Call)
        for frame in self._evaluator.calls.frames(site):
            for callee in self._evaluator.values(site.node.func, site.scope, frame):
                external = self._as_external(callee)
                if external:
                    self._call(Made(site.node, site.scope, frame, external))
                elif callee == SPENT:
                    self._undecided(site, ast.unparse(site.node.func), site.node, SPENT.why)

    def _as_external(self, callee: Value) -> External | None:
        """A callee of a package: itself, or what a class of the agent's own extends without an `__init__`."""
        if isinstance(callee, External):
            return callee
        if isinstance(callee, Local) and isinstance(callee.scope.node, ast.ClassDef):
            if any("__init__" in each.bindings for each in self._evaluator.objects.ancestry(callee.scope)):
                return None
            base = self._evaluator.objects.external_base(callee.scope)
            return External(base) if base and rows(base) else None
        return None

    def _call(self, made: Made) -> None:
        path = undecorated(made.maker.path)
        found = rows(path)
        for row in found:
            self._row(row, made, path)
        if (
            found
            or not is_client(path)
            or is_harmless(path)
            or is_covered(made.maker)
            or _is_inherited(made.call, path)
        ):
            return
        if not self._needs_nothing(made.maker):
            self._undecided(made, short(path), made.call, "the inspector does not know what this call uses")

    def _is_call_of_another(self, site: Site, last: str) -> bool:
        """`functools.partial(f, ...)` and `asyncio.to_thread(f, ...)` count as a call of `f`, if that is in the tables."""
        call = site.node
        assert isinstance(call, ast.Call)
        position = CALL_LATER.get(last, len(call.args))
        if position >= len(call.args):
            return False
        function = call.args[position]
        values = self._evaluator.values(function, site.scope)
        if not any(isinstance(value, External) and _is_looked_at(undecorated(value.path)) for value in values):
            return False
        later = ast.copy_location(ast.Call(function, call.args[position + 1 :], call.keywords), call)
        self._in_each_frame(Site(later, site.scope, site.block))
        return True

    def _clients_passed(self, site: Site, to: str) -> None:
        """A client that is handed to something unknown can be used there for anything."""
        assert isinstance(site.node, ast.Call)
        if not self._has_clients:
            return
        for argument in (*site.node.args, *(keyword.value for keyword in site.node.keywords)):
            if isinstance(argument, ast.Name | ast.Attribute | ast.Call):
                for value in self._evaluator.values(argument, site.scope):
                    if isinstance(value, External) and self._is_open_client(value):
                        reason = f"what {to} does with this client is not known"
                        self._undecided(site, short(value.path), argument, reason)

    def _is_open_client(self, value: External) -> bool:
        if not value.made or value.path != f"{value.made.maker.path}()":
            return False
        return is_constructor(undecorated(value.made.maker.path)) and not self._needs_nothing(value)

    def _needs_nothing(self, value: External) -> bool:
        """Whether it is of a client of somebody else's service, or of one with a credential of the code's own."""
        if value.made and credentials(value.made, self._evaluator) == {Credential.GIVEN}:
            return True
        return workspaces.is_elsewhere(value, self._evaluator)

    def _reference(self, site: Site) -> None:
        """A class or function of the tables that is passed on instead of called."""
        for value in self._evaluator.values(site.node, site.scope):
            if not isinstance(value, External) or value.path.endswith("()") or is_covered(value):
                continue
            path = undecorated(value.path)
            if any(row.required and not row.lenient for row in rows(path)) or is_constructor(path):
                self._undecided(
                    site, short(path), site.node, "it is passed on, and called where it can not be followed"
                )

    def _row(self, row: EntryPoint, made: Made, path: str) -> None:
        given = [keyword.arg for keyword in made.call.keywords if keyword.arg in row.keywords]
        construct = f"{short(path)}({given[0]}=)" if given else f"{short(path)}()"
        findings = list(said(row, made, self._evaluator))
        if not findings:
            return
        whose = credentials(made, self._evaluator)
        for finding in findings:
            if whose == {Credential.GIVEN}:
                continue  # what is reached with a credential of the code's own needs no declaration
            if isinstance(finding, Doubt):
                self._undecided(made, construct, finding.expression, finding.why)
                continue
            for credential in whose - {Credential.GIVEN}:
                resource = Resource(finding.type, finding.name, credential is Credential.CALLER)
                use = Use(resource, made.scope.module.shown, made.call.lineno, construct, finding.origin, row.implied)
                self.uses[use] = None

    def _undecided(self, at: Site | Made, construct: str, expression: ast.AST, reason: str) -> None:
        module = at.scope.module
        node = at.call if isinstance(at, Made) else at.node
        if not _is_marked(module, node):
            written = source_of(expression, module.source)
            found = Undecided(construct, written, module.shown, node.lineno, reason)
            self.undecided[found] = None


def _is_looked_at(path: str) -> bool:
    return is_client(path) or bool(rows(path))


def _is_inherited(call: ast.Call, path: str) -> bool:
    """Whether it is `super().invoke(...)` in a class that extends one of the table, which is looked at where it is made."""
    written = call.func.value if isinstance(call.func, ast.Attribute) else None
    is_super = isinstance(written, ast.Call) and isinstance(written.func, ast.Name) and written.func.id == "super"
    return is_super and bool(rows(path.rpartition(".")[0]))


def short(path: str) -> str:
    """A path without the modules it starts with: `OpenAI().chat.completions.create`."""
    parts = path.split(".")
    for index, part in enumerate(parts):
        if part.endswith("()") or part[:1].isupper() or index == len(parts) - 1:
            return ".".join(parts[index:])
    return path


def _is_marked(module: Module, node: ast.expr) -> bool:
    """Whether a marker comment on the call's lines, or right above, says what it uses."""
    last = node.end_lineno or node.lineno
    return any(node.lineno - 1 <= marker.line <= last for marker in module.markers)
