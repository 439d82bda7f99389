"""What is known of functions that are not the agent's own: environment, model config, files, paths, operators."""

from __future__ import annotations

import ast
import json
import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from agentry.inspector.evaluation.values import (
    HOLE,
    Entries,
    External,
    Items,
    Known,
    Unknown,
    Value,
    Values,
    joined,
    plain,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_CONFIG = frozenset({"mlflow.models.ModelConfig()", "mlflow.models.model_config.ModelConfig()"})
_ENVIRONMENT = frozenset({"os.environ", "environ"})
NOT_KNOWN = "{{known once it is deployed}}"
"""Stands for the value of an environment variable, as a reference `{{secrets/scope/key}}` does: it decides nothing."""


@dataclass(slots=True)
class Settings:
    """What the agent's code can read when it runs.

    Attributes:
        files: The agent's files by path.
        model_config: What `mlflow.models.ModelConfig` will hold: config.yaml with what the program says over it.
        origins: Where each key of it comes from, for messages.
        environment: Environment variables of the endpoint; a value of None is a secret. None: nothing is known of them.
        coded: What the code itself sets an environment variable to; filled in by the evaluator.
        read_keys: Filled while evaluating: the keys of the model config that the code reads; "*" for all.
    """

    files: Mapping[str, bytes]
    model_config: Mapping[str, Any]
    origins: Mapping[str, str]
    environment: Mapping[str, str | None] | None
    coded: Callable[[str], Values] = lambda _: ()
    read_keys: set[str] = field(default_factory=set)

    def read(self, path: str, key: Value, default: Values | None) -> Values | None:
        """`path[key]` or `path.get(key, default)` of the environment or the model config; None for anything else."""
        if path in _ENVIRONMENT:
            return self._variable(key, default)
        if path in _CONFIG or path.removesuffix(".to_dict()") in _CONFIG:
            return self._config(key, default)
        return None

    def config(self) -> Values:
        """The whole model config, as `ModelConfig().to_dict()` returns it."""
        self.read_keys.add("*")
        return (Entries(tuple((key, (plain(value, self.origins[key]),)) for key, value in self.model_config.items())),)

    def _variable(self, key: Value, default: Values | None) -> Values:
        if not isinstance(key, Known) or HOLE in str(key.value):
            return (Unknown("the name of the environment variable is known only when it runs"),)
        name = str(key.value)
        if self.environment is None:
            return (Unknown(f"the environment variable {name} is known only with the endpoint"),)
        if name not in self.environment:
            missing = (Unknown(f"the environment variable {name} is not among `environment_vars`"),)
            return self.coded(name) or (missing if default is None else default)
        value = self.environment[name]
        if value is None or value.startswith("{{"):
            reason = f"the environment variable {name} is a secret, or known only once it is deployed"
            return (Unknown(reason, secret=True),)
        return (Known(value, f"environment variable {name}"),)

    def _config(self, key: Value, default: Values | None) -> Values:
        if not isinstance(key, Known):
            self.read_keys.add("*")
            return (Unknown("the key of the model config is known only when it runs"),)
        self.read_keys.add(str(key.value))
        if key.value in self.model_config:
            return (plain(self.model_config[key.value], self.origins[key.value]),)
        if default is not None:
            return default
        return (Unknown(f"neither config.yaml nor model_config has a key {key.value!r}"),)

    def document(self, path: Value) -> Values:
        """A YAML or JSON file of the agent's directory."""
        name = inside(path)
        content = self.files.get(name) if name else None
        if content is None:
            return (Unknown("which file it reads is known only when it runs"),)
        try:
            loaded = json.loads(content) if name.endswith(".json") else yaml.safe_load(content)
        except (ValueError, yaml.YAMLError) as error:
            return (Unknown(f"{name} can not be read: {' '.join(str(error).split())}"),)
        return (plain(loaded, name),)


def inside(path: Value) -> str:
    """A path as one relative to the agent's directory; empty when it is not known."""
    if not isinstance(path, Known) or not isinstance(path.value, str):
        return ""
    written = path.value.removeprefix(HOLE).lstrip("/") if path.value.startswith(HOLE) else path.value
    return "" if HOLE in written else posixpath.normpath(written)


def call(path: str, arguments: Sequence[Values], keywords: Mapping[str, Values], settings: Settings) -> Values | None:
    """What a well-known function returns; None for one that is not known here."""
    first = arguments[0] if arguments else ()
    if path in {"os.getenv", "os.environ.get", "environ.get", "getenv"}:
        default = arguments[1] if len(arguments) > 1 else keywords.get("default", (Known(None),))
        return _each(first, lambda key: settings.read("os.environ", key, default) or ())
    base, _, name = path.rpartition(".")
    if base in _CONFIG and name == "get":
        return _each(first, lambda key: settings.read(base, key, arguments[1] if len(arguments) > 1 else None) or ())
    if base.removesuffix(".to_dict()") in _CONFIG and name == "get":
        return _each(first, lambda key: settings.read(base, key, arguments[1] if len(arguments) > 1 else None) or ())
    if base in _CONFIG and name == "to_dict":
        return settings.config()
    if path in {"yaml.safe_load", "yaml.load", "yaml.full_load", "json.load", "json.loads"}:
        return _each(first, settings.document)
    if path in {
        "str",
        "pathlib.Path",
        "pathlib.PurePath",
        "Path",
        "open",
        "os.fspath",
        "os.path.abspath",
        "typing.cast",
    }:
        return arguments[-1] if path == "typing.cast" else _each(first, lambda value: (_as_text(value, path),))
    if path in {"os.path.realpath", "io.open", "list", "tuple", "set", "sorted", "dict", "bool"}:
        return first if first or path != "dict" else (Entries(tuple(keywords.items())),)
    if path in {"mlflow.trace", "mlflow.trace()"} and first:
        return first
    if path == "os.path.join":
        return _join(arguments)
    if path == "os.path.dirname":
        return _each(first, lambda value: path_attribute(value, "parent") or ())
    return None


def _each(values: Values, make: Any) -> Values:
    return tuple(result for value in values for result in make(value))


def _as_text(value: Value, path: str) -> Value:
    if isinstance(value, External | Items | Entries) and path == "str":
        return Unknown("it is known only when it runs")
    return value


def _join(parts: Sequence[Values]) -> Values:
    if any(len(part) != 1 for part in parts):
        return (Unknown("a path with alternatives"),)
    pieces: list[Value] = []
    for part in parts:
        pieces.extend((*([Known("/")] if pieces else []), part[0]))
    return (text(pieces),)


def path_attribute(base: Value, name: str) -> Values | None:
    """`.parent` and the like of a path that is known; None where it is not about a path."""
    if not isinstance(base, Known) or not isinstance(base.value, str):
        return None
    if name == "parent":
        return (Known(posixpath.dirname(base.value), base.origin, base.why),)
    if name == "value":
        return (base,)
    return None


def path_method(base: Known, name: str, arguments: Sequence[Value]) -> Value | None:
    """What a method of a path returns; None where it is not one."""
    if name in {"resolve", "absolute", "as_posix", "read_text", "read_bytes", "open", "read", "expanduser"}:
        return base
    if name == "with_name":
        return text((Known(posixpath.dirname(str(base.value))), Known("/"), *arguments))
    if name == "joinpath":
        return text((base, *(piece for argument in arguments for piece in (Known("/"), argument))))
    return None


def is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a method is read like an attribute."""
    names = {ast.unparse(each).rpartition(".")[2] for each in node.decorator_list}
    return bool(names & {"property", "cached_property"})


def add(pair: Sequence[Value]) -> Value:
    """`a + b` of strings or lists."""
    left, right = pair
    if isinstance(left, Items) and isinstance(right, Items):
        return Items((*left.items, *right.items))
    if isinstance(left, Items) or isinstance(right, Items):
        known = left if isinstance(left, Items) else right
        other = right if known is left else left
        assert isinstance(known, Items)
        return Items((*known.items, (Unknown("a part of the list is known only when it runs"),))) if other else known
    return text(pair)


def percent(pair: Sequence[Value]) -> Value:
    """`"%s.%s" % (a, b)`."""
    template, filled = pair
    if not isinstance(template, Known) or not isinstance(template.value, str):
        return Unknown("a format that is known only when it runs")
    parts = [item[0] for item in filled.items if item] if isinstance(filled, Items) else [filled]
    whole = text(parts)
    assert isinstance(whole, Known)
    words = tuple(part.value if isinstance(part, Known) else HOLE for part in parts)
    try:
        return Known(template.value % words, joined((template.origin, whole.origin)), whole.why)
    except (TypeError, ValueError):
        return Unknown("a format that does not fit its values")


def merge(pair: Sequence[Value]) -> Value:
    """`a | b` of dicts."""
    left, right = pair
    assert isinstance(left, Entries)
    assert isinstance(right, Entries)
    return Entries((*left.items, *right.items), left.why or right.why)


def is_true(value: Value) -> bool:
    """Whether a value is surely true."""
    return (isinstance(value, Known) and bool(value.value)) or isinstance(value, External)


def is_false(value: Value) -> bool:
    """Whether a value is surely false."""
    return isinstance(value, Known) and not value.value
