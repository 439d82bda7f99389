"""`/api/2.1/unity-catalog/permissions` and `effective-permissions`."""

from __future__ import annotations

from typing import Any

from agentry.sandbox.access import GRANTABLE, Change, Grant, Securable
from agentry.sandbox.catalog.entities import METASTORE, find_entity
from agentry.sandbox.errors import InvalidParameter
from agentry.sandbox.web import Body, Caller, Json, Router, Sandbox, State, UserCaller

router = Router(prefix="/api/2.1/unity-catalog", metastore=True)


class PermissionChange(Body):
    """What to add for one principal and what to take away."""

    principal: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class PermissionChanges(Body):
    """A PATCH body."""

    changes: tuple[PermissionChange, ...] = ()


@router.get("/permissions/{securable_type}/{full_name}")
async def get_permissions(
    securable_type: str, full_name: str, caller: UserCaller, sandbox: Sandbox, principal: str = ""
) -> Json:
    """What was granted on the object itself."""
    securable = _existing(sandbox, securable_type, full_name)
    return {"privilege_assignments": _assignments(_visible(sandbox, caller, securable, securable, principal))}


@router.patch("/permissions/{securable_type}/{full_name}")
async def update_permissions(
    securable_type: str, full_name: str, body: PermissionChanges, caller: UserCaller, sandbox: Sandbox
) -> Json:
    """Add and remove privileges: for owners, holders of MANAGE, owners of what contains it, and admins."""
    securable = _existing(sandbox, securable_type, full_name)
    sandbox.access.require_management(caller, securable)
    sandbox.access.change(securable, [Change(c.principal, list(c.add), list(c.remove)) for c in body.changes])
    return {"privilege_assignments": _assignments(sandbox.access.grants(securable))}


@router.get("/effective-permissions/{securable_type}/{full_name}")
async def get_effective_permissions(
    securable_type: str, full_name: str, caller: UserCaller, sandbox: Sandbox, principal: str = ""
) -> Json:
    """What was granted on the object and on what contains it, with where each comes from."""
    securable = _existing(sandbox, securable_type, full_name)
    held: dict[str, list[dict[str, str]]] = {}
    for place in (securable, *securable.parents()):
        for grant in _visible(sandbox, caller, securable, place, principal):
            for privilege in grant.privileges:
                if place != securable and privilege not in GRANTABLE[securable.type]:
                    continue
                entry = {"privilege": _wire(privilege)}
                if place != securable:
                    entry |= {"inherited_from_type": place.type, "inherited_from_name": place.name}
                held.setdefault(grant.principal, []).append(entry)
    return {"privilege_assignments": [{"principal": name, "privileges": entries} for name, entries in held.items()]}


def _existing(sandbox: State, securable_type: str, full_name: str) -> Securable:
    type_ = securable_type.upper()
    if type_ not in GRANTABLE:
        raise InvalidParameter(f"'{securable_type}' is not a securable type: {', '.join(sorted(GRANTABLE))}")
    if type_ == METASTORE.type:
        return METASTORE
    securable = Securable(type_, full_name.lower())
    if not sandbox.access.exists(securable):
        find_entity(sandbox, securable)
    return securable


def _visible(sandbox: State, caller: Caller, securable: Securable, place: Securable, principal: str) -> list[Grant]:
    """The grants that the caller may see: all for who manages the object, else their own and their groups'."""
    grants = [g for g in sandbox.access.grants(place) if principal in ("", g.principal)]
    if sandbox.access.manages(caller.principal, securable):
        return grants
    own = [caller.name, *sandbox.principals.groups_of(caller.principal)]
    return [grant for grant in grants if grant.principal in own]


def _assignments(grants: list[Grant]) -> list[dict[str, Any]]:
    return [{"principal": g.principal, "privileges": [_wire(p) for p in g.privileges]} for g in grants]


def _wire(privilege: str) -> str:
    return privilege.replace(" ", "_")
