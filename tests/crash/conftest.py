"""A workspace in this process, and the engine with its processes shared: what the crash matrix runs on."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.conformance.shared import ForkedProcess, ForkServer
from tests.crash.inprocess import Hosted
from tests.crash.project import Machine, furnish
from tests.crash.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A workspace with what the project needs in it."""
    made = World.start(tmp_path_factory.mktemp("world"))
    furnish(made)
    yield made
    made.stop()


@pytest.fixture
def machine(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine that deploys there, also from this process."""
    made = Machine.new(tmp_path / "machine", world)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(made.profiles))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return made


@pytest.fixture(scope="module")
def fork_server() -> Iterator[ForkServer]:
    server = ForkServer("agentry.components")
    yield server
    server.close()


@pytest_asyncio.fixture
async def shared_processes(fork_server: ForkServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Programs are forked, the provider is served by this process."""
    monkeypatch.setattr(ForkedProcess, "server", fork_server, raising=False)
    monkeypatch.setattr("agentry.engine.program.Process", ForkedProcess)
    monkeypatch.setattr("agentry.engine.run.Plugin", Hosted)
    # So long a version that a killed run left pending is waited for before it is removed.
    monkeypatch.setattr("agentry.provider.kinds.model_version.LEFT_PENDING", 0.1)
    yield
    # A server of gRPC that is collected after its loop has ended complains.
    gc.collect()
    await asyncio.sleep(0)
