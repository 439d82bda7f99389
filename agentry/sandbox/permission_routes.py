"""`/api/2.0/permissions`: who has which level on an object of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.sandbox.area import Area, Fact
from agentry.sandbox.errors import InvalidParameter, NotFound
from agentry.sandbox.permissions import HeldLevel, ObjectType
from agentry.sandbox.principals import ADMINS
from agentry.sandbox.web import Body, Caller, Json, Router, Sandbox, State, UserEntitled

if TYPE_CHECKING:
    from agentry.sandbox.permissions import Found
    from agentry.sandbox.principals import Principal

router = Router(prefix="/api/2.0/permissions")
# The field that names a principal, by its kind; and how an unknown one is called in the refusal.
_FIELDS = {"User": "user_name", "Group": "group_name", "ServicePrincipal": "service_principal_name"}
_LABELS = {"User": "UserName", "Group": "GroupName", "ServicePrincipal": "ServicePrincipalName"}
# Types of which the sandbox has no objects: asking for one is 404, as it is where the object is not there.
_EMPTY = {
    "sql/warehouses": ("warehouses", ("CAN_VIEW", "CAN_USE", "CAN_MONITOR", "CAN_MANAGE")),
    "apps": ("apps", ("CAN_USE", "CAN_MANAGE")),
    "database-instances": ("database-instances", ("CAN_USE", "CAN_MANAGE")),
}


class Entry(Body):
    """The level of one principal."""

    user_name: str = ""
    group_name: str = ""
    service_principal_name: str = ""
    permission_level: str


class AccessControl(Body):
    """PATCH and PUT bodies."""

    access_control_list: tuple[Entry, ...] = ()


@router.get("/{path:path}/permissionLevels")
async def permission_levels(path: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Which levels an object can have."""
    type_, id_ = _split(path)
    sandbox.permissions.require(caller, type_, id_, sandbox.permissions.type(type_).levels[0])
    levels = sandbox.permissions.type(type_).levels
    return {"permission_levels": [{"permission_level": level, "description": level} for level in levels]}


@router.get("/{path:path}")
async def get_permissions(path: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """The list of an object, for who manages it."""
    type_, id_ = _managed(sandbox, caller, path)
    return _shown(sandbox, type_, id_)


@router.patch("/{path:path}")
async def update_permissions(path: str, body: AccessControl, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Set the levels of some principals; those of others stay."""
    type_, id_ = _managed(sandbox, caller, path)
    sandbox.permissions.give(type_, id_, _levels(sandbox, body))
    return _shown(sandbox, type_, id_)


@router.put("/{path:path}")
async def set_permissions(path: str, body: AccessControl, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Set the whole list; what is inherited stays."""
    type_, id_ = _managed(sandbox, caller, path)
    levels = _levels(sandbox, body)
    with sandbox.store.transaction():
        sandbox.permissions.clear(type_, id_)
        sandbox.permissions.give(type_, id_, levels)
    return _shown(sandbox, type_, id_)


def _split(path: str) -> tuple[str, str]:
    type_, _, id_ = path.rpartition("/")
    return type_, id_


def _managed(sandbox: State, caller: Caller, path: str) -> tuple[str, str]:
    type_, id_ = _split(path)
    sandbox.permissions.require(caller, type_, id_, sandbox.permissions.type(type_).levels[-1])
    return type_, id_


def _levels(sandbox: State, body: AccessControl) -> list[tuple[Principal, str]]:
    return [(_principal(sandbox, entry), entry.permission_level) for entry in body.access_control_list]


def _principal(sandbox: State, entry: Entry) -> Principal:
    given = [(kind, getattr(entry, field)) for kind, field in _FIELDS.items() if getattr(entry, field)]
    if len(given) != 1:
        raise InvalidParameter(f"An entry names exactly one of {', '.join(_FIELDS.values())}.")
    kind, name = given[0]
    if name == ADMINS and kind == "Group" and entry.permission_level != "CAN_MANAGE":
        raise InvalidParameter(f"Cannot change permissions for group '{ADMINS}' to {entry.permission_level}.")
    found = sandbox.principals.named(name, kind)
    if found is None:
        raise NotFound(f"Principal: {_LABELS[kind]}({name}) does not exist")
    return found


def _shown(sandbox: State, type_: str, id_: str) -> Json:
    by_principal: dict[tuple[str, str], list[HeldLevel]] = {}
    for held in sandbox.permissions.held(type_, id_):
        by_principal.setdefault((held.kind, held.principal), []).append(held)
    entries: list[dict[str, Any]] = []
    for (kind, name), levels in by_principal.items():
        principal = sandbox.principals.named(name, kind)
        if principal is not None:
            shown = {_FIELDS[kind]: name, "display_name": principal.display_name}
            entries.append(shown | {"all_permissions": [_level(held) for held in levels]})
    return {
        "object_id": f"/{type_}/{id_}",
        "object_type": sandbox.permissions.type(type_).label,
        "access_control_list": entries,
    }


def _level(held: HeldLevel) -> dict[str, Any]:
    shown: dict[str, Any] = {"permission_level": held.level, "inherited": bool(held.inherited)}
    return shown | {"inherited_from_object": [held.inherited]} if held.inherited else shown


def _nothing(_: str) -> Found | None:
    return None


def prepare(state: State) -> None:
    """Make the types known of which there are no objects here."""
    for path, (label, levels) in _EMPTY.items():
        state.permissions.register(ObjectType(path, label, levels, _nothing))


FACTS = (
    Fact(
        "PATCH merges, PUT replaces; the group admins manages everything and can not be lowered",
        "docs.databricks.com, Permissions API; databricks/terraform-provider-databricks#3111",
    ),
    Fact(
        "a principal that does not exist is `Principal: UserName(x) does not exist`",
        "databricks/cli#4488 quotes it",
    ),
    Fact(
        "only who manages an object reads its list; an endpoint tells everybody their own permission_level",
        "databricks-sdk 0.156, ServingEndpointDetailed.permission_level; that the list needs CAN_MANAGE was not seen",
        confirmed=False,
    ),
    Fact(
        "warehouses, apps and database instances are known by name, and there are none",
        "the sandbox serves agents; these are for later",
        confirmed=False,
    ),
)

AREA = Area("permissions", router, FACTS, prepare)
