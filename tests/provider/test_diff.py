from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agentry.provider.diff import changes
from agentry.provider.fields import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    Field,
    When,
    backend_default,
    list_of,
    map_of,
    object_of,
    one_of,
    refused,
    replace,
    unordered,
)
from agentry.provider.inputs import join_path, validated
from agentry.provider.kinds.kind import UNKNOWN

LEAVES = st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab.", max_size=3)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.", max_size=2), inner, max_size=3)
)
FIELDS = (
    Field("a", ANY, "Anything."),
    Field("b", map_of(ANY), "A map."),
    Field("c", list_of(ANY), "A set.", (unordered("a set"),)),
    Field("d", list_of(ANY), "A list."),
)


@given(
    VALUES,
    st.dictionaries(st.text("ab.", max_size=2), VALUES, max_size=3),
    st.lists(VALUES, max_size=3),
    st.lists(VALUES, max_size=3),
)
def test_the_same_is_no_difference(a: Any, b: Any, c: Any, d: Any) -> None:
    inputs = {"a": a, "b": b, "c": c, "d": d}
    assert changes(FIELDS, inputs, inputs) == []
    assert changes(FIELDS, inputs, {**inputs, "c": c[::-1]}) == []


@given(
    st.dictionaries(st.text("ab.", max_size=2), LEAVES, max_size=3),
    st.dictionaries(st.text("ab.", max_size=2), LEAVES, max_size=3),
)
def test_exactly_what_differs_is_named(old: dict[str, Any], new: dict[str, Any]) -> None:
    def differs(key: str) -> bool:
        pair = old.get(key), new.get(key)
        return pair[0] != pair[1] or isinstance(pair[0], bool) is not isinstance(pair[1], bool)

    expected = {join_path("b", key) for key in old.keys() | new.keys() if differs(key)}
    assert {change.path for change in changes(FIELDS, {"b": old}, {"b": new})} == expected


def test_true_is_not_one() -> None:
    assert [change.path for change in changes(FIELDS, {"a": True}, {"a": 1})] == ["a"]


def test_a_replacement_may_look_at_one_field_of_an_object() -> None:
    who = object_of("Who", Field("id", STRING, "Id."), Field("name", STRING, "Name."))
    fields = (Field("who", who, "Who.", (replace("another one", by="id"),)),)
    assert changes(fields, {"who": {"id": "1", "name": "a"}}, {"who": {"id": "1", "name": "b"}}) == []
    [change] = changes(fields, {"who": {"id": "1", "name": "a"}}, {"who": {"id": "2", "name": "a"}})
    assert (change.path, change.replaces, change.reason) == ("who.id", True, "another one")


def test_what_is_not_known_yet_counts_as_a_change() -> None:
    assert [c.path for c in changes(FIELDS, {"b": {"x": 1}}, {"b": {"x": UNKNOWN}})] == ["b.x"]
    assert [c.path for c in changes(FIELDS, {"b": {"x": 1}}, {"b": UNKNOWN})] == ["b"]


def test_paths_are_written_as_pulumi_writes_them() -> None:
    assert join_path(join_path(join_path("", "a"), 0), "b_c") == "a[0].b_c"
    assert join_path("a", "b.c") == 'a["b.c"]'


@given(st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4))
def test_what_passed_once_passes_again_unchanged(given_: dict[str, Any]) -> None:
    inputs, failures = validated(FIELDS, given_)
    if not failures:
        assert validated(FIELDS, inputs) == (inputs, [])


def test_a_truth_value_that_replaces_is_false_where_nothing_is_said() -> None:
    fields = (Field("fast", BOOLEAN, "Fast.", (replace("only at creation"),)),)
    assert changes(fields, {}, {"fast": False}) == []
    assert changes(fields, {"fast": False}, {}) == []
    assert [change.replaces for change in changes(fields, {}, {"fast": True})] == [True]
    assert [change.replaces for change in changes(fields, {"fast": True}, {})] == [True]


def test_a_field_whose_presence_replaces_is_updated_by_another_value() -> None:
    fields = (Field("units", INTEGER, "Units.", (replace("other routes", when=When.PRESENCE),)),)
    assert [change.replaces for change in changes(fields, {}, {"units": 1})] == [True]
    assert [change.replaces for change in changes(fields, {"units": 1}, {})] == [True]
    assert [change.replaces for change in changes(fields, {"units": 1}, {"units": 2})] == [False]


def test_what_is_refused_and_what_is_no_choice_says_why() -> None:
    fields = (
        Field("old", ANY, "Old.", (refused("deprecated; give new"),)),
        Field("new", one_of("a", "b"), "New."),
        Field("all", list_of(one_of("a", "b")), "All."),
    )
    _, failures = validated(fields, {"old": 1, "new": "c", "all": ["a", "d"]})
    assert {one.path: one.reason for one in failures} == {
        "old": "can not be given: deprecated; give new",
        "new": "'c' is none of a, b",
        "all[1]": "'d' is none of a, b",
    }
    assert validated(fields, {"new": "a", "all": ["b", UNKNOWN]})[1] == []


def test_order_within_an_object_means_nothing_where_the_table_says_so() -> None:
    block = object_of("Block", Field("words", list_of(STRING), "Words.", (unordered("a set"),)))
    fields = (
        Field("block", block, "A block."),
        Field("blocks", list_of(block), "Blocks.", (unordered("a set"),)),
        Field("steps", list_of(STRING), "Steps."),
    )
    old = {"block": {"words": ["a", "b"]}, "blocks": [{"words": ["a", "b"]}, {"words": ["c"]}], "steps": ["a", "b"]}
    new = {"block": {"words": ["b", "a"]}, "blocks": [{"words": ["c"]}, {"words": ["b", "a"]}], "steps": ["a", "b"]}
    assert changes(fields, old, new) == []
    assert [change.path for change in changes(fields, old, {**new, "steps": ["b", "a"]})] == ["steps[0]", "steps[1]"]


def test_what_the_workspace_chose_within_an_object_is_no_change() -> None:
    table = object_of(
        "Table", Field("on", BOOLEAN, "On."), Field("prefix", STRING, "Prefix.", (backend_default("the first free"),))
    )
    fields = (Field("table", table, "A table."),)
    old = {"table": {"on": True, "prefix": "a"}}
    assert changes(fields, old, {"table": {"on": True}}) == []
    assert [change.path for change in changes(fields, old, {"table": {"prefix": "b"}})] == ["table.on", "table.prefix"]


def test_an_empty_map_or_list_is_none() -> None:
    """An import finds none where a program gives an empty one."""
    assert changes(FIELDS, {}, {"b": {}, "c": [], "d": []}) == []
    assert changes(FIELDS, {"b": {}}, {}) == []
    assert changes(FIELDS, {}, {"b": UNKNOWN})
    assert changes(FIELDS, {"b": {"x": 1}}, {"b": {}})
