from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.engine import paths
from agentry.engine.values import secret
from agentry.errors import ProgramError

keys = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\"), max_size=6)


@given(st.lists(keys | st.integers(0, 99), min_size=1, max_size=4))
def test_a_path_reads_as_it_was_written(elements: list[str | int]) -> None:
    path = tuple(elements)
    assert paths.parse(paths.render(path)) == path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("root", ("root",)),
        ("root.nested", ("root", "nested")),
        ('root["nested"]', ("root", "nested")),
        ("root.array[0].nested", ("root", "array", 0, "nested")),
        ("root.array[0][1]", ("root", "array", 0, 1)),
        ('root["key with \\"escaped\\" quotes"]', ("root", 'key with "escaped" quotes')),
        ('["root key with a ."][100]', ("root key with a .", 100)),
        ("root.array[*].field", ("root", "array", "*", "field")),
        ("foo-bar", ("foo-bar",)),
        ("root.[1]", ("root", 1)),
        ("*", ("*",)),
    ],
)
def test_paths_as_pulumi_documents_them(text: str, path: paths.Path) -> None:
    assert paths.parse(text) == path


@pytest.mark.parametrize("bad", ["", ".root", "root.", "root[", "root[x]", 'root["open', "a..b", ".[0]"])
def test_what_is_no_path_is_refused(bad: str) -> None:
    with pytest.raises(ProgramError, match="no property path"):
        paths.parse(bad)


def test_get_looks_through_secrets_and_keeps_them() -> None:
    value = {"a": secret({"b": [1, 2]}), "c": None}
    assert paths.get(value, ("a", "b", 1)) == secret(2)
    assert paths.get(value, ("c",)) is None
    assert paths.get(value, ("a", "b", 2)) is paths.MISSING
    assert paths.get(value, ("c", "d")) is paths.MISSING


@pytest.mark.parametrize(
    ("pattern", "path", "within"),
    [
        ("a", "a", True),
        ("a", "a.b[0]", True),
        ("a.b", "a", False),
        ("*", "anything.at.all", True),
        ("a[*].c", "a[3].c.d", True),
        ("a[*].c", "a[3].d", False),
        ("a[1]", 'a["1"]', False),
    ],
)
def test_contains(pattern: str, path: str, within: bool) -> None:
    assert paths.contains(paths.parse(pattern), paths.parse(path)) is within


@pytest.mark.parametrize(
    ("ignored", "old", "new", "kept"),
    [
        pytest.param("a", {"a": 1}, {"a": 2, "b": 3}, {"a": 1, "b": 3}, id="changed back"),
        pytest.param("a", {"a": 1}, {}, {"a": 1}, id="put back"),
        pytest.param("a", {}, {"a": 2}, {}, id="taken out"),
        pytest.param("a.b", {}, {"a": {"b": 1, "c": 2}}, {"a": {"c": 2}}, id="no way there in the old one"),
        pytest.param("a.b", {"a": {"b": 1}}, {}, {}, id="no way there in the new one"),
        pytest.param("a.b", {"a": 1}, {"a": {"b": 2}}, {"a": {}}, id="it had no parts"),
        pytest.param("a.b.c", {"a": {"b": {"c": 1}}}, {"a": {"b": 2}}, {"a": {"b": 2}}, id="it has no parts now"),
        pytest.param("a.*", {"a": {"b": 1, "c": 2}}, {"a": {"c": 3, "d": 4}}, {"a": {"b": 1, "c": 2}}, id="all keys"),
        pytest.param("a.*.x", {"a": {"b": {"x": 1}}}, {"a": {"b": {"x": 2}}}, {"a": {"b": {"x": 1}}}, id="in all keys"),
        pytest.param("l[*]", {"l": [1, 2]}, {"l": [3, 4, 5]}, {"l": [1, 2, 5]}, id="all elements"),
        pytest.param("l[2]", {"l": [1, 2]}, {"l": [3, 4, 5]}, {"l": [3, 4, 5]}, id="an added element"),
        pytest.param(
            "l[0].x", {"l": [{"x": 1, "y": 1}]}, {"l": [{"x": 2, "y": 2}]}, {"l": [{"x": 1, "y": 2}]}, id="deep"
        ),
        pytest.param('m["a key"]', {"m": {"a key": 1}}, {"m": {"a key": 2}}, {"m": {"a key": 1}}, id="a quoted key"),
        pytest.param("a[*]", {"a": secret([1])}, {"a": [2]}, {"a": [secret(1)]}, id="all out of a secret"),
        pytest.param("a.b", {"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, {"a": {"b": 1, "c": 3}}, id="inside"),
        pytest.param("l[*].x", {"l": [{"x": 1}]}, {"l": [{"x": 2}, {"x": 3}]}, {"l": [{"x": 1}, {"x": 3}]}, id="star"),
        pytest.param("l[1]", {"l": [1, 2]}, {"l": [3, 4, 5]}, {"l": [3, 2, 5]}, id="index"),
        pytest.param("*", {"a": 1}, {"b": 2}, {"a": 1}, id="everything"),
        pytest.param("a.b", {"a": secret({"b": 1})}, {"a": {"b": 2}}, {"a": {"b": secret(1)}}, id="out of a secret"),
        pytest.param("a.b", {"a": {"b": 1}}, {"a": secret({"b": 2})}, {"a": secret({"b": 1})}, id="into a secret"),
    ],
)
def test_what_is_ignored_stays_as_it_was(ignored: str, old: dict[str, Any], new: dict[str, Any], kept: Any) -> None:
    assert paths.keep_old(new, old, [ignored]) == kept


@pytest.mark.parametrize(
    ("ignored", "old", "new"),
    [
        ("a.b", {"a": {"b": 1}}, {}),
        ("a.b", {"a": {"b": 1}}, {"a": 1}),
        ("l[2]", {"l": [1, 2]}, {"l": [3, 4, 5]}),
        ("l[0].x", {"l": []}, {"l": [{"x": 1}]}),
        ("l[*]", {"l": [1]}, {"l": [1, 2]}),
        ("l[*].x", {"l": [{}]}, {"l": [{}, {}]}),
        ("l[0]", {"l": [1]}, {"l": {"x": 1}}),
        ("a.*.x", {"a": {"b": {"x": 1}}}, {"a": {}}),
    ],
)
def test_what_can_not_be_kept_is_named(ignored: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    assert paths.not_kept(new, old, [ignored, "other"]) == [ignored]


@pytest.mark.parametrize(
    ("ignored", "old", "new"),
    [
        ("a", {}, {}),
        ("a.b", {"a": 1}, {"a": 2}),
        ("a.b", {}, {}),
        ("l[3]", {"l": [1]}, {"l": [2]}),
        ("*", {}, {"a": 1}),
    ],
)
def test_where_nothing_is_to_be_kept_nothing_is_named(ignored: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    assert paths.not_kept(new, old, [ignored]) == []


def test_keeping_the_old_leaves_the_arguments_alone() -> None:
    old, new = {"a": {"b": 1}}, {"a": {"b": 2}}
    paths.keep_old(new, old, ["a.b"])
    assert (old, new) == ({"a": {"b": 1}}, {"a": {"b": 2}})
