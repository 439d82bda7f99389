"""Providers that work in the sandbox of the test session, one for each person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentry.clock import RealClock
from agentry.provider.kinds.registry import KINDS
from agentry.workspace import connect
from tests.provider.lifecycle import Engine, Resource, provider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.sandbox.workspace import RunningSandbox


@pytest.fixture
async def deployer(sandbox: RunningSandbox) -> AsyncIterator[Engine]:
    """A provider as the deployer."""
    async with provider(KINDS, connect, clock=RealClock(), root=sandbox.root, settings={"sandbox": "local"}) as engine:
        yield engine


@pytest.fixture
async def admin(sandbox: RunningSandbox) -> AsyncIterator[Engine]:
    """A provider as the admin."""
    async with provider(
        KINDS, connect, clock=RealClock(), root=sandbox.root, settings={"sandbox": "local-admin"}
    ) as engine:
        yield engine


def api(sandbox: RunningSandbox, method: str, path: str, person: str = "admin", **arguments: Any) -> Any:
    """A plain request, as somebody outside of the provider makes it."""
    with sandbox.client(person) as client:
        answer = client.request(method, path, **arguments)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else {}


def of(engine: Engine, kind: str, name: str = "weather", stack: str = "dev") -> Resource:
    """A resource of a stack."""
    return Resource(engine, f"agentry:index:{kind}", name, stack)
