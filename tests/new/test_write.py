"""How a new repository is named and written, and where it gets Agentry from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agentry.errors import ConfigError
from agentry.new import Names, Origin, contents, find_origin, origin, write

if TYPE_CHECKING:
    from pathlib import Path

NAMES = Names("shop")


def test_every_file_is_written_as_it_is_said(tmp_path: Path) -> None:
    done = write(tmp_path / "a/b", NAMES, Origin())
    there = {path.relative_to(tmp_path / "a/b").as_posix() for path in (tmp_path / "a/b").rglob("*") if path.is_file()}
    assert set(done.written) == there == set(contents(NAMES, ""))
    assert done.kept == ()


@pytest.mark.parametrize("made", [False, True])
def test_a_directory_with_nothing_but_git_is_empty(made: bool, tmp_path: Path) -> None:
    if made:
        (tmp_path / ".git").mkdir()
    assert write(tmp_path, NAMES, Origin()).written


def test_a_directory_that_holds_something_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        (tmp_path / name).touch()
    with pytest.raises(ConfigError) as raised:
        write(tmp_path, NAMES, Origin())
    assert raised.value.why == "it has a, b, c and 1 more"
    assert "--beside" in raised.value.fix
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c", "d"]


def test_beside_what_is_there_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    done = write(tmp_path, NAMES, Origin(), beside=True)
    assert done.kept == ("README.md",)
    assert (tmp_path / "README.md").read_text() == "mine"
    assert "Makefile" in done.written


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="is a file"):
        write(tmp_path / "file", NAMES, Origin())


def test_a_place_that_can_not_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="can not be written"):
        write(tmp_path / "file" / "below", NAMES, Origin())


@pytest.mark.parametrize(
    ("directory", "project"), [("shop", "shop"), ("My Agents!", "My-Agents"), ("a.b_c-d", "a.b_c-d"), ("(x)", "x")]
)
def test_a_directory_names_the_project(directory: str, project: str, tmp_path: Path) -> None:
    assert Names.of(tmp_path / directory).project == project


@pytest.mark.parametrize("project", ["", "a b", "a/b", "..", "x" * 101, "agentry", "pulumi"])
def test_what_can_not_be_a_project(project: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Names(project)
    assert "--name" in raised.value.fix


@pytest.mark.parametrize(
    "agent", ["", "Weather", "1st", "a b", "a.b", "a--b", "-a", "class", "config", "models", "pulumi"]
)
def test_what_can_not_be_an_agent(agent: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Names("shop", agent)
    assert "--agent" in raised.value.fix


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    file = tmp_path / "agentry-0.1.0-py3-none-any.whl"
    file.write_bytes(b"wheel")
    return file


def test_a_wheel_goes_along(wheel: Path, tmp_path: Path) -> None:
    done = write(tmp_path / "new", NAMES, find_origin(wheel))
    assert (tmp_path / "new/wheels" / wheel.name).read_bytes() == b"wheel"
    assert f"wheels/{wheel.name}" in done.written
    assert f"\nAGENTRY ?= wheels/{wheel.name}\n" in (tmp_path / "new/Makefile").read_text()


def test_a_wheel_that_is_in_the_repository_already_stays(wheel: Path, tmp_path: Path) -> None:
    write(tmp_path / "new", NAMES, find_origin(wheel))
    own = tmp_path / "new/wheels" / wheel.name
    (tmp_path / "new/Makefile").unlink()
    done = write(tmp_path / "new", NAMES, find_origin(own), beside=True)
    assert done.written == ("Makefile",)
    assert f"wheels/{wheel.name}" in done.kept
    assert own.read_bytes() == b"wheel"


@pytest.mark.parametrize("name", ["missing-0.1.0-py3-none-any.whl", "other.whl"])
def test_what_is_no_wheel_of_ours(name: str, tmp_path: Path) -> None:
    (tmp_path / "other.whl").touch()
    with pytest.raises(ConfigError):
        find_origin(tmp_path / name)


def test_what_was_installed_from_a_file_is_taken_from_there(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = {"url": wheel.as_uri(), "archive_info": {}}
    monkeypatch.setattr(origin, "_direct_url", lambda: json.dumps(record))
    assert find_origin() == Origin(wheel=wheel)


def test_a_wheel_that_is_gone_is_not_named(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "_direct_url", lambda: json.dumps({"url": wheel.as_uri()}))
    wheel.unlink()
    assert find_origin().requirement == "agentry==0.1.0"


def test_a_clone_is_known_and_named_in_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = tmp_path / "the clone"
    clone.mkdir()
    (clone / "pyproject.toml").touch()
    record = {"url": clone.as_uri(), "dir_info": {"editable": True}}
    monkeypatch.setattr(origin, "_direct_url", lambda: json.dumps(record))
    found = find_origin()
    assert found == Origin(clone=clone)
    assert str(clone) not in "".join(contents(NAMES, found.requirement).values())


@pytest.mark.parametrize("record", ["", '{"url": "https://files.example/agentry-0.1.0-py3-none-any.whl"}'])
def test_elsewhere_it_is_the_released_version(record: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "_direct_url", lambda: record)
    assert find_origin() == Origin()
    assert find_origin().requirement == "agentry==0.1.0"
