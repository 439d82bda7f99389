"""What every area's routes are made of.

    router = Router()

    @router.get("/api/2.0/things/{name}")
    async def get_thing(name: str, caller: UserCaller, sandbox: Sandbox) -> Json: ...

A route is closed to served versions unless it takes `AnyCaller`. Handlers are `async` and do not await between
reading and writing the store, so each of them happens as one step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from agentry.sandbox.errors import PermissionDenied
from agentry.sandbox.identity import Caller
from agentry.sandbox.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SIGNED_IN", "AnyCaller", "Body", "Caller", "Json", "Router", "Sandbox", "State", "UserCaller", "state_of"]

Json = dict[str, Any]


class Body(BaseModel):
    """Base of request bodies. Unknown fields are ignored, as the platform does; int64 may come as text."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, protected_namespaces=())


class Router(APIRouter):
    """Routes that answer plain JSON: what a handler returns is sent as it is."""

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Register a route, without a response model."""
        super().add_api_route(path, endpoint, **{**options, "response_model": None})


def state_of(request: Request) -> State:
    """The sandbox that serves this request."""
    state: State = request.app.state.sandbox
    return state


def any_caller(request: Request) -> Caller:
    """Who calls: a user or a served version."""
    return state_of(request).tokens.caller(request.headers.get("authorization"))


def user_caller(request: Request) -> Caller:
    """Who calls, if it is not a served version."""
    caller = any_caller(request)
    if caller.scopes is not None:
        raise PermissionDenied(
            f"The credentials of served model '{caller.served}' do not reach {request.method} {request.url.path}."
        )
    return caller


Sandbox = Annotated[State, Depends(state_of)]
AnyCaller = Annotated[Caller, Depends(any_caller)]
UserCaller = Annotated[Caller, Depends(user_caller)]
# For routes that everybody may use who is a user, and that do not ask who it is.
SIGNED_IN = [Depends(user_caller)]
