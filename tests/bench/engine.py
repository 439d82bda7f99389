"""How long the embedded engine takes for one agent: whole commands, as a person waits for them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.row import Row, measure
from tests.end_to_end.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator


def rows() -> Iterator[Row]:
    """Deploy the weather agent in a scratch project, then preview it again and again."""
    with tempfile.TemporaryDirectory() as scratch:
        project = Project.copy_to(Path(scratch) / "project")
        up = project.run("up")
        if up.code != 0:
            raise SystemExit(up.out + up.err)
        try:
            yield measure("agentry preview, 1 agent, nothing to do", lambda: project.run("preview"), target=1.0)
            yield measure("agentry up, 1 agent, nothing to do", lambda: project.run("up"), target=None)
            yield measure("agentry refresh, 1 agent", lambda: project.run("refresh"), target=None)
        finally:
            project.run("sandbox", "stop", "--quiet")
