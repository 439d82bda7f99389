from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentry.errors import ConfigError
from agentry.stacks import Settings, find_root, read_settings, stack_file, stack_names, state_directory

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: agents\nstackConfigDir: stacks\n", encoding="utf-8")
    (tmp_path / "stacks").mkdir()
    return tmp_path


def write(project: Path, stack: str, text: str) -> None:
    (project / "stacks" / f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")


def test_the_settings_of_a_stack(project: Path) -> None:
    write(project, "dev", "config:\n  agentry:profile: dev\n  agentry:offline: true\n  agents:catalog: main\n")
    found = read_settings(project, "dev")
    assert found == Settings(root=project, profile="dev", offline=True)
    assert found.place == "profile dev"
    assert stack_file(project, "dev").is_file()
    assert state_directory(project) == project / ".agentry"


def test_a_stack_file_may_be_empty_of_config(project: Path) -> None:
    write(project, "dev", "encryptionsalt: x\n")
    assert read_settings(project, "dev") == Settings(root=project)


def test_an_unknown_stack_is_refused_with_those_that_there_are(project: Path) -> None:
    write(project, "dev", "config: {}\n")
    write(project, "prod-eu", "config: {}\n")
    assert stack_names(project) == ["dev", "prod-eu"]
    with pytest.raises(ConfigError, match="no stack 'prod'\nstacks with a file: dev, prod-eu"):
        read_settings(project, "prod")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("agentry:hots: x", "unknown setting agentry:hots"),
        ("agentry:production: maybe", "agentry:production is true or false"),
        ("agentry:trafficMinutes: '-1'", "agentry:trafficMinutes is a whole number"),
        ("agentry:trafficMinutes: true", "agentry:trafficMinutes is a whole number"),
        ("agentry:host: 7", r"agentry:host is a text \(address of the workspace"),
        ("agentry:offline: 7", "agentry:offline is true or false, not 7"),
        ("agentry:sandbox: local\n  agentry:host: https://a.example", "agentry:host and agentry:sandbox both say"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(project: Path, config: str, message: str) -> None:
    write(project, "dev", f"config:\n  {config}\n")
    with pytest.raises(ConfigError, match=message):
        read_settings(project, "dev")


@pytest.mark.parametrize(("text", "message"), [("a: [", "is no YAML"), ("- a", "a mapping is expected")])
def test_a_file_that_does_not_parse_is_named(project: Path, text: str, message: str) -> None:
    write(project, "dev", text)
    with pytest.raises(ConfigError, match=f"stacks/Pulumi.dev.yaml: {message}"):
        read_settings(project, "dev")


def test_the_project_is_found_from_below(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert find_root(project / "stacks") == project
    with pytest.raises(ConfigError, match=r"no Pulumi\.yaml here or above"):
        find_root(tmp_path_factory.mktemp("empty"))


def test_production_guards_unless_it_says_otherwise(tmp_path: Path) -> None:
    def guarded(**values: Any) -> tuple[bool, int]:
        settings = Settings.parse(values, tmp_path)
        return settings.guarded, settings.traffic_minutes

    assert guarded() == (False, 30)
    assert guarded(production="true") == (True, 30)
    assert guarded(production=True, trafficMinutes="5") == (True, 5)
    assert guarded(production="true", allowDestructive="true", trafficMinutes=0) == (False, 0)
