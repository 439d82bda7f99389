"""The calls beside the config: tags, description, notifications, telemetry, AI gateway.

Their order is fixed, and what is so already is not sent; so a run that breaks off between two of them goes on there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.errors import Conflict, WorkspaceError
from agentry.provider.kinds.endpoint_agree import agrees
from agentry.provider.kinds.endpoint_config import our_name
from agentry.provider.kinds.endpoint_differences import (
    counts,
    part_differences,
    tag_change,
    there,
    untold_changes,
    whole,
)
from agentry.provider.kinds.endpoint_health import health
from agentry.provider.kinds.endpoint_places import GATEWAY, SIDE_CALLS, TAGS, Part, places, put, to_wire
from agentry.provider.kinds.endpoint_waits import TIMEOUT
from agentry.provider.kinds.ownership import workspace_of
from agentry.workspace.serving import ENDPOINTS
from agentry.workspace.waits import Pending

if TYPE_CHECKING:
    from agentry.provider.kinds.kind import Context, Properties


async def side_calls(live: Properties, before: Properties, inputs: Properties, prefix: str, ctx: Context) -> None:
    """Make every part what is declared.

    Args:
        live: The endpoint as it is.
        before: What was declared before: of that, what is declared no more is taken away.
        inputs: What is declared.
        prefix: The prefix of its inference table.
        ctx: The resource.

    Raises:
        WorkspaceError: A call was refused; what came before it in the order is done.
    """
    tags = tag_change(live, before, inputs, ctx.owner_tag)
    if tags is not None:
        await _send(TAGS, tags, inputs, ["tags"], ctx)
    for part in SIDE_CALLS:
        changed = {*part_differences(part, live, inputs, before, prefix), *untold_changes(part, inputs, before)}
        if changed:
            for body in _bodies(part, live, inputs, before, prefix):
                await _send(part, body, inputs, sorted(changed), ctx)


async def _send(part: Part, body: Any, inputs: Properties, fields: list[str], ctx: Context) -> None:
    """Make one call; where the platform takes it only between two updates (telemetry), wait for the one that runs."""
    workspace, endpoint = workspace_of(ctx), f"{ENDPOINTS}/{inputs['name']}"
    send = workspace.put if part.method == "PUT" else workspace.patch
    where = f"endpoint {inputs['name']}, {', '.join(fields)}"

    async def poll() -> bool | Pending:
        try:
            await send(f"{endpoint}{part.route}", body)
        except Conflict:
            now = await workspace.get(endpoint)
            return Pending(health(now, our_name(inputs)).progress or "an update runs")
        return True

    try:
        await workspace.wait(poll, what=where, timeout=ctx.timeout or TIMEOUT, report=ctx.report)
    except WorkspaceError as error:
        error.where = error.where or where
        raise


def _bodies(part: Part, live: Properties, inputs: Properties, before: Properties, prefix: str) -> list[Any]:
    """The requests that make a part right."""
    if part is GATEWAY:
        return _gateway_bodies(live, inputs, before, prefix)
    (place,) = places(part)
    value = inputs.get(place.field)
    wanted = place.cleared if value is None else to_wire(place.declared.type, value)
    # A telemetry configuration that is not in the request is removed.
    return [{} if wanted is None else {part.key: wanted}]


def _gateway_bodies(live: Properties, inputs: Properties, before: Properties, prefix: str) -> list[Any]:
    """The whole gateway, since its call replaces all of it: what others switched on is repeated as it is.

    The platform changes the names of an inference table only while it is off (databricks-sdk 0.156), so that such a
    change is two calls.
    """
    full = whole(inputs, live, prefix)
    body = {place.path.partition(".")[0]: None for place in places(GATEWAY)}
    body = {key: (live.get("ai_gateway") or {}).get(key) for key in body}
    for place in places(GATEWAY):
        if counts(place, full, before):
            value = full.get(place.field)
            put(body, place.path, place.cleared if value is None else to_wire(place.declared.type, value))
    body = {key: value for key, value in body.items() if value is not None}
    table = next(place for place in places(GATEWAY) if place.field == "inferenceTable")
    now, wanted = there(table, live) or {}, full.get(table.field) or {}
    if now.get("enabled") and wanted.get("enabled") and not agrees(table, wanted, now):
        return [{**body, table.path: {"enabled": False}}, body]
    return [body]
