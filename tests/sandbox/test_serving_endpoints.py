from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from agentry.sandbox.errors import NotFound
from agentry.sandbox.serving.config import FAILED, READY, Config, Route, ServedEntity
from agentry.sandbox.serving.endpoint import Endpoint
from tests.sandbox.serving_workspace import FakeDeployment, FakeProcess, Workspace, pretending, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from agentry.sandbox.serving.endpoints import Endpoints


class Bench:
    def __init__(self, workspace: Workspace, deployments: list[FakeDeployment]) -> None:
        self.endpoints: Endpoints = workspace.endpoints
        self.deployments = deployments
        self.creator = workspace.caller().principal

    def create(self, **shares: int) -> None:
        endpoint = Endpoint("e", "1", self.creator.name, 0, 0)
        self.endpoints.create(endpoint, wanted(**shares), self.creator)

    def update(self, **shares: int) -> None:
        self.endpoints.update("e", wanted(**shares), "")

    def ready(self, *numbers: int) -> None:
        for number in numbers:
            self.deployments[number].becomes(READY)


def wanted(**shares: int) -> Config:
    entities = tuple(ServedEntity(name, "c.s.m", name.removeprefix("v")) for name in shares)
    return Config(entities, tuple(Route(name, share) for name, share in shares.items()))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        yield Bench(*await stack.enter_async_context(pretending(tmp_path)))


async def asked(bench: Bench, entity: str | None = None) -> object:
    """What the next question goes to."""
    chosen = await bench.endpoints.choose("e", entity)
    return chosen.process if chosen else None


async def test_shares_decide(bench: Bench) -> None:
    bench.create(v1=30, v2=70, v3=0)
    bench.ready(0, 1, 2)
    got = [await asked(bench) for _ in range(200)]
    assert [got.count(d.process) for d in bench.deployments] == [60, 140, 0]


async def test_other_shares_count_from_the_start(bench: Bench) -> None:
    bench.create(v1=100, v2=0)
    bench.ready(0, 1)
    await asked(bench)
    bench.update(v1=0, v2=100)
    assert await asked(bench) is bench.deployments[1].process


async def test_one_entity_whatever_its_share(bench: Bench) -> None:
    bench.create(v1=100, v2=0)
    bench.ready(0, 1)
    assert await asked(bench, "v2") is bench.deployments[1].process
    with pytest.raises(NotFound, match="does not serve 'v3'"):
        await bench.endpoints.choose("e", "v3")


async def test_nothing_serves_before_the_first_success(bench: Bench) -> None:
    bench.create(v1=100)
    assert await bench.endpoints.choose("e") is None
    bench.deployments[0].becomes(FAILED)
    assert await bench.endpoints.choose("e") is None


async def test_a_question_waits_for_a_process_that_is_started_again(bench: Bench) -> None:
    bench.create(v1=100)
    bench.ready(0)
    deployment = bench.deployments[0]
    deployment.answers = None
    waiting = asyncio.create_task(asked(bench))
    await asyncio.sleep(0)
    assert not waiting.done()
    deployment.answers = FakeProcess()
    deployment._settled.set()
    assert await waiting is deployment.process


async def test_a_question_that_waits_goes_to_what_replaced_the_process(bench: Bench) -> None:
    bench.create(v1=100)
    bench.ready(0)
    bench.deployments[0].answers = None
    waiting = asyncio.create_task(asked(bench))
    await asyncio.sleep(0)
    bench.update(v2=100)
    bench.ready(1)
    bench.deployments[0]._settled.set()
    assert await waiting is bench.deployments[1].process


async def test_a_question_that_waits_for_nothing_is_told(bench: Bench) -> None:
    bench.create(v1=100)
    bench.ready(0)
    deployment = bench.deployments[0]
    deployment.answers = None
    waiting = asyncio.create_task(asked(bench))
    await asyncio.sleep(0)
    deployment.becomes(FAILED)
    deployment._settled.set()
    assert await waiting is None


async def test_logs_of_a_failed_update_stay_until_the_next(bench: Bench) -> None:
    bench.create(v1=100)
    bench.ready(0)
    for deployment in range(2):
        bench.update(v2=100)
        failed = bench.deployments[-1]
        failed.directory.mkdir(parents=True)
        (failed.directory / "build.log").write_text(f"why {deployment}")
        failed.becomes(FAILED, "why")
        assert bench.endpoints.logs("e", "v2", "build.log").read_text() == f"why {deployment}"
        await until(lambda: bench.deployments[-1].retired == [True])
        # Its task ends with the next turn of the loop.
        await asyncio.sleep(0)
    assert [d.directory.exists() for d in bench.deployments[1:]] == [False, True]
    with pytest.raises(NotFound, match="no served model 'v3'"):
        bench.endpoints.logs("e", "v3", "build.log")


async def test_what_a_deployment_says_when_nobody_wants_it_any_more_changes_nothing(bench: Bench) -> None:
    bench.create(v1=100)
    bench.endpoints.delete("e")
    bench.ready(0)
    assert bench.endpoints.all()[-1].name != "e"
    bench.create(v1=100)
    bench.ready(0)
    assert not bench.endpoints.get("e").is_ready


async def test_a_stop_is_no_crash(bench: Bench) -> None:
    bench.create(v1=100)
    bench.ready(0)
    await bench.endpoints.stop()
    assert bench.deployments[0].retired == [False]
    bench.deployments[0].becomes(FAILED)
    assert bench.endpoints.get("e").is_ready


async def test_a_question_wakes_what_is_at_zero_and_waits_for_no_other(bench: Bench) -> None:
    bench.create(v1=50, v2=50)
    bench.ready(0, 1)
    first, second = bench.deployments
    first.answers = second.answers = None
    waiting = asyncio.create_task(asked(bench))
    await asyncio.sleep(0)
    assert (first._wanted.is_set(), second._wanted.is_set()) == (True, False)
    first.answers = FakeProcess()
    first._settled.set()
    assert await waiting is first.process
