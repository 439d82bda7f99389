"""Stacks and their settings: which there are, where their files are, and the typed `agentry:` keys.

`agentry:host`, `agentry:profile` and `agentry:sandbox` each say which workspace; at most one of them is given. Without
any, credentials are found as every Databricks tool finds them (environment, then the default profile).
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from agentry.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMESPACE = "agentry"
KEYS: dict[str, str] = {
    "host": "address of the workspace, https://...",
    "profile": "profile of the Databricks configuration file",
    "sandbox": "name of a sandbox workspace on this machine",
    "owner": "who creates the endpoints of this stack, for previews without a workspace: user:a@b or sp:<id>",
    "offline": "true: preview without asking the workspace, and list what was not checked",
    "production": "true: what is in use is not destroyed without being told to, and models are protected",
    "allowDestructive": "true: what is in use may be destroyed in a stack of production",
    "trafficMinutes": "for how many minutes a question counts as use of an endpoint; 0: questions are no use",
    "strict": "true: what can not be decided of an agent's code is an error, also beside a declaration",
}
TRAFFIC_MINUTES = 30
ALLOW_DESTRUCTIVE = "AGENTRY_ALLOW_DESTRUCTIVE"
"""A variable that stands for `agentry:allowDestructive` in one run, for destroys, which do not see settings anew."""
PLACES = ("host", "profile", "sandbox")
"""The keys of which each says which workspace."""


class EngineName(str, Enum):
    """Which engine deploys a stack.

    `auto` is the embedded one where the state is in a directory (`file://`), as that of stack local and of every run
    against a sandbox always is, and the Pulumi CLI where it is anywhere else.
    """

    AUTO = "auto"
    EMBEDDED = "embedded"
    PULUMI = "pulumi"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a stack says of its workspace.

    Attributes:
        root: The project's directory, the one that holds Pulumi.yaml.
        host: Address of the workspace, or "".
        profile: Profile of the Databricks configuration file, or "".
        sandbox: Name of a sandbox on this machine, or ""; its profile is in `<root>/.agentry/databrickscfg`.
        owner: Who creates endpoints (`user:a@b`, `sp:<application id>`), or "".
        offline: Whether previews do without the workspace.
        strict: Whether what can not be decided of an agent's code is an error beside a declaration too.
        production: Whether what is in use is guarded.
        allow_destructive: Whether it may be destroyed all the same.
        traffic_minutes: For how many minutes a question counts as use of an endpoint.
    """

    root: Path = field(default_factory=Path.cwd)
    host: str = ""
    profile: str = ""
    sandbox: str = ""
    owner: str = ""
    offline: bool = False
    strict: bool = False
    production: bool = False
    allow_destructive: bool = False
    traffic_minutes: int = TRAFFIC_MINUTES

    @classmethod
    def parse(cls, values: Mapping[str, Any], root: Path) -> Settings:
        """From the values of the `agentry:` keys, without their prefix.

        Raises:
            ConfigError: An unknown key, a value of the wrong type, or two keys that both say which workspace.
        """
        for key in values:
            if key not in KEYS:
                raise unknown_key(key)
        given = [key for key in PLACES if values.get(key)]
        if len(given) > 1:
            raise ConfigError(
                f"{' and '.join(f'{NAMESPACE}:{key}' for key in given)} both say which workspace",
                why="a stack belongs to one workspace",
                fix=f"keep one of them: pulumi config rm {NAMESPACE}:{given[0]}",
            )
        texts = {key: _text(key, values.get(key)) for key in (*PLACES, "owner")}
        offline, strict, production, destructive = (
            _truth(key, values.get(key)) for key in ("offline", "strict", "production", "allowDestructive")
        )
        return cls(
            root=root,
            offline=offline,
            strict=strict,
            production=production,
            allow_destructive=destructive,
            traffic_minutes=_whole("trafficMinutes", values.get("trafficMinutes"), TRAFFIC_MINUTES),
            **texts,
        )

    @property
    def guarded(self) -> bool:
        """Whether what is in use is not destroyed."""
        return self.production and not self.allow_destructive

    @property
    def place(self) -> str:
        """Which workspace was asked for, for messages."""
        if self.sandbox:
            return f"sandbox {self.sandbox}"
        if self.profile:
            return f"profile {self.profile}"
        return self.host or "the workspace of the default credentials"

    @property
    def configuration_file(self) -> Path:
        """Where the profiles of sandboxes are."""
        return state_directory(self.root) / "databrickscfg"


def unknown_key(key: str) -> ConfigError:
    """The error for an `agentry:` key that does not exist, with the nearest one that does."""
    near = difflib.get_close_matches(key, KEYS, 1)
    return ConfigError(
        f"unknown setting {NAMESPACE}:{key}",
        why=(f"did you mean {NAMESPACE}:{near[0]}? " if near else "")
        + "known are "
        + ", ".join(f"{NAMESPACE}:{known}" for known in KEYS),
        fix=f"pulumi config rm {NAMESPACE}:{key}",
    )


def _text(key: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ConfigError(f"{NAMESPACE}:{key} is a text ({KEYS[key]}), not {type(value).__name__}")
    return value.strip()


def _truth(key: str, value: Any) -> bool:
    """True or false; Pulumi hands settings over as text."""
    if isinstance(value, bool):
        return value
    if value in (None, "", "true", "false"):
        return bool(value == "true")
    raise ConfigError(f"{NAMESPACE}:{key} is true or false, not {value!r}")


def _whole(key: str, value: Any, otherwise: int) -> int:
    """A number of at least 0; Pulumi hands settings over as text."""
    if value in (None, ""):
        return otherwise
    if isinstance(value, (int, str)) and not isinstance(value, bool) and str(value).isdecimal():
        return int(value)
    raise ConfigError(f"{NAMESPACE}:{key} is a whole number of at least 0, not {value!r}")


def find_root(start: Path) -> Path:
    """The project's directory: `start` or the nearest one above it that holds Pulumi.yaml.

    Raises:
        ConfigError: There is none.
    """
    for directory in (start, *start.parents):
        if (directory / "Pulumi.yaml").is_file():
            return directory
    raise ConfigError("no Pulumi.yaml here or above", where=str(start), fix="change into a project's directory")


def state_directory(root: Path) -> Path:
    """Where everything is that Agentry keeps on this machine: `<root>/.agentry`."""
    return root / ".agentry"


def stack_directory(root: Path) -> Path:
    """Where the stack files are: `stackConfigDir` of Pulumi.yaml, else beside it.

    Raises:
        ConfigError: Pulumi.yaml does not parse.
    """
    return root / str(_mapping(root / "Pulumi.yaml").get("stackConfigDir") or ".")


def stack_file(root: Path, stack: str) -> Path:
    """The file of a stack, `stacks/Pulumi.<stack>.yaml`, whether it exists or not."""
    return stack_directory(root) / f"Pulumi.{stack}.yaml"


def stack_names(root: Path) -> list[str]:
    """The stacks that have a file, sorted."""
    return sorted(
        path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in stack_directory(root).glob("Pulumi.*.yaml")
    )


def read_settings(root: Path, stack: str) -> Settings:
    """The settings of a stack, from its file.

    Raises:
        ConfigError: No such stack (with those that there are), or a file or key that does not parse.
    """
    path = stack_file(root, stack)
    if not path.is_file():
        known = ", ".join(stack_names(root)) or "none"
        raise ConfigError(f"no stack {stack!r}", why=f"stacks with a file: {known}", fix="give --stack one of them")
    config = _mapping(path).get("config") or {}
    prefix = f"{NAMESPACE}:"
    values = {key.removeprefix(prefix): value for key, value in config.items() if str(key).startswith(prefix)}
    return Settings.parse(values, root)


def _mapping(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        why = str(getattr(error, "problem", None) or error)
        raise ConfigError("is no YAML", where=f"{path.parent.name}/{path.name}", why=why) from error
    if not isinstance(found, dict):
        kind = "nothing" if found is None else json.dumps(type(found).__name__)
        raise ConfigError(f"a mapping is expected, this holds {kind}", where=f"{path.parent.name}/{path.name}")
    return found
