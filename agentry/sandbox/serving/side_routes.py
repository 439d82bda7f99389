"""`/api/2.0/serving-endpoints/{name}/...`: what is changed of an endpoint beside its configuration."""

from __future__ import annotations

from agentry.sandbox.errors import Conflict
from agentry.sandbox.serving import ai_gateway, rights, telemetry
from agentry.sandbox.serving.forms import (
    DescriptionForm,
    GatewayForm,
    NotifyForm,
    PatchTelemetryForm,
    RateLimitsForm,
    TagsForm,
    kept,
)
from agentry.sandbox.serving.routes import PREFIX, allowed, changeable, creator, shown
from agentry.sandbox.serving.service import endpoints_of
from agentry.sandbox.web import Json, Router, Sandbox, UserEntitled

router = Router(prefix=PREFIX + "/{name}")


@router.patch("/tags")
async def update_tags(name: str, body: TagsForm, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Tags added, replaced and removed."""
    endpoint = changeable(sandbox, caller, name)
    tags = {key: value for key, value in endpoint.tags.items() if key not in body.delete_tags}
    tags |= {tag.key: tag.value for tag in body.add_tags}
    endpoints_of(sandbox).change(name, tags=tags)
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}


# databricks-agents sends PATCH (observed); databricks-sdk has no call for it.
@router.patch("/description")
@router.put("/description")
async def update_description(name: str, body: DescriptionForm, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Another description."""
    changeable(sandbox, caller, name)
    return shown(sandbox, caller, endpoints_of(sandbox).change(name, description=body.description))


@router.put("/ai-gateway")
async def put_ai_gateway(name: str, body: GatewayForm, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Another AI Gateway configuration, whole: what is not said is off. The workspace's own endpoints have one too."""
    endpoint = allowed(sandbox, caller, name, rights.CAN_MANAGE)
    gateway = ai_gateway.read_gateway(body, endpoint.kind)
    owner = caller.principal if endpoint.foundation_model else creator(sandbox, endpoint)
    ai_gateway.change_inference_table(sandbox, owner, endpoint.ai_gateway, gateway)
    endpoints_of(sandbox).change(name, ai_gateway=gateway)
    return gateway


@router.put("/rate-limits")
async def put_rate_limits(name: str, body: RateLimitsForm, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Other rate limits, whole, by the route that was there before the AI Gateway."""
    endpoint = changeable(sandbox, caller, name)
    limits = ai_gateway.read_limits(body.rate_limits, endpoint.kind)
    endpoints_of(sandbox).change(name, rate_limits=limits)
    return {"rate_limits": limits}


@router.patch("/notifications")
async def update_notifications(name: str, body: NotifyForm, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Others who are sent mail; nothing said is nobody."""
    changeable(sandbox, caller, name)
    notifications = kept(body.email_notifications)
    endpoints_of(sandbox).change(name, email_notifications=notifications)
    return {"name": name, "email_notifications": notifications}


@router.patch("/telemetry-config")
async def update_telemetry(name: str, body: PatchTelemetryForm, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Another telemetry configuration; nothing said removes it. Not while an update runs."""
    endpoint = changeable(sandbox, caller, name)
    telemetry.require_supported(endpoint.kind)
    if endpoint.is_updating:
        raise Conflict(
            f"Endpoint {name} is currently updating. Wait for the update to complete before updating its telemetry "
            "configuration."
        )
    config = telemetry.applied(body.telemetry_config, endpoint.telemetry_config)
    return shown(sandbox, caller, endpoints_of(sandbox).change(name, telemetry_config=config))
