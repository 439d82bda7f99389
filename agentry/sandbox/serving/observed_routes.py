"""`/api/2.0/serving-endpoints/{name}/...`: what is seen of an endpoint from outside: logs, metrics, its interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.responses import PlainTextResponse

from agentry.sandbox.serving import rights
from agentry.sandbox.serving.routes import PREFIX, allowed
from agentry.sandbox.serving.service import endpoints_of
from agentry.sandbox.web import Json, Router, Sandbox, UserEntitled

if TYPE_CHECKING:
    from agentry.sandbox.identity import Caller
    from agentry.sandbox.state import State

router = Router(prefix=PREFIX + "/{name}")
# Enough for any error; a build log can have thousands of lines.
LOG_BYTES = 256 * 1024


@router.get("/served-models/{entity}/build-logs")
async def build_logs(name: str, entity: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """How the environment of the newest deployment of an entity was made."""
    return _log(sandbox, caller, name, entity, "build.log")


@router.get("/served-models/{entity}/logs")
async def service_logs(name: str, entity: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """What the process of the newest deployment of an entity printed."""
    return _log(sandbox, caller, name, entity, "service.log")


def _log(sandbox: State, caller: Caller, name: str, entity: str, file: str) -> Json:
    allowed(sandbox, caller, name, rights.CAN_VIEW)
    path = endpoints_of(sandbox).logs(name, entity, file)
    if not path.exists():
        return {"logs": ""}
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - LOG_BYTES))
        return {"logs": log.read().decode(errors="replace")}


@router.get("/metrics")
async def export_metrics(name: str, caller: UserEntitled, sandbox: Sandbox) -> PlainTextResponse:
    """How often it was asked, in Prometheus' text form."""
    allowed(sandbox, caller, name, rights.CAN_VIEW)
    return PlainTextResponse(endpoints_of(sandbox).metrics.text(name))


@router.get("/openapi")
async def open_api(name: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """How it is asked; bodies are not described."""
    endpoint = allowed(sandbox, caller, name, rights.CAN_QUERY)
    entities = endpoint.serving.entities if endpoint.serving else ()
    asked = [f"/serving-endpoints/{name}/invocations"]
    asked += [f"/serving-endpoints/{name}/served-models/{entity.name}/invocations" for entity in entities]
    body = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    answers = {"200": {"description": "The answer", "content": body["content"]}}
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": str(endpoint.serving.version if endpoint.serving else 0)},
        "servers": [{"url": sandbox.address}],
        "paths": {path: {"post": {"requestBody": body, "responses": answers}} for path in asked},
    }
