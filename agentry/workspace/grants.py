"""Privileges and permission levels alike: how somebody stands to one, give it, take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.errors import PermissionDenied
from agentry.workspace import levels, privileges
from agentry.workspace.standing import UNITY_CATALOG, Securable, Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentry.workspace.door import Identity, Workspace


async def standing(workspace: Workspace, securable: Securable, privilege: str, identity: Identity) -> Standing:
    """How somebody stands to a privilege on an object."""
    if securable.type in UNITY_CATALOG:
        return await privileges.standing(workspace, securable, privilege, identity)
    return await levels.standing(workspace, securable, privilege, identity)


async def give(
    workspace: Workspace, securable: Securable, privilege: str, identity: Identity, note: Callable[[str], None]
) -> None:
    """Give it.

    Args:
        workspace: Where.
        securable: On what.
        privilege: What.
        identity: To whom.
        note: Told, just before it is sent, the lower level that it replaces, or "".

    Raises:
        NotFound: There is no such object.
        PermissionDenied: It is not ours to give.
    """
    if securable.type in UNITY_CATALOG:
        note("")
        await privileges.change(workspace, securable, identity, add=[privilege], remove=[])
    else:
        await levels.set_level(workspace, securable, identity, privilege, note)


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


async def is_given(workspace: Workspace, securable: Securable, privilege: str, identity: Identity) -> bool | None:
    """Whether it is given to somebody himself, on the object itself; None where we may not see it.

    Raises:
        NotFound: There is no such object.
    """
    try:
        if securable.type in UNITY_CATALOG:
            return privilege in await privileges.given(workspace, securable, identity)
        return privilege in await levels.given(workspace, securable, identity)
    except PermissionDenied:
        return None
