"""What a call of `log_model` says of an agent: which it is, what is declared for it, what it can read when it runs."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.inspector.code.modules import Assigned
from agentry.inspector.evaluation.values import HOLE, Entries, External, Items, Known, Unknown, Value, why
from agentry.inspector.repository.configured import Config, endpoint_environment, plain_config, plain_value
from agentry.inspector.repository.declared import Declarations, Declared, UndecidedPart
from agentry.inspector.repository.drivers import FLAVOURS
from agentry.inspector.repository.views import known_end
from agentry.inspector.repository.written import written_argument

if TYPE_CHECKING:
    from agentry.inspector.code.modules import Scope
    from agentry.inspector.repository.drivers import LogCall

PATHS = ("", ".py", ".ipynb")
# What comes from these is text that is known only when the driver runs, never an agent.
_TEXTS = ("dbutils", "os.", "sys.", "spark", "argparse", "input")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a call logs.

    Attributes:
        file: The module that is logged by its path; empty where it is an object of the driver, or not known.
        expr: The expression that is logged, where it is an object of the driver.
        why: Why it is not known which agent it is; empty where it is.
    """

    file: str = ""
    expr: ast.expr | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a call declares.

    Attributes:
        declared: Each resource with its place.
        undecided: What may be declared too, and can not be known.
        api_scopes: Those of `auth_policy`; None without one.
        inferred: Whether MLflow itself looks for resources, as its langchain flavour does when none are given.
        notes: What else is to be told.
    """

    declared: tuple[Declared, ...]
    undecided: tuple[UndecidedPart, ...]
    api_scopes: tuple[str, ...] | None
    inferred: bool
    notes: tuple[str, ...]


def subjects(call: LogCall) -> list[Subject]:
    """The agents that a call logs: one, or as many as its argument may be."""
    names, position = FLAVOURS[call.flavour]
    values = call.argument(names, position)
    if values is None:
        return []  # loader_module=, or nothing: no agent of this repository
    expr = next(
        (each for name in names if (each := written_argument(call.made.call, call.made.scope, name, position))), None
    )
    found = [subject for value in values if (subject := _subject(value, expr, call))]
    # A path may have been put together in several ways, of which one leads somewhere.
    return [subject for subject in dict.fromkeys(found) if not subject.why] or found[:1]


def _subject(value: Value, expr: ast.expr | None, call: LogCall) -> Subject | None:
    if isinstance(value, Known) and isinstance(value.value, str):
        file = call.view.find(value.value, PATHS)
        if file:
            return Subject(file)
        name = known_end(value.value)
        clash = next((reason for path, reason in call.view.clashes.items() if f"/{path}".endswith(f"/{name}")), "")
        return Subject(why=(clash or f"there is no file {name} in the repository") if name else value.why)
    if isinstance(value, Known):
        return None
    is_text = isinstance(value, External) and value.path.startswith(_TEXTS)
    if expr is None or is_text or (isinstance(value, Unknown) and not _is_chain(expr, call)):
        return Subject(why=why(value))
    return Subject(expr=expr)


def _is_chain(expr: ast.expr, call: LogCall) -> bool:
    """Whether it is a chain of LangChain by how it is written: `prompt | llm | parser`."""
    scope: Scope | None = call.made.scope
    while isinstance(expr, ast.Name) and scope and expr.id not in scope.bindings:
        scope = scope.parent
    bindings = scope.bindings[expr.id] if isinstance(expr, ast.Name) and scope else []
    written = [binding.expr for binding in bindings if isinstance(binding, Assigned)] or [expr]
    return any(isinstance(each, ast.BinOp) and isinstance(each.op, ast.BitOr) for each in written)


def code_paths(call: LogCall) -> list[str]:
    """The directories that imports start from because of `code_paths=`: MLflow puts each beside the others."""
    found: list[str] = []
    for value in call.argument(("code_paths", "code_path")) or ():
        for each in value.items if isinstance(value, Items) else ():
            path = plain_value(each)
            directory = call.view.find_directory(path) if isinstance(path, str) else None
            if directory is not None:
                found += [directory.rpartition("/")[0], directory]
            elif isinstance(path, str) and (file := call.view.find(path)):
                found.append(file.rpartition("/")[0])
    return found


def declaration(call: LogCall) -> Declaration:
    """What a call declares, by MLflow's rules: with `auth_policy`, its system part counts and `resources` does not."""
    own = Declarations(call)
    has_resources = own.argument(call.made, "resources")
    policies = call.argument(("auth_policy",)) or ()
    given = [value for value in policies if value != Known(None)]
    if not given:
        inferred = call.flavour == "langchain" and not has_resources
        if inferred:
            own.notes.append(f"{call.where}: without `resources`, MLflow's langchain flavour looks for some itself")
        return Declaration(tuple(own.declared), tuple(own.undecided), None, inferred, tuple(own.notes))
    policy = _Policy(call)
    for value in given:
        policy.read(value)
    notes = list(policy.system.notes)
    # In a dict that is spread out, a condition may keep one of the two away.
    if has_resources and {"resources", "auth_policy"} <= {keyword.arg for keyword in call.made.call.keywords}:
        notes.append(f"{call.where}: MLflow refuses `resources` beside `auth_policy`; only the policy is read")
    return Declaration(
        tuple(policy.system.declared),
        tuple(policy.system.undecided),
        tuple(policy.scopes),
        inferred=False,
        notes=tuple(notes),
    )


class _Policy:
    """Reads `auth_policy=`."""

    def __init__(self, call: LogCall) -> None:
        self._call = call
        self.system = Declarations(call)
        self.scopes: dict[str, None] = {}

    def read(self, value: Value) -> None:
        """`AuthPolicy(system_auth_policy=..., user_auth_policy=...)`, or the dict that it becomes."""
        made = value.made if isinstance(value, External) else None
        if made and isinstance(value, External) and value.path.endswith("AuthPolicy()"):
            argument = self._call.evaluator.calls.argument
            for each in argument(made, ("system_auth_policy",), 1) or ():
                self._system(each)
            for each in argument(made, ("user_auth_policy",), 0) or ():
                self._user(each)
        elif isinstance(value, Entries):
            for each in value.get("system_auth_policy") or ():
                self._system(each)
            for each in value.get("user_auth_policy") or ():
                self._user(each)
        else:
            self._unknown(value)

    def _system(self, value: Value) -> None:
        if isinstance(value, External) and value.made and value.path.endswith("SystemAuthPolicy()"):
            self.system.argument(value.made, "resources", 0)
        elif isinstance(value, Entries):
            for each in value.get("resources") or ():
                if isinstance(each, Entries):
                    self.system.document(each, self._call.made.scope.module.shown, self._call.line)
        elif value != Known(None):
            self._unknown(value)

    def _user(self, value: Value) -> None:
        lists: tuple[Value, ...] = ()
        if isinstance(value, External) and value.made and value.path.endswith("UserAuthPolicy()"):
            lists = self._call.evaluator.calls.argument(value.made, ("api_scopes",), 0) or ()
        elif isinstance(value, Entries):
            lists = value.get("api_scopes") or ()
        for each in lists:
            for scope in each.items if isinstance(each, Items) else ():
                text = plain_value(scope)
                if isinstance(text, str) and HOLE not in text:
                    self.scopes[text] = None
                else:
                    self.system.notes.append(f"{self._call.where}: an API scope is known only when the driver runs")

    def _unknown(self, value: Value) -> None:
        part = UndecidedPart(
            "auth_policy", "auth_policy", self._call.made.scope.module.shown, self._call.line, why(value)
        )
        self.system.undecided[part] = None


def model_config(call: LogCall) -> tuple[Config | None, list[str]]:
    """The `model_config=` of a call, None where it gives none; and what is to be told of it."""
    values = call.argument(("model_config",), 3 if call.flavour == "dspy" else None)
    given = tuple(value for value in values or () if value != Known(None))
    if not given:
        return None, []
    config = plain_config(given, call.evaluator, f"{call.where} model_config")
    gone = [value.value for value in given if isinstance(value, Known) and not call.view.find(str(value.value))]
    reason = f"there is no file {known_end(gone[0])} in the repository" if gone else config.why
    return config, [f"{call.where}: what `model_config` holds can not be decided: {reason}"] if reason else []


def environment(call: LogCall) -> dict[str, str] | None:
    """The environment variables that the driver gives the endpoint; None where they can not be known."""
    return endpoint_environment(call.evaluator)
