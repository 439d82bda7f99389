"""One agent of a repository: what its code uses, what the call that logs it declares, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from agentry.errors import AgentCodeError
from agentry.inspector.code.notebooks import is_notebook
from agentry.inspector.compare import compare
from agentry.inspector.inspection import Inspection, inspect_modules
from agentry.inspector.repository import logged
from agentry.inspector.repository.configured import Config, OpenEnvironment, OpenSettings, development_config
from agentry.inspector.repository.declared import RETRIEVER, UndecidedPart
from agentry.inspector.repository.drivers import Drivers
from agentry.inspector.repository.reach import Reach
from agentry.inspector.repository.views import Beside
from agentry.inspector.repository.written import written_argument
from agentry.model_config import CONFIG

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentry.inspector.code.modules import Module
    from agentry.inspector.repository.checkout import Checkout
    from agentry.inspector.repository.declared import Declared
    from agentry.inspector.repository.find import Candidate
    from agentry.inspector.uses import Undecided, Use

NOTHING = Inspection((), (), frozenset())


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
        return tuple(use for use in self._undeclared() if not self._is_uncertain(use))

    @property
    def uncertain(self) -> tuple[Use, ...]:
        """What is used and not declared, but not surely so.

        Either a part of the declaration that can not be known may declare it, or the call may be about something else
        that can not be known: a name with a default is only one of those that it may have.
        """
        return tuple(use for use in self._undeclared() if self._is_uncertain(use))

    @property
    def unused(self) -> tuple[Declared, ...]:
        """What is declared and nothing is seen to use."""
        if self.declared is None or self.failed:
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

    def _is_uncertain(self, use: Use) -> bool:
        if any(part.may_be(use.resource) for part in self.undecided_declaration):
            return True
        call = use.construct.partition("(")[0]
        return any(each.where == use.where and each.construct.partition("(")[0] == call for each in self.undecided)


@dataclass
class Reading:
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
            (*said.undecided, *_by_tools(said.declared, inspection)),
            said.api_scopes,
            said.inferred,
            tuple(notes),
            failed,
        )

    def _inspection(self, candidate: Candidate, notes: list[str]) -> Inspection:
        modules = self._object(candidate) if candidate.expr is not None else self._modules(candidate)
        config = self._model_config(candidate, modules, notes)
        environment = self._environment(candidate, notes)
        files = Beside(candidate.view)
        settings = OpenSettings(files, config.values, config.origins, environment, unknown=config.why)
        return inspect_modules(modules, settings)

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
        reach.follow(candidate.expr, scope, call.made.call)
        loader = written_argument(call.made.call, scope, "loader_fn", None)
        if loader is not None:  # of the langchain flavour: serving calls it for what can not be pickled
            reach.follow(loader, scope, call.made.call)
        if not reach.found_anything:
            reach.above(call.made.call, scope)
        return reach.modules()

    def _model_config(self, candidate: Candidate, modules: Mapping[str, Module], notes: list[str]) -> Config:
        """What `ModelConfig` sees: of the call, else what the code names for its development, else config.yaml."""
        given: Config | None = None
        if candidate.call:
            given, more = logged.model_config(candidate.call)
            notes += more
        reads = any("ModelConfig(" in module.source for module in modules.values())
        config = given
        if candidate.expr is not None:
            # The driver reads it while it makes the object: of what is logged it sees nothing.
            config = development_config(modules, candidate.view).over(given or Config())
        elif config is None:
            config = development_config(modules, candidate.view)
            if candidate.call and reads and not self.config:
                where = candidate.call.where
                notes.append(f"{where}: without `model_config`, ModelConfig fails when the endpoint loads the agent")
        if reads and not config.values and not candidate.call:
            config = _beside(candidate).over(config)
        return Config(dict(self.config), {key: f"{self.config_file}: {key}" for key in self.config}).over(config)

    def _environment(self, candidate: Candidate, notes: list[str]) -> dict[str, str]:
        found = logged.environment(candidate.call) if candidate.call else {}
        if found is None:
            assert candidate.call is not None
            notes.append(f"{candidate.call.where}: which environment variables the endpoint has can not be decided")
            return OpenEnvironment(self.environment)
        return {**found, **self.environment}


def _beside(candidate: Candidate) -> Config:
    """The config.yaml of an agent that nothing logs."""
    file = candidate.view.find(CONFIG)
    try:
        loaded = yaml.safe_load(candidate.view.content(file)) if file else None
    except yaml.YAMLError:
        loaded = None
    return Config(loaded, {key: f"{file}: {key}" for key in loaded}) if isinstance(loaded, dict) else Config()


def _by_tools(declared: tuple[Declared, ...], inspection: Inspection) -> Iterator[UndecidedPart]:
    """The embedding endpoints that the code uses by itself, and that the resources of a retriever tool may hold too."""
    known = {(each.resource.type, each.resource.name) for each in declared}
    tool = next((each for each in declared if each.by_tool), None)
    for use in inspection.uses if tool else ():
        embeds = use.resource.type == "serving_endpoint" and "embed" in use.construct.lower()
        if tool and embeds and (use.resource.type, use.resource.name) not in known:
            why = "they hold the embedding endpoint of the index; which that is, only the workspace knows"
            kind, name = use.resource.type, use.resource.name
            yield UndecidedPart(RETRIEVER, "tool.resources", tool.file, tool.line, why, kind, name)
