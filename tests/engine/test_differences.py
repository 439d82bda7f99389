from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.engine import differences, values
from agentry.engine.events import Difference
from agentry.engine.values import UNKNOWN, secret
from tests.engine.test_values import plain

properties = st.dictionaries(st.text("ab. ", min_size=1, max_size=3), plain, max_size=3)


@given(properties, properties)
def test_there_is_a_path_exactly_where_something_differs(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert bool(differences.compare(old, new)) == (not values.equal(old, new))
    assert differences.compare(old, old) == {}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 2}, {"a": "update"}),
        ({}, {"a b": 1}, {'["a b"]': "add"}),
        ({"l": [1, 2, 3]}, {"l": [1, 4]}, {"l[1]": "update", "l[2]": "delete"}),
        ({"m": {"x": 1}}, {"m": {"y": 1}}, {"m.x": "delete", "m.y": "add"}),
        ({"m": {"x": 1}}, {"m": UNKNOWN}, {"m": "update"}),
        ({"s": secret({"x": 1})}, {"s": secret({"x": 2})}, {"s": "update"}),
        ({"s": secret(1)}, {"s": 1}, {}),
        ({"__version": 1}, {"__version": 2, "__more": 1}, {}),
        ({"m": {"__x": 1}}, {"m": {"__x": 2}}, {"m.__x": "update"}),
    ],
)
def test_compare(old: dict[str, Any], new: dict[str, Any], expected: dict[str, str]) -> None:
    assert differences.compare(old, new) == expected


def test_values_for_people_come_from_inputs_first_and_from_outputs_next() -> None:
    shown = differences.describe(
        {"size": "update-replace", "status": "update", "gone": "delete"},
        old_inputs={"size": 1, "gone": 3},
        old_outputs={"size": 9, "status": "ready"},
        new_inputs={"size": 2, "status": UNKNOWN},
    )
    assert shown == (
        Difference("gone", "delete", 3, None),
        Difference("size", "update-replace", 1, 2),
        Difference("status", "update", "ready", "[unknown]"),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"v": "canary"}, {"v": secret("canary")}),
        ({"v": secret("canary")}, {"v": "canary"}),
        ({"v": {"k": ["canary"]}}, {"v": {"k": secret(["other"])}}),
        ({"v": ["canary"]}, {"v": [secret("canary")]}),
    ],
)
def test_what_is_secret_on_one_side_is_hidden_on_both(old: dict[str, Any], new: dict[str, Any]) -> None:
    shown = differences.describe({"v": "update"}, old_inputs=old, old_outputs={}, new_inputs=new)
    assert "canary" not in repr(shown)


def test_a_path_of_a_providers_own_making_is_shown_as_it_is() -> None:
    assert differences.describe({"a..b": "update"}, old_inputs={}, old_outputs={}, new_inputs={}) == (
        Difference("a..b", "update", None, None),
    )
