"""Reads that are behind."""

from __future__ import annotations

import gc
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from agentry.clock import FakeClock
from tests.sandbox.test_registry import ML, MODEL, make_model, make_version

if TYPE_CHECKING:
    from tests.sandbox.inside import Inside

FAULTS = "/sandbox/faults"
GET = f"{ML}/registered-models/get"


@pytest.fixture
def clock(inside: Inside) -> FakeClock:
    assert isinstance(inside.state.clock, FakeClock)
    return inside.state.clock


async def behind(inside: Inside, seconds: float, path: str = ".*", **said: Any) -> None:
    await inside.done("admin", "POST", FAULTS, {"path": path, "stale": seconds, **said})


async def description(inside: Inside) -> str:
    """Of the model, or why there is none."""
    answer = await inside.call("deployer", "GET", GET, name=MODEL)
    return answer.error or str(answer.body["registered_model"].get("description", ""))


async def change(inside: Inside, text: str) -> None:
    await inside.done("deployer", "PATCH", f"{ML}/registered-models/update", {"name": MODEL, "description": text})


async def test_what_was_made_is_not_there_yet(inside: Inside, clock: FakeClock) -> None:
    await behind(inside, 3)
    await make_model(inside)
    assert (await description(inside)).startswith("RESOURCE_DOES_NOT_EXIST")
    clock.advance(2.9)
    assert (await description(inside)).startswith("RESOURCE_DOES_NOT_EXIST")
    clock.advance(0.1)
    assert await description(inside) == ""


async def test_what_was_changed_and_deleted_is_as_it_was(inside: Inside, clock: FakeClock) -> None:
    await make_model(inside)
    await behind(inside, 3)
    await change(inside, "first")
    clock.advance(1)
    await change(inside, "second")
    clock.advance(1)
    await inside.done("deployer", "DELETE", f"{ML}/registered-models/delete", {"name": MODEL})
    seen = []
    for _ in range(4):
        seen.append((await description(inside)).partition(":")[0])
        clock.advance(1)
    assert seen == ["", "first", "second", "RESOURCE_DOES_NOT_EXIST"]


async def test_writes_and_other_paths_are_not_behind(inside: Inside) -> None:
    await behind(inside, 3, path=GET)
    await make_model(inside)
    await make_version(inside)
    seen = await inside.done("deployer", "GET", f"{ML}/model-versions/get", name=MODEL, version=1)
    assert seen["model_version"]["status"] == "READY"
    assert (await description(inside)).startswith("RESOURCE_DOES_NOT_EXIST")


async def test_nobody_wrote_and_nothing_is_stale(inside: Inside) -> None:
    await make_model(inside)
    await behind(inside, 3)
    assert await description(inside) == ""
    assert (await inside.done("admin", "GET", FAULTS))["faults"][0]["taken"] == 0


async def test_a_number_of_stale_reads(inside: Inside) -> None:
    await behind(inside, 3600, times=2, path=GET)
    await make_model(inside)
    assert [bool(await description(inside)) for _ in range(3)] == [True, True, False]
    assert (await inside.done("admin", "GET", FAULTS))["done"][0]["taken"] == 2


async def test_who_asks_is_known_at_once(inside: Inside) -> None:
    await behind(inside, 3)
    inside.tokens["new"] = inside.state.tokens.issue(inside.person("deployer"))
    await make_model(inside)
    await inside.done("new", "GET", "/api/2.0/preview/scim/v2/Me")


async def test_taken_back_reads_see_what_is_there(inside: Inside) -> None:
    await behind(inside, 3600)
    await make_model(inside)
    await inside.done("admin", "DELETE", FAULTS)
    assert await description(inside) == ""


def test_a_snapshot_that_nobody_looks_at_is_closed(inside: Inside) -> None:
    snapshot = inside.state.store.snapshot()
    copies = list(snapshot._copies.values())
    del snapshot
    gc.collect()
    for copy in copies:
        with pytest.raises(sqlite3.ProgrammingError):
            copy.execute("SELECT 1")
