"""Bad input is one error of a few lines that says what, where, why and what to type; exit code 1, nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.end_to_end.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose sandbox runs; each test spoils a copy of its files, never the workspace."""
    project = Project.copy_to(tmp_path_factory.mktemp("bad") / "project")
    started = project.run("sandbox", "start")
    assert started.code == 0, started.err
    yield project
    project.run("sandbox", "stop", "--quiet")


@pytest.fixture
def spoiled(running: Project, tmp_path: Path) -> Project:
    """A fresh copy of the program that talks to the running sandbox."""
    project = Project.copy_to(tmp_path / "project")
    (project.root / ".agentry").symlink_to(running.root / ".agentry")
    return project


def _unknown_model_config_key(project: Project) -> None:
    project.edit("__main__.py", '"llm_endpoint":', '"llm_endpont":')


def _no_agent(project: Project) -> None:
    (project.root / "agents/weather/agent.py").unlink()


def _no_set_model(project: Project) -> None:
    file = project.root / "agents/weather/agent.py"
    file.write_text("\n".join(line for line in file.read_text().splitlines() if "set_model(" not in line) + "\n")


def _two_level_name(project: Project) -> None:
    project.edit("__main__.py", "{models}.weather", "local.weather")


def _requirement(project: Project) -> None:
    file = project.root / "agents/weather/requirements.txt"
    file.write_text("mlflow==3.17.2\nnot a requirement ===\n")


def _unknown_principal(project: Project) -> None:
    project.edit("__main__.py", "group:analysts", "user:nobody@sandbox.example")


def _unknown_setting(project: Project) -> None:
    project.edit("stacks/Pulumi.local.yaml", "agentry:sandbox: local", "agentry:sandbox: local\n  agentry:hots: x")


def _unknown_top_level_key(project: Project) -> None:
    project.edit("stacks/Pulumi.local.yaml", "config:", "confg: {}\nconfig:")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_unknown_model_config_key, ["llm_endpont", "config.yaml"]),
        (_no_agent, ["agents/weather", "agent.py"]),
        (_no_set_model, ["agents/weather/agent.py", "set_model"]),
        (_two_level_name, ["__main__.py:", "local.weather", "three levels"]),
        (_requirement, ["agents/weather/requirements.txt:2"]),
        (_unknown_principal, ["nobody@sandbox.example"]),
        (_unknown_setting, ["hots", "agentry:host"]),
        (_unknown_top_level_key, ["stacks/Pulumi.local.yaml:", "confg"]),
    ],
)
def test_is_said_at_preview_and_nothing_changes(
    spoiled: Project, spoil: Callable[[Project], None], said: list[str]
) -> None:
    spoil(spoiled)
    for command in ("preview", "up"):
        ran = spoiled.run(command)
        text = ran.out + ran.err
        assert ran.code == 1, text
        assert "Traceback" not in text
        for part in said:
            assert part in text, text
    profile = spoiled.profile("local-admin")
    listed = httpx.get(
        f"{profile['host']}/api/2.1/unity-catalog/models?catalog_name=local&schema_name=agents",
        headers={"Authorization": f"Bearer {profile['token']}"},
        trust_env=False,
    ).json()
    assert listed.get("registered_models", []) == []


def test_an_unknown_stack_names_the_known_ones(running: Project) -> None:
    ran = running.run("preview", "--stack", "prod-mars")
    assert ran.code == 1
    assert "prod-mars" in ran.err
    assert "prod-eu" in ran.err


def test_a_sandbox_that_does_not_run_is_said(tmp_path: Path) -> None:
    project = Project.copy_to(tmp_path / "project")
    ran = project.run("preview")
    assert ran.code == 1
    assert "agentry sandbox start" in ran.out + ran.err


def test_a_wrong_passphrase_is_said(tmp_path: Path) -> None:
    project = Project.copy_to(tmp_path / "project")
    local, dev = (project.root / "stacks" / f"Pulumi.{stack}.yaml" for stack in ("local", "dev"))
    salt = next(line for line in local.read_text().splitlines() if line.startswith("encryptionsalt:"))
    dev.write_text(f"{dev.read_text()}{salt}\n")
    environment = {"PULUMI_BACKEND_URL": f"file://{tmp_path}", "PULUMI_CONFIG_PASSPHRASE": "not the empty one"}
    ran = project.run("preview", "--stack", "dev", environment=environment)
    assert ran.code == 1
    assert "passphrase" in ran.err
    assert "PULUMI_CONFIG_PASSPHRASE" in ran.err
