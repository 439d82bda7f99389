"""preview, up, refresh and destroy with an engine that plays recordings: what is printed where, and what is started."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from agentry.cli import operate
from agentry.cli.app import main
from agentry.engine.events import Finished, Message, Operation
from agentry.errors import AgentryError, DeploymentFailed, Interrupted
from agentry.sandbox import process
from agentry.stacks import ALLOW_DESTRUCTIVE
from tests.cli.recordings import Recording, endpoint_fails, first_up, nothing_to_do

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agentry.deploy import Stack


@dataclass
class Player:
    """An engine that plays a recording and then ends as it was told to."""

    recording: Recording = field(default_factory=nothing_to_do)
    rehearsal: Recording = field(default_factory=lambda: nothing_to_do(Operation.PREVIEW))
    error: AgentryError | None = None
    refused: AgentryError | None = None
    asked: list[tuple[Operation, Stack]] = field(default_factory=list)

    async def run(
        self, operation: Operation, stack: Stack, *, listen: Callable[[Any], None], **options: Any
    ) -> Finished:
        del options
        self.asked.append((operation, stack))
        rehearses = operation is Operation.PREVIEW
        recording = self.rehearsal if rehearses else self.recording
        for _, event in recording:
            listen(event)
        if error := self.refused if rehearses else self.error:
            raise error
        last = recording[-1][1]
        assert isinstance(last, Finished)
        return last


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Player:
    player = Player()
    monkeypatch.setattr(operate, "engine_of", lambda stack, name: player)
    return player


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The sandboxes that were started; none runs before."""
    names: list[str] = []

    def start(directory: Path, name: str = "local", port: int = 0) -> process.Running:
        names.append(name)
        return process.Running(name, "http://127.0.0.1:40000", 1, tmp_path / "databrickscfg", tmp_path / "log")

    monkeypatch.setattr(process, "start", start)
    monkeypatch.setattr(process, "status", lambda directory, name="local": None)
    return names


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: agents\nruntime: python\nstackConfigDir: stacks\n")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/Pulumi.local.yaml").write_text("config:\n  agentry:sandbox: local\n")
    (tmp_path / "stacks/Pulumi.dev.yaml").write_text("config:\n  agentry:profile: dev\n")
    (tmp_path / "stacks/Pulumi.apart.yaml").write_text("config:\n  agentry:sandbox: local\n")
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "canary")
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)


Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("up",), ["local"]),
        (("up", "--stack", "dev", "--sandbox"), ["dev"]),
        (("up", "--stack", "apart", "--sandbox"), ["local"]),
        (("up", "--stack", "dev"), []),
        (("up", "--stack", "apart"), []),
        (("preview",), []),
        (("preview", "--stack", "dev", "--sandbox"), []),
        (("refresh",), []),
        (("destroy",), []),
        (("destroy", "--stack", "dev", "--yes"), []),
    ],
)
def test_only_up_starts_a_sandbox_and_only_where_it_was_asked_for(
    arguments: tuple[str, ...], names: list[str], engine: Player, started: list[str], capsys: Captured
) -> None:
    assert run(*arguments) == 0
    assert started == names
    assert ("started the sandbox workspace" in capsys.readouterr().out) is bool(names)
    assert engine.asked[-1][0].value == arguments[0]


def test_a_word_for_one_run_reaches_program_and_provider(
    engine: Player, started: list[str], capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in (["preview"], ["up"], ["destroy", "--yes"]):
        monkeypatch.setenv(ALLOW_DESTRUCTIVE, "")
        assert run(*command, "--stack", "dev") == 0
        assert (os.environ[ALLOW_DESTRUCTIVE], dict(engine.asked[-1][1].config_overrides)) == ("", {})
        assert run(*command, "--stack", "dev", "--allow-destructive") == 0
        assert os.environ[ALLOW_DESTRUCTIVE] == "true"
        assert dict(engine.asked[-1][1].config_overrides) == {"agentry:allowDestructive": "true"}


def test_what_the_engine_is_given(engine: Player, started: list[str], capsys: Captured) -> None:
    assert run("up", "--stack", "dev") == 0
    stack = engine.asked[0][1]
    assert (stack.name, stack.passphrase, dict(stack.config_overrides)) == ("dev", "canary", {})
    assert "canary" not in "".join(capsys.readouterr())


def test_json_is_the_only_thing_on_stdout(engine: Player, started: list[str], capsys: Captured) -> None:
    engine.recording = first_up()
    assert run("up", "--json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["changes"] == {"create": 9}
    assert "started the sandbox" in said.err


def test_a_deployment_that_fails(engine: Player, started: list[str], capsys: Captured) -> None:
    engine.recording = endpoint_fails()
    engine.error = DeploymentFailed("the deployment failed: 3 steps did not succeed")
    assert run("up") == 1
    said = capsys.readouterr()
    assert "UPDATE_FAILED: ModuleNotFoundError" in said.out
    assert said.err.splitlines() == ["error: the deployment failed: 3 steps did not succeed"]


def test_a_deployment_that_fails_for_machines(engine: Player, started: list[str], capsys: Captured) -> None:
    engine.recording = endpoint_fails()
    engine.error = DeploymentFailed("the deployment failed")
    assert run("up", "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert document["succeeded"] is False
    assert [one["severity"] for one in document["diagnostics"]].count("error") == 4


def test_an_interruption_shows_what_was_done_and_how_to_go_on(
    engine: Player, started: list[str], capsys: Captured
) -> None:
    engine.recording = first_up()[:9]
    engine.error = Interrupted("interrupted; what was done is saved", fix="agentry up")
    assert run("up") == 130
    said = capsys.readouterr()
    assert "Experiment weather: created" in said.out
    assert "→ agentry up" in said.err


def test_up_previews_first_and_says_nothing_of_it(engine: Player, started: list[str], capsys: Captured) -> None:
    engine.rehearsal = [(0.0, Message("info", "printed by the program")), *nothing_to_do(Operation.PREVIEW)]
    assert run("up") == 0
    assert [operation for operation, _ in engine.asked] == [Operation.PREVIEW, Operation.UP]
    said = capsys.readouterr().out
    assert "printed by the program" not in said
    assert said.count("Outputs") == 1


def test_what_the_preview_refuses_is_shown_and_nothing_is_done(
    engine: Player, started: list[str], capsys: Captured
) -> None:
    engine.rehearsal, engine.refused = endpoint_fails(Operation.PREVIEW), DeploymentFailed("the preview failed")
    assert run("up") == 1
    assert [operation for operation, _ in engine.asked] == [Operation.PREVIEW]
    said = capsys.readouterr()
    assert "no user nobody@sandbox.example" in said.out
    assert said.err.splitlines() == ["error: the preview failed"]


def test_what_the_preview_refuses_is_one_document_of_up(engine: Player, started: list[str], capsys: Captured) -> None:
    engine.rehearsal, engine.refused = endpoint_fails(Operation.PREVIEW), DeploymentFailed("the preview failed")
    assert run("up", "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["operation"], document["succeeded"]) == ("up", False)
