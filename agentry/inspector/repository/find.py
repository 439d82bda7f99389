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
from agentry.inspector.code.tree import ENTRY
from agentry.inspector.evaluation.values import External
from agentry.inspector.repository import logged
from agentry.inspector.repository.agents import LoggedAgent, Reading
from agentry.inspector.repository.checkout import CODE, Checkout, read_checkout
from agentry.inspector.repository.drivers import Drivers, LogCall
from agentry.inspector.repository.views import View

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_SET_MODEL = re.compile(r"mlflow(?:\.\w+)*\.set_model")
_ROOTS = (".git", "databricks.yml", "pyproject.toml", "Pulumi.yaml")


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
    reading = Reading(found.checkout, given, str(config or ""), known)
    agents: dict[tuple[object, ...], LoggedAgent] = {}
    for candidate in found.candidates:
        agent = reading.agent(candidate)
        # A function that logs is called twice with the same: one declaration.
        agents.setdefault((agent.entry, agent.driver, agent.declared, agent.undecided_declaration), agent)
    return Repository(tuple(sorted(agents.values(), key=_place)), found.notes)


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


def _place(agent: LoggedAgent) -> tuple[str, str, int]:
    file, _, line = agent.driver.rpartition(":")
    return agent.entry, file, int(line or 0)


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
