"""Which stack is meant, where its state is, and what it is encrypted under."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.cli.app import main
from agentry.cli.chosen import choose
from agentry.cli.destroy import confirm
from agentry.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: agents\nruntime: python\nstackConfigDir: stacks\n")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/Pulumi.local.yaml").write_text(
        "config:\n  agentry:sandbox: local\n  agents:catalog: local\n  agents:llm_endpoint: sandbox-chat\n"
    )
    (tmp_path / "stacks/Pulumi.prod-eu.yaml").write_text(
        "config:\n  agentry:profile: prod-eu\n  agentry:owner: user:a@b.example\n"
    )
    return tmp_path


def test_stack_local_keeps_its_state_here(project: Path) -> None:
    (project / "agents").mkdir()
    stack = choose("local", start=project / "agents")
    resolved = stack.resolve({"PULUMI_BACKEND_URL": "file:///elsewhere", "PULUMI_CONFIG_PASSPHRASE": "x"})
    assert (stack.root, stack.shown, stack.option) == (project, "agents/local", "")
    assert resolved.backend == f"file://{project}/.agentry/state"
    assert resolved.passphrase == ""
    assert stack.begins_sandbox


def test_another_stack_is_where_pulumi_is_told(project: Path) -> None:
    stack = choose("prod-eu", start=project)
    resolved = stack.resolve({"PULUMI_BACKEND_URL": "file:///state", "PULUMI_CONFIG_PASSPHRASE": "x"})
    assert (resolved.backend, resolved.passphrase, dict(resolved.config_overrides)) == ("file:///state", "x", {})
    assert stack.option == " --stack prod-eu"
    assert not stack.begins_sandbox


def test_on_a_sandbox_another_stack_has_what_the_sandbox_has(project: Path) -> None:
    stack = choose("prod-eu", on_sandbox=True, start=project)
    resolved = stack.resolve({"PULUMI_BACKEND_URL": "file:///state"})
    assert (stack.sandbox, stack.settings.profile, stack.settings.owner) == ("prod_eu", "", "")
    assert resolved.backend == f"file://{project}/.agentry/state"
    assert resolved.config_overrides == {
        "agentry:sandbox": "prod_eu",
        "agentry:host": None,
        "agentry:profile": None,
        "agentry:owner": None,
        "agentry:offline": None,
        "agentry:production": None,
        "agentry:allowDestructive": None,
        "agentry:trafficMinutes": None,
        "agents:catalog": "prod_eu",
        "agents:llm_endpoint": "sandbox-chat",
    }
    assert stack.begins_sandbox
    assert stack.option == " --stack prod-eu --sandbox"


def test_a_stack_of_a_sandbox_stays_on_its_own(project: Path) -> None:
    stack = choose("local", on_sandbox=True, start=project)
    assert (stack.sandbox, dict(stack.overrides)) == ("local", {})


def test_an_unknown_stack(project: Path) -> None:
    with pytest.raises(ConfigError, match="local, prod-eu"):
        choose("prod-mars", start=project)


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no Pulumi\.yaml"):
        choose("local", start=tmp_path)


def test_destroy_without_a_terminal_wants_yes() -> None:
    with pytest.raises(ConfigError) as raised:
        confirm("dev", asks=False)
    assert raised.value.fix == "agentry destroy --stack dev --yes"


@pytest.mark.parametrize(("typed", "goes_on"), [("dev", True), ("prod", False)])
def test_destroy_wants_the_name(typed: str, goes_on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.prompt", lambda *_, **__: typed)
    if goes_on:
        confirm("dev", asks=True)
    else:
        with pytest.raises(ConfigError, match="nothing was destroyed"):
            confirm("dev", asks=True)


def test_a_word_for_one_run_is_in_no_file(project: Path) -> None:
    before = (project / "stacks/Pulumi.prod-eu.yaml").read_text()
    assert choose("prod-eu", start=project).overrides == {}
    chosen = choose("prod-eu", start=project, allow_destructive=True)
    assert chosen.overrides == {"agentry:allowDestructive": "true"}
    assert (project / "stacks/Pulumi.prod-eu.yaml").read_text() == before


def test_a_stack_of_production_is_not_destroyed_without_the_word(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project / "stacks/Pulumi.prod-eu.yaml"
    file.write_text(file.read_text() + '  agentry:production: "true"\n')
    monkeypatch.chdir(project)
    with pytest.raises(SystemExit) as left:
        main(["destroy", "--stack", "prod-eu", "--yes"])
    assert left.value.code == 1
    assert "agentry destroy --stack prod-eu --allow-destructive" in capsys.readouterr().err
