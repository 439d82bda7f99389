"""Where a sandbox keeps its things, and the file of profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.errors import ConfigError
from agentry.sandbox.places import Places, read_json, read_profiles, write_private, write_profiles

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["local", "a", "dev_2"])
def test_names(tmp_path: Path, name: str) -> None:
    assert Places(tmp_path, name).directory == tmp_path / ".agentry" / "sandbox" / name


@pytest.mark.parametrize("name", ["", "Local", "2a", "a-b", "a.b", "../a", "a" * 41])
def test_a_name_that_can_not_be_a_catalog_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="can not name a sandbox"):
        Places(tmp_path, name)


def test_the_deployers_profile_has_the_sandboxs_name(tmp_path: Path) -> None:
    places = Places(tmp_path, "local")
    assert [places.profile(person) for person in ("deployer", "admin")] == ["local", "local-admin"]


def test_the_cache_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGENTRY_CACHE", raising=False)
    assert Places(tmp_path, "local").cache == tmp_path / ".agentry" / "cache"
    monkeypatch.setenv("AGENTRY_CACHE", str(tmp_path / "elsewhere"))
    assert Places(tmp_path, "local").cache == tmp_path / "elsewhere"


def test_profiles_of_other_sandboxes_are_left(tmp_path: Path) -> None:
    one, two = Places(tmp_path, "one"), Places(tmp_path, "two")
    one.config_file.parent.mkdir()
    write_profiles(one, "http://127.0.0.1:1", {"deployer": "a%b", "admin": "c"})
    write_profiles(two, "http://127.0.0.1:2", {"deployer": "d"})
    write_profiles(one, "http://127.0.0.1:3", {"deployer": "e", "admin": "c"})
    assert read_profiles(one.config_file) == {
        "one": {"host": "http://127.0.0.1:3", "token": "e"},
        "one-admin": {"host": "http://127.0.0.1:3", "token": "c"},
        "two": {"host": "http://127.0.0.1:2", "token": "d"},
    }
    assert one.config_file.stat().st_mode & 0o777 == 0o600


def test_a_file_of_another_form_is_said(tmp_path: Path) -> None:
    file = tmp_path / "databrickscfg"
    file.write_text("no section\n")
    with pytest.raises(ConfigError, match="not in the form of a databrickscfg"):
        read_profiles(file)


def test_a_private_file_is_private_also_when_it_was_not(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("text", ["", "{", "[1]", "null"])
def test_a_file_that_was_cut_short_reads_as_empty(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text)
    assert read_json(file) == read_json(tmp_path / "none.json") == {}
