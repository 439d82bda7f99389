"""The same repository under the real Pulumi CLI, where one is on PATH: unmodified, also from a subdirectory."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.project import Project

pytestmark = [
    pytest.mark.process,
    pytest.mark.cli,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="no Pulumi CLI on PATH"),
]


def pulumi(project: Project, home: Path, *arguments: str, cwd: str = ".") -> subprocess.CompletedProcess[str]:
    """Run the CLI on the very state that the embedded engine uses for stack local."""
    environment = {
        **project.environment,
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{project.root / '.agentry' / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    return subprocess.run(
        ["pulumi", "--non-interactive", *arguments],
        cwd=project.root / cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def test_the_graph_comes_up_and_goes_on_either_engine(project: Project, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert project.run("sandbox", "start").code == 0
    (project.root / ".agentry" / "state").mkdir()
    made = pulumi(project, home, "stack", "select", "--create", "local")
    assert made.returncode == 0, made.stderr

    up = pulumi(project, home, "up", "--yes", "--stack", "local")
    assert up.returncode == 0, up.stdout + up.stderr
    assert "sunny" in project.run("ask", "weather", "What is the weather in sf?").out

    same = project.run("preview", "--json")
    assert {op for op, count in same.json["changes"].items() if count} == {"same"}, same.out

    project.edit("agents/weather/agent.py", "never guess.", "never guess!")
    assert project.run("up").code == 0

    preview = pulumi(project, home, "preview", "--json", "--stack", "local", cwd="agents/weather")
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert set(json.loads(preview.stdout)["changeSummary"]) == {"same"}

    refresh = pulumi(project, home, "refresh", "--yes", "--stack", "local", "--expect-no-changes")
    assert refresh.returncode == 0, refresh.stdout + refresh.stderr

    gone = pulumi(project, home, "destroy", "--yes", "--stack", "local")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert project.run("destroy").code == 0


def test_without_the_sandbox_the_message_says_what_to_type(project: Project, tmp_path: Path) -> None:
    (project.root / ".agentry" / "state").mkdir(parents=True)
    made = pulumi(project, tmp_path / "home", "stack", "select", "--create", "local")
    assert made.returncode == 0, made.stderr
    ran = pulumi(project, tmp_path / "home", "preview", "--stack", "local")
    assert ran.returncode != 0
    assert "agentry sandbox start" in ran.stdout + ran.stderr
