"""Which stack is meant, where its state is, and what it is encrypted under."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.cli.destroy import confirm
from agentry.cli.stack import choose
from agentry.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: agents\nruntime: python\nstackConfigDir: stacks\n")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/Pulumi.local.yaml").write_text("config:\n  agentry:sandbox: local\n")
    (tmp_path / "stacks/Pulumi.prod-eu.yaml").write_text(
        "config:\n  agentry:profile: prod-eu\n  agentry:owner: user:a@b.example\n"
    )
    return tmp_path


def test_stack_local_keeps_its_state_here(project: Path) -> None:
    (project / "agents").mkdir()
    stack = choose("local", start=project / "agents")
    assert stack.root == project
    assert stack.backend({}) == (project / ".agentry" / "state").as_uri()
    assert stack.backend({"PULUMI_BACKEND_URL": "file:///elsewhere"}) == (project / ".agentry" / "state").as_uri()
    assert stack.passphrase({"PULUMI_CONFIG_PASSPHRASE": "x"}) == ""
    assert stack.begins_sandbox


def test_another_stack_names_its_backend_and_passphrase(project: Path) -> None:
    stack = choose("prod-eu", start=project)
    assert stack.backend({"PULUMI_BACKEND_URL": "file:///state"}) == "file:///state"
    assert stack.passphrase({"PULUMI_CONFIG_PASSPHRASE": "x"}) == "x"
    assert not stack.begins_sandbox
    with pytest.raises(ConfigError, match="no backend") as raised:
        stack.backend({})
    assert "pulumi up --stack prod-eu" in raised.value.fix


def test_on_a_sandbox_another_stack_is_apart(project: Path) -> None:
    stack = choose("prod-eu", on_sandbox=True, start=project)
    assert (stack.sandbox, stack.settings.profile, stack.settings.owner) == ("prod_eu", "", "")
    assert stack.backend({"PULUMI_BACKEND_URL": "file:///state"}) == (project / ".agentry" / "state").as_uri()
    assert stack.begins_sandbox


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
