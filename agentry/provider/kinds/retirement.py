"""Retiring model versions: what `keep` takes away, and what nothing takes away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.errors import PermissionDenied
from agentry.workspace import model_versions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from agentry.report import Reporter
    from agentry.workspace import Workspace
    from agentry.workspace.model_versions import Version


async def retire(
    workspace: Workspace, model: str, keep: int | None, owner: str, current: Collection[int], report: Reporter
) -> None:
    """Remove this stack's versions beyond the newest, as far as nobody is seen to need them.

    A provider can not tell the delete of a replacement from that of a destroy, so both retire. Readers by number in
    other workspaces of the metastore can not be seen from here: that is why all are kept unless `keep` says less.

    Args:
        workspace: Where.
        model: `catalog.schema.model`.
        keep: How many of this stack's versions stay in any case; None for all.
        owner: This stack, `project/stack`.
        current: Numbers that resources of this run stand for.
        report: What was removed, and what stays though it is old.
    """
    if keep is None:
        return
    numbers = await model_versions.numbers(workspace, model)
    ours = [v for v in await model_versions.get_all(workspace, model, numbers) if v.owner == owner]
    old = beyond(ours, keep)
    if not old:
        return
    try:
        served = await model_versions.served(workspace, model)
    except PermissionDenied:
        report.warning(f"old versions of {model} stay: which of them endpoints serve may not be seen")
        return
    for version in old:
        reason = needed_by(version, served, current)
        if reason:
            report.info(f"version {version.number} of {model} stays: {reason}")
        else:
            report.progress(f"removing version {version.number}, beyond the {keep} newest")
            await model_versions.delete(workspace, model, version.number)


def beyond(versions: Iterable[Version], keep: int) -> list[Version]:
    """All but the newest, newest first."""
    return sorted(versions, key=lambda version: -version.number)[keep:]


def needed_by(version: Version, served: Collection[int], current: Collection[int]) -> str:
    """Who needs a version, or ""."""
    if version.aliases:
        return f"alias {', '.join(sorted(version.aliases))} points to it"
    if version.number in served:
        return "an endpoint serves it"
    return "this stack uses it" if version.number in current else ""
