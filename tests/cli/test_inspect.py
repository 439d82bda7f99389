"""Which agents `agentry inspect` looks at, and what it says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.cli.display.layout import text_of
from agentry.cli.inspect import document, lines, subjects
from agentry.deploy import RecordedResource
from agentry.errors import ConfigError
from agentry.inspector import Inspection, Undecided, Use
from agentry.resources import Resource

if TYPE_CHECKING:
    from pathlib import Path

CHAT = Use(Resource("serving_endpoint", "chat"), "agents/a/agent.py", 7, "ChatOpenAI(model=)", "config.yaml: llm")
OPEN = Undecided("connect()", "name", "agents/a/agent.py", 9, "known only when it runs")
FOUND = Inspection((CHAT,), (OPEN,), frozenset())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / "agents" / name).mkdir(parents=True)
        (tmp_path / "agents" / name / "agent.py").touch()
    return tmp_path


def state() -> list[RecordedResource]:
    version = RecordedResource(
        urn="",
        type="agentry:index:ModelVersion",
        name="first",
        parent="",
        id="local.agents.a/1",
        custom=True,
        inputs={"code": "agents/a", "modelConfig": {"llm": "x"}},
    )
    return [version]


def test_all_agents_with_the_config_of_those_deployed(project: Path) -> None:
    found = subjects("", project, state())
    assert [(one.code.name, one.model_config) for one in found] == [("a", {"llm": "x"}), ("b", {})]


@pytest.mark.parametrize(("wanted", "code"), [("first", "a"), ("b", "b"), ("a", "a")])
def test_one_agent_by_its_name_or_directory(wanted: str, code: str, project: Path) -> None:
    assert [one.code for one in subjects(wanted, project, state())] == [project / "agents" / code]


def test_a_directory_anywhere(project: Path) -> None:
    assert [one.code for one in subjects(str(project / "agents"), project, state())] == [project / "agents"]


def test_an_unknown_agent_names_the_known_ones(project: Path) -> None:
    with pytest.raises(ConfigError, match="agents: a, b"):
        subjects("c", project, state())


def test_for_people() -> None:
    assert text_of(lines("agents/a", FOUND)).splitlines() == [
        "agents/a",
        "  uses       serving endpoint chat",
        "             agents/a/agent.py:7  ChatOpenAI(model=), its name from config.yaml: llm",
        "  undecided  connect() of `name`",
        "             agents/a/agent.py:9  known only when it runs",
    ]


def test_nothing_used_is_said() -> None:
    assert "uses nothing" in text_of(lines("agents/b", Inspection((), (), None)))


def test_for_machines() -> None:
    found = document(FOUND)
    assert found["uses"][0]["type"] == "serving_endpoint"
    assert found["uses"][0]["line"] == 7
    assert found["undecided"] == [
        {
            "construct": "connect()",
            "expression": "name",
            "file": "agents/a/agent.py",
            "line": 9,
            "why": "known only when it runs",
        }
    ]
