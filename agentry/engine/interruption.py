"""What is said of a run that was interrupted: what is done, what is not, what to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.engine.urn import split
from agentry.errors import Interrupted

if TYPE_CHECKING:
    from agentry.engine.deployment import Deployment

_DONE = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "import": "imported",
    "read": "read",
    "discard": "forgotten",
}


def interruption(deployment: Deployment, go_on: str) -> Interrupted:
    """The error that an interrupted run ends with.

    Args:
        deployment: The run; nothing of it is under way any more, and all of it is saved.
        go_on: The command that does the rest.
    """
    if deployment.preview:
        return Interrupted("interrupted; a preview changes nothing", fix=go_on)
    done = [f"{count} {_DONE[op]}" for op, count in sorted(deployment.changes.items()) if op in _DONE and count]
    # What an earlier run left is told at the beginning, and is no news.
    before = {id(pending) for pending in deployment.pending_before}
    lost = [one for one in deployment.snapshot.checkpoint.pending if id(one) not in before]
    what = f"interrupted: {', '.join(done)}, and saved" if done else "interrupted before anything was done"
    why = "what was not begun is left to the next run"
    if lost:
        names = ", ".join(f"{split(one.resource.urn).type.rpartition(':')[2]} {one.resource.name}" for one in lost)
        why = f"ended in the middle of {names}: the next run finds out what became of it, and does the rest"
    return Interrupted(what, why=why, fix=go_on)
