"""What a model version says of itself in its `MLmodel` file: what it uses, its Python, how it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml

from agentry.sandbox.errors import InvalidParameter
from agentry.sandbox.identity import Scope

if TYPE_CHECKING:
    from pathlib import Path

# Ten times as fast where PyYAML was built with libyaml, as its wheels are.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class MLmodel:
    """The parts of an `MLmodel` file that serving rests on.

    Attributes:
        resources: What the served version may reach; what is used on behalf of the user is not among it.
        python: The Python it was logged with, such as "3.11.7".
        task: Such as `agent/v2/chat`; empty for a plain model.
    """

    resources: tuple[Scope, ...]
    python: str
    task: str


def read(directory: Path) -> MLmodel:
    """Read the file of a model directory.

    Raises:
        InvalidParameter: There is none, or none that can be read.
    """
    file = directory / "MLmodel"
    try:
        state = file.stat()
    except FileNotFoundError as error:
        raise InvalidParameter("The model version has no MLmodel file.") from error
    return _read(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=512)
def _read(file: Path, _changed: int, _size: int) -> MLmodel:
    """Versions do not change, and are asked about at each update and each question to a stand-in."""
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 - a safe one
        flavor = content["flavors"]["python_function"]
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise InvalidParameter("The model version's MLmodel file has no python_function flavor.") from error
    metadata = content.get("metadata") or {}
    python = str(flavor.get("python_version") or "")
    return MLmodel(declared(content), python, str(metadata.get("task") or ""))


def declared(content: dict[str, Any]) -> tuple[Scope, ...]:
    """The resources of an MLmodel file.

    With an `auth_policy`, its system part counts and `resources` does not: so MLflow derives the dependencies of a
    version (3.17, store/_unity_catalog/registry/rest_store.py, get_model_version_dependencies). Entries with `on_behalf_of_user` are reached with the
    caller's identity and are skipped.
    """
    policy = content.get("auth_policy")
    if policy:
        content = policy.get("system_auth_policy") or {}
    by_type = (content.get("resources") or {}).get("databricks") or {}
    found = [
        Scope(type_, str(entry["name"]))
        for type_, entries in by_type.items()
        for entry in entries or ()
        if not entry.get("on_behalf_of_user")
    ]
    return tuple(dict.fromkeys(found))
