"""A sandbox in this process, without sockets: the fixture `inside`, for the tests of its routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from agentry.clock import FakeClock
from agentry.sandbox.app import create_app
from agentry.sandbox.identity import Scope
from agentry.sandbox.seed import PEOPLE, seed_people, token_of, user_name
from agentry.sandbox.state import Settings, State, open_state

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from fastapi import FastAPI

    from agentry.sandbox.principals import Principal


@dataclass
class Answer:
    """What the sandbox answered."""

    status: int
    body: dict[str, Any]
    headers: httpx.Headers
    content: bytes

    @property
    def error(self) -> str:
        """`PERMISSION_DENIED: ...`, or "" when it was done."""
        return f"{self.body['error_code']}: {self.body['message']}" if self.status >= 400 else ""


@dataclass
class Inside:
    """The sandbox, and a client that speaks for its people."""

    state: State
    app: FastAPI
    http: httpx.AsyncClient
    tokens: dict[str, str]

    async def call(self, person: str, method: str, path: str, body: Any = None, /, **query: Any) -> Answer:
        """Ask as somebody ("" for nobody). Bytes are sent as they are, anything else as JSON."""
        given: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body} if body else {}
        headers = {"authorization": f"Bearer {self.tokens[person]}"} if person else {}
        answer = await self.http.request(method, path, params=query or None, headers=headers, **given)
        is_json = answer.headers.get("content-type", "") == "application/json" and answer.content
        return Answer(answer.status_code, answer.json() if is_json else {}, answer.headers, answer.content)

    async def done(self, person: str, method: str, path: str, body: Any = None, /, **query: Any) -> dict[str, Any]:
        """The same, for what must succeed."""
        answer = await self.call(person, method, path, body, **query)
        assert answer.status < 300, (method, path, answer.error)
        return answer.body

    async def refused(self, person: str, method: str, path: str, body: Any = None, /, **query: Any) -> str:
        """The same, for what must be refused: code and message."""
        answer = await self.call(person, method, path, body, **query)
        assert answer.status >= 400, (method, path, answer.body)
        return answer.error

    def person(self, name: str) -> Principal:
        """The principal of one of the three people."""
        found = self.state.principals.named(user_name(name), "User")
        assert found is not None
        return found

    def serve(self, name: str, creator: str, *scopes: tuple[str, str], lifetime: float = 3600) -> None:
        """Give a served version a token; `call(name, ...)` speaks for it."""
        principal = self.person(creator)
        scoped = [Scope(*scope) for scope in scopes]
        self.tokens[name] = self.state.tokens.issue_scoped(principal, name, scoped, lifetime=lifetime)

    async def grant(self, type: str, name: str, principal: str, *privileges: str) -> None:
        """Grant as the admin."""
        changes = [{"principal": principal, "add": list(privileges)}]
        await self.done("admin", "PATCH", f"/api/2.1/unity-catalog/permissions/{type}/{name}", {"changes": changes})

    async def revoke(self, type: str, name: str, principal: str, *privileges: str) -> None:
        """Take away as the admin."""
        changes = [{"principal": principal, "remove": list(privileges)}]
        await self.done("admin", "PATCH", f"/api/2.1/unity-catalog/permissions/{type}/{name}", {"changes": changes})


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[Inside]:
    """A new sandbox with a clock that stands still."""
    settings = Settings("local", tmp_path / "sandbox", tmp_path / "cache", "http://sandbox.example")
    state = open_state(settings, FakeClock())
    seed_people(state)
    tokens = {person: token_of(state, person) for person in PEOPLE}
    app = create_app(state)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=state.address) as http:
        yield Inside(state, app, http, tokens)
    state.store.close()
