"""What every area's routes are made of.

    router = Router()

    @router.get("/api/2.0/things/{name}")
    async def get_thing(name: str, caller: UserCaller, sandbox: Sandbox) -> Json: ...

A route is closed to served versions unless it takes `AnyCaller` or `AnyEntitled`. What belongs to the workspace itself
(notebooks, experiments, endpoints) takes the `...Entitled` ones; identities and Unity Catalog the others.

Handlers are `async` and do not await between reading and writing the store, so each of them happens as one step. What
changes the metastore is in a `Router(metastore=True)`: its handlers do not await at all, and those that may write run in
one transaction each, so that they are one step among the processes of all sandboxes, and what they refuse changed nothing.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from agentry.sandbox.errors import PermissionDenied
from agentry.sandbox.identity import Caller
from agentry.sandbox.principals import WORKSPACE_ACCESS
from agentry.sandbox.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "SIGNED_IN",
    "AnyCaller",
    "AnyEntitled",
    "Body",
    "Caller",
    "Json",
    "Router",
    "Sandbox",
    "State",
    "UserCaller",
    "UserEntitled",
]

Json = dict[str, Any]


class Body(BaseModel):
    """Base of request bodies. Unknown fields are ignored, as the platform does; int64 may come as text."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, protected_namespaces=())


class Router(APIRouter):
    """Routes that answer plain JSON: what a handler returns is sent as it is.

    Args:
        prefix: What all paths begin with.
        metastore: Whether the handlers are about the metastore, which other processes change too. They take the
            `sandbox` and do not await.

    Attributes:
        known: Method and path of every route, also of those that were included.
    """

    def __init__(self, prefix: str = "", *, metastore: bool = False) -> None:
        super().__init__(prefix=prefix)
        self.known: list[tuple[str, str]] = []
        self._metastore = metastore

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Register a route, without a response model."""
        if self._metastore and set(options.get("methods") or ()) & {"POST", "PUT", "PATCH", "DELETE"}:
            endpoint = _in_one_step(endpoint)
        super().add_api_route(path, endpoint, **{**options, "response_model": None})
        self.known += [(method, f"{self.prefix}{path}") for method in options.get("methods") or ()]

    def take(self, router: Router) -> None:
        """Take over the routes of another router, as they are.

        `include_router` would build them anew, for each application and at its first requests.
        """
        self.routes.extend(router.routes)
        self.known += router.known


def _in_one_step(handler: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(handler)
    async def step(*, sandbox: State, **arguments: Any) -> Any:
        with sandbox.store.transaction():
            return await handler(sandbox=sandbox, **arguments)

    # Resolved here, where the handler's own module is known.
    step.__signature__ = inspect.signature(handler, eval_str=True)  # type: ignore[attr-defined]
    return step


# The dependencies are `async` only because FastAPI runs others in a thread each, which costs more than they do.


async def state_of(request: Request) -> State:
    """The sandbox that serves this request."""
    return _state(request)


async def any_caller(request: Request) -> Caller:
    """Who calls: a user or a served version."""
    return _caller(request)


async def user_caller(request: Request) -> Caller:
    """Who calls, if it is not a served version."""
    return _user(request)


async def any_entitled(request: Request) -> Caller:
    """Who calls, if the workspace itself is open to them (or to the creator of the endpoint that calls)."""
    return _entitled(request, _caller(request))


async def user_entitled(request: Request) -> Caller:
    """Who calls, if it is a user to whom the workspace itself is open."""
    return _entitled(request, _user(request))


def _state(request: Request) -> State:
    state: State = request.app.state.sandbox
    return state


def _caller(request: Request) -> Caller:
    return _state(request).tokens.caller(request.headers.get("authorization"))


def _user(request: Request) -> Caller:
    caller = _caller(request)
    if caller.scopes is not None:
        raise PermissionDenied(
            f"The credentials of served model '{caller.served}' do not reach {request.method} {request.url.path}."
        )
    return caller


def _entitled(request: Request, caller: Caller) -> Caller:
    if not _state(request).principals.is_entitled(caller.principal):
        raise PermissionDenied(
            f"This API is disabled for users without the {WORKSPACE_ACCESS} entitlement. [Principal: {caller.name}]"
        )
    return caller


Sandbox = Annotated[State, Depends(state_of)]
AnyCaller = Annotated[Caller, Depends(any_caller)]
UserCaller = Annotated[Caller, Depends(user_caller)]
AnyEntitled = Annotated[Caller, Depends(any_entitled)]
UserEntitled = Annotated[Caller, Depends(user_entitled)]
# For routes that everybody may use who is a user, and that do not ask who it is.
SIGNED_IN = [Depends(user_caller)]
