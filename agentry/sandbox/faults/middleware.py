"""Stands before the routes and lets faults happen."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from fastapi.responses import JSONResponse, Response

from agentry.sandbox.errors import TooManyRequests
from agentry.sandbox.serving.service import endpoints_of
from agentry.sandbox.snapshot import SEEN

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from agentry.sandbox.faults.fault import Fault
    from agentry.sandbox.faults.faults import Outcome
    from agentry.sandbox.state import State

_ENDPOINT = re.compile(r"/api/2\.0/serving-endpoints/(?:pt/)?([^/]+)(?:/.*)?")


class FaultyWorkspace:
    """The routes, on a bad day.

    Args:
        app: The routes.
        state: The sandbox, which knows the faults.
    """

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless a fault takes it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state, method, path = self._state, scope["method"], scope["path"]
        found = state.faults.outcome(method, path, _authorization(scope), state.clock.monotonic())
        if found.delay:
            await state.clock.sleep(found.delay / 1000)
        for fault in found.busy:
            if named := _ENDPOINT.fullmatch(path):
                endpoints_of(state).occupy(named[1], fault.busy)
        fault_ = found.decided
        if fault_ is None:
            await self._carry_out(found, scope, receive, send)
        elif fault_.merge or fault_.after:
            real = _Answer()
            await self._carry_out(found, scope, receive, real.send)
            await _instead(fault_, real, scope, receive, send)
        else:
            await _instead(fault_, _Answer(), scope, receive, send)

    async def _carry_out(self, found: Outcome, scope: Scope, receive: Receive, send: Send) -> None:
        state, method, path = self._state, scope["method"], scope["path"]
        now = state.clock.monotonic()
        if wait := state.faults.pace.wait(method, path, now):
            await _too_many(state, wait)(scope, receive, send)
            return
        state.faults.past.before(method, path, state.store, now=now, lag=state.faults.lag)
        seen = SEEN.set(found.past)
        try:
            await self._app(scope, receive, send)
        finally:
            SEEN.reset(seen)


async def _instead(fault: Fault, real: _Answer, scope: Scope, receive: Receive, send: Send) -> None:
    if fault.cut:
        await _cut(receive)
        return
    answer = real.merged(fault.merge) if fault.merge else fault.answer()
    await answer(scope, receive, send)


async def _cut(receive: Receive) -> None:
    """End the connection without a word. ASGI has none for it: uvicorn's own end of it is behind `receive`."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("The connection was cut, as was asked for.")
    transport.abort()
    # Until the server knows: otherwise it misses an answer.
    while (await receive())["type"] != "http.disconnect":
        pass


def _too_many(state: State, wait: int) -> JSONResponse:
    pace = state.faults.pace
    said = TooManyRequests(
        f"Workspace {state.workspace.workspace_id} exceeded its limit of {pace.limit} creates and updates of serving "
        f"endpoints in {math.ceil(pace.window)} seconds. Try again in {wait} seconds."
    )
    return JSONResponse(said.body(), said.status, {"retry-after": str(wait)})


def _authorization(scope: Scope) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), "")


class _Answer:
    """The real answer, caught on its way out."""

    def __init__(self) -> None:
        self._status = 500
        self._body = b""

    async def send(self, message: Message) -> None:
        """What the application sends."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")

    def merged(self, changes: dict[str, Any]) -> Response:
        """The answer with some of its fields changed; one that refuses, or is no JSON, as it is."""
        try:
            body = json.loads(self._body)
        except ValueError:
            return Response(self._body, self._status)
        return JSONResponse(_merge(body, changes) if self._status < 300 else body, self._status)


def _merge(value: Any, changes: Any) -> Any:
    if not (isinstance(value, dict) and isinstance(changes, dict)):
        return changes
    return value | {key: _merge(value.get(key), change) for key, change in changes.items()}
