from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.sandbox.serving.config import Route
from agentry.sandbox.serving.traffic import choose


@pytest.mark.parametrize(("draw", "entity"), [(0.0, "a"), (0.29, "a"), (0.3, "b"), (0.99, "b"), (0.999999999, "b")])
def test_shares_split_the_draws(draw: float, entity: str) -> None:
    assert choose([Route("none", 0), Route("a", 30), Route("b", 70), Route("last", 0)], draw) == entity


@given(st.lists(st.integers(0, 100), min_size=1, max_size=15).filter(any), st.floats(0, 1, exclude_max=True))
def test_an_entity_without_a_share_is_never_chosen(shares: list[int], draw: float) -> None:
    routes = [Route(str(number), share) for number, share in enumerate(shares)]
    assert shares[int(choose(routes, draw))] > 0
