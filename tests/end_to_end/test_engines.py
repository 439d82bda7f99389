"""`--engine pulumi` on the sample project: the commands, displays and documents of the embedded engine, and its state."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.project import Project, Ran

pytestmark = [
    pytest.mark.process,
    pytest.mark.cli,
    pytest.mark.timeout(900),
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="no Pulumi CLI on PATH"),
]

CLI, EMBEDDED = ("--engine", "pulumi"), ("--engine", "embedded")


def agentry(project: Project, home: Path, *arguments: str) -> Ran:
    return project.run(*arguments, timeout=400, environment={"HOME": str(home)})


def changes(ran: Ran) -> set[str]:
    assert ran.code == 0, ran.out + ran.err
    return {op for op, count in ran.json["changes"].items() if count}


def shape(ran: Ran) -> list[tuple[str, str, list[Any]]]:
    """The steps of a document, whatever order they were in."""
    return sorted((one["name"], one["op"], sorted(d["path"] for d in one["differences"])) for one in ran.json["steps"])


def test_both_engines_deploy_the_sample_by_turns(project: Project, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    first = agentry(project, home, "preview", *EMBEDDED, "--json")
    up = agentry(project, home, "up", *CLI)
    assert up.code == 0, up.out + up.err
    assert "sunny" in project.run("ask", "weather", "What is the weather in sf?").out
    assert "weather" in agentry(project, home, "status", *CLI).out
    assert first.code != 0  # nothing starts the sandbox but `up`

    assert changes(agentry(project, home, "preview", *EMBEDDED, "--json")) == {"same"}
    project.edit("agents/weather/agent.py", "never guess.", "never guess!")
    theirs, ours = (agentry(project, home, "preview", *engine, "--json") for engine in (CLI, EMBEDDED))
    assert shape(theirs) == shape(ours)
    assert theirs.json["changes"] == ours.json["changes"]
    assert changes(theirs) == {"same", "update", "replace"}

    assert agentry(project, home, "up", *EMBEDDED).code == 0
    assert changes(agentry(project, home, "preview", *CLI, "--json")) == {"same"}
    assert changes(agentry(project, home, "refresh", *CLI, "--json")) == {"same"}
    assert agentry(project, home, "destroy", *CLI).code == 0
    assert changes(agentry(project, home, "destroy", *EMBEDDED, "--json")) == set()
    assert not (home / ".pulumi").exists(), "somebody's login was touched"


def test_a_stack_against_the_sandbox_keeps_its_state_apart(project: Project, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    file = project.root / "stacks" / "Pulumi.dev.yaml"
    before = file.read_text()
    try:
        up = agentry(project, home, "up", "--stack", "dev", "--sandbox", *CLI, "--json")
        assert up.code == 0, up.out + up.err
        assert changes(agentry(project, home, "preview", "--stack", "dev", "--sandbox", "--json")) == {"same"}
        assert file.read_text() == before
        assert list((project.root / ".agentry" / "state").glob(".pulumi/stacks/agents/dev.json"))
    finally:
        project.run("sandbox", "stop", "--name", "dev", "--quiet")


def test_what_is_wrong_with_an_agent_reads_the_same_on_both(project: Project, tmp_path: Path) -> None:
    """No traceback, the same line of the agent's code, and what to type."""
    home = tmp_path / "home"
    home.mkdir()
    assert project.run("sandbox", "start").code == 0
    (project.root / "agents" / "weather" / "agent.py").write_text("import nothing_that_is_there\n1 = 2\n")
    theirs, ours = (agentry(project, home, "preview", *engine) for engine in (CLI, EMBEDDED))
    assert (theirs.code, ours.code) == (1, 1)
    assert "agent.py:2" in theirs.out + theirs.err
    assert "Traceback" not in theirs.out + theirs.err
    assert theirs.err == ours.err
