"""Rows 12, 13 and 14: many at once, as many requests as the workspace takes, and how often a wait looks."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from agentry.clock import FakeClock
from agentry.engine.events import Event, Message
from agentry.provider.kinds.serving_endpoint import ServingEndpoint
from agentry.workspace.client import THREADS
from agentry.workspace.waits import FIRST_INTERVAL, GROWTH, LONGEST_INTERVAL
from tests.peers.peer import ENDPOINTS
from tests.provider.endpoints import Endpoints
from tests.provider.lifecycle import Resource, provider
from tests.workspace.fake import workspace as fake_workspace

if TYPE_CHECKING:
    from tests.peers.row import Row

pytestmark = pytest.mark.process


def many(row: Row, count: int) -> str:
    row.workspace.register(row.model)
    row.workspace.version(row.model)
    serving = f'ServingEndpoint(f"e-{{n}}", name=f"{row.name}-{{n}}", model="{row.model}", version="1")'
    return f"for n in range({count}):\n    {serving}"


@pytest.mark.timeout(120)
async def test_row_12_all_endpoints_are_waited_for_at_once(row: Row) -> None:
    """None of them is ready before all are waited for: if a wait held one of ten places, this would never end."""
    count = 30
    row.program(many(row, count))
    unready = {"method": "GET", "path": f"{ENDPOINTS}/{row.name}-.*", "times": None}
    row.fault({**unready, "merge": {"state": {"ready": "NOT_READY"}}})
    waiting: set[str] = set()

    def watch(event: Event) -> None:
        if isinstance(event, Message) and event.text.startswith("waiting for version 1 (not ready yet)"):
            if event.urn not in waiting and len(waiting) == count - 1:
                row.fault()
            waiting.add(event.urn)

    (await row.up(watch=watch)).went_well()
    assert len(waiting) == count
    assert len(await row.state()) == count


async def test_row_13_there_is_a_bound_and_no_limiter(row: Row) -> None:
    row.program(many(row, THREADS + 12))
    row.fault({"path": f"{ENDPOINTS}/.*", "delay": 150, "times": None})
    mark = row.workspace.mark()
    (await row.preview()).went_well()
    asked = row.workspace.requests(after=mark, path=ENDPOINTS)
    assert len(asked) >= THREADS + 12
    moments = sorted([(one.at, 1) for one in asked] + [(one.until, -1) for one in asked])
    at_once = peak = 0
    for _, step in moments:
        at_once += step
        peak = max(peak, at_once)
    # Both peers' clients send 15 a second: with 150 ms for each that is never more than three at once. The CLI asks
    # about one resource after the other while it plans; that is its own order, no limit of ours.
    assert (4 if row.engine_name == "embedded" else 1) <= peak <= THREADS


async def test_row_13_the_pause_that_is_asked_for_is_kept(row: Row) -> None:
    row.program(many(row, 1))
    row.fault({"method": "POST", "path": ENDPOINTS, "status": 429, "retry_after": 1})
    mark = row.workspace.mark()
    (await row.up()).went_well()
    refused, made = row.workspace.requests("POST", after=mark, path=ENDPOINTS)
    assert (refused.status, made.status) == (429, 200)
    assert made.at - refused.at >= 1


async def test_row_14_a_wait_looks_less_and_less_often(row: Row) -> None:
    row.program(many(row, 1))
    endpoint = {"method": "GET", "path": f"{ENDPOINTS}/{row.name}-0"}
    row.fault({**endpoint, "skip": 2, "times": 5, "merge": {"state": {"ready": "NOT_READY"}}})
    mark = row.workspace.mark()
    (await row.up()).went_well()
    made = next(one for one in row.workspace.requests("POST", after=mark) if one.path == ENDPOINTS)
    looks = [one.at for one in row.workspace.requests("GET", after=made.number, path=endpoint["path"])]
    gaps = [later - sooner for sooner, later in pairwise(looks)]
    assert len(gaps) >= 5
    for number, gap in enumerate(gaps[:5]):
        assert gap >= 0.9 * FIRST_INTERVAL * GROWTH**number


async def test_row_14_it_starts_short_grows_and_is_never_in_step() -> None:
    """The same by a clock of the test's: what the wait asked to sleep, to the last digit."""
    slept = [await _slept() for _ in range(2)]
    for one in slept:
        nominal = [min(FIRST_INTERVAL * GROWTH**number, LONGEST_INTERVAL) for number in range(len(one))]
        assert FIRST_INTERVAL < 1 < LONGEST_INTERVAL
        assert all(0.9 * sure <= real <= 1.1 * sure for sure, real in zip(nominal, one, strict=True))
    assert all(a != b for a, b in zip(*slept, strict=True))


async def _slept() -> list[float]:
    world, clock = Endpoints(), FakeClock()
    world.polls = 20

    async def connect(settings: Any, *, clock: Any, cancelled: Any = None) -> Any:
        return fake_workspace(world, clock=clock, cancelled=cancelled)

    async with provider({ServingEndpoint.token: ServingEndpoint()}, connect, clock=clock) as engine:
        endpoint = Resource(engine, ServingEndpoint.token, "weather")
        await endpoint.up({"name": "weather", "model": "main.ai.weather", "version": "1"})
    return clock.slept
