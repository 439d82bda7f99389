"""Model config and environment as a repository's own code says them, made plain.

What can not be known of a config is `HOLE` in it, which no name can be made of.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from agentry.inspector.evaluation.evaluate import Evaluator
from agentry.inspector.evaluation.settings import CONFIG, NOT_KNOWN, Settings
from agentry.inspector.evaluation.values import HOLE, Entries, External, Items, Known, Made, Unknown, Value, Values, why
from agentry.inspector.repository.views import Beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentry.inspector.code.modules import Module
    from agentry.inspector.repository.views import View


@dataclass(frozen=True, slots=True)
class Config:
    """A model config.

    Attributes:
        values: By key.
        origins: Where each key comes from.
        why: Why it may have more keys than these; empty when it has not.
    """

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    why: str = ""

    def over(self, other: Config) -> Config:
        """This one, with the keys that it lacks from another."""
        values, origins = {**other.values, **self.values}, {**other.origins, **self.origins}
        return Config(values, origins, self.why or other.why)


@dataclass(slots=True)
class OpenSettings(Settings):
    """What code can read of which the model config is not wholly known.

    Attributes:
        unknown: Why the model config may have more keys than those that are known; empty when it has not.
    """

    unknown: str = ""

    def read(self, path: str, key: Value, default: Values | None) -> Values | None:
        """No default decides a key that may be there."""
        is_config = path in CONFIG or path.removesuffix(".to_dict()") in CONFIG
        if self.unknown and is_config and isinstance(key, Known) and key.value not in self.model_config:
            self.read_keys.add(str(key.value))
            return (Unknown(self.unknown),)
        return Settings.read(self, path, key, default)

    def config(self) -> Values:
        """The whole of it."""
        whole = Settings.config(self)
        return tuple(replace(value, why=self.unknown) if isinstance(value, Entries) else value for value in whole)


class OpenEnvironment(dict[str, str]):
    """Some environment variables are known, and there may be any others."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return NOT_KNOWN


def development_config(modules: Mapping[str, Module], view: View) -> Config:
    """What `ModelConfig(development_config=...)` of these modules says.

    Where several say different things of one key, its value is not known.
    """
    if not any("ModelConfig" in module.source for module in modules.values()):
        return Config()
    evaluator = Evaluator(modules, Settings(Beside(view), {}, {}, {}))
    config = Config()
    for made in _calls(evaluator, "ModelConfig"):
        given = evaluator.calls.argument(made, ("development_config",), 0)
        found = plain_config(given or (), evaluator, f"{made.scope.module.shown}:{made.call.lineno}")
        for key, value in config.values.items():
            if found.values.get(key, value) != value:
                found.values[key] = HOLE
        config = found.over(config)
    return config


def plain_config(values: Values, evaluator: Evaluator, where: str) -> Config:
    """A model config that was given as a dict, or as the path of a YAML file."""
    found: dict[str, Any] = {}
    origins: dict[str, str] = {}
    reason = ""
    for value in values:
        source = where
        mapping: Value = value
        if isinstance(value, Known) and isinstance(value.value, str):
            (mapping,) = evaluator.settings.document(value)[:1] or (value,)
            source = value.value.rpartition(HOLE)[2].lstrip("/")
        elif isinstance(value, External) and value.path.endswith("ModelConfig()"):
            (mapping,) = evaluator.settings.config()
        if isinstance(mapping, Entries):
            reason = reason or mapping.why
            for key, each in mapping.items:
                text = plain_value(each)
                found[key] = text if found.get(key, text) == text else HOLE
                origins[key] = f"{source}: {key}"
        elif mapping != Known(None):
            reason = reason or why(mapping)
    return Config(found, origins, reason)


def plain_value(values: Values) -> Any:
    """A value as YAML has it; what is not known of it is `HOLE`."""
    if len(values) != 1:
        return HOLE
    (value,) = values
    if isinstance(value, Known):
        return value.value
    if isinstance(value, Items):
        return [plain_value(each) for each in value.items]
    if isinstance(value, Entries):
        return {key: plain_value(each) for key, each in value.items}
    return HOLE


def endpoint_environment(evaluator: Evaluator) -> dict[str, str] | None:
    """What `environment_vars=` of calls in these modules gives the endpoint; None where that can not be known."""
    found: dict[str, str] = {}
    for module in evaluator.modules.values():
        for site in module.calls:
            assert isinstance(site.node, ast.Call)
            for keyword in site.node.keywords:
                for value in evaluator.values(keyword.value, site.scope) if keyword.arg == "environment_vars" else ():
                    if isinstance(value, Known) and value.value is None:
                        continue
                    if not isinstance(value, Entries) or value.why:
                        return None
                    for name, each in value.items:
                        text = plain_value(each)
                        known = isinstance(text, str | int | float) and HOLE not in str(text)
                        same = found.get(name, str(text)) == str(text)
                        found[name] = str(text) if known and same else NOT_KNOWN
    return found


def _calls(evaluator: Evaluator, name: str) -> Iterator[Made]:
    """Every call of a class of packages by its last name."""
    for module in evaluator.modules.values():
        for site in module.calls:
            assert isinstance(site.node, ast.Call)
            if not ast.unparse(site.node.func).endswith(name):
                continue
            for callee in evaluator.values(site.node.func, site.scope):
                if isinstance(callee, External) and callee.path.rpartition(".")[2] == name:
                    yield Made(site.node, site.scope, None, callee)
