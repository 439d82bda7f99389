"""Who somebody is: SCIM, and the principals that declarations name (`user:a@b`, `group:g`, `sp:<application id>`).

A principal is resolved once and compared by id, so that a user name in other letters is no difference.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from agentry.errors import ConfigError, NotFound, PermissionDenied
from agentry.workspace.door import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.workspace.door import Json, Workspace

SCIM = "/api/2.0/preview/scim/v2"
ME = f"{SCIM}/Me"
EVERYBODY = frozenset({"users", "account users"})
"""Groups that hold everybody without listing them: the workspace's, and Unity Catalog's."""

_KINDS: dict[str, tuple[str, str]] = {
    # kind: SCIM's collection, and the attribute that a declaration names it by
    "user": ("Users", "userName"),
    "group": ("Groups", "displayName"),
    "sp": ("ServicePrincipals", "applicationId"),
}


def identity_of(found: Mapping[str, Any], kind: str = "") -> Identity:
    """What SCIM says of somebody; `kind` where the path said which it is (`Me` does not)."""
    application = str(found.get("applicationId") or "")
    name = str(found.get("userName") or "")
    if not kind:
        # `Me` of a service principal carries its application id as user name; only a user's is a mail address.
        kind = "user" if "@" in name else "sp"
        application = application or ("" if kind == "user" else name)
    groups = frozenset(str(g.get("display") or "") for g in found.get("groups") or ()) - {""}
    return Identity(
        id=str(found.get("id") or ""),
        user_name=name if kind == "user" else "",
        display_name=str(found.get("displayName") or name),
        application_id=application,
        groups=groups | EVERYBODY,
        admin="admins" in groups,
        kind=kind,
    )


def split_principal(principal: str) -> tuple[str, str]:
    """`user:a@b` as ("user", "a@b").

    Raises:
        ConfigError: It is written otherwise.
    """
    kind, _, name = principal.partition(":")
    if kind not in _KINDS or not name:
        raise ConfigError(
            f"{principal!r} is no principal",
            why="a principal says what it is and how it is called",
            fix="write user:name@company.example, group:analysts or sp:<application id>",
        )
    return kind, name


async def resolve(workspace: Workspace, principal: str) -> Identity:
    """Who a declaration means.

    Args:
        workspace: Where it is looked up, once for each principal.
        principal: `user:...`, `group:...` or `sp:...`.

    Raises:
        ConfigError: It is written otherwise, or there is nobody of that name.
    """
    # However a declaration spells it: later it is asked for by its own name.
    return await workspace.once.get(principal.casefold(), lambda: _look_up(workspace, principal))


async def _look_up(workspace: Workspace, principal: str) -> Identity:
    kind, name = split_principal(principal)
    if kind == workspace.me.kind and name.casefold() == workspace.me.name.casefold():
        return workspace.me
    if kind == "group" and name in EVERYBODY:
        return Identity(id=name, user_name="", display_name=name, kind="group")
    collection, attribute = _KINDS[kind]
    try:
        rows = await _named(workspace, collection, attribute, name)
    except PermissionDenied:
        # Not everybody may list principals. The workspace still refuses a name that nobody has, at the first write.
        return Identity(id="", user_name=name if kind == "user" else "", display_name=name, kind=kind,
                        application_id=name if kind == "sp" else "")  # fmt: skip
    if not rows:
        raise ConfigError(f"there is no {_label(kind)} {name!r} in {workspace.host}", fix="check how it is written")
    return identity_of(rows[0], kind)


async def recorded(workspace: Workspace, kind: str, id: str, name: str) -> Identity:
    """Who was meant when a declaration was resolved: the same one after a rename, never another of the same name.

    Args:
        workspace: Where.
        kind: "user", "group" or "sp".
        id: SCIM id, or the name where no id could be looked up.
        name: What it was called.

    Raises:
        NotFound: There is nobody of this id any more.
    """
    return await workspace.once.get(f"{kind} of id {id}", lambda: _recorded(workspace, kind, id, name))


async def _recorded(workspace: Workspace, kind: str, id: str, name: str) -> Identity:
    try:
        found = await resolve(workspace, f"{kind}:{name}")
    except ConfigError:
        found = None
    if found is not None and (found.id in ("", id) or id == name):
        return found
    try:
        return identity_of(await workspace.get(f"{SCIM}/{_KINDS[kind][0]}/{id}"), kind)
    except NotFound:
        raise NotFound(f"{_label(kind)} {name!r} (id {id}) is not in {workspace.host} any more") from None


async def _named(workspace: Workspace, collection: str, attribute: str, name: str) -> list[Json]:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    answer = await workspace.get(f"{SCIM}/{collection}", {"filter": f'{attribute} eq "{quoted}"'})
    return [row for row in answer.get("Resources") or [] if str(row.get(attribute) or "").casefold() == name.casefold()]


async def groups_of(workspace: Workspace, identity: Identity) -> frozenset[str]:
    """The groups somebody is in, also by way of other groups: SCIM lists only those that hold him directly."""
    return await workspace.once.get(f"groups of {identity.principal}", lambda: _groups(workspace, identity))


async def _groups(workspace: Workspace, identity: Identity) -> frozenset[str]:
    found, asked = set(identity.groups), set(EVERYBODY)
    with contextlib.suppress(PermissionDenied):  # those that are known directly have to do
        while found - asked:
            name = min(found - asked)
            asked.add(name)
            for row in await _named(workspace, "Groups", "displayName", name):
                found |= identity_of(row, "group").groups
    return frozenset(found)


def _label(kind: str) -> str:
    return {"user": "user", "group": "group", "sp": "service principal"}[kind]
