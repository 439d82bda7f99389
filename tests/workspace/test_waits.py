from __future__ import annotations

import asyncio
import random

import pytest

from agentry.clock import FakeClock, RealClock
from agentry.errors import Interrupted, NotFound, WaitTimeout
from agentry.report import Line, Reporter
from agentry.workspace.waits import LONGEST_INTERVAL, Pending, intervals, span, wait_for


def polls(*answers: object):  # type: ignore[no-untyped-def]
    left = list(answers)

    async def poll() -> object:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return poll


async def test_it_polls_until_it_is_there_and_says_what_it_waits_for() -> None:
    clock, lines = FakeClock(), list[Line]()
    poll = polls(Pending("building"), Pending("building"), Pending("starting"), "done")
    answer = await wait_for(poll, what="endpoint e", timeout=1800, report=Reporter("urn", lines.append), clock=clock)
    assert answer == "done"
    assert [line.text for line in lines] == [
        "waiting for endpoint e (building), at most 30 min",
        "waiting for endpoint e (starting), at most 30 min",
    ]
    assert all(line.ephemeral and line.urn == "urn" for line in lines)
    assert len(clock.slept) == 3


async def test_it_gives_up_in_time_and_not_later() -> None:
    clock = FakeClock()
    started = clock.monotonic()
    with pytest.raises(WaitTimeout, match=r"waited 60 s for endpoint e \(building\)"):
        await wait_for(polls(Pending("building")), what="endpoint e", timeout=60, report=Reporter(), clock=clock)
    assert clock.monotonic() - started == pytest.approx(60)


async def test_a_cancel_ends_it_at_once() -> None:
    report = Reporter()
    waiting = asyncio.ensure_future(
        wait_for(polls(Pending()), what="endpoint e", timeout=60, report=report, clock=RealClock())
    )
    await asyncio.sleep(0)
    report.cancelled.set()
    with pytest.raises(Interrupted, match="stopped waiting for endpoint e"):
        await asyncio.wait_for(waiting, 1)


async def test_what_the_poll_raises_ends_it() -> None:
    with pytest.raises(NotFound):
        await wait_for(polls(NotFound("gone")), what="e", timeout=60, report=Reporter(), clock=FakeClock())


def test_intervals_start_short_grow_and_carry_jitter() -> None:
    following = intervals(random.Random(1))
    found = [following() for _ in range(30)]
    assert 0.18 <= found[0] <= 0.22
    assert found[3] > found[0]
    assert max(found) <= LONGEST_INTERVAL * 1.1
    assert found[-1] >= LONGEST_INTERVAL * 0.9
    other = intervals(random.Random(2))
    assert found != [other() for _ in range(30)]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (45.2, "45 s"), (119, "119 s"), (120, "2 min"), (1800, "30 min"), (3600, "1 h"), (5400, "1 h 30 min")],
)
def test_spans_are_for_people(seconds: float, words: str) -> None:
    assert span(seconds) == words
