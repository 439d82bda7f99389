"""What the doctor finds out about a project's own directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.cli.chosen import choose
from agentry.cli.doctor import _installed, _machine
from agentry.new import Names, Origin, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, Names("shop"), Origin())
    return tmp_path


def test_a_new_repository_has_its_provider_and_no_environment_yet(project: Path) -> None:
    facts = _machine(choose("local", start=project))
    assert (facts.provider, facts.venv, facts.has_venv, facts.installed) == ("provider", ".venv", False, "")


def test_the_environment_is_the_one_that_the_project_names(project: Path) -> None:
    file = project / "Pulumi.yaml"
    file.write_text(file.read_text().replace("virtualenv: .venv", "virtualenv: env"))
    (project / "env/bin").mkdir(parents=True)
    (project / "env/bin/python").touch()
    (project / "env/lib/python3.12/site-packages/agentry-0.2.0.dist-info").mkdir(parents=True)
    facts = _machine(choose("local", start=project))
    assert (facts.venv, facts.has_venv, facts.installed) == ("env", True, "0.2.0")


def test_a_plugin_that_is_not_where_it_is_said_is_none(project: Path) -> None:
    (project / "provider/PulumiPlugin.yaml").unlink()
    assert _machine(choose("local", start=project)).provider == ""


def test_an_environment_without_agentry(tmp_path: Path) -> None:
    assert _installed(tmp_path) == ""
