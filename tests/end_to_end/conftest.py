"""One deployed project for the tests that only look, a fresh one for those that change things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with nothing deployed and no sandbox running."""
    made = Project.copy_to(tmp_path / "project")
    yield made
    made.run("sandbox", "stop", "--quiet")
