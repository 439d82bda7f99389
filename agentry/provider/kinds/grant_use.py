"""Who else still uses a privilege, before it is taken back: endpoints of the same creator whose versions declare it.

A privilege that one Grant added may be what another agent lives on: it found it held, and recorded no more than that.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import yaml

from agentry.errors import WorkspaceError
from agentry.resources import RESOURCE_TYPES
from agentry.workspace import serving
from agentry.workspace.standing import WORKSPACE_OBJECTS

if TYPE_CHECKING:
    from agentry.workspace import Identity, Json, Workspace
    from agentry.workspace.standing import Securable


async def other_users(workspace: Workspace, identity: Identity, securable: Securable, mine: str) -> list[str]:
    """The endpoints, other than `mine`, that serve with this identity's privileges and declare the securable.

    One whose version can not be read counts as a user: rather a privilege too many than an agent that fails.
    """
    others = [
        endpoint
        for endpoint in await serving.endpoints(workspace)
        if endpoint.get("name") != mine and str(endpoint.get("creator") or "").casefold() == identity.name.casefold()
    ]
    uses = await asyncio.gather(*(_uses(workspace, endpoint, securable) for endpoint in others))
    return sorted(str(endpoint["name"]) for endpoint, used in zip(others, uses, strict=True) if used)


async def _uses(workspace: Workspace, endpoint: Json, securable: Securable) -> bool:
    """Whether a version that the endpoint serves, or is about to serve, declares the securable."""
    versions = {
        (str(entity["entity_name"]), str(entity["entity_version"]))
        for entity in serving.served(endpoint)
        if str(entity.get("entity_name") or "").count(".") == 2 and entity.get("entity_version")
    }
    return any([await _declares(workspace, model, version, securable) for model, version in sorted(versions)])


async def _declares(workspace: Workspace, model: str, version: str, securable: Securable) -> bool:
    try:
        text = await workspace.download(f"/Models/{model.replace('.', '/')}/{version}/MLmodel")
    except WorkspaceError:
        return True
    return securable.name.casefold() in _declared_names(yaml.safe_load(text), securable)


def _declared_names(mlmodel: Any, securable: Securable) -> set[str]:
    """What an MLmodel file declares of the securable's type, in either of the two places."""
    if not isinstance(mlmodel, dict):
        return set()
    policy = (mlmodel.get("auth_policy") or {}).get("system_auth_policy") or {}
    declared = ((policy.get("resources") or mlmodel.get("resources") or {}).get("databricks")) or {}
    return {
        str(one.get("name") or "").casefold()
        for key in _keys(securable)
        for one in declared.get(key) or ()
        if not one.get("on_behalf_of_user")
    }


def _keys(securable: Securable) -> list[str]:
    """The keys of an MLmodel file that can mean the securable."""
    if securable.type in WORKSPACE_OBJECTS:
        return [WORKSPACE_OBJECTS[securable.type]]
    return [key for key, about in RESOURCE_TYPES.items() if about.securable == securable.type]
