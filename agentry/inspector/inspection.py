"""The whole of it: an agent's directory in, what it uses out. Nothing of the agent is imported or run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentry import source as sources
from agentry.errors import AgentCodeError
from agentry.inspector.code.modules import Module, reachable
from agentry.inspector.code.tree import ENTRY, Tree
from agentry.inspector.evaluation.evaluate import Evaluator
from agentry.inspector.evaluation.library import Settings
from agentry.inspector.uses import Finder, Undecided, Use
from agentry.memo import Memo
from agentry.model_config import CONFIG, merged_config

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from agentry.source import Source


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found.

    Attributes:
        uses: In the order of files and lines.
        undecided: Calls that use something which can not be known without running them.
        config_keys: The keys of the model config that the code reads; None when it may read any.
    """

    uses: tuple[Use, ...]
    undecided: tuple[Undecided, ...]
    config_keys: frozenset[str] | None


# A replacement is checked twice, and an agent by more than one of its resources.
_INSPECTIONS: Memo[Inspection] = Memo(1000)


def inspect_agent(
    code: Path, model_config: Mapping[str, Any], environment: Mapping[str, str | None] | None, shown: str | None = None
) -> Inspection:
    """Find what the code in a directory uses of its workspace.

    Args:
        code: The agent's directory.
        model_config: What goes over the directory's config.yaml.
        environment: The environment variables of the endpoint, where a value of None is not known, such as a secret;
            None where the endpoint is not known: then no variable decides anything, not even by its default.
        shown: What messages call the directory; None for its path from the current directory.

    Raises:
        AgentCodeError: There is no agent.py, or a file can not be read.
    """
    return inspect_source(sources.read(code, shown or _from_here(code)), model_config, environment)


def inspect_source(
    source: Source, model_config: Mapping[str, Any], environment: Mapping[str, str | None] | None
) -> Inspection:
    """The same for a directory that was read already."""
    if ENTRY not in source.files:
        raise AgentCodeError(
            "there is no agent.py",
            where=source.shown,
            why="an agent's directory holds the module that calls mlflow.models.set_model",
            fix=f"add {source.shown}/{ENTRY}, or correct code=",
        )
    key = (source.digest(), repr(model_config), repr(environment))
    return _INSPECTIONS.get(key, lambda: _inspected(source, model_config, environment))


def _inspected(
    source: Source, model_config: Mapping[str, Any], environment: Mapping[str, str | None] | None
) -> Inspection:
    config = merged_config(source, model_config)
    origins = {key: f"model_config: {key}" if key in model_config else f"{CONFIG}: {key}" for key in config}
    return inspect_tree(Tree(source.files, source.shown), Settings(source.files, config, origins, environment))


def inspect_tree(tree: Tree, settings: Settings) -> Inspection:
    """The same for an agent whose modules are wherever a tree says, and for what it can read when it runs.

    Raises:
        AgentCodeError: A file can not be read.
    """
    return inspect_modules(reachable(tree), settings)


def inspect_modules(modules: Mapping[str, Module], settings: Settings) -> Inspection:
    """The same for modules that were parsed already."""
    finder = Finder(Evaluator(modules, settings))
    finder.look()
    return Inspection(
        tuple(sorted(finder.uses, key=lambda use: (use.file, use.line, use.resource))),
        tuple(sorted(finder.undecided, key=lambda call: (call.file, call.line, call.construct))),
        None if "*" in settings.read_keys or _reads_context(modules.values()) else frozenset(settings.read_keys),
    )


def _reads_context(modules: Iterable[Module]) -> bool:
    """Whether some code reads the model config from MLflow's context, `context.model_config`, key by key unseen."""
    return any(".model_config" in module.read for module in modules)


def _from_here(code: Path) -> str:
    relative = os.path.relpath(code)
    return str(code) if relative.startswith("..") else relative.replace(os.sep, "/")
