"""Every agent of a repository, whoever deploys it: what it uses, and what the script that logs it declares.

An agent is what a call of `log_model` logs, a module that calls `mlflow.models.set_model` where no such call is found
for it, and a file that is named, or the `agent.py` of a directory that is named. Nothing of the repository is imported
or run, and nothing in it makes the whole fail: what can not be read is told of the one agent that it is part of.
"""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from agentry.errors import AgentCodeError
from agentry.inspector import logged
from agentry.inspector.checkout import CODE, Checkout, read_checkout
from agentry.inspector.code.notebooks import is_notebook
from agentry.inspector.code.tree import ENTRY
from agentry.inspector.compare import compare
from agentry.inspector.configured import Config, OpenEnvironment, development_config
from agentry.inspector.drivers import Drivers, LogCall
from agentry.inspector.evaluation.library import Settings
from agentry.inspector.evaluation.values import External
from agentry.inspector.inspection import Inspection, inspect_modules
from agentry.inspector.reach import Reach
from agentry.inspector.views import Beside, View
from agentry.model_config import CONFIG

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentry.inspector.code.modules import Module
    from agentry.inspector.declared import Declared, UndecidedPart
    from agentry.inspector.uses import Undecided, Use

_SET_MODEL = re.compile(r"mlflow(?:\.\w+)*\.set_model")
_ROOTS = (".git", "databricks.yml", "pyproject.toml", "Pulumi.yaml")
NOTHING = Inspection((), (), frozenset())


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent that was found, not yet read.

    Attributes:
        view: The repository as its module sees it; the module is `view.home`.
        call: The call that logs it, None where there is none.
        expr: What is logged, where it is an object of the driver itself.
        why: Why it is not known which agent is logged; empty where it is.
    """

    view: View
    call: LogCall | None = None
    expr: ast.expr | None = None
    why: str = ""

    @property
    def entry(self) -> str:
        """The module that MLflow loads, or the driver where it logs an object; empty where it is not known."""
        return "" if self.why else self.view.home


@dataclass(frozen=True, slots=True)
class Found:
    """The agents of a repository, and what is to be told of it."""

    checkout: Checkout
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoggedAgent:
    """An agent with what its code uses and what is declared for it.

    Attributes:
        entry: Its module, or the driver that logs an object; empty where it is not known which module is logged.
        shown: The same as it is said to people.
        driver: `file:line` of the call that logs it; empty where none was found.
        inspection: What its code uses.
        declared: What the call declares, each with its place; None where there is no call.
        undecided_declaration: What it may declare too, and can not be known.
        api_scopes: What it may do as its caller; None without `auth_policy`.
        inferred: Whether MLflow looks for resources itself when it is logged.
        notes: What else is to be told.
        failed: Why it could not be read; nothing is known of it then.
    """

    entry: str
    shown: str
    driver: str = ""
    inspection: Inspection = NOTHING
    declared: tuple[Declared, ...] | None = None
    undecided_declaration: tuple[UndecidedPart, ...] = ()
    api_scopes: tuple[str, ...] | None = None
    inferred: bool = False
    notes: tuple[str, ...] = ()
    failed: AgentCodeError | None = None

    @property
    def missing(self) -> tuple[Use, ...]:
        """What is used and surely not declared."""
        return tuple(use for use in self._undeclared() if not self._may_be_declared(use))

    @property
    def uncertain(self) -> tuple[Use, ...]:
        """What is used and not declared, unless a part of the declaration that can not be known declares it."""
        return tuple(use for use in self._undeclared() if self._may_be_declared(use))

    @property
    def unused(self) -> tuple[Declared, ...]:
        """What is declared and nothing is seen to use."""
        if self.declared is None:
            return ()
        idle = compare(self.inspection, [each.resource for each in self.declared]).unused
        return tuple(each for each in self.declared if each.resource in idle)

    @property
    def undecided(self) -> tuple[Undecided, ...]:
        """Calls of which it is not known what they use."""
        return self.inspection.undecided

    def _undeclared(self) -> tuple[Use, ...]:
        """With `auth_policy`, what is done as the caller is a matter of its scopes, not of the resources."""
        if self.declared is None:
            return ()
        missing = compare(self.inspection, [each.resource for each in self.declared]).missing
        return tuple(use for use in missing if self.api_scopes is None or not use.resource.on_behalf_of_user)

    def _may_be_declared(self, use: Use) -> bool:
        # The embedding endpoint of an index is among its tool's resources, and may well be used by itself too.
        embeds = use.resource.type == "serving_endpoint" and "embed" in use.construct.lower()
        if embeds and any(each.by_tool for each in self.declared or ()):
            return True
        return any(part.may_be(use.resource) for part in self.undecided_declaration)


@dataclass(frozen=True, slots=True)
class Repository:
    """All agents of a repository, in the order of their files; and what is to be told of the whole."""

    agents: tuple[LoggedAgent, ...]
    notes: tuple[str, ...]


def find_agents(root: Path, shown: str = "", environment: Mapping[str, str] | None = None) -> Found:
    """Find the agents of a repository.

    Args:
        root: Its directory, or a file in it that is meant alone.
        shown: What people call the directory; empty for the current one.
        environment: Environment variables that are known.

    Raises:
        AgentCodeError: There is no such file or directory.
    """
    only = ""
    if root.is_file():
        file = root
        root = next((each for each in file.absolute().parents if any((each / m).exists() for m in _ROOTS)), file.parent)
        only = Path(os.path.realpath(file)).relative_to(os.path.realpath(root)).as_posix()
    checkout = read_checkout(root, shown)
    finding = _Finding(checkout, Drivers(checkout, environment or {}))
    finding.look(only)
    return Found(checkout, tuple(finding.candidates), (*checkout.notes, *finding.notes()))


def inspect_repository(
    path: Path, *, config: Path | None = None, environment: Mapping[str, str] | None = None, shown: str | None = None
) -> Repository:
    """Find the agents of a repository, what each uses and what is declared for it.

    Args:
        path: Its directory; or one file: an agent, or a script that logs some.
        config: A YAML file with the model config to go over what is found, key by key.
        environment: Environment variables of the endpoint, over those that the driver gives it.
        shown: What messages call the directory; None for its path from the current one.

    Raises:
        AgentCodeError: There is no such path, or `config` is no mapping in YAML.
    """
    given = _read_config(config) if config else {}
    known = dict(environment or {})
    found = find_agents(path, _shown(path) if shown is None else shown, known)
    reading = _Reading(found.checkout, given, str(config or ""), known)
    agents: dict[tuple[object, ...], LoggedAgent] = {}
    for candidate in found.candidates:
        agent = reading.agent(candidate)
        # A function that logs is called twice with the same: one declaration.
        agents.setdefault((agent.entry, agent.driver, agent.declared, agent.undecided_declaration), agent)
    return Repository(tuple(sorted(agents.values(), key=lambda agent: (agent.entry, agent.driver))), found.notes)


@dataclass
class _Finding:
    """Collects candidates."""

    checkout: Checkout
    drivers: Drivers
    candidates: list[Candidate] = field(default_factory=list)

    def look(self, only: str) -> None:
        """Look at every file; `only` is the one that is meant, empty for all."""
        for file in self.drivers.files():
            for call in self.drivers.calls(file):
                self._logged(call)
        logged_ones = {each.entry for each in self.candidates}
        self.candidates += [Candidate(view) for view in self._models() if view.home not in logged_ones]
        if only:
            mine = [each for each in self.candidates if only in {each.entry, each.call and each.call.view.home}]
            self.candidates = mine or [Candidate(View(self.checkout, only))]
        elif ENTRY in self.checkout.files and not any(each.entry == ENTRY for each in self.candidates):
            self.candidates.append(Candidate(View(self.checkout, ENTRY)))

    def _logged(self, call: LogCall) -> None:
        for subject in logged.subjects(call):
            if subject.file:
                self.candidates.append(Candidate(View(self.checkout, subject.file, dict(call.view.written)), call))
            else:
                self.candidates.append(Candidate(call.view, call, subject.expr, subject.why))

    def _models(self) -> Iterator[View]:
        """The modules that call `set_model`."""
        views = [View(self.checkout, file) for file in self.checkout.files if file.endswith(CODE)]
        views += [
            View(self.checkout, path, {path: notebook})
            for path, writers in self.checkout.written.items()
            for notebook in writers
            if path.endswith(CODE)
        ]
        for view in views:
            if b"set_model" in view.content(view.home) and self._sets_model(view):
                yield view

    def _sets_model(self, view: View) -> bool:
        driver = self.drivers.alone(view)
        for module in driver.modules.values() if driver else ():
            for site in module.calls:
                assert isinstance(site.node, ast.Call)
                if ast.unparse(site.node.func).endswith("set_model"):
                    callees = driver.evaluator.values(site.node.func, site.scope) if driver else ()
                    if any(isinstance(each, External) and _SET_MODEL.fullmatch(each.path) for each in callees):
                        return True
        return False

    def notes(self) -> list[str]:
        """What could not be read."""
        return [f"{error.where}: {error.what}" for error in self.drivers.errors.values()]


@dataclass
class _Reading:
    """Reads candidates."""

    checkout: Checkout
    config: Mapping[str, Any]
    config_file: str
    environment: dict[str, str]

    def agent(self, candidate: Candidate) -> LoggedAgent:
        """All of one candidate."""
        driver = candidate.call.where if candidate.call else ""
        shown = candidate.view.where(candidate.entry) if candidate.entry else ""
        said = logged.declaration(candidate.call) if candidate.call else None
        notes = list(said.notes) if said else []
        inspection, failed = NOTHING, None
        try:
            if candidate.why:
                raise AgentCodeError("which agent this logs can not be decided", where=driver, why=candidate.why)
            inspection = self._inspection(candidate, notes)
        except AgentCodeError as error:
            failed = error
        if said is None:
            return LoggedAgent(candidate.entry, shown, driver, inspection, notes=tuple(notes), failed=failed)
        return LoggedAgent(
            candidate.entry,
            shown,
            driver,
            inspection,
            said.declared,
            said.undecided,
            said.api_scopes,
            said.inferred,
            tuple(notes),
            failed,
        )

    def _inspection(self, candidate: Candidate, notes: list[str]) -> Inspection:
        modules = self._object(candidate) if candidate.expr is not None else self._modules(candidate)
        config, origins = self._model_config(candidate, modules, notes)
        environment = self._environment(candidate, notes)
        return inspect_modules(modules, Settings(Beside(candidate.view), config, origins, environment))

    def _modules(self, candidate: Candidate) -> Mapping[str, Module]:
        """The agent's modules, of an agent that is a file."""
        call = candidate.call
        more = [*logged.code_paths(call), *call.tree.roots[:1]] if call else []
        return Drivers(self.checkout, {}).modules(candidate.view, more)

    def _object(self, candidate: Candidate) -> Mapping[str, Module]:
        """What an object that is logged reaches."""
        call = candidate.call
        assert call is not None
        assert candidate.expr is not None
        scope = call.made.scope
        partial = {call.tree.entry, scope.module.file}
        for module in call.evaluator.modules.values():
            content = call.view.content(module.file) if call.view.has(module.file) else b""
            if is_notebook(module.file, content):
                partial.add(module.file)
        reach = Reach(call.evaluator, frozenset(partial))
        reach.follow(candidate.expr, scope)
        if not reach.found_anything:
            reach.above(call.made.call, scope)
        return reach.modules()

    def _model_config(self, candidate: Candidate, modules: Mapping[str, Module], notes: list[str]) -> Config:
        """What `ModelConfig` sees: of the call, else what the code names for its development, else config.yaml."""
        config: Config | None = None
        if candidate.call:
            config, more = logged.model_config(candidate.call)
            notes += more
        reads = any("ModelConfig(" in module.source for module in modules.values())
        if config is None:
            config = development_config(modules, candidate.view)
            if candidate.call and reads and not self.config:
                where = candidate.call.where
                notes.append(f"{where}: without `model_config`, ModelConfig fails when the endpoint loads the agent")
        beside = candidate.view.find(CONFIG) if reads and not config[0] and not candidate.call else ""
        if beside:
            loaded = yaml.safe_load(candidate.view.content(beside))
            if isinstance(loaded, dict):
                config = loaded, {key: f"{beside}: {key}" for key in loaded}
        over = {key: f"{self.config_file}: {key}" for key in self.config}
        return {**config[0], **self.config}, {**config[1], **over}

    def _environment(self, candidate: Candidate, notes: list[str]) -> dict[str, str]:
        found = logged.environment(candidate.call) if candidate.call else {}
        if found is None:
            assert candidate.call is not None
            notes.append(f"{candidate.call.where}: which environment variables the endpoint has can not be decided")
            return OpenEnvironment(self.environment)
        return {**found, **self.environment}


def _read_config(path: Path) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(path.read_bytes())
    except (OSError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise AgentCodeError("the model config can not be read", where=str(path), why=why) from error
    if not isinstance(loaded, dict):
        raise AgentCodeError("the model config is not a mapping", where=str(path), fix="lines of the form: key: value")
    return {str(key): value for key, value in loaded.items()}


def _shown(path: Path) -> str:
    directory = path if path.is_dir() else path.parent
    relative = os.path.relpath(directory).replace(os.sep, "/")
    return "" if relative == "." else (directory.as_posix() if relative.startswith("..") else relative)
