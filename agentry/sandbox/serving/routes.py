"""`/api/2.0/serving-endpoints`: endpoints made, shown, given another configuration and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.sandbox.errors import AlreadyExists, BadRequest, InvalidParameter
from agentry.sandbox.serving import ai_gateway, rights, telemetry
from agentry.sandbox.serving.endpoint import EXTERNAL, PROVISIONED, Endpoint, kind_of
from agentry.sandbox.serving.endpoints import new_id
from agentry.sandbox.serving.entities import read_config, refuse_other_kind
from agentry.sandbox.serving.forms import ConfigForm, CreateForm, PtConfigForm, check_name, kept
from agentry.sandbox.serving.service import endpoints_of, task_of, version_files
from agentry.sandbox.web import AnyEntitled, Json, Router, Sandbox, UserEntitled

if TYPE_CHECKING:
    from agentry.sandbox.identity import Caller
    from agentry.sandbox.principals import Principal
    from agentry.sandbox.state import State

PREFIX = "/api/2.0/serving-endpoints"
router = Router(prefix=PREFIX)


@router.post("")
async def create(body: CreateForm, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """A new endpoint; it is being brought up when this answers."""
    check_name(body.name, "endpoint name")
    endpoints = endpoints_of(sandbox)
    if sandbox.store.get(Endpoint, body.name) is not None:
        raise AlreadyExists(f"Endpoint with name '{body.name}' already exists.")
    config = read_config(body.config, caller.name, sandbox.milliseconds())
    rights.require_served(sandbox, caller.principal, config.entities, version_files(sandbox))
    task = task_of(sandbox, config)
    kind = kind_of(config, task)
    gateway = ai_gateway.read_gateway(body.ai_gateway, kind)
    limits = ai_gateway.read_limits(body.rate_limits, kind)
    ai_gateway.change_inference_table(sandbox, caller.principal, {}, gateway)
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
        task=task,
        rate_limits=limits,
        route_optimized=body.route_optimized,
        budget_policy_id=body.budget_policy_id or "",
        email_notifications=kept(body.email_notifications),
        telemetry_config={} if kind == EXTERNAL else telemetry.applied(body.telemetry_config, {}),
    )
    return shown(sandbox, caller, endpoints.create(endpoint, config, caller.principal))


@router.post("/pt")
async def create_provisioned(body: CreateForm, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """A new endpoint of provisioned throughput: its entities say how many model units they have."""
    _require_units(body.config)
    return await create(body, caller, sandbox)


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
    return shown(sandbox, caller, allowed(sandbox, caller, name, rights.CAN_VIEW))


@router.put("/{name}/config")
async def update_config(name: str, body: ConfigForm, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Another configuration. What serves goes on serving until the new one is ready."""
    endpoint = changeable(sandbox, caller, name)
    if body.route_optimized not in (None, endpoint.route_optimized):
        raise InvalidParameter("route_optimized can be specified when an endpoint is created only.")
    config = read_config(body, caller.name, sandbox.milliseconds(), endpoint.serving)
    refuse_other_kind(endpoint.serving or endpoint.wanted, config)
    owner = creator(sandbox, endpoint)
    rights.require_workspace_access(sandbox, owner)
    for principal in {p.id: p for p in (caller.principal, owner)}.values():
        rights.require_served(sandbox, principal, config.entities, version_files(sandbox))
    return shown(sandbox, caller, endpoints_of(sandbox).update(name, config, task_of(sandbox, config)))


@router.put("/pt/{name}/config")
async def update_provisioned(name: str, body: PtConfigForm, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Another configuration of an endpoint of provisioned throughput."""
    _require_units(body.config)
    if changeable(sandbox, caller, name).kind != PROVISIONED:
        raise InvalidParameter(f"Endpoint '{name}' is no endpoint of provisioned throughput.")
    return await update_config(name, body.config, caller, sandbox)


@router.delete("/{name}")
async def delete(name: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Stop serving; the name is free at once. Inference tables stay."""
    changeable(sandbox, caller, name)
    endpoints_of(sandbox).delete(name)
    return {}


def _require_units(config: ConfigForm | None) -> None:
    for entity in (config.entities if config else None) or ():
        if entity.provisioned_model_units is None:
            raise InvalidParameter(
                "Every served entity of a provisioned throughput endpoint needs provisioned_model_units."
            )


def allowed(sandbox: State, caller: Caller, name: str, level: str) -> Endpoint:
    """An endpoint on which the caller has a level.

    Raises:
        NotFound: There is none.
        PermissionDenied: The caller has less.
    """
    endpoint = endpoints_of(sandbox).get(name)
    sandbox.permissions.require(caller, rights.OBJECT, endpoint.id, level)
    return endpoint


def changeable(sandbox: State, caller: Caller, name: str) -> Endpoint:
    """An endpoint that the caller may change.

    Raises:
        NotFound: There is none.
        PermissionDenied: The caller may not.
        BadRequest: It is the workspace's own.
    """
    endpoint = allowed(sandbox, caller, name, rights.CAN_MANAGE)
    if endpoint.foundation_model:
        raise BadRequest(f"Endpoint '{name}' is part of the workspace: it can not be changed or deleted.")
    return endpoint


def creator(sandbox: State, endpoint: Endpoint) -> Principal:
    """Who made an endpoint.

    Raises:
        BadRequest: They are gone.
    """
    found = sandbox.principals.named(endpoint.creator, "User", "ServicePrincipal")
    if found is None:
        raise BadRequest(f"{endpoint.creator}, who created the endpoint, is gone: delete it and create it anew.")
    return found


def shown(sandbox: State, caller: Caller, endpoint: Endpoint) -> Json:
    """An endpoint as the caller sees it."""
    level = sandbox.permissions.level(caller.principal, rights.OBJECT, endpoint.id)
    own = f"{sandbox.address}/serving-endpoints/{endpoint.name}/invocations"
    address = {"endpoint_url": own} if endpoint.route_optimized else {}
    return {**endpoint.to_wire(), **address, "permission_level": level}
