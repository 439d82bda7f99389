"""A sandbox in this process, and the provider's door to it: no sockets, no threads, no time that passes.

Requests go to the sandbox's application as they would over HTTP; each one is remembered. The files of a version are
put where MLflow's client, which is a process of its own, would put them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import requests
from databricks.sdk.errors.parser import _Parser

from agentry.clock import FakeClock
from agentry.sandbox import metastore
from agentry.sandbox.app import create_app
from agentry.sandbox.mode import Mode
from agentry.sandbox.places import Places
from agentry.sandbox.process import _clear
from agentry.sandbox.seed import PEOPLE, seed_people, token_of
from agentry.sandbox.state import Settings, State, open_state
from agentry.workspace import Bearer, Json, Workspace
from agentry.workspace.answers import translate
from agentry.workspace.identity import identity_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from agentry.errors import AgentryError
    from agentry.report import Reporter

NAME = "local"
SCHEMA = f"{NAME}.agents"
ADDRESS = "http://sandbox.example"
READING = ("/search", "/search-versions", "/get-permission-levels")
"""Ends of the routes of POST requests that write nothing."""


@dataclass
class Ground:
    """A workspace, and the project directory that it is for.

    Attributes:
        root: The project's directory.
        clock: Time for everybody; it moves when somebody waits.
        requests: What the provider asked: method, path and body.
        refusing: What every write of the provider ends with; None for nothing.
    """

    root: Path
    clock: FakeClock = field(default_factory=FakeClock)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    refusing: AgentryError | None = None
    _state: State | None = None
    _http: httpx.AsyncClient | None = None
    _seen: tuple[Any, ...] | None = None
    _exits: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    _tokens: dict[str, str] = field(default_factory=dict)

    @classmethod
    @contextlib.asynccontextmanager
    async def laid(cls, root: Path) -> AsyncIterator[Ground]:
        """A sandbox that runs until the end."""
        ground = cls(root)
        await ground._open()
        try:
            yield ground
        finally:
            await ground._exits.aclose()

    async def _open(self) -> None:
        places = Places(self.root, NAME)
        mode = Mode(instant=True)
        self._seen = None
        state = open_state(Settings(NAME, places.directory, self.root / "cache", ADDRESS, mode), self.clock)
        self._exits.callback(state.store.close)
        seed_people(state)
        self._tokens = {person: token_of(state, person) for person in PEOPLE}
        app = create_app(state)
        await self._exits.enter_async_context(app.router.lifespan_context(app))
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS)
        self._state, self._http = state, await self._exits.enter_async_context(http)

    async def reset(self) -> None:
        """What `agentry sandbox reset` does: the same workspace, with nothing in it."""
        await self._exits.aclose()
        places = Places(self.root, NAME)
        _clear(places)
        metastore.empty_catalog(places.metastore, NAME)
        await self._open()

    async def ask(self, person: str, method: str, path: str, query: Any = None, body: Any = None) -> httpx.Response:
        """One request of somebody."""
        assert self._http is not None
        given: dict[str, Any] = (
            {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        )
        headers = {"authorization": f"Bearer {self._tokens[person]}"}
        return await self._http.request(method, path, params=query, headers=headers, **given)

    async def done(self, method: str, path: str, body: Any = None, person: str = "admin", **query: Any) -> Any:
        """What somebody outside of the provider does, and that must succeed."""
        answer = await self.ask(person, method, path, query or None, body)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json() if answer.content else {}

    async def found(self, path: str, **query: Any) -> Any:
        """What is there, or None."""
        answer = await self.ask("admin", "GET", path, query or None)
        if answer.status_code == 404:
            return None
        assert answer.status_code < 300, (path, answer.text)
        return answer.json()

    async def until(self, there: Callable[[], Awaitable[bool]]) -> None:
        """Let the sandbox's own tasks go on until something has come about; it does with one of the next turns."""
        for _ in range(1000):
            if await there():
                return
            await asyncio.sleep(0)
        raise AssertionError("it never came about")

    @property
    def writes(self) -> list[tuple[str, str, Any]]:
        """The requests of the provider that changed something, or meant to."""
        return [one for one in self.requests if one[0] != "GET" and not one[1].endswith(READING)]

    async def connect(self, settings: Any, *, clock: Any, cancelled: asyncio.Event | None = None) -> Workspace:
        """The door, as the deployer."""
        assert self._state is not None
        if self._seen is None:
            asked = ("/api/2.0/preview/scim/v2/Me", "/api/2.1/unity-catalog/metastore_summary")
            self._seen = tuple([(await self.ask("deployer", "GET", path)).json() for path in asked])
        me, store = self._seen
        return Workspace(
            host=ADDRESS,
            workspace_id=self._state.workspace.workspace_id,
            metastore_id=str(store["metastore_id"]),
            metastore_owner=str(store.get("owner") or ""),
            me=identity_of(me),
            transport=Door(self),
            clock=clock,
            cancelled=cancelled or asyncio.Event(),
        )

    async def upload(self, workspace: Workspace, what: Mapping[str, Any], timeout: float, report: Reporter) -> None:
        """In place of `agentry.workspace.uploads.upload`: the files go by the Files API, without MLflow."""
        if "model" not in what:
            return  # of a logged model nothing is read back
        model = str(what["model"]).replace(".", "/")
        for file in sorted(Path(what["directory"]).rglob("*")):
            if file.is_file():
                inside = file.relative_to(what["directory"]).as_posix()
                path = f"/api/2.0/fs/files/Models/{model}/{what['version']}/{inside}"
                await self.done("PUT", path, file.read_bytes(), person="deployer")


@dataclass
class Door:
    """The transport of the provider's workspace."""

    ground: Ground

    async def send(self, method: str, path: str, query: Mapping[str, Any] | None, body: Any, timeout: float) -> Json:
        self.ground.requests.append((method, path, body))
        if self.ground.refusing and self.ground.writes[-1:] == [(method, path, body)]:
            raise self.ground.refusing
        answer = await self.ground.ask("deployer", method, path, dict(query) if query else None, body)
        found = self._checked(answer, method, path).json() if answer.content else {}
        return found if isinstance(found, dict) else {}

    async def download(self, path: str, timeout: float) -> bytes:
        self.ground.requests.append(("GET", path, None))
        return self._checked(await self.ground.ask("deployer", "GET", path), "GET", path).content

    def bearer(self) -> Bearer:
        return Bearer(ADDRESS, self.ground._tokens["deployer"])

    def _checked(self, answer: httpx.Response, method: str, path: str) -> httpx.Response:
        """The answer, or the error that databricks-sdk and our client make of it."""
        if answer.status_code < 400:
            return answer
        told = requests.Response()
        told.status_code, told._content = answer.status_code, answer.content
        told.headers.update(answer.headers)
        told.request = requests.Request(method, f"{ADDRESS}{path}").prepare()
        error = _Parser().get_api_error(told)
        assert error is not None, (method, path, json.dumps(answer.text))
        raise translate(error, ADDRESS, method, path)


__all__ = ["NAME", "SCHEMA", "Ground"]
