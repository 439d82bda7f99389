"""Permission levels on the objects of a workspace (endpoints, warehouses, spaces, apps): who has which, who may set it.

Levels form a ladder: who may manage may also query. Who does not manage an object may not read its list; of an
endpoint he is told his own level with the endpoint itself (`permission_level`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentry.errors import NotFound, PermissionDenied
from agentry.workspace.identity import groups_of
from agentry.workspace.serving import ENDPOINTS
from agentry.workspace.standing import Securable, Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentry.workspace.door import Identity, Json, Workspace

_API = "/api/2.0/permissions"
LADDERS: dict[str, tuple[str, ...]] = {
    "SERVING_ENDPOINT": ("CAN_VIEW", "CAN_QUERY", "CAN_MANAGE"),
    "SQL_WAREHOUSE": ("CAN_VIEW", "CAN_USE", "CAN_MONITOR", "CAN_MANAGE", "IS_OWNER"),
    "GENIE_SPACE": ("CAN_VIEW", "CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"),
    "APP": ("CAN_USE", "CAN_MANAGE"),
    "LAKEBASE": ("CAN_USE", "CAN_MANAGE"),
}
_NAMES = {"user": "user_name", "group": "group_name", "sp": "service_principal_name"}


@dataclass(frozen=True, slots=True)
class Access:
    """What is known of an object's levels.

    Attributes:
        id: What the permissions interface calls it.
        entries: Its list, or None where we may not read it.
        own: Our own level as the object itself tells it; "" is none at all, None that it does not tell.
        creator: Who made it, or "".
    """

    id: str
    entries: list[Json] | None
    own: str | None
    creator: str

    def levels(self, kind: str, name: str, *, direct: bool = False) -> list[str]:
        """The levels that the list gives somebody; `direct`: those given on the object itself only."""
        return [
            str(level.get("permission_level"))
            for entry in self.entries or ()
            if str(entry.get(_NAMES[kind]) or "").casefold() == name.casefold()
            for level in entry.get("all_permissions") or ()
            if not (direct and level.get("inherited"))
        ]


async def access(workspace: Workspace, securable: Securable) -> Access | None:
    """What is known of an object's levels; None where there is no such object."""
    found: Json = {}
    if securable.type == "SERVING_ENDPOINT":
        try:
            found = await workspace.get(f"{ENDPOINTS}/{securable.name}")
        except NotFound:
            return None
        except PermissionDenied:
            # Not even CAN_VIEW: its id, which the permissions interface wants, is hidden too.
            return Access("", None, "", "")
    key = str(found.get("id") or securable.name)
    entries: list[Json] | None = None
    try:
        listed = await workspace.get(f"{_API}/{securable.permissions_path}/{key}")
        entries = list(listed.get("access_control_list") or ())
    except NotFound:
        if not found:
            return None
    except PermissionDenied:
        pass
    return Access(key, entries, found.get("permission_level"), str(found.get("creator") or ""))


async def standing(workspace: Workspace, securable: Securable, level: str, identity: Identity) -> Standing:
    """How somebody stands to a level on an object of the workspace."""
    found, groups, own_groups = await asyncio.gather(
        access(workspace, securable), groups_of(workspace, identity), groups_of(workspace, workspace.me)
    )
    if found is None:
        return Standing(exists=False)
    me = workspace.me
    is_me = identity.principal.casefold() == me.principal.casefold()
    ladder = LADDERS[securable.type]
    ours = _best(ladder, [found.own or "", *_held(found, me, own_groups, ladder).values()])
    manages = ladder.index(ours) >= ladder.index("CAN_MANAGE") if ours else False
    return Standing(
        how=_how(found, identity, groups, ladder, level, own=is_me),
        visible=found.entries is not None or (is_me and found.own is not None),
        may_give=manages,
        givers=_givers(found, securable),
    )


def _held(found: Access, identity: Identity, groups: frozenset[str], ladder: tuple[str, ...]) -> dict[str, str]:
    """Which levels somebody has, by way of what: "granted", or the group's name."""
    held = {f"by group {group}": _best(ladder, found.levels("group", group)) for group in sorted(groups)}
    held["granted"] = _best(ladder, found.levels(identity.kind, identity.name))
    return {how: level for how, level in held.items() if level}


def _how(
    found: Access, identity: Identity, groups: frozenset[str], ladder: tuple[str, ...], level: str, *, own: bool
) -> str:
    wanted = ladder.index(level)
    for how, has in reversed(_held(found, identity, groups, ladder).items()):
        if ladder.index(has) >= wanted:
            return how if has == level else f"{how} ({has})"
    if own and found.own in ladder and ladder.index(found.own) >= wanted:
        return found.own
    return ""


def _best(ladder: tuple[str, ...], levels: list[str]) -> str:
    return max((level for level in levels if level in ladder), key=ladder.index, default="")


def _givers(found: Access, securable: Securable) -> str:
    managers = [
        str(entry.get(key))
        for entry in found.entries or ()
        for key in _NAMES.values()
        if entry.get(key)
        and any(level.get("permission_level") == "CAN_MANAGE" for level in entry.get("all_permissions") or ())
    ]
    if not managers and found.creator:
        managers = [f"{found.creator} (who made it)"]
    return ", ".join(managers) or f"whoever has CAN_MANAGE on {securable}, or a workspace admin"


async def set_level(
    workspace: Workspace, securable: Securable, identity: Identity, level: str, note: Callable[[str], None]
) -> None:
    """Give somebody a level; those of others stay.

    Args:
        workspace: Where.
        securable: On what.
        identity: Who.
        level: Which.
        note: Told, just before it is sent, the lower level that he had on the object itself, or "".

    Raises:
        NotFound: There is no such object.
    """
    async with workspace.turns[str(securable)]:
        found = await _need(workspace, securable)
        note(_best(LADDERS[securable.type], found.levels(identity.kind, identity.name, direct=True)))
        await workspace.patch(
            f"{_API}/{securable.permissions_path}/{found.id}", {"access_control_list": [_entry(identity, level)]}
        )


async def clear_level(workspace: Workspace, securable: Securable, identity: Identity, level: str, before: str) -> bool:
    """Take back a level that `set_level` gave, if it is still what the principal has there.

    The interface can not remove one entry: the list is sent without it, and while nobody here adds another one.

    Returns:
        Whether something was taken back; a level that somebody changed since is left.

    Raises:
        NotFound: There is no such object any more.
    """
    async with workspace.turns[str(securable)]:
        return await _clear_level(workspace, securable, identity, level, before)


async def _clear_level(workspace: Workspace, securable: Securable, identity: Identity, level: str, before: str) -> bool:
    found = await _need(workspace, securable)
    path = f"{_API}/{securable.permissions_path}/{found.id}"
    if found.levels(identity.kind, identity.name, direct=True) != [level]:
        return False
    if before:
        await workspace.patch(path, {"access_control_list": [_entry(identity, before)]})
        return True
    others = [
        {key: entry[key], "permission_level": given["permission_level"]}
        for entry in found.entries or ()
        for key in _NAMES.values()
        if entry.get(key) and (key, str(entry[key]).casefold()) != (_NAMES[identity.kind], identity.name.casefold())
        for given in entry.get("all_permissions") or ()
        if not given.get("inherited")
    ]
    await workspace.put(path, {"access_control_list": others})
    return True


async def given(workspace: Workspace, securable: Securable, identity: Identity) -> set[str]:
    """The levels that somebody himself has on the object itself.

    Raises:
        NotFound: There is no such object.
        PermissionDenied: Its list is not ours to see.
    """
    found = await _need(workspace, securable)
    if found.entries is None:
        raise PermissionDenied(f"who may do what with {securable} is not yours to see")
    return set(found.levels(identity.kind, identity.name, direct=True))


async def _need(workspace: Workspace, securable: Securable) -> Access:
    found = await access(workspace, securable)
    if found is None:
        raise NotFound(f"{securable} does not exist")
    return found


def _entry(identity: Identity, level: str) -> dict[str, Any]:
    return {_NAMES[identity.kind]: identity.name, "permission_level": level}
