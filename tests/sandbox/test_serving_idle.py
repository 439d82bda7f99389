from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from agentry.clock import FakeClock
from agentry.sandbox.serving.idle import idle


@dataclass
class Process:
    asked: int = 0
    asking: int = 0


class Busy(FakeClock):
    """A clock under which a process is asked now and then."""

    def __init__(self, process: Process, *moments: int) -> None:
        super().__init__(0.0)
        self._process = process
        self._moments = list(moments)

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        while self._moments and self._moments[0] <= self.now():
            self._moments.pop(0)
            self._process.asked += 1


@pytest.mark.parametrize(("moments", "until"), [((), 100), ((5,), 110), ((50, 90, 95, 190), 290)])
async def test_so_long_after_the_last_question(moments: tuple[int, ...], until: int) -> None:
    process = Process()
    clock = Busy(process, *moments)
    assert await idle(process, 100, clock) == len(moments)
    assert clock.now() == until


async def test_half_an_hour_is_looked_at_each_minute() -> None:
    clock = FakeClock()
    await idle(Process(), 1800, clock)
    assert clock.slept == [60] * 30


async def test_never_while_an_answer_is_on_its_way() -> None:
    process = Process(asking=1)
    waiting = asyncio.create_task(idle(process, 1, FakeClock()))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not waiting.done()
    process.asking = 0
    assert await waiting == 0
