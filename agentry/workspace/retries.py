"""One request with the patience that fits: minutes for real work, the run's budget for checks and diffs.

Which errors are worth another try is decided by their class. A POST that may have taken effect is never sent twice:
none of Databricks' create calls has an idempotency key, and a repeated one makes a second object.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

from agentry.errors import RateLimited, Unavailable, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.workspace.budget import Budget
    from agentry.workspace.door import Json, Workspace

PATIENCE = 60.0
"""Seconds that a request of real work is tried again while the workspace is busy or away."""
REQUEST_TIMEOUT = 60.0
"""Seconds until one request counts as unanswered."""


async def patiently(
    workspace: Workspace, method: str, path: str, query: Mapping[str, Any] | None, body: Any, *, writes: bool
) -> Json:
    """Send a request, again where that is safe and worth it.

    Raises:
        WorkspaceError: What the workspace answered, or that it did not.
    """
    if workspace.budget is not None:
        return await _in_budget(workspace, workspace.budget, method, path, query, body, writes=writes)
    return await _retried(workspace, method, path, query, body, writes=writes, patience=PATIENCE)


async def _in_budget(
    workspace: Workspace,
    budget: Budget,
    method: str,
    path: str,
    query: Mapping[str, Any] | None,
    body: Any,
    *,
    writes: bool,
) -> Json:
    if budget.error is not None:
        raise budget.error
    call = asyncio.ensure_future(_retried(workspace, method, path, query, body, writes=writes, patience=budget.seconds))
    spent = asyncio.ensure_future(budget.spent.wait())
    now = asyncio.get_running_loop().time
    since = now()
    try:
        while not (call.done() or budget.spent.is_set()) and (left := budget.left(now(), since)) > 0:
            await asyncio.wait({call, spent}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if not call.done():
            budget.exhaust(silence(workspace.host, budget.seconds))
    finally:
        spent.cancel()
        if not call.done():
            call.cancel()
        await asyncio.gather(call, spent, return_exceptions=True)
    if call.cancelled() and budget.error is not None:
        raise budget.error
    failure = call.exception()
    if isinstance(failure, Unavailable):
        budget.exhaust(failure)
    else:
        budget.hear(now())
    return call.result()


def silence(host: str, seconds: float) -> Unavailable:
    """The error for a workspace that does not answer."""
    return Unavailable(
        f"no answer from {host} within {seconds:g} s",
        why="the workspace can not be reached from here, or is very slow",
        fix="check address and network; `pulumi config set agentry:offline true` previews without it",
    )


async def _retried(
    workspace: Workspace,
    method: str,
    path: str,
    query: Mapping[str, Any] | None,
    body: Any,
    *,
    writes: bool,
    patience: float,
) -> Json:
    deadline = workspace.clock.monotonic() + patience
    timeout = min(REQUEST_TIMEOUT, patience)
    pause = 0.2
    while True:
        try:
            return await workspace.transport.send(method, path, query, body, timeout)
        except WorkspaceError as error:
            wait = _pause(error, pause, repeatable=not (writes and method == "POST"))
            if wait is None or workspace.clock.monotonic() + wait > deadline or workspace.cancelled.is_set():
                raise
        await workspace.clock.sleep(wait)
        pause = min(pause * 2, 10.0)


def _pause(error: WorkspaceError, pause: float, *, repeatable: bool) -> float | None:
    """Seconds until another try, or None where there must be none."""
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return error.retry_after
    if isinstance(error, RateLimited) or (error.transient and repeatable):
        return pause * random.uniform(0.8, 1.2)  # noqa: S311 jitter is no secret
    return None
