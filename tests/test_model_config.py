"""config.yaml, and what the program gives over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry import source
from agentry.errors import AgentCodeError
from agentry.model_config import merged_config, plain
from tests.package.agents import write_agent

if TYPE_CHECKING:
    from pathlib import Path

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def merge(root: Path, config: str | None, given_config: dict[str, Any]) -> dict[str, Any]:
    files: dict[str, str | bytes] = {"agent.py": ""} if config is None else {"config.yaml": config}
    return merged_config(source.read(write_agent(root, files), "agents/x"), given_config)


@pytest.mark.parametrize(
    ("config", "over", "merged", "reason"),
    [
        ("a: 1\nb: x\n", {}, {"a": 1, "b": "x"}, "the file alone"),
        (None, {"a": 1}, {"a": 1}, "without a file every key is good"),
        ("", {"a": 1}, {"a": 1}, "nor does an empty one say which keys there are"),
        ("a: 1\nb: x\n", {"b": "y"}, {"a": 1, "b": "y"}, "over it"),
        ("a: {x: 1, y: 2}\n", {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}, "key by key"),
        ("a: [1, 2]\n", {"a": [3]}, {"a": [3]}, "a list is replaced"),
        ("a: {}\n", {"a": {"x": 1}}, {"a": {"x": 1}}, "an empty mapping is free"),
        ("a: x\n", {"a": None}, {"a": None}, "null is a value"),
        ("t: 0.5\n", {"t": 1}, {"t": 1.0}, "1.0 comes over the wire as 1, and the file says it is a float"),
        ("t: 1.0\nn: 2\n", {"n": 3.0}, {"t": 1.0, "n": 3}, "and 3 comes as 3.0"),
    ],
)
def test_merged(tmp_path: Path, config: str | None, over: dict[str, Any], merged: dict[str, Any], reason: str) -> None:
    found = merge(tmp_path, config, over)
    assert found == merged, reason
    assert {key: type(value) for key, value in found.items()} == {k: type(v) for k, v in merged.items()}, reason


@pytest.mark.parametrize(("over", "key"), [({"llm": 1}, "llm"), ({"a": {"z": 1}}, "a.z")])
def test_an_unknown_key_is_refused_with_the_known_ones(tmp_path: Path, over: dict[str, Any], key: str) -> None:
    with pytest.raises(AgentCodeError, match=f"{key} is not a key of the agent's config") as refused:
        merge(tmp_path, "a: {x: 1}\nb: 2\n", over)
    assert refused.value.where == "model_config of agents/x"
    assert ("a.x" in refused.value.why) == ("." in key)


@pytest.mark.parametrize(
    ("config", "what", "where"),
    [
        ("a: [1\n", "not YAML", "agents/x/config.yaml:2"),
        ("- a\n", "not a mapping", "agents/x/config.yaml"),
        ("1: a\n", "the key 1 is not a string", "agents/x/config.yaml"),
        ("a: 2026-11-22\n", "date is not a plain value", "agents/x/config.yaml: a"),
        ("a: {b: [.inf]}\n", "float is not a plain value", "agents/x/config.yaml: a: b"),
    ],
)
def test_a_config_that_can_not_be(tmp_path: Path, config: str, what: str, where: str) -> None:
    with pytest.raises(AgentCodeError, match=what) as refused:
        merge(tmp_path, config, {})
    assert refused.value.where == where


@given(JSON)
def test_what_json_carries_is_plain_and_stays_the_same_when_it_is_read_again(value: Any) -> None:
    once = plain(value, "x")
    assert once == value
    assert plain(once, "x") == once


@pytest.mark.parametrize("value", [float("nan"), object(), {1: 2}, [b"x"], {"a": {"b": {1}}}])
def test_what_json_does_not_carry_is_refused(value: Any) -> None:
    with pytest.raises(AgentCodeError):
        plain(value, "x")


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]\n" for n in range(8)
)


@pytest.mark.parametrize("config", [LAUGHS, "a: &a [*a]\n", "a: &a {b: *a}\n"])
def test_an_alias_that_stands_for_too_much_is_refused(tmp_path: Path, config: str) -> None:
    with pytest.raises(AgentCodeError, match="it holds more than 100,000 values"):
        merge(tmp_path, config, {})


def test_an_alias_is_written_out(tmp_path: Path) -> None:
    assert merge(tmp_path, "a: &a {b: 1}\nc: *a\n", {}) == {"a": {"b": 1}, "c": {"b": 1}}
