"""Users, groups and service principals of the sandbox, and what names them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from agentry.sandbox.errors import AlreadyExists
from agentry.sandbox.store import Row

if TYPE_CHECKING:
    from agentry.sandbox.store import Store

ADMINS = "admins"
USERS = "users"
# Unity Catalog's name for everybody in the account; workspaces show it as the group `users`.
ACCOUNT_USERS = "account users"
WORKSPACE_ACCESS = "workspace-access"


@dataclass(frozen=True)
class Principal(Row):
    """A user, a group or a service principal.

    Attributes:
        id: A number, as SCIM gives it.
        kind: "User", "Group" or "ServicePrincipal".
        name: What grants name it by: the user name, the group's display name, the application id.
        display_name: What people read.
        entitlements: Such as `workspace-access`.
        members: Ids of a group's members; empty otherwise.
        active: Whether it may do anything at all.
    """

    TABLE = "principals"
    FRESH: ClassVar[bool] = True

    id: str
    kind: str
    name: str
    display_name: str
    entitlements: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    active: bool = True

    @property
    def key(self) -> str:
        """The SCIM id."""
        return self.id

    @property
    def parent(self) -> str:
        """Its kind, so that users, groups and service principals can be listed apart."""
        return self.kind


class Principals:
    """Who is known to the sandbox."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, kind: str, name: str, display_name: str = "", entitlements: tuple[str, ...] = ()) -> Principal:
        """Make a user, group or service principal.

        Raises:
            AlreadyExists: One of its kind has the name.
        """
        if any(other.name == name for other in self.all(kind)):
            raise AlreadyExists(f"{kind} with name {name} already exists.")
        number = 1_000_000_000_000_000 + self._store.next_number("principals")
        return self._store.add(Principal(str(number), kind, name, display_name or name, list(entitlements)))

    def save(self, principal: Principal) -> Principal:
        """Remember a changed principal."""
        return self._store.put(principal)

    def all(self, kind: str) -> list[Principal]:
        """All of one kind, oldest first."""
        return self._store.rows(Principal, parent=kind)

    def named(self, name: str, *kinds: str) -> Principal | None:
        """Who grants mean by this name, among these kinds (all by default)."""
        for kind in kinds or ("User", "Group", "ServicePrincipal"):
            for principal in self.all(kind):
                if principal.name == name:
                    return principal
        return None

    def delete(self, principal: Principal) -> None:
        """Remove somebody, and their membership in groups."""
        self._store.delete(Principal, principal.id)
        for group in self.all("Group"):
            if principal.id in group.members:
                self.save(replace(group, members=[m for m in group.members if m != principal.id]))

    def groups_of(self, principal: Principal) -> list[str]:
        """Names of the groups it is in, also by way of other groups; `account users` is always the last."""
        found: list[str] = []
        ids = {principal.id}
        groups = self.all("Group")
        grown = True
        while grown:
            grown = False
            for group in groups:
                if group.name not in found and (ids & set(group.members) or group.name == USERS):
                    found.append(group.name)
                    ids.add(group.id)
                    grown = True
        return [*found, ACCOUNT_USERS]

    def is_admin(self, principal: Principal) -> bool:
        """Whether it is in the group `admins`."""
        return ADMINS in self.groups_of(principal)

    def is_entitled(self, principal: Principal, entitlement: str = WORKSPACE_ACCESS) -> bool:
        """Whether it has the entitlement itself or by one of its groups; admins have all."""
        groups = self.groups_of(principal)
        return (
            ADMINS in groups
            or entitlement in principal.entitlements
            or any(entitlement in group.entitlements for group in self.all("Group") if group.name in groups)
        )
