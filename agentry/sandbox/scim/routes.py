"""`/api/2.0/preview/scim/v2`: who I am, and users, groups and service principals."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from agentry.sandbox.area import Area, Fact
from agentry.sandbox.errors import PermissionDenied
from agentry.sandbox.principals import Principal
from agentry.sandbox.scim.resources import NAME_ATTRIBUTE, ScimInvalid, ScimNotFound, matches, patched, resource
from agentry.sandbox.web import SIGNED_IN, AnyCaller, Body, Caller, Json, Router, Sandbox, State, UserCaller

router = Router(prefix="/api/2.0/preview/scim/v2")
KINDS = {"Users": "User", "Groups": "Group", "ServicePrincipals": "ServicePrincipal"}
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


class NewPrincipal(Body):
    """POST and PUT bodies of all three kinds."""

    userName: str | None = None  # noqa: N815 - the field of the wire
    displayName: str | None = None  # noqa: N815 - the field of the wire
    applicationId: str | None = None  # noqa: N815 - the field of the wire
    active: bool = True
    entitlements: tuple[dict[str, Any], ...] = ()
    members: tuple[dict[str, Any], ...] = ()


class Patch(Body):
    """A PATCH body."""

    Operations: list[dict[str, Any]]


@router.get("/Me")
async def me(caller: AnyCaller, sandbox: Sandbox) -> Json:
    """Who the token speaks for."""
    if caller.scopes is not None:
        # The platform's own principal behind a served version: known by an id, found nowhere else.
        application = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{sandbox.workspace.workspace_id}/{caller.served}"))
        return resource(sandbox.principals, Principal(application, "ServicePrincipal", application, caller.served))
    shown = resource(sandbox.principals, caller.principal)
    # Me, and only Me, calls a service principal by `userName`, as it does a user.
    return shown | {"userName": caller.name} if caller.principal.kind == "ServicePrincipal" else shown


@router.get("/{plural}", dependencies=SIGNED_IN)
async def list_principals(
    plural: str,
    sandbox: Sandbox,
    filter: str = "",
    startIndex: int = 1,  # noqa: N803 - the parameter of the wire
    count: int = 10000,
) -> Json:
    """All of a kind, narrowed by a filter."""
    found = [resource(sandbox.principals, p) for p in sandbox.principals.all(_kind(plural))]
    if filter:
        found = [shown for shown in found if matches(shown, filter)]
    page = found[max(startIndex, 1) - 1 :][:count]
    return {
        "schemas": [_LIST],
        "totalResults": len(found),
        "startIndex": startIndex,
        "itemsPerPage": len(page),
        "Resources": page,
    }


@router.get("/{plural}/{id}", dependencies=SIGNED_IN)
async def get_principal(plural: str, id: str, sandbox: Sandbox) -> Json:
    """One by id."""
    return resource(sandbox.principals, _find(sandbox, plural, id))


@router.post("/{plural}", status_code=201)
async def create_principal(plural: str, body: NewPrincipal, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A new user, group or service principal; for admins."""
    _require_admin(sandbox, caller)
    kind = _kind(plural)
    name = getattr(body, NAME_ATTRIBUTE[kind]) or (str(uuid.uuid4()) if kind == "ServicePrincipal" else "")
    if not name:
        raise ScimInvalid(f"{NAME_ATTRIBUTE[kind]} is required")
    with sandbox.store.transaction():
        created = sandbox.principals.create(kind, name, body.displayName or "")
        created = sandbox.principals.save(_given(created, body))
    return resource(sandbox.principals, created)


@router.put("/{plural}/{id}")
async def replace_principal(plural: str, id: str, body: NewPrincipal, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Entitlements, members and activity anew; for admins."""
    _require_admin(sandbox, caller)
    return resource(sandbox.principals, sandbox.principals.save(_given(_find(sandbox, plural, id), body)))


@router.patch("/{plural}/{id}")
async def patch_principal(plural: str, id: str, body: Patch, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Add and remove members and entitlements; for admins."""
    _require_admin(sandbox, caller)
    changed = sandbox.principals.save(patched(_find(sandbox, plural, id), body.Operations))
    return resource(sandbox.principals, changed)


@router.delete("/{plural}/{id}")
async def delete_principal(plural: str, id: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Remove somebody; their tokens stop working. For admins."""
    _require_admin(sandbox, caller)
    sandbox.principals.delete(_find(sandbox, plural, id))
    return {}


def _kind(plural: str) -> str:
    if plural not in KINDS:
        raise ScimNotFound(f"Resource type {plural} not found.")
    return KINDS[plural]


def _find(sandbox: State, plural: str, id: str) -> Principal:
    kind = _kind(plural)
    found = sandbox.store.get(Principal, id)
    if found is None or found.kind != kind:
        raise ScimNotFound(f"{kind} with id {id} not found.")
    return found


def _given(principal: Principal, body: NewPrincipal) -> Principal:
    return replace(
        principal,
        display_name=body.displayName or principal.display_name,
        entitlements=[str(item["value"]) for item in body.entitlements],
        members=[str(item["value"]) for item in body.members],
        active=body.active,
    )


def _require_admin(sandbox: State, caller: Caller) -> None:
    if not sandbox.principals.is_admin(caller.principal):
        raise PermissionDenied(f"Only admins may change principals. [Principal: {caller.name}]")


FACTS = (
    Fact(
        "SCIM Me, and lists with filter, startIndex and count, for Users, Groups and ServicePrincipals",
        "databricks-sdk 0.156 service/iam.py; docs.databricks.com, SCIM API reference",
    ),
    Fact("filters know eq, ne, co, sw, ew, joined by and / or", "docs.databricks.com, SCIM API reference"),
    Fact(
        "everybody in the workspace may list principals, only admins may change them",
        "docs.databricks.com, identities; the exact fields that non-admins see were not compared",
        confirmed=False,
    ),
    Fact(
        "Me of a service principal has its application id as userName",
        "seen in the output of `databricks current-user me` for service principals that was posted publicly",
    ),
    Fact(
        "a served version's token is answered by Me with a service principal that no list shows",
        "third parties report a hidden principal per served model; its form is not documented",
        confirmed=False,
    ),
)

AREA = Area("identities (SCIM)", router, FACTS)
