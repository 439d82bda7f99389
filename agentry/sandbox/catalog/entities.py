"""Catalogs, schemas, tables, functions, volumes and connections: names that privileges are granted on, no data."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentry.sandbox.access import Securable
from agentry.sandbox.errors import AlreadyExists, InvalidParameter, NotFound
from agentry.sandbox.store import KeyTaken, Row

if TYPE_CHECKING:
    from agentry.sandbox.identity import Caller
    from agentry.sandbox.state import State

_PART = re.compile(r"[^\s./\x00-\x1f\x7f]{1,255}")
_LEVELS = {"CATALOG": 1, "SCHEMA": 2, "TABLE": 3, "FUNCTION": 3, "VOLUME": 3, "CONNECTION": 1}
# What is needed on what contains the new object.
_CREATE = {
    "CATALOG": "CREATE CATALOG",
    "SCHEMA": "CREATE SCHEMA",
    "TABLE": "CREATE TABLE",
    "FUNCTION": "CREATE FUNCTION",
    "VOLUME": "CREATE VOLUME",
    "CONNECTION": "CREATE CONNECTION",
}
METASTORE = Securable("METASTORE", "metastore")


@dataclass(frozen=True)
class Entity(Row):
    """One securable that is not a registered model; `details` are shown as they are."""

    TABLE = "entities"
    METASTORE = True

    type: str
    full_name: str
    created_by: str
    created_at: int
    comment: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def key(self) -> str:
        """Type and name."""
        return f"{self.type} {self.full_name}"

    @property
    def parent(self) -> str:
        """Type and name of what contains it: `TABLE local.agents`."""
        return f"{self.type} {self.full_name.rpartition('.')[0]}"

    @property
    def securable(self) -> Securable:
        """What privileges are granted on."""
        return Securable(self.type, self.full_name)


def check_name(type: str, full_name: str) -> str:
    """The name in lower case, as Unity Catalog keeps it.

    Raises:
        InvalidParameter: Not the levels that this type has, or a character that names may not have.
    """
    parts = full_name.split(".")
    if len(parts) != _LEVELS[type]:
        raise InvalidParameter(f"'{full_name}' is not a valid name: a {type.lower()} has {_LEVELS[type]} levels")
    for part in parts:
        if not _PART.fullmatch(part):
            raise InvalidParameter(f"'{part}' is not a valid name: names have no spaces, periods or slashes")
    return full_name.lower()


def find_entity(state: State, securable: Securable) -> Entity:
    """The object.

    Raises:
        NotFound: There is none: of a catalog or schema under the code that says so.
    """
    found = state.store.get(Entity, f"{securable.type} {securable.name.lower()}")
    if found is None:
        known = ("CATALOG", "SCHEMA", "TABLE", "FUNCTION", "CONNECTION")
        missing = NotFound(f"{securable} does not exist.")
        raise missing.coded(f"{securable.type}_DOES_NOT_EXIST") if securable.type in known else missing
    return found


def require_containers(state: State, securable: Securable) -> None:
    """Check that the catalog and the schema around an object exist.

    Raises:
        NotFound: The outermost that does not.
    """
    for place in reversed(securable.parents()):
        find_entity(state, place)


def create_entity(
    state: State, securable: Securable, owner: str, comment: str = "", details: dict[str, Any] | None = None
) -> Entity:
    """Make an object without asking whether somebody may; its containers exist.

    Raises:
        AlreadyExists: The name is taken.
    """
    name = check_name(*securable)
    entity = Entity(securable.type, name, owner, state.milliseconds(), comment, details=details or {})
    with state.store.transaction():
        try:
            state.store.add(entity)
        except KeyTaken as error:
            taken = AlreadyExists(f"{securable} already exists")
            raise taken.coded(f"{securable.type}_ALREADY_EXISTS") from error
        state.access.set_owner(entity.securable, owner)
    return entity


def create_as(
    state: State, caller: Caller, securable: Securable, comment: str = "", details: dict[str, Any] | None = None
) -> Entity:
    """Make an object for a caller, who needs CREATE ... on what contains it."""
    require_containers(state, securable)
    state.access.require_parents(caller, securable)
    place = next(iter(securable.parents()), METASTORE)
    if not (place == METASTORE and state.principals.is_admin(caller.principal)):
        state.access.require(caller, place, _CREATE[securable.type])
    return create_entity(state, securable, caller.name, comment, details)


def delete_as(state: State, caller: Caller, securable: Securable, *, force: bool = False) -> None:
    """Remove an object for a caller, who must own or manage it.

    Raises:
        InvalidParameter: It contains others, and `force` is not set.
    """
    entity = find_entity(state, securable)
    state.access.require_management(caller, entity.securable)
    inside = [e for e in state.store.rows(Entity) if e.full_name.startswith(f"{entity.full_name}.")]
    if inside and not force:
        raise InvalidParameter(f"{securable} is not empty. It has {len(inside)} object(s)").coded("INVALID_STATE")
    with state.store.transaction():
        for gone in [*inside, entity]:
            state.store.delete(Entity, gone.key)
            state.access.forget(gone.securable)


def shown(state: State, entity: Entity) -> dict[str, Any]:
    """An object as answers have it."""
    levels = entity.full_name.split(".")
    fields: dict[str, Any] = {
        **entity.details,
        "name": levels[-1],
        "full_name": entity.full_name,
        "owner": state.access.owner(entity.securable),
        "comment": entity.comment,
        "metastore_id": state.workspace.metastore_id,
        "created_at": entity.created_at,
        "created_by": entity.created_by,
        "updated_at": entity.created_at,
        "updated_by": entity.created_by,
        "securable_type": entity.type,
    }
    if len(levels) > 1:
        fields["catalog_name"] = levels[0]
    if len(levels) > 2:
        fields["schema_name"] = levels[1]
    return fields
