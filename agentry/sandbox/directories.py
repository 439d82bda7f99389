"""`/api/2.0/workspace`: the directories that experiments are in."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.sandbox.area import Area, Fact
from agentry.sandbox.errors import AlreadyExists, InvalidParameter, NotFound, PermissionDenied
from agentry.sandbox.permissions import Found, ObjectType
from agentry.sandbox.principals import USERS
from agentry.sandbox.store import Row
from agentry.sandbox.web import Body, Caller, Json, Router, Sandbox, State, UserEntitled

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentry.sandbox.principals import Principal

router = Router(prefix="/api/2.0/workspace")
LEVELS = ("CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE")
DIRECTORIES = "directories"
_PROTECTED = ("/", "/Shared", "/Users")


@dataclass(frozen=True)
class Directory(Row):
    """A folder of the workspace."""

    TABLE = "directories"

    path: str
    object_id: int

    @property
    def key(self) -> str:
        """The path."""
        return self.path

    @property
    def parent(self) -> str:
        """The folder around it."""
        return posixpath.dirname(self.path) if self.path != "/" else ""


@dataclass(frozen=True)
class Node:
    """Something in a folder that is not a folder itself; areas that make such things give them here."""

    path: str
    object_id: int
    object_type: str


class Place(Body):
    """A body that names a path."""

    path: str
    recursive: bool = False


def normal(path: str) -> str:
    """The path without `/Workspace` in front and without a slash at the end.

    Raises:
        InvalidParameter: It is not absolute, or has `.` or `..` in it.
    """
    parts = [part for part in path.split("/") if part]
    if not path.startswith("/") or "." in parts or ".." in parts:
        raise InvalidParameter(f"Path ({path}) must be absolute.")
    return "/" + "/".join(parts[1:] if parts[:1] == ["Workspace"] else parts)


def next_object_id(state: State) -> int:
    """A number that identifies an object of the workspace: folders and experiments share one sequence."""
    return 2_000_000_000_000_000 + state.store.next_number("objects")


def find_directory(state: State, path: str) -> Directory | None:
    """The folder, or None; a user's home is there as soon as the user is."""
    found = state.store.get(Directory, path)
    if found is None and posixpath.dirname(path) == "/Users":
        owner = state.principals.named(posixpath.basename(path), "User")
        if owner is not None:
            return _make(state, path, owner)
    return found


def containers(state: State, path: str) -> tuple[tuple[str, str], ...]:
    """What the permissions API calls the folders around a path, innermost first."""
    found: list[tuple[str, str]] = []
    while path != "/":
        path = posixpath.dirname(path)
        directory = find_directory(state, path)
        if directory is not None:
            found.append((DIRECTORIES, str(directory.object_id)))
    return tuple(found)


def make_directories(state: State, caller: Caller, path: str) -> None:
    """Make a folder and those around it; each needs CAN_EDIT on the one that it is made in.

    Raises:
        AlreadyExists: Something else has the name.
        PermissionDenied: The caller may not.
    """
    if find_directory(state, path) is not None:
        return
    if _node_at(state, path) is not None:
        raise AlreadyExists(f"Cannot create directory {path} because an object with the same name exists.")
    around = posixpath.dirname(path)
    if around == "/Users":
        raise PermissionDenied("Folder Users is protected").coded("DIRECTORY_PROTECTED")
    make_directories(state, caller, around)
    require_level(state, caller, around, "CAN_EDIT")
    _make(state, path, caller.principal)


def require_level(state: State, caller: Caller, path: str, level: str) -> None:
    """Check the caller's level on a folder that exists."""
    directory = find_directory(state, path)
    assert directory is not None, "the caller looked"
    state.permissions.require(caller, DIRECTORIES, str(directory.object_id), level)


@router.post("/mkdirs")
async def mkdirs(body: Place, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Make a folder and those around it; one that exists is left."""
    with sandbox.store.transaction():
        make_directories(sandbox, caller, normal(body.path))
    return {}


@router.get("/get-status")
async def get_status(path: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """What is at a path."""
    where = normal(path)
    directory = find_directory(sandbox, where)
    if directory is not None:
        require_level(sandbox, caller, where, "CAN_READ")
        return _shown(directory)
    node = _node_at(sandbox, where)
    if node is None:
        raise NotFound(f"Path ({path}) doesn't exist.")
    return {"path": node.path, "object_type": node.object_type, "object_id": node.object_id}


@router.get("/list")
async def list_directory(path: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """What a folder contains."""
    where = normal(path)
    if find_directory(sandbox, where) is None:
        raise NotFound(f"Path ({path}) doesn't exist.")
    require_level(sandbox, caller, where, "CAN_READ")
    folders, nodes = _inside(sandbox, where)
    shown = [_shown(folder) for folder in folders]
    shown += [{"path": n.path, "object_type": n.object_type, "object_id": n.object_id} for n in nodes]
    return {"objects": shown} if shown else {}


@router.post("/delete")
async def delete(body: Place, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Remove a folder that is empty, or contains but empty folders when `recursive` is set."""
    where = normal(body.path)
    if find_directory(sandbox, where) is None:
        raise NotFound(f"Path ({body.path}) doesn't exist.")
    if where in _PROTECTED or posixpath.dirname(where) == "/Users":
        raise PermissionDenied(f"Folder {posixpath.basename(where)} is protected").coded("DIRECTORY_PROTECTED")
    require_level(sandbox, caller, where, "CAN_MANAGE")
    _remove(sandbox, where, recursive=body.recursive)
    return {}


def _remove(sandbox: State, path: str, *, recursive: bool) -> None:
    folders, nodes = _inside(sandbox, path)
    if nodes or (folders and not recursive):
        raise InvalidParameter(f"Folder ({path}) is not empty").coded("DIRECTORY_NOT_EMPTY")
    with sandbox.store.transaction():
        for folder in folders:
            _remove(sandbox, folder.path, recursive=True)
        directory = sandbox.store.get(Directory, path)
        if directory is not None:
            sandbox.permissions.clear(DIRECTORIES, str(directory.object_id))
            sandbox.store.delete(Directory, path)


def _inside(sandbox: State, path: str) -> tuple[list[Directory], list[Node]]:
    nodes = [node for nodes in sandbox.nodes for node in nodes() if posixpath.dirname(node.path) == path]
    return sandbox.store.rows(Directory, parent=path), nodes


def _node_at(sandbox: State, path: str) -> Node | None:
    return next((node for nodes in sandbox.nodes for node in nodes() if node.path == path), None)


def _make(state: State, path: str, owner: Principal | None) -> Directory:
    directory = state.store.add(Directory(path, next_object_id(state)))
    if owner is not None:
        state.permissions.give(DIRECTORIES, str(directory.object_id), [(owner, "CAN_MANAGE")])
    return directory


def _shown(directory: Directory) -> Json:
    return {"path": directory.path, "object_type": "DIRECTORY", "object_id": directory.object_id}


def _finder(state: State) -> Callable[[str], Found | None]:
    def find(id: str) -> Found | None:
        for directory in state.store.rows(Directory):
            if str(directory.object_id) == id:
                return Found(id, directory.path, containers(state, directory.path))
        return None

    return find


def prepare(state: State) -> None:
    """Make the folders that every workspace has; `/Shared` is everybody's."""
    state.permissions.register(ObjectType(DIRECTORIES, "directory", LEVELS, _finder(state)))
    if state.store.get(Directory, "/") is None:
        with state.store.transaction():
            for path in ("/", "/Users"):
                _make(state, path, None)
            _make(state, "/Shared", state.principals.named(USERS, "Group"))


FACTS = (
    Fact(
        "mkdirs, get-status, list and delete of folders, with their error codes",
        "docs.databricks.com, Workspace API; databricks-sdk 0.156 service/workspace.py",
    ),
    Fact(
        "everybody may manage what is in /Shared, a user what is in their own folder; folders pass their levels on",
        "docs.databricks.com, Access control lists, folder permissions",
    ),
    Fact(
        "folders can not be made directly in /Users: DIRECTORY_PROTECTED",
        "amesar/mlflow-export-import#24 quotes `Folder Users is protected`",
    ),
    Fact("a path means the same with and without /Workspace in front", "docs.databricks.com, workspace file paths"),
    Fact(
        "a folder that holds an experiment is not deleted, also with `recursive`",
        "the platform moves both to the trash; refusing loses nothing",
        confirmed=False,
    ),
)

AREA = Area("workspace folders", router, FACTS, prepare)
