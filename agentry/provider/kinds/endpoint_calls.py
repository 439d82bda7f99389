"""What is asked of the workspace for an endpoint, and the outputs that come of the answers."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from agentry.errors import NotFound, WorkspaceError
from agentry.provider.kinds.endpoint_config import inference_table, our_name, sort_of
from agentry.provider.kinds.endpoint_health import entities, find_entity
from agentry.provider.kinds.endpoint_places import Sort
from agentry.workspace.serving import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Collection

    from agentry.provider.kinds.kind import Properties
    from agentry.workspace import Workspace

# Endpoints with model units are made and changed below a route of their own (databricks-sdk 0.156).
UNITS = f"{ENDPOINTS}/pt"
LOG_LINES = 15
"""How much of a log an error carries."""


async def live_endpoint(workspace: Workspace, name: str) -> Properties | None:
    """The endpoint as it is, or None where there is none that we may see."""
    try:
        return await workspace.get(f"{ENDPOINTS}/{name}")
    except NotFound:
        return None


def creation_route(inputs: Properties) -> str:
    """Where an endpoint of this sort is made."""
    return UNITS if sort_of(inputs) is Sort.UNITS else ENDPOINTS


def config_call(inputs: Properties, body: Properties) -> tuple[str, Properties]:
    """Route and request that change what is served."""
    if sort_of(inputs) is Sort.UNITS:
        return f"{UNITS}/{inputs['name']}/config", {"config": body}
    return f"{ENDPOINTS}/{inputs['name']}/config", body


def table_prefix(live: Properties) -> str:
    """The prefix of the inference table that it has, or nothing."""
    table_config: dict[str, Any] = (live.get("ai_gateway") or {}).get("inference_table_config") or {}
    return str(table_config.get("table_name_prefix") or "")


async def free_prefix(workspace: Workspace, inputs: Properties, claimed: set[str]) -> str:
    """The model's name, or with `_1`, `_2`...: an endpoint that was deleted leaves its table behind.

    An external model has no such name; the endpoint's own is taken.

    Args:
        workspace: Where it is.
        inputs: What is declared.
        claimed: The tables that other endpoints of this run have chosen and may not have made yet; this one is added.
    """
    model = str(inputs.get("model") or inputs["name"])
    base = model.rpartition(".")[2]
    target = inference_table(inputs, base)
    if target is None or not target["enabled"]:
        return ""
    if (inputs.get("inferenceTable") or {}).get("tableNamePrefix"):
        return str(target["tableNamePrefix"])
    for number in itertools.count():
        prefix = f"{base}_{number}" if number else base
        name = f"{target['catalogName']}.{target['schemaName']}.{prefix}_payload"
        if name in claimed:
            continue
        claimed.add(name)
        if not (await workspace.get(f"/api/2.1/unity-catalog/tables/{name}/exists")).get("table_exists"):
            return prefix
    raise AssertionError("numbers do not end")


async def log_tails(workspace: Workspace, name: str, entity_name: str) -> list[str]:
    """The ends of the build and the service log, which say why; a log that can not be had is left out."""
    tails = []
    for title, route in (("build log", "build-logs"), ("service log", "logs")):
        try:
            logs = (await workspace.get(f"{ENDPOINTS}/{name}/served-models/{entity_name}/{route}")).get("logs") or ""
        except WorkspaceError:
            continue
        lines = str(logs).strip().splitlines()[-LOG_LINES:]
        if lines:
            tails.append("\n".join([f"end of the {title}:", *(f"  {line}" for line in lines)]))
    return tails


def outputs_of(
    live: Properties,
    inputs: Properties,
    prefix: str,
    workspace: Workspace,
    *,
    problem: str,
    ours: Collection[str] = (),
) -> Properties:
    """The kind's outputs.

    Args:
        live: The endpoint as it is.
        inputs: What is declared.
        prefix: The prefix of its inference table, where the endpoint does not say it.
        workspace: Where it is.
        problem: What is wrong with it, or nothing.
        ours: The names of served entities that were ours before: where the declared one does not serve, one of them may.
    """
    state = live.get("state") or {}
    serving = _serving(live, inputs, ours)
    return {
        "endpointId": str(live.get("id") or ""),
        # A route-optimized endpoint has an address of its own.
        "url": str(live.get("endpoint_url") or "")
        or f"{workspace.host}{ENDPOINTS.removeprefix('/api/2.0')}/{inputs['name']}/invocations",
        "creator": str(live.get("creator") or ""),
        "ready": state.get("ready") == "READY",
        "configUpdate": str(state.get("config_update") or ""),
        "servedEntity": str(serving.get("name") or ""),
        "servedVersion": str(serving.get("entity_version") or ""),
        "tablePrefix": table_prefix(live) or prefix,
        "playgroundUrl": f"{workspace.host}/ml/playground?endpointName={inputs['name']}",
        "health": problem,
        "task": live.get("task"),
    }


def _serving(live: Properties, inputs: Properties, ours: Collection[str]) -> Properties:
    """Our served entity that serves: the declared one, else the one before it, else one of the same model."""
    config = live.get("config")
    for name in (our_name(inputs), *ours):
        found = find_entity(config, name)
        if found is not None:
            return found
    model = inputs.get("model")
    return next((one for one in entities(config) if model and one.get("entity_name") == model), {})
