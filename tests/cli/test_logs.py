"""Logs of what serves an agent, and what is new in them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.cli.logs import BUILD, SERVICE, fresh, watch
from agentry.clock import FakeClock
from agentry.errors import NotFound

BASE = "/api/2.0/serving-endpoints/e"


class Endpoint:
    """A workspace with one endpoint; its service log grows by a line each time it is read."""

    def __init__(self) -> None:
        self.reads = 0

    async def get(self, path: str) -> dict[str, Any]:
        if path == BASE:
            both = {"config": {"served_entities": [{"name": "a_1"}]}}
            return {**both, "pending_config": {"served_entities": [{"name": "a_1"}, {"name": "a_2"}]}}
        if path.endswith("a_2/logs"):
            raise NotFound("no log yet")
        if path.endswith("build-logs"):
            return {"logs": ""}
        self.reads += 1
        return {"logs": "".join(f"line {number}\n" for number in range(self.reads))}


async def test_each_entity_once_with_its_logs() -> None:
    told: list[str] = []
    await watch(Endpoint(), "e", [BUILD, SERVICE], clock=FakeClock(), tell=told.append)  # type: ignore[arg-type]
    assert told == [
        "--- a_1: build log (empty)",
        "--- a_1: service log",
        "line 0",
        "--- a_2: build log (empty)",
        "--- a_2: service log (empty)",
    ]


async def test_following_tells_only_what_is_new() -> None:
    told: list[str] = []
    enough = asyncio.Event()

    def tell(line: str) -> None:
        told.append(line)
        if line == "line 3":
            enough.set()

    following = watch(Endpoint(), "e", [SERVICE], clock=FakeClock(), tell=tell, follow=True)  # type: ignore[arg-type]
    task = asyncio.create_task(following)
    await enough.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [line for line in told if line.startswith("line")][:4] == ["line 0", "line 1", "line 2", "line 3"]


@given(st.lists(st.text("ab", min_size=1, max_size=3), max_size=8, unique=True), st.integers(0, 8), st.integers(0, 8))
def test_of_a_tail_that_moved_on_only_the_end_is_new(lines: list[str], cut: int, gone: int) -> None:
    before, now = lines[:cut], lines[min(gone, cut) :]
    if not before or not now:
        return
    new = fresh("\n".join(before) + "\n", "\n".join(now) + "\n").splitlines()
    assert new == lines[cut:] or gone >= cut
