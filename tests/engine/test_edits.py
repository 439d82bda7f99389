"""Changes of YAML text: what is changed reads back, and every other line is as it was."""

from __future__ import annotations

import copy
from difflib import ndiff
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from agentry.engine import documents
from agentry.engine.edits import rewrite
from agentry.engine.layout import scalar
from agentry.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = """\
# head
encryptionsalt: v1:abc   # the salt

config:
    # about a
    shop:a: "b"   # trailing
    shop:block: |
        line1
        line2
    shop:flow: {k: [1, 2], z: 'q'}   # in one line
    shop:list:   # of things
        - x: 1  # one
          y: 2
        # second
        - z

    # about last
    shop:last: 010
# foot
"""


def changed(change: Callable[[dict[str, Any]], object], text: str = TEXT) -> list[str]:
    """The lines that a change of `config` takes away and puts there."""
    return [line for line in ndiff(text.splitlines(), rewritten(change, text).splitlines()) if line[0] in "+-"]


def rewritten(change: Callable[[dict[str, Any]], object], text: str = TEXT) -> str:
    document = documents.parse(Path("Pulumi.dev.yaml"), text)
    content = copy.deepcopy(document.content)
    content["config"] = content.get("config") or {}
    change(content["config"])
    return rewrite(document, content)


def put(key: str, value: Any) -> Callable[[dict[str, Any]], object]:
    return lambda config: config.__setitem__(key, value)


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (put("shop:a", "c"), ['-     shop:a: "b"   # trailing', "+     shop:a: c   # trailing"]),
        (
            put("shop:a", {"secure": "v1:x:y"}),
            ['-     shop:a: "b"   # trailing', "+     shop:a:   # trailing", "+         secure: v1:x:y"],
        ),
        (
            put("shop:block", "one"),
            ["-     shop:block: |", "-         line1", "-         line2", "+     shop:block: one"],
        ),
        (put("shop:new", "yes"), ['+     shop:new: "yes"']),
        (
            lambda config: config["shop:flow"]["k"].append("n:x"),
            [
                "-     shop:flow: {k: [1, 2], z: 'q'}   # in one line",
                '+     shop:flow: {k: [1, 2, "n:x"], z: q}   # in one line',
            ],
        ),
        (lambda config: config["shop:list"].append("new"), ["+         - new"]),
        (
            lambda config: config["shop:list"][0].update(q={"deep": [1]}),
            ["+           q:", "+               deep:", "+                   - 1"],
        ),
        (
            lambda config: config["shop:list"][0].pop("x"),
            ["-         - x: 1  # one", "-           y: 2", "+         - y: 2"],
        ),
        (lambda config: config["shop:list"][0].pop("y"), ["-           y: 2"]),
        (lambda config: config["shop:list"].pop(0), ["-         - x: 1  # one", "-           y: 2"]),
        (lambda config: config["shop:list"].pop(), ["-         - z"]),
        (lambda config: config.pop("shop:last"), ["-     shop:last: 010"]),
        (lambda config: config["shop:list"].__setitem__(1, "other"), ["-         - z", "+         - other"]),
    ],
)
def test_only_the_lines_of_a_change_change(change: Callable[[dict[str, Any]], object], lines: list[str]) -> None:
    # A pair that only moves the dash is shown by ndiff as hints too.
    assert sorted(line for line in changed(change) if line[0] != "?") == sorted(lines)


def test_nothing_to_change_is_the_same_text() -> None:
    assert rewritten(lambda config: config) == TEXT


def test_comments_on_lines_of_their_own_stay_when_all_is_taken_out() -> None:
    left = rewritten(dict.clear)
    assert "config: {}" in left
    assert all(
        comment in left for comment in ("# head", "# the salt", "# about a", "# second", "# about last", "# foot")
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "config:\n  shop:z: a\n"),
        ("# only\n", "# only\nconfig:\n  shop:z: a\n"),
        ("encryptionsalt: x", "encryptionsalt: x\nconfig:\n  shop:z: a"),
        ("config:\n", "config:\n  shop:z: a\n"),
        ("config: {}  # none\n# foot\n", "config:  # none\n  shop:z: a\n# foot\n"),
        ("{config: {b: c}}\n", '{config: {b: c, "shop:z": a}}\n'),
        ("---\nconfig: {}\n...\n", "---\nconfig:\n  shop:z: a\n...\n"),
    ],
)
def test_a_first_key(before: str, after: str) -> None:
    assert rewritten(put("shop:z", "a"), before) == after


def test_anchors_are_refused_with_their_line() -> None:
    with pytest.raises(ConfigError) as refused:
        rewritten(put("shop:z", "a"), "config:\n  a: &x 1\n  b: *x\n")
    assert refused.value.where == "Pulumi.dev.yaml:2"


@pytest.mark.parametrize(
    "text",
    ["no", "y", "12", "0o17", "1_000", "2024-01-01", "12:30:00", "null", "~", "", " x", "a: b", "x #y", "é", "-"],
)
def test_a_text_that_some_reader_takes_for_something_else_is_in_quotes(text: str) -> None:
    assert scalar(text).startswith('"')
    assert yaml.safe_load(scalar(text)) == text


@pytest.mark.parametrize("text", ["dev", "https://dbc.example.com/x?y=1", "a b", "v1:nonce=:text+/=", "a@example.com"])
def test_a_plain_text_stays_plain(text: str) -> None:
    assert scalar(text) == text


KEYS = st.sampled_from(["a", "b", "shop:c", "no", "x y", "1"])
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.sampled_from(["yes", "12", "a\nb"]))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


# A smaller example of a fault takes minutes to find here, and says no more.
@settings(max_examples=60, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.dictionaries(KEYS, VALUES, max_size=4), st.dictionaries(KEYS, VALUES, max_size=4))
def test_whatever_is_written_reads_back(first: dict[str, Any], second: dict[str, Any]) -> None:
    empty = documents.parse(Path("f"), "# head\n")
    text = rewrite(empty, {"config": first})
    assert documents.parse(Path("f"), text).content == {"config": first}
    again = rewrite(documents.parse(Path("f"), text), {"config": second})
    assert documents.parse(Path("f"), again).content == {"config": second}
    assert again.startswith("# head\n")
    assert yaml.safe_load(again) == {"config": second}
