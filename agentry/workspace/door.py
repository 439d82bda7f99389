"""The workspace as the rest of Agentry sees it: who we are in it, its JSON calls, waits and registration.

What sends the calls is a `Transport`: databricks-sdk in `client.py`, a small fake in tests.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from agentry.errors import Interrupted
from agentry.report import Reporter
from agentry.workspace.looks import Looks, Once
from agentry.workspace.repeats import Repeat
from agentry.workspace.waits import Pending, wait_for

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from agentry.clock import Clock
    from agentry.workspace.budget import Budget
    from agentry.workspace.registration import Registered, Registration

T = TypeVar("T")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody in the workspace: who we are, or a principal that a grant names.

    Attributes:
        id: SCIM id, a number as text.
        user_name: A user's name (mail address); empty for a service principal or a group.
        display_name: What people read.
        application_id: A service principal's application id; empty otherwise.
        groups: Names of the groups it is in, directly or by way of others.
        admin: Whether it administers the workspace (is in the group `admins`).
        kind: "user", "group" or "sp".
    """

    id: str
    user_name: str
    display_name: str
    application_id: str = ""
    groups: frozenset[str] = frozenset()
    admin: bool = False
    kind: str = "user"

    @property
    def name(self) -> str:
        """What Unity Catalog and permissions call it: user name, application id or the group's name."""
        return self.application_id or self.user_name or self.display_name

    @property
    def principal(self) -> str:
        """As a declaration writes it: `user:a@b`, `group:g` or `sp:<application id>`."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Address and token of the workspace, for a client in another process; the token never shows."""

    host: str
    token: str

    def __repr__(self) -> str:
        return f"Bearer({self.host!r}, [secret])"


class Transport(Protocol):
    """Sends one request. Raises errors of `agentry.errors`, and retries nothing by itself."""

    async def send(self, method: str, path: str, query: Mapping[str, Any] | None, body: Any, timeout: float) -> Json:
        """Send it; `timeout` in seconds. What is no object comes back as {}."""
        ...

    async def download(self, path: str, timeout: float) -> bytes:
        """The bytes behind a path of the files interface."""
        ...

    def bearer(self) -> Bearer:
        """Address and a fresh token."""
        ...


@dataclass(frozen=True)
class Workspace:
    """One Databricks workspace, as one identity.

    Attributes:
        host: Its address, `https://...` without a slash at the end.
        workspace_id: What identifies it; its address does not.
        metastore_id: The Unity Catalog metastore it is attached to; empty where there is none.
        me: Who we are there.
        transport: What sends the requests.
        clock: Time, for waits and retries.
        cancelled: Set once the engine asks to stop; no write begins then.
        metastore_owner: Who administers that metastore, a user or a group; empty where it is not told.
        budget: How long the workspace may leave us without an answer; None for the patience of real work.
        once: What is looked up once in a run.
        looks: What checks and diffs have seen a moment ago.
        gates: Until when the workspace takes no more of something, by what: seconds of the clock's `monotonic`.
        report: Where waits of single requests are told.
        patience: Seconds that a request waits at most for its turn; 0 for the default.
        turns: By path: what is read, changed and written back whole is so by one at a time.
    """

    host: str
    workspace_id: str
    metastore_id: str
    me: Identity
    transport: Transport
    clock: Clock
    cancelled: asyncio.Event
    metastore_owner: str = ""
    budget: Budget | None = None
    once: Once = field(default_factory=Once, compare=False, repr=False)
    looks: Looks = field(default_factory=Looks, compare=False, repr=False)
    gates: dict[str, float] = field(default_factory=dict, compare=False, repr=False)
    report: Reporter = field(default_factory=Reporter, compare=False, repr=False)
    patience: float = 0.0
    turns: defaultdict[str, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock), compare=False, repr=False
    )

    async def get(self, path: str, query: Mapping[str, Any] | None = None) -> Json:
        """GET; `query` becomes parameters."""
        return await self._call("GET", path, query, None)

    async def post(self, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Json:
        """POST with a JSON body."""
        return await self._call("POST", path, query, body)

    async def create(self, path: str, body: Any, found: Callable[[], Awaitable[Json | None]]) -> Json:
        """POST that makes something which can be recognised afterwards.

        Args:
            path: Of the request.
            body: JSON.
            found: Looks for what the call made, after its answer was lost: what it answers stands for the answer.
                None where there is nothing that is provably ours; then it is sent again.
        """
        return await self._call("POST", path, None, body, found=found)

    async def put(self, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Json:
        """PUT with a JSON body."""
        return await self._call("PUT", path, query, body)

    async def patch(self, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Json:
        """PATCH with a JSON body."""
        return await self._call("PATCH", path, query, body)

    async def delete(self, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Json:
        """DELETE; the MLflow interfaces want a body, Unity Catalog's take parameters."""
        return await self._call("DELETE", path, query, body)

    async def search(self, path: str, body: Any = None) -> Json:
        """POST that writes nothing (MLflow's search calls), so it is sent after a cancel and retried like a GET."""
        return await self._call("POST", path, None, body)

    async def download(self, path: str) -> bytes:
        """A file of the files interface, such as `/Models/main/agents/weather/7/MLmodel`."""
        from agentry.workspace.retries import Request, patiently  # noqa: PLC0415 it knows this module

        content: bytes = await patiently(self, Request("GET", f"/api/2.0/fs/files{path}", file=True))
        return content

    async def text(self, path: str) -> str:
        """GET of what is no JSON, such as the metrics of an endpoint."""
        from agentry.workspace.retries import Request, patiently  # noqa: PLC0415 it knows this module

        content: bytes = await patiently(self, Request("GET", path, file=True))
        return content.decode(errors="replace")

    async def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: Any,
        found: Callable[[], Awaitable[Json | None]] | None = None,
    ) -> Json:
        from agentry.workspace.retries import Request, patiently  # noqa: PLC0415 it knows this module

        request = Request(method, path, query, body, found=found)
        writes = request.row.repeat is not Repeat.READ
        if writes and self.cancelled.is_set():
            raise Interrupted("nothing more is written", why="the deployment was cancelled")

        async def send() -> Json:
            answer: Json = await patiently(self, request)
            return answer

        if method == "GET" and self.budget is not None:
            return await self.looks.get(path, query, send, self.clock.monotonic())
        if not writes:
            return await send()
        try:
            return await send()
        finally:
            # Also after an error: it may have taken effect.
            self.looks.forget()

    async def wait(
        self, poll: Callable[[], Awaitable[T | Pending]], *, what: str, timeout: float, report: Reporter
    ) -> T:
        """Poll until it answers something else than `Pending`; see `agentry.workspace.waits.wait_for`."""
        return await wait_for(poll, what=what, timeout=timeout, report=report, clock=self.clock)

    def token(self) -> Bearer:
        """Address and bearer for a client in another process (the registration worker, a person who asks)."""
        return self.transport.bearer()

    async def register(self, request: Registration) -> Registered:
        """Register a model version through MLflow's client, in the worker process."""
        from agentry.workspace import registration  # noqa: PLC0415 only where a version is registered

        return await registration.register(self, request)

    def telling(self, report: Reporter, patience: float | None = None) -> Workspace:
        """The same workspace for one resource: waits of its requests are told there.

        Args:
            report: Of the resource.
            patience: Seconds that a request waits at most for its turn (customTimeouts); None for the default.
        """
        return replace(self, report=report, patience=patience or 0.0)

    def within(self, budget: Budget) -> Workspace:
        """The same workspace for checks and diffs, which do not wait longer than the budget for an answer."""
        return replace(self, budget=budget)
