"""Waiting for a serving endpoint: until it takes an update, until it serves, until it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.errors import AgentryError, Conflict, WaitTimeout
from agentry.provider.kinds.endpoint_calls import ENDPOINTS, config_call, live_endpoint, log_tails, outputs_of
from agentry.provider.kinds.endpoint_config import our_name, served_words
from agentry.provider.kinds.endpoint_health import health, updating
from agentry.provider.kinds.kind import Made, PartialCreation
from agentry.provider.kinds.ownership import workspace_of
from agentry.workspace.waits import Pending

if TYPE_CHECKING:
    from collections.abc import Collection

    from agentry.provider.kinds.kind import Context, Properties

TIMEOUT = 30 * 60.0
"""Seconds; the documentation says that a deployment takes up to 15 minutes."""


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
    inputs: Properties, prefix: str, ctx: Context, ours: Collection[str] = ()
) -> tuple[Properties, Properties]:
    """Wait until it is ready; the endpoint as it is then, and its outputs.

    Args:
        inputs: What is declared.
        prefix: The prefix of its inference table.
        ctx: The resource.
        ours: The names of served entities that were ours before.

    Raises:
        PartialCreation: It failed, or the wait ended before; what exists is recorded either way.
    """
    workspace, name = workspace_of(ctx), inputs["name"]
    wanted = our_name(inputs)
    last: Properties = {"name": name}

    async def poll() -> Properties | Pending:
        nonlocal last
        last = await workspace.get(f"{ENDPOINTS}/{name}")
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


async def gone(id: str, ctx: Context) -> None:
    """Wait until the name is free."""
    workspace = workspace_of(ctx)

    async def poll() -> bool | Pending:
        return True if await live_endpoint(workspace, id) is None else Pending("being deleted")

    await workspace.wait(poll, what=f"endpoint {id} to go", timeout=ctx.timeout or TIMEOUT, report=ctx.report)
