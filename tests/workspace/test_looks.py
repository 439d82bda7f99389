from __future__ import annotations

import asyncio

import pytest

from agentry.clock import FakeClock
from agentry.errors import NotFound
from agentry.workspace.budget import Budget
from agentry.workspace.looks import SECONDS
from tests.workspace.fake import FakeTransport, workspace


async def test_checks_and_diffs_that_ask_the_same_ask_once() -> None:
    fake = FakeTransport({("GET", "/x"): {"a": 1}})
    asking = workspace(fake).within(Budget())
    assert await asyncio.gather(*(asking.get("/x") for _ in range(50))) == [{"a": 1}] * 50
    assert len(fake.requests) == 1


async def test_parameters_are_part_of_the_question() -> None:
    fake = FakeTransport({("GET", "/x"): lambda query: query})
    asking = workspace(fake).within(Budget())
    assert [await asking.get("/x", {"name": name}) for name in ("a", "b", "a")] == [
        {"name": "a"},
        {"name": "b"},
        {"name": "a"},
    ]
    assert len(fake.requests) == 2


async def test_an_answer_is_a_copy_of_its_own() -> None:
    asking = workspace(FakeTransport({("GET", "/x"): {"list": [1]}})).within(Budget())
    (await asking.get("/x"))["list"].append(2)
    assert await asking.get("/x") == {"list": [1]}


async def test_what_is_not_there_is_an_answer_too() -> None:
    fake = FakeTransport()
    asking = workspace(fake).within(Budget())
    for _ in range(3):
        with pytest.raises(NotFound):
            await asking.get("/x")
    assert len(fake.requests) == 1


@pytest.mark.parametrize("failing", [False, True])
async def test_a_write_ends_all_that_was_seen(failing: bool) -> None:
    fake = FakeTransport({("GET", "/x"): [{"a": 1}, {"a": 2}], ("PUT", "/y"): NotFound("y") if failing else {}})
    real = workspace(fake)
    asking = real.within(Budget())
    assert await asking.get("/x") == {"a": 1}
    await asyncio.gather(real.put("/y", {}), return_exceptions=True)
    assert await asking.get("/x") == {"a": 2}


async def test_a_look_under_way_while_something_was_written_is_not_shown_afterwards() -> None:
    fake = FakeTransport({("GET", "/x"): {"a": 2}, ("POST", "/y"): {}}, silent={"/x"})
    real = workspace(fake)
    asking = real.within(Budget())
    early = asyncio.ensure_future(asking.get("/x"))
    await asyncio.sleep(0)
    await real.post("/y")
    fake.silent.clear()
    assert await asking.get("/x") == {"a": 2}
    early.cancel()


async def test_a_search_by_post_writes_nothing() -> None:
    fake = FakeTransport({("GET", "/x"): {"a": 1}, ("POST", "/api/2.0/mlflow/logged-models/search"): {}})
    real = workspace(fake)
    asking = real.within(Budget())
    await asking.get("/x")
    await real.search("/api/2.0/mlflow/logged-models/search")
    await asking.get("/x")
    assert len(fake.requests) == 2


async def test_a_look_grows_old() -> None:
    clock, fake = FakeClock(), FakeTransport({("GET", "/x"): [{"a": 1}, {"a": 2}]})
    asking = workspace(fake, clock=clock).within(Budget())
    assert await asking.get("/x") == {"a": 1}
    clock.advance(SECONDS + 1)
    assert await asking.get("/x") == {"a": 2}


async def test_real_work_always_asks() -> None:
    fake = FakeTransport({("GET", "/x"): [{"a": 1}, {"a": 2}]})
    real = workspace(fake)
    assert await real.within(Budget()).get("/x") == {"a": 1}
    assert await real.get("/x") == {"a": 2}


async def test_who_stops_asking_takes_the_answer_from_nobody() -> None:
    fake = FakeTransport({("GET", "/x"): {"a": 1}})
    asking = workspace(fake).within(Budget())
    first, second = (asyncio.ensure_future(asking.get("/x")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == {"a": 1}
