"""A row of the table, on a workspace that all rows of a worker share, by each engine."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from agentry.deploy import EmbeddedEngine
from agentry.deploy.pulumi import PulumiEngine
from agentry.sandbox import process
from agentry.sandbox.mode import Choice
from tests.peers.peer import Peer
from tests.peers.row import Row
from tests.sandbox.workspace import RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agentry.deploy import Engine


@pytest.fixture(scope="session")
def peers_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """The workspace: its endpoints are ready at once, as far as no fault says otherwise."""
    root = tmp_path_factory.mktemp("peers")
    try:
        yield running_sandbox(root, choice=Choice(instant=True))
    finally:
        process.stop(root)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing that names another workspace or backend, and no login of anybody."""
    for name in list(os.environ):
        if name.startswith(("DATABRICKS_", "PULUMI_", "MLFLOW_", "AGENTRY_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(params=["embedded", pytest.param("pulumi", marks=pytest.mark.cli)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine: the same test bodies hold for both."""
    if request.param == "embedded":
        return EmbeddedEngine()
    if not shutil.which("pulumi"):
        pytest.skip("no pulumi on PATH")
    return PulumiEngine()


@pytest.fixture
def workspace(peers_sandbox: RunningSandbox) -> Iterator[Peer]:
    """The workspace as others see it, without a fault when the test is over."""
    made = Peer(peers_sandbox)
    yield made
    made.fault()
    made.close()


@pytest.fixture
def row(tmp_path: Path, engine: Engine, workspace: Peer, peers_sandbox: RunningSandbox) -> Row:
    """A project with an empty program."""
    return Row.begin(tmp_path / "project", engine, workspace, peers_sandbox)
