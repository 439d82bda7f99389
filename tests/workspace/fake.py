"""A workspace in memory behind the real `Workspace`: routes are functions, requests are remembered, faults are set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agentry.clock import Clock, FakeClock
from agentry.errors import NotFound
from agentry.workspace import Bearer, Identity, Json, Workspace

Route = Callable[[Any], Any]
ME = Identity("1", "deployer@company.example", "Deployer", groups=frozenset({"users", "account users"}))


@dataclass
class FakeTransport:
    """Answers from `routes`, by method and path; the argument of a route is the body or the query.

    A route that is an exception is raised; one in `silent` never answers.
    """

    routes: dict[tuple[str, str], Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    requests: list[tuple[str, str]] = field(default_factory=list)

    async def send(self, method: str, path: str, query: Mapping[str, Any] | None, body: Any, timeout: float) -> Json:
        self.requests.append((method, path))
        if path in self.silent:
            await asyncio.Event().wait()
        route = self.routes.get((method, path))
        if route is None:
            raise NotFound(f"no {method} {path}")
        if isinstance(route, list):
            # One answer after the other; the last one stays.
            route = route.pop(0) if len(route) > 1 else route[0]
        if isinstance(route, Exception):
            raise route
        answer = route(body if query is None else {**query, **(body or {})}) if callable(route) else route
        return dict(answer)

    async def download(self, path: str, timeout: float) -> bytes:
        self.requests.append(("GET", path))
        if path not in self.files:
            raise NotFound(f"no file {path}")
        return self.files[path]

    def bearer(self) -> Bearer:
        return Bearer("https://workspace.example", "a-token")

    @property
    def writes(self) -> list[tuple[str, str]]:
        """The requests that were no GET."""
        return [(method, path) for method, path in self.requests if method != "GET"]


def workspace(
    transport: FakeTransport,
    *,
    clock: Clock | None = None,
    me: Identity = ME,
    workspace_id: str = "100",
    cancelled: asyncio.Event | None = None,
) -> Workspace:
    """A `Workspace` over the fake."""
    return Workspace(
        host="https://workspace.example",
        workspace_id=workspace_id,
        metastore_id="m-1",
        me=me,
        transport=transport,
        clock=clock or FakeClock(),
        cancelled=cancelled or asyncio.Event(),
    )
