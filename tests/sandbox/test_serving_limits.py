from __future__ import annotations

from typing import Any

import pytest

from agentry.clock import FakeClock
from agentry.sandbox.errors import TooManyRequests
from agentry.sandbox.serving.limits import Admitted, Limits, tokens_of

Limit = dict[str, Any]


def limit(key: str = "", principal: str = "", **most: int) -> Limit:
    """A rate limit as it is kept."""
    said = {"key": key, "principal": principal}
    return {**{name: value for name, value in said.items() if value}, **most, "renewal_period": "minute"}


class Asking:
    """People who ask one endpoint with these limits."""

    def __init__(self, *limits: Limit) -> None:
        # The beginning of a minute.
        self.clock = FakeClock(1_700_000_040.0)
        self._limits = Limits(self.clock)
        self._said = limits

    def ask(self, who: str = "ann", *groups: str, endpoint: str = "e") -> Admitted:
        return self._limits.admit(endpoint, self._said, who, groups)

    def asks(self, times: int, who: str = "ann", *groups: str) -> int:
        """How many of so many questions are let through."""
        through = 0
        for _ in range(times):
            try:
                self.ask(who, *groups)
            except TooManyRequests:
                continue
            through += 1
        return through


def test_without_limits_nothing_is_counted() -> None:
    assert Asking().ask().counted == ()


@pytest.mark.parametrize("key", ["", "endpoint"])
def test_the_endpoint_is_limited_for_all_together(key: str) -> None:
    asking = Asking(limit(key, calls=3))
    assert (asking.asks(2, "ann"), asking.asks(2, "bob")) == (2, 1)


def test_another_endpoint_counts_for_itself() -> None:
    asking = Asking(limit(calls=1))
    asking.ask()
    asking.ask(endpoint="other")


def test_a_new_minute_begins_anew() -> None:
    asking = Asking(limit(calls=1))
    asking.ask()
    asking.clock.advance(59)
    with pytest.raises(TooManyRequests, match="1 calls per minute for the endpoint"):
        asking.ask()
    asking.clock.advance(1)
    asking.ask()


def test_nothing_at_all() -> None:
    assert Asking(limit(calls=0)).asks(1) == 0


def test_each_user_by_default() -> None:
    asking = Asking(limit("user", calls=2))
    assert (asking.asks(3, "ann"), asking.asks(3, "bob")) == (2, 2)


@pytest.mark.parametrize("key", ["user", "service_principal"])
def test_what_is_said_of_somebody_goes_before_group_and_default(key: str) -> None:
    asking = Asking(limit("user", calls=1), limit("user_group", "team", calls=2), limit(key, "ann", calls=5))
    assert (asking.asks(9, "ann", "team"), asking.asks(9, "bob", "team"), asking.asks(9, "eve")) == (5, 2, 1)


def test_a_group_shares_its_limit() -> None:
    asking = Asking(limit("user_group", "team", calls=3))
    assert (asking.asks(2, "ann", "team"), asking.asks(2, "bob", "team"), asking.asks(2, "eve")) == (2, 1, 2)


def test_in_two_groups_both_limits_must_be_passed() -> None:
    asking = Asking(limit("user_group", "small", calls=1), limit("user_group", "large", calls=3))
    assert asking.asks(9, "ann", "small", "large") == 3


def test_the_endpoint_is_the_most_for_everybody() -> None:
    assert Asking(limit(calls=2), limit("user", "ann", calls=5)).asks(9, "ann") == 2


def test_tokens_count_when_they_are_known() -> None:
    asking = Asking(limit("user", tokens=10, calls=100))
    asking.ask().took(9)
    asking.ask().took(1)
    with pytest.raises(TooManyRequests, match="100 calls and 10 tokens"):
        asking.ask()


def test_what_was_refused_is_not_counted() -> None:
    asking = Asking(limit("user", calls=1), limit(calls=2))
    assert asking.asks(5, "ann") == 1
    assert asking.asks(5, "bob") == 1


def test_tokens_are_those_of_the_answer_or_a_quarter_of_the_text() -> None:
    assert tokens_of(b"12345678", b"", {"usage": {"total_tokens": 42}}) == 42
    assert tokens_of(b"1234567", b"123", {}) == 3
