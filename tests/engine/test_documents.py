from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.engine import documents
from agentry.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def read(directory: Path, text: str) -> documents.Document:
    file = directory / "a.yaml"
    file.write_text(text)
    return documents.read(file)


def test_scalars_are_what_the_pulumi_cli_reads(tmp_path: Path) -> None:
    text = (
        "yes: yes\ntime: 12:30:00\nfloat: 1.50\nnone:\ntrue: True\nint: 3\nhex: 0x1F\noctal: 0777\ndate: 2026-11-05\n"
    )
    assert read(tmp_path, text).content == {
        "yes": "yes",
        "time": "12:30:00",
        "float": 1.5,
        "none": None,
        "True": True,
        "int": 3,
        "hex": 31,
        "octal": 511,
        "date": "2026-11-05",
    }


def test_every_key_knows_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = read(tmp_path, "# a comment\na:\n  b:\n    c: 1\n")
    assert document.lines == {("a",): 2, ("a", "b"): 3, ("a", "b", "c"): 4}
    assert document.where("a", "b") == f"{tmp_path}/a.yaml:3"
    monkeypatch.chdir(tmp_path)
    assert document.where("a", "b") == "a.yaml:3"
    assert document.where("x") == "a.yaml"


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "null\n"])
def test_nothing_is_an_empty_mapping(text: str, tmp_path: Path) -> None:
    assert read(tmp_path, text).content == {}


def test_anchors_and_merges_are_followed(tmp_path: Path) -> None:
    assert read(tmp_path, "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n").content["c"] == {"b": 1, "d": 2}


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("a: [", "no YAML", ":1"),
        ("a: 1\nb: 2\na: 3\n", "'a' is there twice", ":3"),
        ("- a\n", "no mapping", ":1"),
        ("a: !!python/object:os.system x\n", "no YAML", ":1"),
        ("a: \x00\n", "no YAML", ""),
    ],
)
def test_what_can_not_be_read_is_said_with_its_line(text: str, what: str, where: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        read(tmp_path, text)
    assert caught.value.where == f"{tmp_path}/a.yaml{where}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can not be read"):
        documents.read(tmp_path / "none.yaml")


def test_unknown_keys_are_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'cofnig'") as caught:
        read(tmp_path, "config: {}\ncofnig: {}\n").refuse_unknown({"config", "name"})
    assert caught.value.where.endswith(":2")
    assert caught.value.fix == "known keys: config, name"


def test_a_mapping_that_is_none(tmp_path: Path) -> None:
    document = read(tmp_path, "a: 1\nb: {c: 2}\n")
    assert document.mapping("b") == {"c": 2}
    assert document.mapping("x") == {}
    with pytest.raises(ConfigError, match="must be a mapping"):
        document.mapping("a")
