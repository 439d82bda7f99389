from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from agentry.sandbox.serving.config import Route
from agentry.sandbox.serving.traffic import Shares


def taken(questions: int, *shares: int) -> list[str]:
    turns = Shares([Route(chr(ord("a") + n), share) for n, share in enumerate(shares)])
    return [turns.next() for _ in range(questions)]


def test_nine_of_ten_spread_evenly() -> None:
    assert "".join(taken(20, 90, 10)) == "aaaaabaaaa" * 2


@given(st.lists(st.integers(0, 100), min_size=1, max_size=5).filter(lambda shares: sum(shares) > 0))
def test_each_gets_its_share_and_no_share_is_no_question(shares: list[int]) -> None:
    got = Counter(taken(sum(shares), *shares))
    assert got == Counter({chr(ord("a") + n): share for n, share in enumerate(shares) if share})
