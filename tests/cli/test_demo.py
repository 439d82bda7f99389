"""What the demo says around what it does, and the scratch copy in which the two runs are explained."""

from __future__ import annotations

import runpy
import sys
from typing import TYPE_CHECKING, Any

import pytest

from agentry.cli import demo
from agentry.cli.chosen import ChosenStack, choose
from agentry.cli.display.layout import text_of
from agentry.cli.explain import declare, expect_failure, remove, scratch
from agentry.cli.recorded import RecordedAgent
from agentry.deploy import RecordedResource
from agentry.engine.events import Finished, Operation
from agentry.errors import ConfigError, EngineError, Interrupted, InvalidRequest
from agentry.stacks import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Golden

AGENT = RecordedAgent(
    "weather",
    RecordedResource(
        urn="", type="agentry:index:ServingEndpoint", name="weather", parent="", id="weather", custom=True
    ),
    RecordedResource(
        urn="",
        type="agentry:index:ModelVersion",
        name="weather",
        parent="",
        id="local.agents.weather/1",
        custom=True,
        inputs={"code": "agents/weather"},
    ),
    (),
)


def test_what_to_try_next(golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "command", lambda: ".venv/bin/agentry")
    golden("try_next.txt", text_of(demo.try_next(ChosenStack("local", Settings(sandbox="local")), AGENT)))


def test_the_command_is_said_as_it_can_be_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv/bin/python"))
    monkeypatch.chdir(tmp_path)
    assert demo.command() == ".venv/bin/agentry"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert demo.command() == str(tmp_path / ".venv/bin/agentry")


@pytest.mark.parametrize(
    ("counts", "any_change"), [({"same": 9}, False), ({"same": 9, "update": 1}, True), ({}, False)]
)
def test_whether_there_is_anything_to_do(counts: dict[str, int], any_change: bool) -> None:
    assert demo.changes(Finished(Operation.PREVIEW, counts, {}, 1.0, succeeded=True)) is any_change


def test_without_an_environment_it_is_said_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        demo.require_environment(tmp_path)
    assert "make demo" in raised.value.fix


@pytest.fixture
def project(tmp_path: Path) -> ChosenStack:
    for name in (".venv", "agentry", "components", "stacks", "agents/weather"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "agentry/kept.py").touch()
    (tmp_path / "Pulumi.yaml").write_text(
        "name: agents\nruntime: python\nstackConfigDir: stacks\n"
        "plugins: {providers: [{name: agentry, path: agentry/provider/plugin}]}\n"
    )
    (tmp_path / "stacks/Pulumi.local.yaml").write_text("config:\n  agentry:sandbox: local\n")
    (tmp_path / "agents/weather/agent.py").touch()
    return choose("local", start=tmp_path)


def test_the_copy_is_apart_and_leaves_nothing(project: ChosenStack) -> None:
    with scratch(project) as copy:
        assert copy.root == project.root / ".agentry" / "explain"
        assert copy.resolve().backend == f"file://{copy.root}/.agentry/state"
        assert (copy.root / "agents/weather/agent.py").is_file()
        assert (copy.root / ".agentry/cache").resolve() == (project.root / ".agentry/cache").resolve()
    assert not copy.root.exists()
    assert (project.root / "agentry/kept.py").exists(), "what a link leads to stays"


def test_an_error_leaves_nothing_either(project: ChosenStack) -> None:
    with pytest.raises(InvalidRequest), scratch(project):
        raise InvalidRequest("x")
    assert not (project.root / ".agentry/explain").exists()


def test_what_an_earlier_run_left_is_removed(project: ChosenStack) -> None:
    left = project.root / ".agentry/explain"
    left.mkdir(parents=True)
    remove(left)
    assert not left.exists()


@pytest.mark.parametrize("declared", ["", "resources=[]", "resources=[], check=False"])
def test_the_program_differs_in_what_is_declared(
    declared: str, project: ChosenStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}

    class Config:
        def require(self, key: str) -> str:
            return f"<{key}>"

    class Agent:
        url = "url"

        def __init__(self, name: str, **arguments: Any) -> None:
            given.update(arguments, name=name)

    monkeypatch.setattr("pulumi.Config", Config)
    monkeypatch.setattr("pulumi.export", lambda *_: None)
    monkeypatch.setattr("components.Agent", Agent)
    declare(project, declared)
    runpy.run_path(str(project.root / "__main__.py"))
    assert given["model"] == "<catalog>.<schema>.weather"
    assert given["model_config"] == {"llm_endpoint": "<llm_endpoint>"}
    assert ("resources" in given, "check" in given) == ("resources" in declared, "check" in declared)


def fail(error: Exception) -> None:
    raise error


def test_a_failure_that_is_expected_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    expect_failure(lambda: fail(InvalidRequest("no answer", why="default auth")), "the question")
    assert capsys.readouterr().out.splitlines() == ["error: no answer", "  default auth"]


def test_a_failure_that_does_not_come_is_one() -> None:
    with pytest.raises(EngineError, match="the question should have failed"):
        expect_failure(lambda: None, "the question")


def test_an_interruption_is_no_expected_failure() -> None:
    with pytest.raises(Interrupted):
        expect_failure(lambda: fail(Interrupted("interrupted")), "the preview")
