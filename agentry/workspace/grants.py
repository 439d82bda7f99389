"""Privileges and permission levels alike: how somebody stands to one, give it, take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.workspace import levels, privileges
from agentry.workspace.standing import UNITY_CATALOG, Securable, Standing

if TYPE_CHECKING:
    from agentry.workspace.door import Identity, Workspace


async def standing(workspace: Workspace, securable: Securable, privilege: str, identity: Identity) -> Standing:
    """How somebody stands to a privilege on an object."""
    if securable.type in UNITY_CATALOG:
        return await privileges.standing(workspace, securable, privilege, identity)
    return await levels.standing(workspace, securable, privilege, identity)


async def give(workspace: Workspace, securable: Securable, privilege: str, identity: Identity) -> str:
    """Give it.

    Returns:
        The lower level that it replaced, or "".

    Raises:
        NotFound: There is no such object.
        PermissionDenied: It is not ours to give.
    """
    if securable.type in UNITY_CATALOG:
        await privileges.change(workspace, securable, identity, add=[privilege], remove=[])
        return ""
    return await levels.set_level(workspace, securable, identity, privilege)


async def take(workspace: Workspace, securable: Securable, privilege: str, identity: Identity, before: str) -> None:
    """Take back what `give` gave, and restore the level that it replaced.

    Raises:
        NotFound: There is no such object any more.
        PermissionDenied: It is not ours to take.
    """
    if securable.type in UNITY_CATALOG:
        await privileges.change(workspace, securable, identity, add=[], remove=[privilege])
    else:
        await levels.clear_level(workspace, securable, identity, privilege, before)
