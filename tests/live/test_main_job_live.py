"""The main job on a real workspace, where credentials for one exist; cleans up after itself.

Set AGENTRY_LIVE_PROFILE (a profile of ~/.databrickscfg), AGENTRY_LIVE_CATALOG and AGENTRY_LIVE_SCHEMA (where the identity
holds CREATE MODEL and CREATE TABLE), and AGENTRY_LIVE_LLM (a chat endpoint that calls tools).
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEEDED = ("AGENTRY_LIVE_PROFILE", "AGENTRY_LIVE_CATALOG", "AGENTRY_LIVE_SCHEMA")

pytestmark = [
    pytest.mark.live,
    pytest.mark.process,
    pytest.mark.timeout(3 * 3600),
    pytest.mark.skipif(not all(os.environ.get(name) for name in NEEDED), reason=f"{', '.join(NEEDED)} are not set"),
]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[tuple[Project, dict[str, str]]]:
    """A copy of the project with a stack of its own on the real workspace, destroyed at the end."""
    profile, catalog, schema = (os.environ[name] for name in NEEDED)
    llm = os.environ.get("AGENTRY_LIVE_LLM", "databricks-claude-sonnet-4-5")
    project = Project.copy_to(tmp_path / "project")
    project.edit("__main__.py", '.weather"', f'.weather_{secrets.token_hex(3)}"')
    lines = (
        f"agentry:profile: {profile}",
        f"agents:catalog: {catalog}",
        f"agents:schema: {schema}",
        f"agents:llm_endpoint: {llm}",
    )
    (project.root / "stacks" / "Pulumi.live.yaml").write_text("config:\n" + "".join(f"  {line}\n" for line in lines))
    (tmp_path / "state").mkdir()
    environment = {"PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}", "PULUMI_CONFIG_PASSPHRASE": "live"}
    yield project, environment
    gone = project.run("destroy", "--yes", "--stack", "live", timeout=3600, environment=environment)
    assert gone.code == 0, gone.out + gone.err


def test_from_nothing_to_an_answer_and_nothing_the_second_time(live: tuple[Project, dict[str, str]]) -> None:
    project, environment = live
    up = project.run("up", "--stack", "live", timeout=3600, environment=environment)
    assert up.code == 0, up.out + up.err
    asked = project.run(
        "ask", "weather", "What is the weather in sf?", "--stack", "live", timeout=600, environment=environment
    )
    assert "sunny" in asked.out, asked.out + asked.err
    again = project.run("up", "--json", "--stack", "live", timeout=600, environment=environment)
    assert {op for op, count in again.json["changes"].items() if count} == {"same"}
