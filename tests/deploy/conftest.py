from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from agentry.deploy import EmbeddedEngine
from agentry.deploy.pulumi import PulumiEngine
from tests.engine.playground import Playground

if TYPE_CHECKING:
    from pathlib import Path

    from agentry.deploy import Engine


@pytest.fixture
def playground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Playground:
    made = Playground(tmp_path)
    monkeypatch.setenv("WORLD_FILE", str(made.world_file))
    return made


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PulumiEngine:
    """The engine over the Pulumi CLI, and a home in which nothing of a login may ever appear."""
    if not shutil.which("pulumi"):
        pytest.skip("no pulumi on PATH")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return PulumiEngine()


@pytest.fixture(params=["embedded", pytest.param("pulumi", marks=pytest.mark.cli)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine: the same test bodies hold for both."""
    if request.param == "embedded":
        return EmbeddedEngine()
    return request.getfixturevalue("pulumi")  # type: ignore[no-any-return]
