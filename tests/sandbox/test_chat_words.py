from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.sandbox.chat import words


def texts(spans: list[words.Span]) -> list[str]:
    return [span.text for span in spans]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("look_upTheOrders", {"look", "order"}),
        ("What is the state of it?", {"state"}),
        ("classes and glass", {"classe", "glass"}),
        ("", set()),
    ],
)
def test_words_that_carry_meaning(text: str, found: set[str]) -> None:
    assert words.words(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from 3 to -4.5 and 1,000", ["3", "-4.5", "1000"]),
        ("three of 1e3", ["3", "1e3"]),
        ("one of them, v2, 1.2.3", []),
        ("no numbers", []),
    ],
)
def test_numbers(text: str, found: list[str]) -> None:
    assert texts(words.numbers(text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("say \"a b\" and 'c'", ["a b", "c"]),
        ("it's Anna's, isn't it", []),
        ("`x` or \u201cy z\u201d", ["x", "y z"]),
    ],
)
def test_quotes(text: str, found: list[str]) -> None:
    assert texts(words.quoted(text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Fly to New York or Bonn", ["New York", "Bonn"]),
        ("Where is it? There. I see", []),
        ("Who is Jean-Luc?", ["Jean-Luc"]),
    ],
)
def test_proper_names(text: str, found: list[str]) -> None:
    assert texts(words.proper_names(text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("search papers about black holes, please", ["black holes"]),
        ("from work to home and back", ["work", "home"]),
        ("no such words", []),
    ],
)
def test_after_prepositions(text: str, found: list[str]) -> None:
    assert texts(words.after_prepositions(text)) == found


def test_phrases_stand_alone() -> None:
    assert texts(words.phrase("In-stock, out of stock, stocks", "out_of-stock")) == ["out of stock"]
    assert words.phrase("anything", " - ") == []


@given(st.text(max_size=100))
def test_every_piece_is_where_it_says(text: str) -> None:
    for span in [
        *words.tokens(text),
        *words.proper_names(text),
        *words.after_prepositions(text),
        *words.raw_words(text),
    ]:
        assert text[span.start : span.end] == span.text
