"""Which requests came in: for tests that count them, and for whoever wonders what a client does.

An admin reads `GET /sandbox/requests?after=NUMBER`: method, path, status and time of each request, in the order in which
they came. Bodies, queries and credentials are not kept. The newest 20000 are; they are forgotten when the sandbox stops.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from agentry.sandbox.area import Area, Fact
from agentry.sandbox.errors import PermissionDenied
from agentry.sandbox.web import Json, Router, Sandbox, State, UserCaller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

NAME = "requests"
PATH = "/sandbox/requests"
KEPT = 20_000
router = Router()


@dataclass
class Seen:
    """One request.

    Attributes:
        number: Counted from 1 since the sandbox started.
        method: Its method.
        path: Its path, without the query.
        at: When it came, in seconds of a clock that never goes back.
        until: When it was answered, or its connection ended; 0 before.
        user_agent: What the client calls itself.
        status: What it was answered; 0 while it is not, and where the connection was cut.
    """

    number: int
    method: str
    path: str
    at: float
    user_agent: str
    status: int = 0
    until: float = 0


@dataclass
class RequestLog:
    """The newest requests."""

    seen: deque[Seen] = field(default_factory=lambda: deque(maxlen=KEPT))
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))


@router.get(PATH)
async def list_requests(caller: UserCaller, sandbox: Sandbox, after: int = 0) -> Json:
    """The requests whose number is above `after`, the oldest first; asking for them is none."""
    if not sandbox.principals.is_admin(caller.principal):
        raise PermissionDenied(f"Only admins may read which requests came in. [Principal: {caller.name}]")
    log: RequestLog = sandbox.running[NAME]
    return {"requests": [asdict(one) for one in log.seen if one.number > after]}


class Watched:
    """Stands before everything else and writes down what passes."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["path"] == PATH:
            await self._app(scope, receive, send)
            return
        log: RequestLog = self._state.running[NAME]
        client = dict(scope["headers"]).get(b"user-agent", b"").decode("latin-1")
        one = Seen(next(log.numbers), scope["method"], scope["path"], self._state.clock.monotonic(), client)
        log.seen.append(one)

        async def watching(message: Message) -> None:
            if message["type"] == "http.response.start":
                one.status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watching)
        finally:
            one.until = self._state.clock.monotonic()


def prepare(state: State) -> None:
    """Nothing was asked yet."""
    state.running[NAME] = RequestLog()


FACTS = (
    Fact("which requests came in is told at /sandbox/requests", "the sandbox's own; no workspace has such a route"),
)
AREA = Area(NAME, router, FACTS, prepare=prepare)
