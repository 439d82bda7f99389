"""Giving a privilege and taking it back: recorded before it is sent, and seen to be gone after it was revoked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentry.errors import Unavailable
from agentry.provider.kinds.grant_rules import entry, key_of, securable_of, words
from agentry.provider.kinds.read_back import read_back
from agentry.workspace import grants

if TYPE_CHECKING:
    from agentry.provider.kinds.kind import Context, Properties
    from agentry.workspace import Identity, Workspace
    from agentry.workspace.standing import Standing


@dataclass
class Record:
    """What a grant gave, and what it found held."""

    added: list[Properties] = field(default_factory=list)
    held: list[Properties] = field(default_factory=list)

    @property
    def outputs(self) -> Properties:
        """As outputs; the same lists, so that they grow with the record."""
        return {"added": self.added, "held": self.held}


GRANTED = "granted"
"""How somebody holds what was given to himself, at that level, on the object itself; see `Standing`."""


def lacking(
    found: list[tuple[Properties, Standing]], inputs: Properties, old_inputs: Properties, ctx: Context
) -> list[Properties] | None:
    """Which of the privileges were missing when this was declared; None where all were held.

    It is saved with the inputs before anything is given: whoever comes after a run that was killed while it gave knows
    by it what others had given before.

    Args:
        found: The privileges, and how the principal stands to them now.
        inputs: The grant.
        old_inputs: As it was declared before.
        ctx: Of the check.
    """
    if inputs.get("ensure"):
        return None
    noted = {key_of(item) for known in (old_inputs, ctx.interrupted) for item in known.get("lacking") or ()}
    return [
        entry(item)
        for item, stands in found
        if key_of(item) in noted or (not stands.how and (stands.visible or not stands.exists))
    ] or None


def left_by_us(inputs: Properties, ctx: Context) -> set[tuple[str, str, str]]:
    """Keys of the privileges that a killed run of this stack may have given to this principal, and nobody had before."""
    if inputs.get("ensure") or _principal_id(ctx.interrupted) != _principal_id(inputs):
        return set()
    return {key_of(item) for item in ctx.interrupted.get("lacking") or ()}


def _principal_id(inputs: Properties) -> str:
    return str((inputs.get("resolvedPrincipal") or {}).get("id") or "")


async def give(workspace: Workspace, item: Properties, identity: Identity, record: Record, *, ours: bool) -> None:
    """Give a privilege that is not held.

    Nobody had given it a moment before, so whatever is there once the answer was lost is ours to take back: it is
    recorded before it is sent, and forgotten only where the workspace refused it.

    Args:
        workspace: Where.
        item: The privilege.
        identity: To whom.
        record: Of the grant.
        ours: Whether it is taken back one day.

    Raises:
        WorkspaceError: It was refused, or the answer was lost.
        Interrupted: The engine asked to stop.
    """
    noted: list[Properties] = []

    def note(before: str) -> None:
        if ours:
            noted.append({**entry(item), "before": before})
            record.added.append(noted[0])

    try:
        await grants.give(workspace, securable_of(item), str(item["privilege"]), identity, note)
    except Unavailable:
        raise
    except BaseException:
        for one in noted:
            record.added.remove(one)
        raise


async def take_back(workspace: Workspace, item: Properties, identity: Identity, ctx: Context) -> None:
    """Revoke what a grant added, restore the level that it replaced, and read it back.

    Raises:
        NotFound: There is no such object any more.
        PermissionDenied: It is not ours to take.
        WaitTimeout: The workspace took it, and still shows the privilege.
    """
    securable, privilege = securable_of(item), str(item["privilege"])
    await grants.take(workspace, securable, privilege, identity, str(item.get("before") or ""))

    async def look() -> str:
        given = await grants.is_given(workspace, securable, privilege, identity)
        if given is None:
            ctx.report.warning(f"whether {identity.name} still holds {words(item)} is not yours to see")
        return f"{identity.name} still holds it" if given else ""

    await read_back(
        look,
        what=f"the revoke of {words(item)} from {identity.name}",
        fix="run it again; if it stays, ask who administers the workspace: the state keeps the grant until it is gone",
        ctx=ctx,
    )
