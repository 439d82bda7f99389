"""Faults on demand: what a real workspace does now and then, made to happen when a test wants it.

An admin puts a list to `/sandbox/faults`; each fault takes the requests that fit it, as many `times` as it says:

    {"method": "POST", "path": "/api/2.0/mlflow/.*", "status": 429, "retry_after": 2}     refused, nothing was done
    {"path": ".*/create", "status": 500, "after": true}                                  done, but the answer is lost
    {"path": ".*/model-versions/get", "times": 3, "merge": {"model_version": {"status": "PENDING_REGISTRATION"}}}
    {"path": ".*", "delay": 100, "times": null}                                          each takes 100 ms longer
    {"path": "/external/gateway/gpt", "status": 500}           the provider behind served entity `gpt` of `gateway` fails

A delay comes before whatever else happens to a request, and those of several faults add up. They are counted in requests, never in seconds, and forgotten when the sandbox stops.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fastapi.responses import JSONResponse, Response
from pydantic import Field

from agentry.sandbox.area import Area, Fact
from agentry.sandbox.errors import InvalidParameter, PermissionDenied
from agentry.sandbox.web import Body, Caller, Json, Router, Sandbox, State, UserCaller

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH = "/sandbox/faults"
router = Router(prefix=PATH)
_CODES = {403: "PERMISSION_DENIED", 409: "RESOURCE_CONFLICT", 429: "REQUEST_LIMIT_EXCEEDED",
          500: "INTERNAL_ERROR", 503: "TEMPORARILY_UNAVAILABLE"}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        path: A regular expression that the whole path fits.
        method: The method, or "" for any.
        times: How many requests it takes; None for all.
        status: The status to answer with; 0 for the real one.
        error_code: The code to answer with; "" for the usual one of the status.
        message: What to say.
        retry_after: Seconds of the header Retry-After, or None.
        after: Whether the request is carried out before its answer is replaced.
        merge: What to change in the real answer, field by field.
        delay: Milliseconds to wait first.
    """

    path: str
    method: str = ""
    times: int | None = 1
    status: int = 0
    error_code: str = ""
    message: str = "A fault that was asked for."
    retry_after: int | None = None
    after: bool = False
    merge: dict[str, Any] | None = None
    delay: int = 0

    @property
    def only_delays(self) -> bool:
        """Whether the request goes on as if nothing had been."""
        return not (self.status or self.merge)

    @property
    def left(self) -> list[Fault]:
        """What is to come after one more request."""
        if self.times is None:
            return [self]
        return [replace(self, times=self.times - 1)] if self.times > 1 else []

    def fits(self, method: str, path: str) -> bool:
        """Whether it takes this request."""
        return self.method in ("", method) and re.fullmatch(self.path, path) is not None

    def answer(self) -> JSONResponse:
        """What it answers instead."""
        code = self.error_code or _CODES.get(self.status, "UNKNOWN")
        headers = {} if self.retry_after is None else {"retry-after": str(self.retry_after)}
        return JSONResponse({"error_code": code, "message": self.message}, self.status, headers)


class WantedFault(Body):
    """A fault on the wire."""

    path: str
    method: str = ""
    times: int | None = 1
    status: int = 0
    error_code: str = ""
    message: str = "A fault that was asked for."
    retry_after: int | None = None
    after: bool = False
    merge: dict[str, Any] | None = None
    delay: int = Field(default=0, ge=0, le=60_000)


class WantedFaults(Body):
    """A PUT body."""

    faults: tuple[WantedFault, ...] = ()


@router.get("")
async def list_faults(caller: UserCaller, sandbox: Sandbox) -> Json:
    """The faults that are still to come."""
    _require_admin(sandbox, caller)
    return {"faults": [WantedFault(**vars(fault)).model_dump() for fault in sandbox.faults]}


@router.put("")
async def set_faults(body: WantedFaults, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Replace the faults that are still to come."""
    _require_admin(sandbox, caller)
    faults = [Fault(**wanted.model_dump()) for wanted in body.faults]
    for fault in faults:
        try:
            re.compile(fault.path)
        except re.error as error:
            raise InvalidParameter(f"'{fault.path}' is not a regular expression: {error}") from error
        if not (fault.status or fault.merge or fault.delay):
            raise InvalidParameter("A fault has a status, something to merge or a delay.")
    sandbox.faults[:] = faults
    return {}


def _require_admin(sandbox: State, caller: Caller) -> None:
    if not sandbox.principals.is_admin(caller.principal):
        raise PermissionDenied(f"Only admins may ask for faults. [Principal: {caller.name}]")


async def take(state: State, method: str, path: str) -> Fault | None:
    """Wait as long as faults say, and find the first of them that decides what a request is answered.

    Args:
        state: The sandbox; what is taken is one time fewer to come.
        method: Of the request.
        path: Of the request; `/external/ENDPOINT/SERVED_ENTITY` is the way from an endpoint to another provider.
    """
    if not state.faults or path == PATH:
        return None
    delay, found = 0, None
    for fault in list(state.faults):
        if found is None and fault.fits(method, path):
            at = next(i for i, one in enumerate(state.faults) if one is fault)
            state.faults[at : at + 1] = fault.left
            delay += fault.delay
            found = None if fault.only_delays else fault
    if delay:
        await state.clock.sleep(delay / 1000)
    return found


class FaultyWorkspace:
    """Stands before the routes and lets faults happen."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless a fault takes it."""
        fault = await take(self._state, scope["method"], scope["path"]) if scope["type"] == "http" else None
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.status and not fault.after:
            await fault.answer()(scope, receive, send)
        else:
            real = _Answer()
            await self._app(scope, receive, real.send)
            answer = fault.answer() if fault.status else real.merged(fault.merge or {})
            await answer(scope, receive, send)


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


FACTS = (
    Fact("faults can be asked for at /sandbox/faults", "the sandbox's own; no workspace has such a route"),
    Fact(
        "429 and 503 may carry Retry-After, and an answer may be lost after the request was carried out",
        "databricks-sdk 0.156 _base_client.py retries both, POST requests too",
    ),
)


def prepare(state: State) -> None:
    """The latency that was chosen when the sandbox started is a fault like others: a PUT replaces it too."""
    if state.settings.mode.latency:
        state.faults.append(Fault(path=".*", times=None, delay=state.settings.mode.latency))


AREA = Area("faults", router, FACTS, prepare=prepare)
