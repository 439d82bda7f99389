"""What a workspace tells of an endpoint, its model, its version, and of who holds what. Reads only."""

from __future__ import annotations

import asyncio
import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from agentry.errors import NotFound, PermissionDenied, WorkspaceError
from agentry.privileges import needed
from agentry.provider.kinds.endpoint_differences import declared
from agentry.resources import RESOURCE_TYPES, Resource
from agentry.workspace import grants
from agentry.workspace.identity import resolve
from agentry.workspace.model_versions import REGISTRY
from agentry.workspace.serving import ENDPOINTS
from agentry.workspace.standing import Securable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.privileges import Privilege
    from agentry.workspace import Json, Workspace

_CATALOG = "/api/2.1/unity-catalog"
_LEVELS = ("CAN_VIEW", "CAN_QUERY", "CAN_MANAGE")
_DEPENDENCIES = {about.dependency: key for key, about in RESOURCE_TYPES.items() if about.dependency}
NEAR = 3
"""How many names are offered where one is not there."""


@dataclass(frozen=True, slots=True)
class Version:
    """What is known of the content of the served version.

    Attributes:
        resources: What it declares, which is what it gets credentials for.
        mlmodel: Its MLmodel file; empty where it may not be read.
        notes: What could not be found out, a line each.
    """

    resources: tuple[Resource, ...] = ()
    mlmodel: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that was found.

    Attributes:
        live: The endpoint.
        inputs: What it would have been declared as: inputs of a ServingEndpoint.
        model: The registered model, with tags and description; None where it may not be read.
        aliases: Number of the version by alias.
        access: Level by principal (`group:analysts`), without the creator's own and what is inherited.
        experiment: Path of the experiment of its traces; empty where it has none.
        version: What the served version holds.
        lacking: What the creator needs for those resources and does not hold.
        me: Who looks.
        notes: What could not be found out, a line each.
    """

    live: Json
    inputs: Json
    model: Json | None = None
    aliases: Mapping[str, int] = field(default_factory=dict)
    access: Mapping[str, str] = field(default_factory=dict)
    experiment: str = ""
    version: Version = Version()
    lacking: tuple[Privilege, ...] = ()
    me: str = ""
    notes: tuple[str, ...] = ()

    @property
    def creator(self) -> str:
        """Whose privileges bound those of the agent."""
        return str(self.live.get("creator") or "")


async def read_endpoint(workspace: Workspace, name: str) -> Json:
    """The endpoint.

    Raises:
        NotFound: There is none, with the names that come near.
        WorkspaceError: It may not be read, or the workspace does not answer.
    """
    try:
        return await workspace.get(f"{ENDPOINTS}/{name}")
    except NotFound:
        listed = (await workspace.get(ENDPOINTS)).get("endpoints") or ()
        names = [str(one.get("name")) for one in listed]
        near = difflib.get_close_matches(name, names, NEAR)
        there = f"near it: {', '.join(near)}" if near else f"{len(names)} endpoints are yours to see, none like it"
        raise NotFound(
            f"there is no endpoint {name}, or you may not see it",
            why=there,
            fix=f"agentry adopt {near[0]}" if near else "give the name of a serving endpoint of this workspace",
        ) from None


async def read(workspace: Workspace, live: Json) -> Seen:
    """What belongs to an endpoint that was accepted: it serves a version of a model of Unity Catalog.

    Raises:
        WorkspaceError: Its experiment is gone or may not be read, or the workspace does not answer.
    """
    inputs = declared(live, "")
    model, number = str(inputs["model"]), str(inputs["version"])
    (about, aliases, missed), access, experiment, version = await asyncio.gather(
        _model(workspace, model),
        _access(workspace, live),
        _experiment(workspace, inputs.get("experimentId")),
        read_version(workspace, model, number),
    )
    lacking = await _lacking(workspace, str(live.get("creator") or ""), version)
    return Seen(
        live=live,
        inputs=inputs,
        model=about,
        aliases=aliases,
        access=access[0],
        experiment=experiment,
        version=version,
        lacking=lacking,
        me=workspace.me.name,
        notes=(*missed, *access[1], *version.notes),
    )


async def _model(workspace: Workspace, name: str) -> tuple[Json | None, dict[str, int], tuple[str, ...]]:
    try:
        found, told = await asyncio.gather(
            workspace.get(f"{REGISTRY}/registered-models/get", {"name": name}),
            workspace.get(f"{_CATALOG}/models/{name}", {"include_aliases": "true"}),
        )
    except (NotFound, PermissionDenied):
        return None, {}, (f"model {name} is not yours to see: it and its aliases stay as they are",)
    aliases = {str(one["alias_name"]): int(one["version_num"]) for one in told.get("aliases") or ()}
    return found["registered_model"], aliases, ()


async def _access(workspace: Workspace, live: Json) -> tuple[dict[str, str], tuple[str, ...]]:
    """Who was given what on the endpoint; the creator's own and what is inherited are the platform's."""
    try:
        told = await workspace.get(f"/api/2.0/permissions/serving-endpoints/{live['id']}")
    except (NotFound, PermissionDenied):
        return {}, ("who may ask the endpoint is not yours to see: access= is left out, and stays as it is",)
    found: dict[str, str] = {}
    for entry in told.get("access_control_list") or ():
        kinds = (("user", "user_name"), ("group", "group_name"), ("sp", "service_principal_name"))
        kind, name = next(((kind, entry[key]) for kind, key in kinds if entry.get(key)), ("", ""))
        held = {one["permission_level"] for one in entry.get("all_permissions") or () if not one.get("inherited")}
        levels = [level for level in _LEVELS if level in held]
        if kind and levels and name != live.get("creator"):
            found[f"{kind}:{name}"] = levels[-1]
    return found, ()


async def _experiment(workspace: Workspace, id: Any) -> str:
    if not id:
        return ""
    try:
        found = (await workspace.get("/api/2.0/mlflow/experiments/get", {"experiment_id": id}))["experiment"]
    except (NotFound, PermissionDenied) as error:
        raise type(error)(
            f"the endpoint sends its traces to experiment {id}, which is not there or not yours to see",
            why=error.why or error.what,
            fix="have it restored or shared with you; or take MLFLOW_EXPERIMENT_ID out of the endpoint's variables",
        ) from None
    if found.get("lifecycle_stage") == "deleted":
        raise NotFound(
            f"the endpoint sends its traces to experiment {found['name']}, which is in the trash",
            fix=f"databricks experiments restore-experiment {id}",
        )
    return str(found["name"])


async def read_version(workspace: Workspace, model: str, number: str) -> Version:
    """What a version declares: by its MLmodel; where that may not be read, as far as Unity Catalog keeps it."""
    try:
        text = await workspace.download(f"/Models/{model.replace('.', '/')}/{number}/MLmodel")
        mlmodel = yaml.safe_load(text)
    except (WorkspaceError, yaml.YAMLError):
        return await _told_by_catalog(workspace, model, number)
    return Version(tuple(resources_of(mlmodel)), mlmodel) if isinstance(mlmodel, dict) else Version()


async def _told_by_catalog(workspace: Workspace, model: str, number: str) -> Version:
    told = await workspace.get(f"{_CATALOG}/models/{model}/versions/{number}")
    listed = told.get("model_version_dependencies") or ()
    listed = listed.get("dependencies") or () if isinstance(listed, dict) else listed
    found = [Resource(_DEPENDENCIES[one["type"]], one["name"]) for one in listed if one.get("type") in _DEPENDENCIES]
    note = (
        f"the files of version {number} are not to be had this way: Unity Catalog told what it uses, which leaves out "
        "warehouses, Genie spaces, apps and Lakebase instances"
    )
    return Version(tuple(found), notes=(note,))


def resources_of(mlmodel: Mapping[str, Any]) -> list[Resource]:
    """What an MLmodel file declares, in either of the two places where it may."""
    policy = (mlmodel.get("auth_policy") or {}).get("system_auth_policy") or {}
    told = (policy.get("resources") or mlmodel.get("resources") or {}).get("databricks") or {}
    return [
        Resource(type_, str(one["name"]), bool(one.get("on_behalf_of_user")))
        for type_, entries in told.items()
        if type_ in RESOURCE_TYPES
        for one in entries or ()
        if one.get("name")
    ]


async def _lacking(workspace: Workspace, creator: str, version: Version) -> tuple[Privilege, ...]:
    """What the creator needs for the declared resources and does not hold, as far as that is ours to see."""
    wanted = needed(version.resources)
    if not wanted or not creator:
        return ()
    identity = await resolve(workspace, f"{'user' if '@' in creator else 'sp'}:{creator}")
    stands = await asyncio.gather(
        *(grants.standing(workspace, Securable(p.securable_type, p.securable), p.privilege, identity) for p in wanted)
    )
    return tuple(p for p, standing in zip(wanted, stands, strict=True) if standing.visible and not standing.how)
