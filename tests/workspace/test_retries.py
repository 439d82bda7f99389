from __future__ import annotations

import asyncio

import pytest

from agentry.clock import FakeClock
from agentry.errors import Conflict, Interrupted, NotFound, RateLimited, Unavailable
from agentry.workspace.budget import Budget
from tests.workspace.fake import FakeTransport, workspace

BUSY = Unavailable("busy")


def transport(*answers: object, method: str = "GET") -> FakeTransport:
    return FakeTransport({(method, "/x"): list(answers)})


async def test_a_read_is_sent_again_while_the_workspace_is_away() -> None:
    clock, fake = FakeClock(), transport(BUSY, BUSY, {"a": 1})
    assert await workspace(fake, clock=clock).get("/x") == {"a": 1}
    assert len(fake.requests) == 3
    assert clock.slept[1] > clock.slept[0]


async def test_patience_ends() -> None:
    clock, fake = FakeClock(), transport(BUSY)
    with pytest.raises(Unavailable):
        await workspace(fake, clock=clock).get("/x")
    assert 48 < sum(clock.slept) <= 60  # the last pause, of 10 s and a fifth at most, would end beyond 60


async def test_a_post_that_may_have_taken_effect_is_not_sent_twice() -> None:
    fake = transport(BUSY, {}, method="POST")
    with pytest.raises(Unavailable):
        await workspace(fake).post("/x", {})
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/2.0/serving-endpoints/weather/config"),
        ("PATCH", "/api/2.1/unity-catalog/permissions/catalog/main"),
        ("DELETE", "/api/2.0/serving-endpoints/weather"),
        ("POST", "/api/2.0/mlflow/unity-catalog/model-versions/set-tag"),
    ],
)
async def test_writes_that_mean_the_same_twice_are_sent_again(method: str, path: str) -> None:
    fake = FakeTransport({(method, path): [BUSY, {"a": 1}]})
    assert await getattr(workspace(fake), method.lower())(path, {}) == {"a": 1}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_write_that_nobody_knows_is_not_sent_twice(method: str) -> None:
    fake = transport(BUSY, {"a": 1}, method=method)
    with pytest.raises(Unavailable):
        await getattr(workspace(fake), method.lower())("/x", {})
    assert len(fake.requests) == 1


async def test_a_post_that_was_turned_away_is_sent_again_when_it_was_asked_to() -> None:
    clock, fake = FakeClock(), transport(RateLimited("slow down", retry_after=7.0), {}, method="POST")
    await workspace(fake, clock=clock).post("/x", {})
    assert 7 <= sum(clock.slept) <= 8


async def test_a_write_that_never_reached_it_is_sent_again() -> None:
    fake = transport(Unavailable("refused", unsent=True), {"a": 1}, method="POST")
    assert await workspace(fake).post("/x", {}) == {"a": 1}


async def test_a_delete_whose_answer_was_lost_is_done() -> None:
    path = "/api/2.0/serving-endpoints/weather"
    assert await workspace(FakeTransport({("DELETE", path): [BUSY, NotFound("gone")]})).delete(path) == {}
    with pytest.raises(NotFound):
        await workspace(FakeTransport({("DELETE", path): NotFound("never there")})).delete(path)


async def test_it_is_asked_again_when_it_said() -> None:
    clock, fake = FakeClock(), transport(Unavailable("busy", retry_after=9), {})
    await workspace(fake, clock=clock).get("/x")
    assert clock.slept == [9]


@pytest.mark.parametrize("error", [RateLimited("slow down", retry_after=0.0), Unavailable("busy", retry_after=0)])
@pytest.mark.parametrize("path", ["/x", "/api/2.0/serving-endpoints/weather/config"])
async def test_at_once_is_no_time_to_wait_for(error: Exception, path: str) -> None:
    clock, fake = FakeClock(), FakeTransport({("GET", path): error, ("PUT", path): error})
    send = workspace(fake, clock=clock).put if path.endswith("config") else workspace(fake, clock=clock).get
    with pytest.raises(type(error)):
        await asyncio.wait_for(send(path), 10)
    assert 48 < sum(clock.slept) <= 60
    assert len(fake.requests) < 40


async def test_a_turn_that_was_waited_for_uses_no_patience() -> None:
    turned_away = RateLimited("slow down", retry_after=300.0)
    assert await workspace(transport(turned_away, BUSY, {"a": 1})).get("/x") == {"a": 1}


async def test_a_search_is_a_read() -> None:
    cancelled = asyncio.Event()
    cancelled.set()
    path = "/api/2.0/mlflow/logged-models/search"
    fake = FakeTransport({("POST", path): {"a": 1}})
    assert await workspace(fake, cancelled=cancelled).search(path, {}) == {"a": 1}


@pytest.mark.parametrize("error", [NotFound("x"), Conflict("x")])
async def test_an_answer_is_an_answer(error: Exception) -> None:
    fake = transport(error)
    with pytest.raises(type(error)):
        await workspace(fake).get("/x")
    assert len(fake.requests) == 1


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
async def test_no_write_begins_after_a_cancel(method: str) -> None:
    cancelled = asyncio.Event()
    cancelled.set()
    fake = transport({})
    with pytest.raises(Interrupted):
        await getattr(workspace(fake, cancelled=cancelled), method)("/x")
    assert fake.requests == []
    assert await workspace(fake, cancelled=cancelled).get("/x") == {}


async def test_all_questions_of_a_run_share_one_budget() -> None:
    budget = Budget(0.05)
    asking = workspace(FakeTransport({("GET", "/ok"): {"a": 1}}, silent={"/x", "/y"})).within(budget)
    loop = asyncio.get_running_loop()
    started = loop.time()
    found = await asyncio.gather(*(asking.get(path) for path in ("/x", "/y", "/x")), return_exceptions=True)
    assert all(isinstance(one, Unavailable) for one in found)
    assert "no answer from https://workspace.example within 0.05 s" in str(found[0])
    with pytest.raises(Unavailable):
        await asking.get("/ok")
    assert loop.time() - started < 0.5


async def test_a_workspace_that_answers_costs_no_budget() -> None:
    budget = Budget(0.05)
    asking = workspace(FakeTransport({("GET", "/x"): {"a": 1}, ("GET", "/y"): NotFound("y")})).within(budget)
    for _ in range(50):
        assert await asking.get("/x") == {"a": 1}
        with pytest.raises(NotFound):
            await asking.get("/y")
    assert budget.error is None


def test_a_question_may_wait_for_its_turn_while_others_are_answered() -> None:
    budget = Budget(5)
    assert budget.left(4, since=0) == 1
    budget.hear(4)
    assert budget.left(8, since=0) == 1
    assert budget.left(10, since=0) == -1
    assert budget.left(10, since=9) == 4


async def test_an_answer_is_heard_by_all_who_wait() -> None:
    budget = Budget()
    before = asyncio.get_running_loop().time()
    await workspace(FakeTransport({("GET", "/x"): {}})).within(budget).get("/x")
    assert budget.left(before, since=0) >= 5


async def test_who_waits_already_is_told_at_once_when_the_budget_is_spent() -> None:
    budget = Budget(5)
    asking = workspace(FakeTransport(silent={"/x"})).within(budget)
    waiting = asyncio.ensure_future(asking.get("/x"))
    await asyncio.sleep(0)
    budget.exhaust(Unavailable("away"))
    with pytest.raises(Unavailable, match="away"):
        await asyncio.wait_for(waiting, 1)
