"""Permission levels on the objects of a workspace: serving endpoints, experiments, directories.

Unlike Unity Catalog's privileges they form a ladder: who may manage may also query. Areas register the types of
their objects here (`ObjectType`), and `/api/2.0/permissions` works for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from agentry.sandbox.errors import InvalidParameter, NotFound, PermissionDenied
from agentry.sandbox.principals import ADMINS
from agentry.sandbox.store import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from agentry.sandbox.identity import Caller
    from agentry.sandbox.principals import Principal, Principals
    from agentry.sandbox.store import Store


class Found(NamedTuple):
    """One object of a workspace.

    Attributes:
        id: What the permissions API calls it by.
        name: What people and MLmodel files call it.
        parents: `(type, id)` of what contains it, innermost first; levels there count here too.
    """

    id: str
    name: str
    parents: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ObjectType:
    """A type of objects that levels are given on.

    Attributes:
        path: Its part of the permissions API's path, such as `serving-endpoints`.
        label: Its `object_type` in answers, such as `serving-endpoint`.
        levels: Lowest first; the last one is CAN_MANAGE.
        find: The object with this id, or None.
        scope: The resource type that a served version declares to use it, or "".
        scoped_by_id: Whether it is declared by id rather than by name.
    """

    path: str
    label: str
    levels: tuple[str, ...]
    find: Callable[[str], Found | None]
    scope: str = ""
    scoped_by_id: bool = False


@dataclass(frozen=True)
class Level(Row):
    """The level of one principal on one object."""

    TABLE = "levels"

    type: str
    id: str
    kind: str
    principal: str
    level: str

    @property
    def key(self) -> str:
        """Object and principal."""
        return f"{self.parent} {self.kind} {self.principal}"

    @property
    def parent(self) -> str:
        """The object."""
        return f"{self.type} {self.id}"


class HeldLevel(NamedTuple):
    """A level that counts on an object; `inherited` says from where (`/directories/123`), "" if given here."""

    kind: str
    principal: str
    level: str
    inherited: str = ""


class Permissions:
    """Decides and changes levels on workspace objects."""

    def __init__(self, store: Store, principals: Principals) -> None:
        self._store = store
        self._principals = principals
        self._types: dict[str, ObjectType] = {}

    def register(self, type: ObjectType) -> None:
        """Make a type known; registering it again replaces it."""
        self._types[type.path] = type

    def type(self, path: str) -> ObjectType:
        """The type of this path.

        Raises:
            InvalidParameter: It is not known here.
        """
        if path not in self._types:
            raise InvalidParameter(f"'{path}' is not a supported object type: {', '.join(sorted(self._types))}")
        return self._types[path]

    def find(self, path: str, id: str) -> Found:
        """The object.

        Raises:
            NotFound: There is none with this id.
        """
        found = self.type(path).find(id)
        if found is None:
            raise NotFound(f"{self.type(path).label} with id {id} does not exist.")
        return found

    def held(self, path: str, id: str) -> list[HeldLevel]:
        """All levels that count on the object: given on it, on what contains it, and the admins'."""
        found = self.find(path, id)
        levels = [HeldLevel(r.kind, r.principal, r.level) for r in self._store.rows(Level, parent=f"{path} {id}")]
        for parent_path, parent_id in found.parents:
            rows = self._store.rows(Level, parent=f"{parent_path} {parent_id}")
            levels += [HeldLevel(r.kind, r.principal, r.level, f"/{parent_path}/{parent_id}") for r in rows]
        return [*levels, HeldLevel("Group", ADMINS, self.type(path).levels[-1], f"/{path}/")]

    def level(self, principal: Principal, path: str, id: str) -> str | None:
        """The highest level that the principal holds on the object, or None."""
        ladder = self.type(path).levels
        groups = self._principals.groups_of(principal)
        ranks = [
            # A level of what contains the object may have no namesake here (CAN_RUN of a directory): the next lower.
            rank(ladder, h.level)
            for h in self.held(path, id)
            if (h.principal in groups if h.kind == "Group" else h.principal == principal.name)
        ]
        best = max(ranks, default=-1)
        return ladder[best] if best >= 0 else None

    def require(self, caller: Caller, path: str, id: str, level: str) -> None:
        """Check that the caller holds at least this level, and that a served version declared the object.

        Raises:
            PermissionDenied: With level, object and principal named.
            NotFound: There is no such object.
        """
        type_ = self.type(path)
        found = self.find(path, id)
        if caller.scopes is not None:
            caller.require_scope(type_.scope or type_.label, found.id if type_.scoped_by_id else found.name)
        held = self.level(caller.principal, path, id)
        if held is None or type_.levels.index(held) < type_.levels.index(level):
            raise PermissionDenied(
                f"{caller.name} does not have {level} permission on {type_.label} '{found.name}' "
                f"(held: {held or 'none'})."
            )

    def give(self, path: str, id: str, levels: Iterable[tuple[Principal, str]]) -> None:
        """Set the level of some principals; those of others stay.

        Raises:
            InvalidParameter: A level that the type does not have.
        """
        ladder = self.type(path).levels
        with self._store.transaction():
            for principal, level in levels:
                if level not in ladder:
                    raise InvalidParameter(f"Permission level {level} is not one of {', '.join(ladder)} on {path}.")
                self._store.put(Level(path, id, principal.kind, principal.name, level))

    def clear(self, path: str, id: str) -> None:
        """Take away all levels given on the object itself: before a replacement, or because it is gone."""
        for row in self._store.rows(Level, parent=f"{path} {id}"):
            self._store.delete(Level, row.key)


_LADDER = ("CAN_VIEW", "CAN_READ", "CAN_QUERY", "CAN_RUN", "CAN_USE", "CAN_EDIT", "CAN_MANAGE")


def rank(ladder: tuple[str, ...], level: str) -> int:
    """Where a level stands on a type's ladder; one of another type counts as the highest that it includes."""
    if level in ladder:
        return ladder.index(level)
    reach = _LADDER.index(level) if level in _LADDER else -1
    return max((i for i, own in enumerate(ladder) if own in _LADDER and _LADDER.index(own) <= reach), default=-1)
