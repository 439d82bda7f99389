"""Many endpoints at once, by a clock of the test's: waiting costs no place, and the platform's own limit is waited for."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentry.errors import RateLimited
from agentry.provider.inputs import validated
from agentry.provider.kinds.kind import Context, Made
from agentry.provider.kinds.serving_endpoint import ServingEndpoint
from agentry.report import Reporter
from tests.provider.endpoints import PREFIX, Endpoints
from tests.workspace.fake import workspace

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from agentry.report import Line
    from agentry.workspace import Json

START = 60.0
"""Seconds that each endpoint takes to start."""
LIMIT, WINDOW = 50, 300.0
"""Creates and updates that the workspace takes, and in how many seconds."""


class Timeline:
    """A clock that goes on to the next sleeper once nobody has anything to do."""

    def __init__(self) -> None:
        self._now = 1_700_000_000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._numbers), woken))
        await woken

    async def run(self, *work: Awaitable[Any]) -> list[Any]:
        """Let time pass until all of it is done; errors are results."""
        together = asyncio.ensure_future(asyncio.gather(*work, return_exceptions=True))
        while not together.done():
            for _ in range(30):  # nothing here waits for the outside: after so many turns everybody sleeps
                await asyncio.sleep(0)
            while self._sleepers and not together.done():
                self._now, _, woken = heapq.heappop(self._sleepers)
                if not woken.done():
                    woken.set_result(None)
                    break
        return list(together.result())


class Slow(Endpoints):
    """Endpoints that take their time, in a workspace with the platform's limit of creates and updates."""

    def __init__(self, clock: Timeline, *, limit: int = 10_000) -> None:
        super().__init__()
        self._clock, self._limit = clock, limit
        self._ready_at: dict[str, float] = {}
        self.taken: list[float] = []
        self.refused = 0

    async def send(self, method, path, query, body, timeout) -> Json:  # type: ignore[no-untyped-def]
        if method in {"POST", "PUT"} and path.startswith(PREFIX):
            now = self._clock.now()
            recent = [at for at in self.taken if at > now - WINDOW]
            if len(recent) >= self._limit:
                self.refused += 1
                raise RateLimited("too many", retry_after=recent[0] + WINDOW - now)
            self.taken.append(now)
        answer: Json = await super().send(method, path, query, body, timeout)
        return answer

    def _begin(self, name: str, config: Json) -> Json:
        self._ready_at[name] = self._clock.now() + START
        return super()._begin(name, config)

    def _poll(self, live: Json) -> Json:
        self._left[live["name"]] = 0 if self._clock.now() >= self._ready_at[live["name"]] else 99
        return super()._poll(live)


async def deploy(
    world: Slow, clock: Timeline, count: int, timeout: float | None = None
) -> tuple[list[Any], list[Line]]:
    """Make so many endpoints; what came of each, and what was told."""
    lines: list[Line] = []
    door = workspace(world, clock=clock)

    async def create(number: int) -> Made:
        report = Reporter(f"urn:{number}", lines.append)
        given = {"name": f"weather-{number}", "model": "main.ai.weather", "version": "1"}
        kind = ServingEndpoint()
        inputs, _ = validated(kind.fields, given)
        urn = f"urn:pulumi:dev::agents::{kind.token}::weather-{number}"
        there = door.telling(report, timeout)
        context = Context(there, report, clock, Path(), "agents", "dev", urn, timeout=timeout)
        inputs = (await kind.check(inputs, {}, context)).inputs
        return await kind.create(inputs, context)

    return await clock.run(*(create(number) for number in range(count))), lines


async def test_fifty_endpoints_of_a_minute_are_up_in_little_more_than_one() -> None:
    clock = Timeline()
    began = clock.now()
    found, lines = await deploy(Slow(clock), clock, 50)
    assert [one.outputs["ready"] for one in found] == [True] * 50
    assert START <= clock.now() - began < 75
    assert any(line.text.startswith("waiting for version 1") and "at most 30 min" in line.text for line in lines)


async def test_the_limit_of_updates_is_waited_for_and_said() -> None:
    clock = Timeline()
    world, began = Slow(clock, limit=LIMIT), clock.now()
    found, lines = await deploy(world, clock, LIMIT + 10)
    assert [one.outputs["ready"] for one in found] == [True] * (LIMIT + 10)
    assert WINDOW <= clock.now() - began < WINDOW + 75
    assert len(world.taken) == LIMIT + 10
    # Who comes after the first refusal waits without asking.
    assert world.refused <= 10
    moment = time.strftime("%H:%M:%S", time.localtime(began + WINDOW))
    said = f"the workspace takes no more endpoint updates before {moment}; waiting, at most 30 min"
    assert {line.urn for line in lines if line.text == said} >= {f"urn:{number}" for number in range(LIMIT, LIMIT + 10)}


async def test_a_time_limit_before_that_moment_is_an_error_at_once() -> None:
    clock = Timeline()
    world, began = Slow(clock, limit=LIMIT), clock.now()
    found, _ = await deploy(world, clock, LIMIT + 1, timeout=120)
    *made, refused = found
    assert all(isinstance(one, Made) for one in made)
    assert isinstance(refused, RateLimited)
    assert "takes no more endpoint updates before" in str(refused)
    assert "customTimeouts" in str(refused)
    assert clock.now() - began < 75


@pytest.mark.parametrize("stagger", [0, 7])
async def test_an_update_waits_for_its_turn_too(stagger: int) -> None:
    clock = Timeline()
    world = Slow(clock, limit=1)
    await deploy(world, clock, 1)
    door = workspace(world, clock=clock)
    await clock.run(clock.sleep(stagger))
    before = clock.now()
    body: dict[str, Any] = {"served_entities": [], "traffic_config": {}}
    await clock.run(door.put(f"{PREFIX}/weather-0/config", body))
    assert world.taken[-1] - world.taken[0] >= WINDOW
    assert clock.now() > before
