"""MLflow's search syntax."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.sandbox.errors import InvalidParameter
from agentry.sandbox.tracking.search import Clause, matches, ordered, parse

HIT: dict[tuple[str, str], Any] = {
    ("", "name"): "weather",
    ("", "start_time"): 1700,
    ("metrics", "loss"): 0.5,
    ("params", "depth"): "3",
    ("tags", "team"): "Sky",
    ("tags", "a b.c"): "x",
}


def lookup(entity: str, key: str) -> Any:
    return HIT.get((entity, key))


@pytest.mark.parametrize(
    ("filter", "passes"),
    [
        ("", True),
        ("   ", True),
        ("name = 'weather'", True),
        ('attributes.name = "weather"', True),
        ("attribute.name != 'weather'", False),
        ("start_time >= 1700 AND start_time < 1701", True),
        ("metrics.loss < 0.1", False),
        ("metric.loss <= 5e-1", True),
        ("metrics.none = 1", False),
        ("metrics.none != 1", False),
        ("params.depth = '3'", True),
        ("param.depth > 2", True),
        ("tags.team LIKE 'S%'", True),
        ("tags.team LIKE 's%'", False),
        ("tags.team ILIKE 's__'", True),
        ("tags.team NOT LIKE 'S%'", False),
        ("tags.team IN ('Sea', 'Sky')", True),
        ("tags.team NOT IN ('Sea')", True),
        ("tags.`a b.c` = 'x'", True),
        ("tags.\"a b.c\" = 'x'", True),
        ("tags.team = 'it AND that'", False),
        ("name = 'weather' and tags.team = 'Sea'", False),
    ],
)
def test_filters(filter: str, passes: bool) -> None:
    assert matches(parse(filter), lookup) is passes


@pytest.mark.parametrize(
    "filter", ["name", "name =", "= 'x'", "name ~ 'x'", "name = 'x' or name = 'y'", "name = 'x' AND"]
)
def test_a_filter_of_another_form_is_refused(filter: str) -> None:
    with pytest.raises(InvalidParameter, match="Invalid clause"):
        parse(filter)


def test_names_of_entities_are_read_in_all_their_forms() -> None:
    assert parse("tag.a = 'x' AND trace.b = 'y' AND metadata.c = 'z'") == [
        Clause("tags", "a", "=", "x"),
        Clause("", "b", "=", "y"),
        Clause("request_metadata", "c", "=", "z"),
    ]


@given(text=st.text(alphabet="ab%_.*[]\n\\", max_size=8))
def test_like_takes_everything_but_percent_and_underscore_as_it_is(text: str) -> None:
    plain = text.replace("%", "").replace("_", "")
    clauses = [Clause("", "name", "LIKE", plain)]
    assert matches(clauses, lambda *_: plain)
    assert not matches(clauses, lambda *_: plain + "x")
    assert matches([Clause("", "name", "LIKE", f"{plain}%")], lambda *_: plain + text)


def test_order_by_sorts_by_the_first_wish_first_and_puts_what_lacks_it_last() -> None:
    hits = [{"a": 1, "b": 1}, {"a": 2, "b": 1}, {"b": 2}, {"a": 1, "b": 2}]
    found = ordered(hits, ["a DESC", "attributes.b desc"], lambda hit: lambda _, key: hit.get(key))
    assert found == [{"a": 2, "b": 1}, {"a": 1, "b": 2}, {"a": 1, "b": 1}, {"b": 2}]


def test_an_order_of_another_form_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="Invalid order_by"):
        ordered([], ["a sideways"], lambda _: lookup)
