"""Which endpoints of a workspace serve what: asked for before something goes that they may need."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from agentry.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentry.workspace.door import Json, Workspace

ENDPOINTS = "/api/2.0/serving-endpoints"


async def endpoints(workspace: Workspace) -> list[Json]:
    """Every endpoint, each with what it is being updated to, which the list itself leaves out (observed)."""
    listed = (await workspace.get(ENDPOINTS)).get("endpoints") or ()
    found = await asyncio.gather(*(_whole(workspace, endpoint) for endpoint in listed))
    return [endpoint for endpoint in found if endpoint is not None]


async def _whole(workspace: Workspace, listed: Json) -> Json | None:
    if (listed.get("state") or {}).get("config_update") in (None, "NOT_UPDATING"):
        return listed
    try:
        return await workspace.get(f"{ENDPOINTS}/{listed['name']}")
    except NotFound:
        return None


def served(endpoint: Json) -> Iterator[Json]:
    """The entities that an endpoint serves, and those that it is about to serve."""
    for config in ("config", "pending_config"):
        yield from (endpoint.get(config) or {}).get("served_entities") or ()


def serves(endpoint: Json, model: str) -> Iterator[Json]:
    """Those of its entities that are versions of a model; Unity Catalog does not tell letters apart by case."""
    return (one for one in served(endpoint) if str(one.get("entity_name") or "").casefold() == model.casefold())
