"""The sandbox as an ASGI application: every area's routes, and errors in the platform's form."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from agentry.sandbox import (
    catalog,
    directories,
    discovery,
    genie,
    oauth,
    permission_routes,
    registry,
    request_log,
    scim,
    secret_scopes,
    serving,
    token_management,
    tracking,
    vector_search,
)
from agentry.sandbox.errors import ApiError, EndpointNotFound, InvalidParameter
from agentry.sandbox.faults import routes as faults
from agentry.sandbox.faults.middleware import FaultyWorkspace
from agentry.sandbox.files import routes as files

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from agentry.sandbox.area import Area
    from agentry.sandbox.state import State

# The registry before the catalog, whose routes take any plural.
AREAS: tuple[Area, ...] = (
    discovery.AREA,
    scim.AREA,
    token_management.AREA,
    oauth.AREA,
    registry.AREA,
    catalog.AREA,
    files.AREA,
    permission_routes.AREA,
    directories.AREA,
    secret_scopes.AREA,
    tracking.AREA,
    vector_search.AREA,
    genie.AREA,
    serving.AREA,
    faults.AREA,
    request_log.AREA,
)

_log = logging.getLogger("agentry.sandbox")


def create_app(state: State) -> FastAPI:
    """The application of one sandbox; areas are prepared here, their lifespans entered when it starts."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as running:
            for area in AREAS:
                if area.lifespan is not None:
                    await running.enter_async_context(area.lifespan(state))
            yield

    app = FastAPI(title="Agentry sandbox", openapi_url=None, lifespan=lifespan)
    app.state.sandbox = state
    for area in AREAS:
        if area.prepare is not None:
            area.prepare(state)
        app.router.routes.extend(area.router.routes)
    app.add_middleware(FaultyWorkspace, state=state)
    app.add_middleware(WorkspaceHeader, workspace_id=state.workspace.workspace_id)
    app.add_middleware(request_log.Watched, state=state)
    app.add_exception_handler(ApiError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_form)
    app.add_exception_handler(HTTPException, _refuse_route)
    app.add_exception_handler(Exception, _fail)
    return app


class WorkspaceHeader:
    """Adds `x-databricks-org-id` to every answer: mlflow takes a run's workspace from it."""

    def __init__(self, app: ASGIApp, workspace_id: str) -> None:
        self._app = app
        self._header = (b"x-databricks-org-id", workspace_id.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], self._header]
            await send(message)

        await self._app(scope, receive, with_header)


async def _refuse(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    return JSONResponse(error.body(), error.status)


async def _refuse_form(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = "; ".join(f"{_field(e)}: {e['msg']}" for e in error.errors())
    refused = InvalidParameter(f"Invalid request: {problems}")
    return JSONResponse(refused.body(), refused.status)


def _field(problem: dict[str, Any]) -> str:
    return ".".join(str(part) for part in problem["loc"] if part not in ("body", "query", "path")) or "body"


async def _refuse_route(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    refused = EndpointNotFound(f"No API found for '{request.method} {request.url.path}'")
    return JSONResponse(refused.body(), error.status_code)


async def _fail(request: Request, error: Exception) -> JSONResponse:
    # A bug of ours. The answer does not repeat the exception's text, which may hold values of the request.
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    refused = ApiError(
        f"The sandbox failed at {request.method} {request.url.path}: {type(error).__name__}; see its log."
    )
    return JSONResponse(refused.body(), refused.status)
