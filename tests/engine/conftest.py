from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.engine.playground import Cli, Embedded, Engine, Playground

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def playground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Playground:
    """A project with the test provider and an empty world."""
    made = Playground(tmp_path)
    monkeypatch.setenv("WORLD_FILE", str(made.world_file))
    return made


@pytest.fixture(scope="session")
def pulumi_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of its own for the Pulumi CLI: nobody's login, nobody's plugins."""
    return tmp_path_factory.mktemp("pulumi-home")


@pytest.fixture(params=["embedded", pytest.param("pulumi", marks=pytest.mark.cli)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """The embedded engine and, where there is one, the Pulumi CLI: the same test bodies hold for both."""
    if request.param == "embedded":
        return Embedded()
    return request.getfixturevalue("cli")  # type: ignore[no-any-return]


@pytest.fixture
def cli(pulumi_home: Path) -> Cli:
    """The Pulumi CLI."""
    if not shutil.which("pulumi"):
        pytest.skip("no pulumi on PATH")
    return Cli(pulumi_home)
