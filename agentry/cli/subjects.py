"""Which agents `agentry inspect` is about: those of this project, or whatever a directory anywhere holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from agentry.cli.chosen import choose
from agentry.cli.options import LOCAL
from agentry.cli.recorded import ENDPOINT, VERSION, recorded_resources, value
from agentry.errors import AgentCodeError, AgentryError, ConfigError
from agentry.inspector import inspect_agent
from agentry.inspector.repository import inspect_repository
from agentry.inspector.verdict import Declaration, Inspected, looked_at, not_readable
from agentry.resources import Resource
from agentry.stacks import find_root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from agentry.deploy import RecordedResource
    from agentry.inspector.repository import LoggedAgent

ENTRY = "agent.py"


@dataclass(frozen=True, slots=True)
class Subjects:
    """What was asked.

    Attributes:
        start: The directory that paths are relative to.
        stack: The stack whose deployed agents count.
        config: A YAML file with values over the model configs, or None.
        environment: Variables of the endpoints.
        strict: Whether what can not be decided is an error.
    """

    start: Path
    stack: str
    config: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False


@dataclass(slots=True)
class Found:
    """The agents, and what is to be said of the search as a whole."""

    agents: list[Inspected] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find(targets: Sequence[str], asked: Subjects) -> Found:
    """Look at the agents that are meant.

    Args:
        targets: Names of agents of this project, directories, files; empty for all agents of this project, or else
            of the current directory.
        asked: Where, and how.

    Raises:
        ConfigError: One of them is neither.
    """
    found = Found()
    project = _Project.around(asked)
    if not targets and project is not None:
        targets = project.names
    for target in targets or ["."]:
        known = project.code_of(target) if project else None
        if project is not None and known is not None:
            found.agents.append(project.inspected(known, asked))
        else:
            _elsewhere(target, asked, found, project)
    return found


def _elsewhere(target: str, asked: Subjects, found: Found, project: _Project | None) -> None:
    path = asked.start / target
    if not path.exists():
        names = f"agents here: {', '.join(project.names) or 'none'}" if project else "there is no project here"
        raise ConfigError(f"no agent and no path {target!r}", why=names, fix="give one of these, or a path")
    repository = inspect_repository(path, config=asked.config, environment=asked.environment)
    found.agents += [_logged(agent, asked) for agent in repository.agents]
    found.notes += repository.notes


def _logged(agent: LoggedAgent, asked: Subjects) -> Inspected:
    """An agent that a script or notebook logs, or none."""
    if agent.failed or agent.inspection is None:
        error = agent.failed or AgentCodeError("can not be read", where=agent.shown)
        return not_readable(error, agent=agent.shown, entry=agent.shown, logged_by=agent.driver)
    declaration = None
    if agent.declared is not None:
        declaration = Declaration(
            {each.resource: each.where for each in agent.declared},
            agent.api_scopes,
            agent.undecided_declaration,
            agent.inferred,
            frozenset(use.resource for use in agent.uncertain),
        )
    return looked_at(
        agent.inspection,
        declaration,
        agent=agent.shown,
        entry=agent.shown,
        logged_by=agent.driver,
        notes=agent.notes,
        strict=asked.strict,
        mlflow=True,
    )


class _Project:
    """The project around a directory: its agents, and what its stack has deployed."""

    def __init__(self, root: Path, stack: str, start: Path) -> None:
        self._start = start
        live = [node for node in _recorded(root, stack) if not node.leaving]
        self._deployed = {node.name: node for node in live if node.type == VERSION}
        self._endpoints = {(node.parent, value(node, "model")): node for node in live if node.type == ENDPOINT}
        self._root = root
        self._below = {path.parent.name: path.parent for path in sorted(root.glob(f"agents/*/{ENTRY}"))}

    @classmethod
    def around(cls, asked: Subjects) -> _Project | None:
        """The project, or None where there is none: then everything is a path."""
        try:
            root = find_root(asked.start.resolve())
        except ConfigError:
            return None
        return cls(root, asked.stack, asked.start)

    @property
    def names(self) -> list[str]:
        """Every agent: deployed, or below `agents/`."""
        codes = {self._code(node): name for name, node in self._deployed.items()}
        return [codes.get(path, name) for name, path in self._below.items()] + [
            name for path, name in codes.items() if path not in self._below.values()
        ]

    def code_of(self, target: str) -> Path | None:
        """The directory of an agent of this project, by its name or path; None when it is none."""
        if target in self._deployed:
            return self._code(self._deployed[target])
        path = (self._start / target).resolve()
        if path.is_file() and path.name == ENTRY:
            path = path.parent
        ours = {*self._below.values(), *(self._code(node) for node in self._deployed.values())}
        return path if path in ours else self._below.get(target)

    def inspected(self, code: Path, asked: Subjects) -> Inspected:
        """Look at one of them, with what the stack has deployed of it as its declaration."""
        node = next((node for node in self._deployed.values() if self._code(node) == code), None)
        shown = _shown(code, asked)
        try:
            config = {**(value(node, "modelConfig", {}) if node else {}), **_values(asked.config)}
            inspection = inspect_agent(code, config, {**self._variables(node), **asked.environment}, shown)
        except AgentCodeError as error:
            return not_readable(error, agent=shown, entry=f"{shown}/{ENTRY}")
        declaration = self._declaration(node) if node else None
        return looked_at(inspection, declaration, agent=shown, entry=f"{shown}/{ENTRY}", strict=asked.strict)

    def _code(self, node: RecordedResource) -> Path:
        return self._root / str(value(node, "code"))

    def _variables(self, node: RecordedResource | None) -> dict[str, str]:
        endpoint = self._endpoints.get((node.parent, value(node, "model"))) if node else None
        return value(endpoint, "environmentVars", {}) if endpoint else {}

    def _declaration(self, node: RecordedResource) -> Declaration:
        policy = value(node, "authPolicy", {})
        resources = [
            Resource(each["type"], each["name"], bool(each.get("onBehalfOfUser")))
            for each in value(node, "resources", [])
        ]
        return Declaration(
            dict.fromkeys(resources, ""), tuple(policy.get("user_auth_policy", {}).get("api_scopes", ())) or None
        )


def _recorded(root: Path, stack: str) -> Sequence[RecordedResource]:
    """What the stack holds; nothing where nobody asked for a stack and there is none that can be read."""
    try:
        return recorded_resources(choose(stack, start=root))
    except AgentryError:
        if stack != LOCAL:
            raise
        return ()


def _values(config: Path | None) -> dict[str, Any]:
    """The values of `--config`.

    Raises:
        ConfigError: It is no YAML mapping.
    """
    if config is None:
        return {}
    try:
        loaded = yaml.safe_load(config.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError("can not be read", where=str(config), why=" ".join(str(error).split())) from error
    if not isinstance(loaded, dict):
        raise ConfigError("is no mapping", where=str(config), fix="lines of the form: key: value")
    return loaded


def _shown(path: Path, asked: Subjects) -> str:
    here, there = asked.start.resolve(), path.resolve()
    if there == here:
        return ""
    return there.relative_to(here).as_posix() if there.is_relative_to(here) else str(path)
