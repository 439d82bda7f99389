"""Waiting for a serving endpoint: until it takes an update, until it serves, until it is gone."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from agentry.errors import AgentryError, Conflict, NotFound, WaitTimeout
from agentry.provider.kinds.endpoint_calls import config_call, live_endpoint, log_tails, outputs_of
from agentry.provider.kinds.endpoint_config import our_name, served_words
from agentry.provider.kinds.endpoint_health import health, updating
from agentry.provider.kinds.kind import Made, PartialCreation
from agentry.provider.kinds.ownership import workspace_of
from agentry.workspace.serving import ENDPOINTS
from agentry.workspace.waits import Pending

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from agentry.provider.kinds.kind import Context, Properties

TIMEOUT = 30 * 60.0
"""Seconds; the documentation says that a deployment takes up to 15 minutes."""
SEEN_WITHIN = 10.0
"""Seconds after a call in which an answer may still be older than it: nobody promises that a read sees the last write."""


async def idle(live: Properties, inputs: Properties, ctx: Context) -> Properties:
    """Wait for an update that somebody else started: the platform takes one at a time."""
    if not updating(live):
        return live

    async def poll() -> Properties | Pending:
        now = await workspace_of(ctx).get(f"{ENDPOINTS}/{inputs['name']}")
        return Pending("an update runs already") if updating(now) else now

    return await workspace_of(ctx).wait(
        poll, what=f"endpoint {inputs['name']}", timeout=ctx.timeout or TIMEOUT, report=ctx.report
    )


async def put_config(inputs: Properties, body: Properties, ctx: Context) -> None:
    """PUT the config; a 409 says that another update came first, and is waited out."""
    route, request = config_call(inputs, body)

    async def poll() -> bool | Pending:
        try:
            await workspace_of(ctx).put(route, request)
        except Conflict:
            return Pending("another update runs")
        return True

    what = f"endpoint {inputs['name']}"
    await workspace_of(ctx).wait(poll, what=what, timeout=ctx.timeout or TIMEOUT, report=ctx.report)


async def settled(
    inputs: Properties, prefix: str, ctx: Context, ours: Collection[str] = (), *, before: Properties | None = None
) -> tuple[Properties, Properties]:
    """Wait until it is ready; the endpoint as it is then, and its outputs.

    Args:
        inputs: What is declared.
        prefix: The prefix of its inference table.
        ctx: The resource.
        ours: The names of served entities that were ours before.
        before: The endpoint as it was before the call that is waited for, {} where there was none; None without a call.

    Raises:
        PartialCreation: It failed, or the wait ended before; what exists is recorded either way.
    """
    workspace, name = workspace_of(ctx), inputs["name"]
    wanted = our_name(inputs)
    last: Properties = {"name": name}
    seen_by = workspace.clock.monotonic() + SEEN_WITHIN

    async def poll() -> Properties | Pending:
        nonlocal last
        may_be_old = before is not None and workspace.clock.monotonic() < seen_by
        try:
            last = await workspace.get(f"{ENDPOINTS}/{name}")
        except NotFound:
            if may_be_old and not before:
                return Pending("not to be seen yet")
            raise
        if may_be_old and _served(last) == _served(before or {}):
            return Pending("not to be seen yet")
        now = health(last, wanted)
        return last if now.settled else Pending(now.progress)

    try:
        live = await workspace.wait(poll, what=served_words(inputs), timeout=ctx.timeout or TIMEOUT, report=ctx.report)
    except AgentryError as error:
        # A time-out, a cancel or a lost connection: the endpoint exists and is recorded, never deleted.
        made = Made(name, outputs_of(last, inputs, prefix, workspace, problem=error.what, ours=ours))
        reasons = [
            str(error),
            *(await log_tails(workspace, name, wanted) if isinstance(error, WaitTimeout) else []),
        ]
        raise PartialCreation(made, reasons) from error
    problem = health(live, wanted).problem
    outputs = outputs_of(live, inputs, prefix, workspace, problem=problem, ours=ours)
    if problem:
        raise PartialCreation(Made(name, outputs), [problem, *await log_tails(workspace, name, wanted)])
    return live, outputs


def _served(live: Properties) -> list[object]:
    """What a change of the config changes of an endpoint; its version, if nothing else, is another one."""
    return [live.get(part) for part in ("config", "pending_config", "state")]


async def still_different(
    live: Properties, differs: Callable[[Properties], dict[str, str]], inputs: Properties, ctx: Context
) -> dict[str, str]:
    """What is not as it was sent, and is not a moment later either: field -> what is there.

    Args:
        live: The endpoint as it is.
        differs: What of an endpoint is not as declared.
        inputs: What is declared.
        ctx: The resource.
    """
    workspace, found = workspace_of(ctx), differs(live)

    async def poll() -> bool | Pending:
        nonlocal found
        if found:
            found = differs(await workspace.get(f"{ENDPOINTS}/{inputs['name']}"))
        return Pending(", ".join(found)) if found else True

    timeout = min(SEEN_WITHIN, ctx.timeout or SEEN_WITHIN)
    with contextlib.suppress(WaitTimeout):
        await workspace.wait(poll, what="what was sent to be seen", timeout=timeout, report=ctx.report)
    return found


async def gone(id: str, ctx: Context) -> None:
    """Wait until the name is free."""
    workspace = workspace_of(ctx)

    async def poll() -> bool | Pending:
        return True if await live_endpoint(workspace, id) is None else Pending("being deleted")

    await workspace.wait(poll, what=f"endpoint {id} to go", timeout=ctx.timeout or TIMEOUT, report=ctx.report)
