"""What an agent's code can read when it runs: environment variables, the model config, the files beside it."""

from __future__ import annotations

import importlib
import json
import posixpath
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from agentry.inspector.evaluation.containers import plain
from agentry.inspector.evaluation.values import HOLE, Entries, Known, Unknown, Value, Values, unique

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOT_KNOWN = "{{known once it is deployed}}"
"""Stands for the value of an environment variable, as a reference `{{secrets/scope/key}}` does: it decides nothing."""

CONFIG = frozenset({"mlflow.models.ModelConfig()", "mlflow.models.model_config.ModelConfig()"})
ENVIRONMENT = frozenset({"os.environ", "environ"})
# Set by the platform, the container or MLflow where they are not declared: a default says nothing of them.
_PLATFORM = frozenset(
    {"HOME", "PATH", "USER", "HOSTNAME", "PWD", "SHELL", "LANG", "TZ", "PORT", "PYTHONPATH", "VIRTUAL_ENV"}
    | {"DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET"}
    | {"DATABRICKS_RUNTIME_VERSION", "DATABRICKS_MODEL_SERVING_HOST_URL", "DB_MODEL_SERVING_HOST_URL"}
    | {"IS_IN_DB_MODEL_SERVING_ENV", "IS_IN_DATABRICKS_MODEL_SERVING_ENV", "SERVING_ENVIRONMENT"}
    | {"MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_ID", "MLFLOW_RUN_ID"}
    | {"ENABLE_MLFLOW_TRACING", "MLFLOW_ENABLE_TRACE_IN_SERVING"}
)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Settings:
    """What the agent's code can read when it runs.

    Attributes:
        files: The agent's files by path.
        model_config: What `mlflow.models.ModelConfig` will hold: config.yaml with what the program says over it.
        origins: Where each key of it comes from, for messages.
        environment: Environment variables of the endpoint; a value of None is a secret. None: nothing is known of them.
        config_why: Why the model config may have more keys than these; empty when it has not.
        coded: What the code itself sets an environment variable to; filled in by the evaluator.
        defaulted: What it sets one to where it is not set yet; likewise.
        read_keys: Filled while evaluating: the keys of the model config that the code reads; "*" for all.
    """

    files: Mapping[str, bytes]
    model_config: Mapping[str, Any]
    origins: Mapping[str, str]
    environment: Mapping[str, str | None] | None
    config_why: str = ""
    coded: Callable[[str], Values] = lambda _: ()
    defaulted: Callable[[str], Values] = lambda _: ()
    read_keys: set[str] = field(default_factory=set)
    _documents: dict[tuple[str, bool], Value] = field(default_factory=dict)

    def read(self, path: str, key: Value, default: Values | None) -> Values | None:
        """`path[key]` or `path.get(key, default)` of the environment or the model config; None for anything else."""
        if path in ENVIRONMENT:
            return self.variable(key, default)
        if path in CONFIG or path.removesuffix(".to_dict()") in CONFIG:
            return self._config(key, default)
        return None

    def config(self) -> Values:
        """The whole model config, as `ModelConfig().to_dict()` returns it."""
        self.read_keys.add("*")
        found = tuple((key, (plain(value, self.origins[key]),)) for key, value in self.model_config.items())
        return (Entries(found, self.config_why, site=("of", "the model config")),)

    def variable(self, key: Value, default: Values | None) -> Values:
        """An environment variable; `default` where it is not set, None where that is an error."""
        if not isinstance(key, Known) or HOLE in str(key.value):
            return (Unknown("the name of the environment variable is known only when it runs"),)
        name = str(key.value)
        if self.environment is None:
            return (Unknown(f"the environment variable {name} is known only with the endpoint"),)
        coded = self.coded(name)
        if name in self.environment:
            value = self.environment[name]
            if value is None or value.startswith("{{"):
                reason = f"the environment variable {name} is a secret, or known only once it is deployed"
                return (Unknown(reason, secret=True), *coded)
            return unique((Known(value, f"environment variable {name}"), *coded))
        coded = unique((*coded, *self.defaulted(name)))
        if name in _PLATFORM:
            return (*coded, Unknown(f"the environment variable {name} is set where the agent runs"))
        if default is None:
            return coded or (Unknown(f"the environment variable {name} is not among `environment_vars`"),)
        return unique((*coded, *default))

    def has_variable(self, key: Value) -> bool | None:
        """Whether an environment variable is set; None when that is not known."""
        if not isinstance(key, Known) or HOLE in str(key.value) or self.environment is None:
            return None
        name = str(key.value)
        if name in self.environment:
            return True
        return None if name in _PLATFORM or self.coded(name) or self.defaulted(name) else False

    def _config(self, key: Value, default: Values | None) -> Values:
        if not isinstance(key, Known):
            self.read_keys.add("*")
            return (Unknown("the key of the model config is known only when it runs"),)
        self.read_keys.add(str(key.value))
        if key.value in self.model_config:
            return (plain(self.model_config[key.value], self.origins[key.value]),)
        if default is not None and not self.config_why:
            return default
        return (Unknown(self.config_why or f"neither config.yaml nor model_config has a key {key.value!r}"),)

    def document(self, path: Value, *, dotted: bool = False) -> Values:
        """A YAML, TOML or JSON file of the agent's directory."""
        name = inside(path)
        content = self.files.get(name) if name else None
        if content is None and isinstance(path, Known) and str(path.value).lstrip().startswith(("{", "[")):
            return (_parsed("the text", str(path.value).encode(), dotted=dotted),)
        if content is None:
            return (Unknown("which file it reads is known only when it runs"),)
        if (name, dotted) not in self._documents:
            self._documents[name, dotted] = _parsed(name, content, dotted=dotted)
        return (self._documents[name, dotted],)


_TOML = "tomllib" if sys.version_info >= (3, 11) else "tomli"


def _parsed(name: str, content: bytes, *, dotted: bool) -> Value:
    try:
        return plain(_loaded(name, content), name, dotted=dotted)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        return Unknown(f"{name} can not be read: {' '.join(str(error).split())}")


def _loaded(name: str, content: bytes) -> Any:
    if name.endswith(".json"):
        return json.loads(content)
    if name.endswith(".toml"):
        return importlib.import_module(_TOML).loads(content.decode())
    return yaml.load(content, Loader=_LOADER)  # noqa: S506 - it is a safe one


def inside(path: Value) -> str:
    """A path as one relative to the agent's directory; empty when it is not known."""
    if not isinstance(path, Known) or not isinstance(path.value, str):
        return ""
    written = path.value.removeprefix(HOLE).lstrip("/") if path.value.startswith(HOLE) else path.value
    return "" if HOLE in written else posixpath.normpath(written)
