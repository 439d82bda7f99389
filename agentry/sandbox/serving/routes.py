"""`/api/2.0/serving-endpoints`: endpoints made, changed, shown and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.sandbox.errors import AlreadyExists, BadRequest, InvalidParameter
from agentry.sandbox.serving import rights
from agentry.sandbox.serving.endpoint import Endpoint
from agentry.sandbox.serving.endpoints import new_id
from agentry.sandbox.serving.forms import (
    ConfigForm,
    CreateForm,
    DescriptionForm,
    TagsForm,
    check_name,
    read_config,
)
from agentry.sandbox.serving.service import endpoints_of, task_of, version_files
from agentry.sandbox.web import AnyEntitled, Json, Router, Sandbox, UserEntitled

if TYPE_CHECKING:
    from agentry.sandbox.identity import Caller
    from agentry.sandbox.principals import Principal
    from agentry.sandbox.state import State

router = Router(prefix="/api/2.0/serving-endpoints")
# Enough for any error; a build log can have thousands of lines.
LOG_BYTES = 256 * 1024


@router.post("")
async def create(body: CreateForm, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """A new endpoint; it is being brought up when this answers."""
    check_name(body.name, "endpoint name")
    endpoints = endpoints_of(sandbox)
    if sandbox.store.get(Endpoint, body.name) is not None:
        raise AlreadyExists(f"Endpoint with name '{body.name}' already exists.")
    if body.route_optimized or body.rate_limits:
        raise InvalidParameter("route_optimized and rate_limits are not supported by the sandbox.")
    config = read_config(body.config, caller.name, sandbox.milliseconds())
    rights.require_served(sandbox, caller.principal, config.entities, version_files(sandbox))
    gateway = _read_gateway(body.ai_gateway or {})
    table = rights.inference_table(gateway)
    if table is not None:
        rights.make_inference_table(sandbox, caller.principal, table)
    now = sandbox.milliseconds()
    endpoint = Endpoint(
        name=body.name,
        id=new_id(),
        creator=caller.name,
        created=now,
        updated=now,
        description=body.description or "",
        tags={tag.key: tag.value for tag in body.tags},
        ai_gateway=gateway,
        task=task_of(sandbox, config),
    )
    return _shown(sandbox, caller, endpoints.create(endpoint, config, caller.principal))


@router.get("")
async def list_endpoints(caller: UserEntitled, sandbox: Sandbox) -> Json:
    """The endpoints that the caller may see."""
    return {
        "endpoints": [
            endpoint.to_summary()
            for endpoint in endpoints_of(sandbox).all()
            if sandbox.permissions.level(caller.principal, rights.OBJECT, endpoint.id)
        ]
    }


@router.get("/{name}")
async def get(name: str, caller: AnyEntitled, sandbox: Sandbox) -> Json:
    """One endpoint, with what the caller may do with it."""
    return _shown(sandbox, caller, _allowed(sandbox, caller, name, rights.CAN_VIEW))


@router.put("/{name}/config")
async def update_config(name: str, body: ConfigForm, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Another configuration. What serves goes on serving until the new one is ready."""
    endpoint = _changeable(sandbox, caller, name)
    config = read_config(body, caller.name, sandbox.milliseconds())
    creator = _creator(sandbox, endpoint)
    rights.require_workspace_access(sandbox, creator)
    for principal in {p.id: p for p in (caller.principal, creator)}.values():
        rights.require_served(sandbox, principal, config.entities, version_files(sandbox))
    return _shown(sandbox, caller, endpoints_of(sandbox).update(name, config, task_of(sandbox, config)))


@router.patch("/{name}/tags")
async def update_tags(name: str, body: TagsForm, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Tags added, replaced and removed."""
    endpoint = _changeable(sandbox, caller, name)
    tags = {key: value for key, value in endpoint.tags.items() if key not in body.delete_tags}
    tags |= {tag.key: tag.value for tag in body.add_tags}
    endpoints_of(sandbox).change(name, tags=tags)
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}


# databricks-agents sends PATCH (observed); databricks-sdk has no call for it.
@router.patch("/{name}/description")
@router.put("/{name}/description")
async def update_description(name: str, body: DescriptionForm, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Another description."""
    _changeable(sandbox, caller, name)
    return _shown(sandbox, caller, endpoints_of(sandbox).change(name, description=body.description))


@router.put("/{name}/ai-gateway")
async def put_ai_gateway(name: str, body: dict[str, Any], caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Another AI Gateway configuration, whole."""
    endpoint = _changeable(sandbox, caller, name)
    gateway = _read_gateway(body)
    before, after = rights.inference_table(endpoint.ai_gateway), rights.inference_table(gateway)
    if before is not None and after is not None and before != after:
        raise InvalidParameter("Inference tables is already enabled: disable it before choosing another table.")
    if after is not None and before is None:
        rights.make_inference_table(sandbox, _creator(sandbox, endpoint), after)
    endpoints_of(sandbox).change(name, ai_gateway=gateway)
    return gateway


@router.delete("/{name}")
async def delete(name: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Stop serving; the name is free at once. Inference tables stay."""
    _changeable(sandbox, caller, name)
    endpoints_of(sandbox).delete(name)
    return {}


@router.get("/{name}/served-models/{entity}/build-logs")
async def build_logs(name: str, entity: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """How the environment of the newest deployment of an entity was made."""
    return _log(sandbox, caller, name, entity, "build.log")


@router.get("/{name}/served-models/{entity}/logs")
async def service_logs(name: str, entity: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """What the process of the newest deployment of an entity printed."""
    return _log(sandbox, caller, name, entity, "service.log")


def _log(sandbox: State, caller: Caller, name: str, entity: str, file: str) -> Json:
    _allowed(sandbox, caller, name, rights.CAN_VIEW)
    path = endpoints_of(sandbox).logs(name, entity, file)
    if not path.exists():
        return {"logs": ""}
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - LOG_BYTES))
        return {"logs": log.read().decode(errors="replace")}


def _allowed(sandbox: State, caller: Caller, name: str, level: str) -> Endpoint:
    endpoint = endpoints_of(sandbox).get(name)
    sandbox.permissions.require(caller, rights.OBJECT, endpoint.id, level)
    return endpoint


def _changeable(sandbox: State, caller: Caller, name: str) -> Endpoint:
    endpoint = _allowed(sandbox, caller, name, rights.CAN_MANAGE)
    if endpoint.foundation_model:
        raise BadRequest(f"Endpoint '{name}' is part of the workspace: it can not be changed or deleted.")
    return endpoint


def _creator(sandbox: State, endpoint: Endpoint) -> Principal:
    creator = sandbox.principals.named(endpoint.creator, "User", "ServicePrincipal")
    if creator is None:
        raise BadRequest(f"{endpoint.creator}, who created the endpoint, is gone: delete it and create it anew.")
    return creator


def _read_gateway(gateway: dict[str, Any]) -> Json:
    """The AI Gateway of an endpoint for agents, which "currently only support inference tables" (databricks-sdk)."""
    others = [key for key, value in gateway.items() if key != "inference_table_config" and value]
    if others:
        raise InvalidParameter(f"AI Gateway: agent endpoints support inference tables only, not {', '.join(others)}.")
    return {key: value for key, value in gateway.items() if value}


def _shown(sandbox: State, caller: Caller, endpoint: Endpoint) -> Json:
    level = sandbox.permissions.level(caller.principal, rights.OBJECT, endpoint.id)
    return {**endpoint.to_wire(), "permission_level": level}
