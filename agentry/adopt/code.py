"""The code that a served version holds, as a directory from which the next version is made."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from agentry.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.workspace import Workspace

_AGENT, _REQUIREMENTS, _CONFIG, _PYTHON = "agent.py", "requirements.txt", "config.yaml", ".python-version"
AT_ONCE = 8
"""Files that are fetched side by side."""
MOST_FILES = 2000
"""Files of a version that are looked through for its code."""


@dataclass(frozen=True, slots=True)
class Code:
    """An agent's directory.

    Attributes:
        files: Bytes by path.
        more: Arguments of `Agent` that stand in no file: `auth_policy`.
        notes: What to look at, a line each.
    """

    files: Mapping[str, bytes]
    more: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


async def download(workspace: Workspace, model: str, number: str, mlmodel: Mapping[str, Any]) -> Code:
    """The code of a version.

    Raises:
        InvalidRequest: It holds none: a pickled object, or weights.
        WorkspaceError: Its files may not be read.
    """
    wanted = main_file(mlmodel, f"models:/{model}/{number}")
    root = f"/Models/{model.replace('.', '/')}/{number}"
    paths = await _paths(workspace, root)
    code = str(_flavor(mlmodel).get("code") or "")
    needed = [path for path in paths if path in (wanted, _REQUIREMENTS) or (code and path.startswith(f"{code}/"))]
    if wanted not in needed:
        raise NotFound(f"version {number} of {model} names {wanted} as its code, and does not hold it")
    slots = asyncio.Semaphore(AT_ONCE)

    async def fetch(path: str) -> bytes:
        async with slots:
            return await workspace.download(f"{root}/{path}")

    contents = await asyncio.gather(*map(fetch, needed))
    return arranged(dict(zip(needed, contents, strict=True)), mlmodel)


async def _paths(workspace: Workspace, root: str) -> list[str]:
    """The files below a directory, relative to it.

    Raises:
        InvalidRequest: They are too many: code of which a part is missing would be a wrong next version.
    """
    found: list[str] = []
    left = [root]
    while left:
        directory = left.pop()
        query: dict[str, Any] = {}
        while True:
            page = await workspace.get(f"/api/2.0/fs/directories{directory}", query)
            for entry in page.get("contents") or ():
                path = str(entry["path"])
                if entry.get("is_directory"):
                    left.append(path.rstrip("/"))
                else:
                    found.append(path.removeprefix(f"{root}/"))
            if not page.get("next_page_token"):
                break
            query = {"page_token": page["next_page_token"]}
        if len(found) > MOST_FILES:
            raise InvalidRequest(
                f"the version holds more than {MOST_FILES} files",
                why="agents are code, and this one seems to hold data too",
                fix="adopt it without --code, and write the code from where it is kept",
            )
    return sorted(found)


def _flavor(mlmodel: Mapping[str, Any]) -> Mapping[str, Any]:
    flavors = mlmodel.get("flavors") or {}
    flavor: Mapping[str, Any] = flavors.get("python_function") or {}
    return flavor


def main_file(mlmodel: Mapping[str, Any], what: str) -> str:
    """The file that holds the agent, within the version.

    Raises:
        InvalidRequest: There is none.
    """
    if not mlmodel:
        raise InvalidRequest(
            f"the files of {what} can not be read",
            why="its MLmodel file says which of them are code",
            fix="adopt it without --code, and write the code from where it is kept",
        )
    flavors = mlmodel.get("flavors") or {}
    paths = [flavor.get("model_code_path") for flavor in flavors.values() if isinstance(flavor, dict)]
    found = next((PurePosixPath(str(path)).name for path in paths if path), "")
    if not found:
        raise InvalidRequest(
            f"{what} holds no code",
            why="it was logged as an object (a pickle), not from a file with set_model()",
            fix="adopt it without --code; its next version is made of code that calls mlflow.models.set_model()",
        )
    return found


def arranged(files: Mapping[str, bytes], mlmodel: Mapping[str, Any]) -> Code:
    """The files of a version as an agent's directory. Pure.

    The agent's file is called agent.py here; what was on its path stands beside it, requirements and config too.
    """
    flavor = _flavor(mlmodel)
    wanted, code = main_file(mlmodel, "the version"), str(flavor.get("code") or "")
    found: dict[str, bytes] = {_AGENT: files[wanted]}
    notes = [f"{wanted} is called {_AGENT} here"] if wanted != _AGENT else []
    for path, data in files.items():
        if ".." in PurePosixPath(path).parts or path.startswith("/"):
            raise InvalidRequest(
                f"the version holds a file at {path!r}",
                why="a path that leads out of its directory is nothing that log_model writes",
                fix="adopt it without --code, and write the code from where it is kept",
            )
        if code and path.startswith(f"{code}/") and not path.endswith(".pyc"):
            inside = path.removeprefix(f"{code}/")
            if inside in found and found[inside] != data:
                notes.append(f"{path} is left out: {inside} is there already")
            found.setdefault(inside, data)
    if _REQUIREMENTS in files:
        found.setdefault(_REQUIREMENTS, files[_REQUIREMENTS])
    config = flavor.get("config")
    if isinstance(config, dict) and config:
        found[_CONFIG] = yaml.safe_dump(config, sort_keys=False).encode()
    python = str(flavor.get("python_version") or "")
    if python:
        found[_PYTHON] = (".".join(python.split(".")[:2]) + "\n").encode()
    user = ((mlmodel.get("auth_policy") or {}).get("user_auth_policy") or {}).get("api_scopes")
    more = {"auth_policy": {"user_auth_policy": {"api_scopes": list(user)}}} if user else {}
    return Code(dict(sorted(found.items())), more, tuple(notes))
