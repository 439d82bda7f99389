"""`agentry new`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentry.cli.app import main
from agentry.cli.demo import sample
from agentry.cli.explain import linked
from agentry.cli.new import what_next
from agentry.errors import ConfigError
from agentry.new import Names, Origin, contents, origin, write

if TYPE_CHECKING:
    from tests.cli.conftest import Golden


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(origin, "_direct_url", str)
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["new", *arguments])
    return int(left.value.code or 0)


def test_it_says_what_it_wrote_and_what_to_type(golden: Golden, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("shop") == 0
    golden("new.txt", capsys.readouterr().out)
    assert Path("shop/Pulumi.yaml").is_file()


def test_a_second_time_it_is_refused(golden: Golden, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("shop") == 0
    capsys.readouterr()
    assert run("shop") == 1
    golden("new.refused.txt", capsys.readouterr().err)


def test_beside_what_is_there(golden: Golden, capsys: pytest.CaptureFixture[str]) -> None:
    Path("README.md").touch()
    assert run(".", "--beside", "--name", "shop") == 0
    golden("new.beside.txt", capsys.readouterr().out)


def test_for_machines(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("shop", "--name", "desk", "--agent", "order-desk", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said.pop("written") == sorted(contents(Names("desk", "order-desk"), "agentry==0.1.0"))
    assert said == {
        "directory": str(here / "shop"),
        "project": "desk",
        "agent": "order-desk",
        "agentry": "agentry==0.1.0",
        "kept": [],
        "next": ["cd shop", "make demo", "make check test", "cat README.md"],
    }


def test_from_a_clone_the_clone_is_named(here: Path) -> None:
    typed = [command for command, _ in what_next(here / "a shop", Origin(clone=here / "the clone"))]
    assert typed[:2] == [f"cd '{here / 'a shop'}'", f"make demo AGENTRY='{here / 'the clone'}'"]


def test_from_a_clone_others_need_a_wheel(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "pyproject.toml").touch()
    monkeypatch.setattr(origin, "_direct_url", lambda: json.dumps({"url": here.as_uri()}))
    assert run("shop") == 0
    assert "--wheel FILE" in capsys.readouterr().out


def test_the_demo_knows_its_agent_and_its_copy_has_the_provider(here: Path) -> None:
    write(here / "shop", Names("shop", "order-desk"), Origin())
    assert sample(here / "shop") == "order-desk"
    assert linked(here / "shop") == [".venv", "components", "provider"]


def test_a_project_without_an_agent_has_no_demo(here: Path) -> None:
    with pytest.raises(ConfigError, match=r"no agents/\*/agent.py"):
        sample(here)
