from __future__ import annotations

import pytest

from agentry.memo import Memo


def test_what_is_known_is_not_made_again() -> None:
    memo: Memo[list[int]] = Memo(2)
    first = memo.get("a", lambda: [1])
    assert memo.get("a", lambda: [2]) is first


def test_what_was_not_asked_for_longest_goes_first() -> None:
    memo: Memo[int] = Memo(2)
    for key in "aba":
        memo.get(key, lambda: 1)
    memo.get("c", lambda: 1)
    assert memo.get("a", lambda: 2) == 1
    assert memo.get("b", lambda: 2) == 2


def test_it_can_be_cleared() -> None:
    memo: Memo[int] = Memo(2)
    memo.get("a", lambda: 1)
    memo.clear()
    assert memo.get("a", lambda: 2) == 2


def test_an_error_is_not_kept() -> None:
    memo: Memo[float] = Memo(2)
    with pytest.raises(ZeroDivisionError):
        memo.get("a", lambda: 1 / 0)
    assert memo.get("a", lambda: 3) == 3
