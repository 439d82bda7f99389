"""Both engines over the same small programs."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.conformance.shared import ForkedProcess, ForkServer, HostedPlugin
from tests.engine.playground import Cli, Embedded, Engine, Playground

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def pytest_addoption(parser: pytest.Parser) -> None:
    # Another room's conftest may have the same flag; it means the same.
    with contextlib.suppress(ValueError):
        parser.addoption("--regenerate", action="store_true", help="write golden files anew")


@pytest.fixture
def playground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Playground:
    """A project with the test provider and an empty world."""
    made = Playground(tmp_path)
    monkeypatch.setenv("WORLD_FILE", str(made.world_file))
    return made


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture
def embedded(fork_server: ForkServer, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The embedded engine, its processes shared."""
    monkeypatch.setattr(ForkedProcess, "server", fork_server, raising=False)
    monkeypatch.setattr("agentry.engine.program.Process", ForkedProcess)
    monkeypatch.setattr("agentry.engine.run.Plugin", HostedPlugin)
    return Embedded()


@pytest.fixture(scope="session")
def pulumi_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of its own for the Pulumi CLI: nobody's login, nobody's plugins."""
    return tmp_path_factory.mktemp("pulumi-home")


@pytest.fixture
def cli(pulumi_home: Path) -> Cli:
    """The Pulumi CLI."""
    if not shutil.which("pulumi"):
        pytest.skip("no pulumi on PATH")
    return Cli(pulumi_home, outputs=False)
