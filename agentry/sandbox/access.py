"""Privileges on Unity Catalog's securables: who holds what, why, and who may change it.

A privilege is held directly, through a group, as the owner of the object, or from a grant on what contains it. To
reach something inside a catalog, USE CATALOG and USE SCHEMA are needed besides the privilege itself
(docs.databricks.com, "Unity Catalog privileges and securable objects").
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from agentry.sandbox.errors import InvalidParameter, PermissionDenied, PrincipalNotFound
from agentry.sandbox.principals import ACCOUNT_USERS, ADMINS, USERS, Principal
from agentry.sandbox.store import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from agentry.sandbox.identity import Caller
    from agentry.sandbox.principals import Principals
    from agentry.sandbox.store import Store

ALL_PRIVILEGES = "ALL PRIVILEGES"
# What an owner of a catalog or schema does not get on the things inside, without a grant.
_DATA = frozenset({"SELECT", "MODIFY", "EXECUTE", "READ VOLUME", "WRITE VOLUME"})
_IN_SCHEMA = frozenset(
    {
        "APPLY TAG", "CREATE FUNCTION", "CREATE MATERIALIZED VIEW", "CREATE MODEL", "CREATE MODEL VERSION",
        "CREATE TABLE", "CREATE VOLUME", "EXECUTE", "MANAGE", "MODIFY", "READ VOLUME", "REFRESH", "SELECT",
        "USE SCHEMA", "WRITE VOLUME", ALL_PRIVILEGES,
    }
)  # fmt: skip
GRANTABLE: dict[str, frozenset[str]] = {
    "METASTORE": frozenset({"CREATE CATALOG", "CREATE CONNECTION", "MANAGE ALLOWLIST"}),
    "CATALOG": _IN_SCHEMA | {"BROWSE", "CREATE SCHEMA", "USE CATALOG"},
    "SCHEMA": _IN_SCHEMA,
    "TABLE": frozenset({"APPLY TAG", "MANAGE", "MODIFY", "SELECT", ALL_PRIVILEGES}),
    "FUNCTION": frozenset({"APPLY TAG", "CREATE MODEL VERSION", "EXECUTE", "MANAGE", ALL_PRIVILEGES}),
    "VOLUME": frozenset({"APPLY TAG", "MANAGE", "READ VOLUME", "WRITE VOLUME", ALL_PRIVILEGES}),
    "CONNECTION": frozenset({"MANAGE", "USE CONNECTION", "CREATE FOREIGN CATALOG", ALL_PRIVILEGES}),
}
# A scoped token names a resource as an MLmodel file does.
_SCOPE_TYPES = {"TABLE": ("table", "vector_search_index"), "FUNCTION": ("function", "uc_model_service"),
                "CONNECTION": ("uc_connection",)}  # fmt: skip


# Registered models are functions to Unity Catalog, and its messages say so.
_LABELS = {"FUNCTION": "Routine or Model"}


class Securable(NamedTuple):
    """One object that privileges are granted on, such as `Securable("SCHEMA", "local.agents")`."""

    type: str
    name: str

    def __str__(self) -> str:
        return f"{_LABELS.get(self.type, self.type.title())} '{self.name}'"

    def parents(self) -> list[Securable]:
        """The schema and catalog around it, innermost first."""
        levels = self.name.split(".")
        if self.type in ("METASTORE", "CATALOG", "CONNECTION"):
            return []
        if self.type == "SCHEMA":
            return [Securable("CATALOG", levels[0])]
        return [Securable("SCHEMA", ".".join(levels[:2])), Securable("CATALOG", levels[0])]


class Held(NamedTuple):
    """How somebody holds a privilege.

    Attributes:
        how: "owner", "direct" or "group".
        principal: The name that the grant or the ownership is for.
        securable: Where it was granted: the object itself or what contains it.
    """

    how: str
    principal: str
    securable: Securable


@dataclass(frozen=True)
class Grant(Row):
    """What one principal was granted on one object."""

    TABLE = "grants"
    METASTORE = True

    type: str
    name: str
    principal: str
    privileges: list[str]

    @property
    def key(self) -> str:
        """Object and principal."""
        return f"{self.parent} {self.principal}"

    @property
    def parent(self) -> str:
        """The object."""
        return f"{self.type} {self.name}"


@dataclass(frozen=True)
class Ownership(Row):
    """Who owns an object."""

    TABLE = "owners"
    METASTORE = True

    type: str
    name: str
    owner: str

    @property
    def key(self) -> str:
        """The object."""
        return f"{self.type} {self.name}"


@dataclass(frozen=True)
class Change:
    """What to add for a principal and what to take away."""

    principal: str
    add: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)


class Access:
    """Decides and changes privileges of Unity Catalog."""

    def __init__(self, store: Store, principals: Principals) -> None:
        self._store = store
        self._principals = principals
        self._finders: dict[str, list[Callable[[str], bool]]] = {}

    def register(self, type: str, exists: Callable[[str], bool]) -> None:
        """Say how to find out whether an object of a type exists; a type may have several (functions and models)."""
        self._finders.setdefault(type, []).append(exists)

    def exists(self, securable: Securable) -> bool:
        """Whether there is such an object."""
        return any(exists(securable.name) for exists in self._finders.get(securable.type, ()))

    def owner(self, securable: Securable) -> str:
        """Name of the owner, or "" where nobody was recorded."""
        found = self._store.get(Ownership, f"{securable.type} {securable.name}")
        return found.owner if found else ""

    def set_owner(self, securable: Securable, owner: str) -> None:
        """Record who owns it; the caller's right to do so is checked elsewhere."""
        self._known(owner)
        self._store.put(Ownership(securable.type, securable.name, owner))

    def forget(self, securable: Securable) -> None:
        """Drop owner and grants of an object that is gone."""
        self._store.delete(Ownership, f"{securable.type} {securable.name}")
        for grant in self.grants(securable):
            self._store.delete(Grant, grant.key)

    def rename(self, securable: Securable, name: str) -> None:
        """Carry owner and grants over to an object's new name."""
        owner, grants = self.owner(securable), self.grants(securable)
        self.forget(securable)
        self._store.put(Ownership(securable.type, name, owner))
        for grant in grants:
            self._store.put(replace(grant, name=name))

    def grants(self, securable: Securable) -> list[Grant]:
        """What was granted on the object itself."""
        return self._store.rows(Grant, parent=f"{securable.type} {securable.name}")

    def holds(self, principal: Principal, securable: Securable, privilege: str) -> Held | None:
        """How the principal holds the privilege, or None. USE on what contains the object is not part of the answer."""
        names = [principal.name, *self._principals.groups_of(principal)]
        for place in (securable, *securable.parents()):
            owner = self.owner(place)
            if owner in names and (place == securable or privilege not in _DATA):
                return Held("owner", owner, place)
            for grant in self.grants(place):
                if grant.principal in names and (privilege in grant.privileges or _by_all(grant, privilege)):
                    return Held("direct" if grant.principal == principal.name else "group", grant.principal, place)
        return None

    def holds_any(self, principal: Principal, securable: Securable, *privileges: str) -> bool:
        """Whether the principal holds at least one of the privileges."""
        return any(self.holds(principal, securable, privilege) for privilege in privileges)

    def manages(self, principal: Principal, securable: Securable) -> bool:
        """Whether it may grant on the object, alter and delete it: its owner, MANAGE, or an admin."""
        return self._principals.is_admin(principal) or self.holds(principal, securable, "MANAGE") is not None

    def require(self, caller: Caller, securable: Securable, *privileges: str) -> None:
        """Check USE CATALOG and USE SCHEMA around the object, and that one of the privileges is held on it.

        Raises:
            PermissionDenied: The first that is missing, in the platform's words.
        """
        self.require_scope(caller, securable)
        self.require_parents(caller, securable)
        if not self.holds_any(caller.principal, securable, *privileges):
            raise _denied(caller, " or ".join(privileges), securable)

    def require_parents(self, caller: Caller, securable: Securable) -> None:
        """Check USE CATALOG, then USE SCHEMA, on what contains the object."""
        for place in reversed(securable.parents()):
            use = f"USE {place.type}"
            if self.holds(caller.principal, place, use) is None:
                raise _denied(caller, use, place)

    def require_management(self, caller: Caller, securable: Securable) -> None:
        """Check that the caller owns or manages the object.

        Raises:
            PermissionDenied: With who could.
        """
        self.require_scope(caller, securable)
        if not self.manages(caller.principal, securable):
            owner = self.owner(securable) or "nobody"
            raise PermissionDenied(f"User is not an owner of {securable} (owner: {owner}). [Principal: {caller.name}]")

    def require_scope(self, caller: Caller, securable: Securable) -> None:
        """Refuse a served version what it did not declare."""
        if caller.scopes is None:
            return
        types = _SCOPE_TYPES.get(securable.type, (securable.type.lower(),))
        if not any(caller.may_use(type_, securable.name) for type_ in types):
            caller.require_scope(types[0], securable.name)

    def change(self, securable: Securable, changes: Iterable[Change]) -> None:
        """Add and remove privileges, all or none.

        Raises:
            InvalidParameter: A privilege that does not exist on this type.
            PrincipalNotFound: A name that is nobody's.
        """
        with self._store.transaction():
            for change in changes:
                self._apply(securable, change)

    def _apply(self, securable: Securable, change: Change) -> None:
        self._known(change.principal)
        add, remove = ({normal(p) for p in privileges} for privileges in (change.add, change.remove))
        for privilege in sorted(add | remove):
            if privilege not in GRANTABLE[securable.type]:
                raise InvalidParameter(f"Privilege {privilege} is not applicable to this entity [{securable}].")
        grant = Grant(securable.type, securable.name, change.principal, [])
        held = self._store.get(Grant, grant.key) or grant
        privileges = sorted((set(held.privileges) | add) - remove)
        if privileges:
            self._store.put(Grant(securable.type, securable.name, change.principal, privileges))
        else:
            self._store.delete(Grant, grant.key)

    def _known(self, name: str) -> None:
        # Workspace-local groups can not hold privileges of the metastore; `account users` stands for everybody.
        if name == ACCOUNT_USERS:
            return
        if name in (ADMINS, USERS) or self._principals.named(name) is None:
            raise PrincipalNotFound(f"Could not find principal with name {name}")


def normal(privilege: str) -> str:
    """`USE_CATALOG`, as the API spells it, and `USE CATALOG`, as people do, are one privilege."""
    return privilege.replace("_", " ").upper()


def _by_all(grant: Grant, privilege: str) -> bool:
    return ALL_PRIVILEGES in grant.privileges and privilege != "MANAGE"


def _denied(caller: Caller, privilege: str, securable: Securable) -> PermissionDenied:
    said = f"User does not have {privilege} on {securable}. [Principal: {caller.name}]"
    return PermissionDenied(said).because(
        "PERMISSION_DENIED",
        principalName=caller.name,
        msg=privilege,
        resourceType=_LABELS.get(securable.type, securable.type.title()),
        resourceName=securable.name,
    )
