"""What `resources=` of a call declares: resource by resource, with its place, and what can not be known of it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from agentry.inspector.code.growth import comprehension_name, grown
from agentry.inspector.code.modules import Assigned, Defined, Imported
from agentry.inspector.evaluation.values import (
    HOLE,
    Entries,
    External,
    Items,
    Known,
    Local,
    Made,
    Unknown,
    Value,
    Values,
    source_of,
    why,
)
from agentry.inspector.repository.configured import plain_value
from agentry.inspector.repository.tools import Tools
from agentry.inspector.repository.written import effective, inner_lists, written_argument
from agentry.inspector.uses import Undecided
from agentry.resources import MLFLOW_CLASSES, RESOURCE_TYPES, Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentry.inspector.code.modules import Scope
    from agentry.inspector.evaluation.values import Frame
    from agentry.inspector.repository.drivers import LogCall

RETRIEVER = "VectorSearchRetrieverTool"
MCP_TYPES = frozenset({"genie_space", "uc_connection"})
"""What `DatabricksMCPClient.get_databricks_resources()` finds by its address alone (databricks-mcp 0.9.2)."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One resource that is declared, and where.

    Attributes:
        file: As it is said to people.
        by_tool: Whether a retriever tool's `.resources` declares it, which holds the embedding endpoint of its index
            too; which that is, only the workspace knows.
    """

    resource: Resource
    file: str
    line: int
    by_tool: bool = False

    @property
    def where(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class UndecidedPart(Undecided):
    """A part of a declaration of which it is not known what it declares.

    Attributes:
        type: The type of what it declares, where that is known.
        pattern: Its name with `HOLE` for what is not known of it, where some of it is.
    """

    type: str = ""
    pattern: str = ""

    def may_be(self, resource: Resource) -> bool:
        """Whether it may declare this."""
        if self.type and self.type != resource.type:
            return False
        pattern = ".*".join(re.escape(part) for part in self.pattern.split(HOLE)) if self.pattern else ".*"
        return bool(re.fullmatch(pattern, resource.name))


class Declarations:
    """Reads what one call of `log_model` declares.

    Lists are followed to where each element stands; conditions are not: what may be declared is taken as declared.
    """

    def __init__(self, call: LogCall) -> None:
        self._call = call
        self._evaluator = call.evaluator
        self._seen: set[tuple[ast.expr, Frame | None]] = set()
        self._tools = Tools(call.evaluator)
        self.declared: dict[Declared, None] = {}
        self.undecided: dict[UndecidedPart, None] = {}
        self.notes: list[str] = []

    def argument(self, made: Made, name: str, position: int | None = None) -> bool:
        """Read the list that is an argument of a call; False where it is not given, or is None."""
        ask = self._evaluator.calls.argument
        values = self._call.argument((name,)) if made is self._call.made else ask(made, (name,), position)
        if values is None or set(values) == {Known(None)}:
            return False
        expr = written_argument(made.call, made.scope, name, position)
        if expr is None:
            self._values(values, made.call, made.scope)
        else:
            self._list(expr, made.scope, made.frame)
        return True

    def document(self, mapping: Entries, file: str, line: int) -> None:
        """Read the shape of the MLmodel file: `{"databricks": {"serving_endpoint": [{"name": ...}]}}`."""
        for resource in _in_document(plain_value((mapping,))):
            self.declared[Declared(resource, file, line)] = None

    # lists

    def _list(self, expr: ast.expr, scope: Scope, frame: Frame | None) -> None:
        """An expression that is a list of resources."""
        if (expr, frame) in self._seen:
            return
        self._seen.add((expr, frame))
        inner = inner_lists(expr)
        if isinstance(expr, ast.List | ast.Tuple | ast.Set):
            for element in expr.elts:
                if isinstance(element, ast.Starred):
                    self._list(element.value, scope, frame)
                else:
                    self._element(element, scope, frame)
        elif inner:
            for each in inner:
                self._list(each, scope, frame)
        elif isinstance(expr, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            self._comprehension(expr, scope, frame)
        elif isinstance(expr, ast.Name) and (bindings := self._bindings(expr.id, scope)):
            for binding in bindings:
                self._list(binding.expr, binding.scope, frame)
        else:
            self._element(expr, scope, frame)

    def _comprehension(
        self, expr: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope, frame: Frame | None
    ) -> None:
        defined = scope.bindings.get(comprehension_name(expr), [])
        inner = next((binding.scope for binding in defined if isinstance(binding, Defined)), scope)
        self._element(expr.elt, inner, frame)

    def _bindings(self, name: str, scope: Scope) -> list[Assigned]:
        """What a list's name is bound to when the call is reached; nothing where that is not by plain assignments."""
        found: Scope | None = scope
        while found and name not in found.bindings:
            found = found.parent
        if found is None:
            return []
        bindings = grown(found, name)
        imported = bindings[0]
        if len(bindings) == 1 and isinstance(imported, Imported):
            module, _, attribute = imported.path.rpartition(".")
            home = self._evaluator.modules.get(module)
            return self._bindings(attribute, home.scope) if home and attribute in home.scope.bindings else []
        if not all(isinstance(each, Assigned) and not each.path for each in bindings):
            return []
        at = self._call.made.scope
        # Only beside the call does the order of lines say what came before it.
        line = self._call.line if found is (at.function or at.module.scope) else None
        return [each for each in effective(name, bindings, found, line) if isinstance(each, Assigned)]

    # elements

    def _element(self, expr: ast.expr, scope: Scope, frame: Frame | None) -> None:
        """An expression that is one resource, or something that has a list of them."""
        if isinstance(expr, ast.IfExp):
            self._element(expr.body, scope, frame)
            self._element(expr.orelse, scope, frame)
        else:
            self._values(self._attribute_values(expr, scope, frame), expr, scope)

    def _attribute_values(self, expr: ast.expr, scope: Scope, frame: Frame | None) -> Values:
        """The values of an expression; of `tool.resources` only those of tools that have such an attribute.

        A function of the agent's own that is among the tools has none: an `isinstance` keeps it away from here.
        """
        if not isinstance(expr, ast.Attribute):
            return self._evaluator.values(expr, scope, frame)
        found: list[Value] = []
        for base in self._evaluator.values(expr.value, scope, frame):
            if isinstance(base, Local) and not isinstance(base.scope.node, ast.Module | ast.ClassDef):
                continue
            if isinstance(base, External) and expr.attr == "resources" and self._tools.origin(base) is None:
                continue
            found.extend(self._evaluator.objects.attribute(base, expr.attr))
        return tuple(dict.fromkeys(found))

    def _values(self, values: Values, expr: ast.expr, scope: Scope) -> None:
        for value in values:
            if isinstance(value, Items):
                for inner in value.items:
                    self._values(inner, expr, scope)
            elif isinstance(value, External):
                self._external(value, expr, scope)
            elif isinstance(value, Entries):
                self.document(value, scope.module.shown, expr.lineno)
            elif isinstance(value, Known) and isinstance(value.value, str):
                self._path(value, expr, scope)
            elif not isinstance(value, Known):
                self._part(expr, scope, "resources", why(value))

    def _external(self, value: External, expr: ast.expr, scope: Scope) -> None:
        name = value.path.removesuffix("()").rpartition(".")[2]
        if value.made and value.path.endswith("()") and name in MLFLOW_CLASSES:
            self._resource(value.made, name)
            return
        origin = self._tools.origin(value)
        last = value.path.removesuffix("[]").rpartition(".")[2]
        if origin is None:
            self._part(expr, scope, "resources", why(value))
        elif last == "resources":
            self._of_use(origin, expr, scope, None)
        elif last == "get_databricks_resources()":
            self._of_server(origin, expr, scope)
        # Any other attribute of a tool is no resource: a check of its type keeps it away from here.

    def _resource(self, made: Made, name: str) -> None:
        """`DatabricksServingEndpoint(endpoint_name=...)`."""
        kind, argument = MLFLOW_CLASSES[name].key, MLFLOW_CLASSES[name].mlflow[1]
        flags = self._evaluator.calls.argument(made, ("on_behalf_of_user",), 1) or ()
        as_caller = any(isinstance(flag, Known) and flag.value is True for flag in flags)
        expr = written_argument(made.call, made.scope, argument, 0)
        if expr is not None and not isinstance(expr, ast.Starred):
            values = self._attribute_values(expr, made.scope, made.frame)
        else:
            values = self._evaluator.calls.argument(made, (argument,), 0) or (Unknown(f"`{argument}` is not given"),)
        construct = f"{name}({argument}=)"
        for value in _flat(values):
            if isinstance(value, Known) and isinstance(value.value, str) and value.value and HOLE not in value.value:
                resource = Resource(kind, value.value, as_caller)
                self.declared[Declared(resource, made.scope.module.shown, made.call.lineno)] = None
            elif isinstance(value, External) and (origin := self._tools.origin(value)):
                self._of_use(origin, expr or made.call, made.scope, kind)
            elif not isinstance(value, Known) or value.value is not None:
                pattern = str(value.value) if isinstance(value, Known) else ""
                reason = (value.why if isinstance(value, Known) else "") or why(value)
                self._part(expr or made.call, made.scope, construct, reason, kind, pattern)

    # what a tool uses

    def _of_use(self, origin: Made, expr: ast.expr, scope: Scope, kind: str | None) -> None:
        """What the tool uses is declared: all of a retriever by its `.resources`, of others what is of one type."""
        is_retriever = origin.maker.path.endswith(RETRIEVER)
        if is_retriever != (kind is None):
            return  # it has no such attribute: a check of its type keeps it away from here
        uses, undecided = self._tools.uses(origin)
        for use in uses:
            if kind in {None, use.resource.type}:
                self.declared[Declared(use.resource, scope.module.shown, expr.lineno, is_retriever)] = None
        if undecided:
            reason = undecided[0].why
            self._part(expr, scope, undecided[0].construct, reason, kind or "vector_search_index")

    def _of_server(self, origin: Made, expr: ast.expr, scope: Scope) -> None:
        """What `get_databricks_resources()` of an MCP client finds: by the address, else by asking the server."""
        uses, undecided = self._tools.uses(origin)
        for use in uses:
            if use.resource.type in MCP_TYPES:
                self.declared[Declared(use.resource, scope.module.shown, expr.lineno)] = None
            else:
                where = f"{scope.module.shown}:{expr.lineno}"
                note = f"{where}: get_databricks_resources() finds nothing for an address with the name of one {{}}"
                self.notes.append(note.format(use.resource.about.label))
        if undecided or not uses:
            reason = undecided[0].why if undecided else "it asks the server when it runs"
            self._part(expr, scope, "get_databricks_resources()", reason)

    # places

    def _path(self, value: Known, expr: ast.expr, scope: Scope) -> None:
        """`resources="resources.yaml"`."""
        file = self._call.view.find(str(value.value), ("", ".yaml"))
        try:
            loaded = yaml.safe_load(self._call.view.content(file)) if file else None
        except yaml.YAMLError:
            loaded = None
        if not isinstance(loaded, dict):
            self._part(expr, scope, "resources", value.why or "there is no such YAML file in the repository")
            return
        text = self._call.view.content(file).decode("utf-8", "replace").splitlines()
        for resource in _in_document(loaded):
            named = (n for n, line in enumerate(text, 1) if re.search(rf"name:.*{re.escape(resource.name)}\b", line))
            self.declared[Declared(resource, self._call.view.where(file), next(named, 1))] = None

    def _part(
        self, expr: ast.expr, scope: Scope, construct: str, reason: str, kind: str = "", pattern: str = ""
    ) -> None:
        written = source_of(expr, scope.module.source)
        part = UndecidedPart(construct, written, scope.module.shown, expr.lineno, reason, kind, pattern)
        self.undecided[part] = None


def _flat(values: Values) -> Iterator[Value]:
    for value in values:
        if isinstance(value, Items):
            for inner in value.items:
                yield from _flat(inner)
        else:
            yield value


def _in_document(loaded: dict[str, Any]) -> Iterator[Resource]:
    types = loaded.get("databricks")
    for kind, entries in types.items() if isinstance(types, dict) else ():
        for entry in entries if kind in RESOURCE_TYPES and isinstance(entries, list) else ():
            name = entry.get("name") if isinstance(entry, dict) else None
            if isinstance(name, str) and name and HOLE not in name:
                yield Resource(kind, name, entry.get("on_behalf_of_user") is True)
