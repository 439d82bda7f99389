"""Deletes: what the program no longer asks for at the end of an update, or everything."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from agentry.engine import graph
from agentry.engine.deployment import Aborted, Deployment
from agentry.engine.events import Op
from agentry.errors import ProgramError

if TYPE_CHECKING:
    from agentry.engine.steps import Steps


async def delete(deployment: Deployment, steps: Steps, registered: frozenset[str]) -> None:
    """Delete every record that is marked for deletion or that nobody registered, users before what they use.

    A delete begins when its users are gone, and a refused one keeps only what it uses: the others go on.

    Args:
        deployment: The run.
        steps: Performs its steps.
        registered: The URNs that stay; none to destroy everything.
    """
    planned = graph.plan_deletes(deployment.snapshot.checkpoint.resources, registered)
    for resource in planned.protected:
        error = ProgramError(
            "the resource is protected",
            fix="take `protect` off it in the program and bring the stack up, or: "
            f"agentry state unprotect '{resource.urn}' --stack {deployment.stack}",
        )
        deployment.step_failed(resource.urn, Op.DELETE, error)
    for resource in planned.needed:
        deployment.message("warning", "stays, because a protected resource uses it", urn=resource.urn)
    gone: dict[int, asyncio.Task[None]] = {}
    for deletion in planned.going:
        users = [gone[id(user)] for user in deletion.after]
        gone[id(deletion.step.old)] = deployment.spawn(_delete(steps, deletion, users))
    await deployment.drain()


async def _delete(steps: Steps, deletion: graph.Deletion, users: list[asyncio.Task[None]]) -> None:
    results = await asyncio.gather(*(asyncio.shield(user) for user in users), return_exceptions=True)
    if any(isinstance(result, BaseException) for result in results):
        raise Aborted
    await steps.perform(deletion.step, although_others_failed=True)
