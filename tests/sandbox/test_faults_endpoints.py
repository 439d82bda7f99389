"""Starts that go wrong, updates of somebody else, and how many endpoints there may be."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from agentry.sandbox.faults.pace import Pace
from agentry.sandbox.serving import service, troubled
from agentry.sandbox.serving.endpoints import Endpoints
from agentry.sandbox.serving.instant import InstantDeployment
from tests.sandbox.serving_workspace import Workspace, config, entity, pretending

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from httpx import Response

    from agentry.sandbox.web import Json

URL = "/api/2.0/serving-endpoints"
FAULTS = "/sandbox/faults"
READY = {"ready": "READY", "config_update": "NOT_UPDATING"}
COMING = {"ready": "NOT_READY", "config_update": "IN_PROGRESS"}
FAILED = {"ready": "NOT_READY", "config_update": "UPDATE_FAILED"}


class HeldClock:
    """A clock that stands still: whoever sleeps goes on when the test moves it."""

    def __init__(self) -> None:
        self._now = 1_700_000_000.0
        self._asleep: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    monotonic = now

    async def sleep(self, seconds: float) -> None:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asleep.append((self._now + seconds, waiting))
        await waiting

    async def advance(self, seconds: float) -> None:
        self._now += seconds
        for until, waiting in self._asleep:
            if until <= self._now and not waiting.done():
                waiting.set_result(None)
        await turns()


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Bench:
    def __init__(self, workspace: Workspace, clock: HeldClock) -> None:
        self.workspace = workspace
        self.clock = clock

    async def fault(self, **said: Any) -> None:
        (await self.workspace.clients["admin"].post(FAULTS, json=said)).raise_for_status()

    async def create(self, name: str = "e") -> Response:
        body = {"name": name, "config": config(entity(name="a"))}
        answer = await self.workspace.deployer.post(URL, json=body)
        # Its start has begun.
        await turns()
        return answer

    async def update(self, version: str = "2", name: str = "e") -> Response:
        answer = await self.workspace.deployer.put(f"{URL}/{name}/config", json=config(entity(version, name="a")))
        await turns()
        return answer

    async def get(self, name: str = "e") -> Json:
        await turns()
        answer: Json = (await self.workspace.deployer.get(f"{URL}/{name}")).json()
        return answer

    async def state(self, name: str = "e") -> Json:
        state: Json = (await self.get(name))["state"]
        return state

    async def pending(self) -> tuple[str, str]:
        """State and message of the served entity that comes up, or did not."""
        state = (await self.get())["pending_config"]["served_entities"][0]["state"]
        return state["deployment"], state["deployment_state_message"]

    async def logs(self, kind: str) -> str:
        return str((await self.workspace.deployer.get(f"{URL}/e/served-models/a/{kind}")).json()["logs"])


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with pretending(tmp_path, InstantDeployment) as (workspace, _):
        workspace.version()
        workspace.version()
        clock = HeldClock()
        workspace.state.clock = clock
        workspace.state.running[service.NAME] = Endpoints(
            workspace.state, service.means_of(workspace.state), InstantDeployment
        )
        yield Bench(workspace, clock)
        await workspace.endpoints.stop()


async def test_a_start_takes_its_time(bench: Bench) -> None:
    await bench.fault(endpoint="e.*", start="slow", seconds=60)
    await bench.create()
    assert await bench.state() == COMING
    await bench.clock.advance(59)
    assert await bench.pending() == ("DEPLOYMENT_CREATING", "Building the environment.")
    await bench.clock.advance(1)
    assert await bench.state() == READY
    asked = {"messages": [{"role": "user", "content": "hello"}]}
    assert (await bench.workspace.deployer.post("/serving-endpoints/e/invocations", json=asked)).status_code == 200


async def test_it_fails_to_build_and_the_next_start_is_well(bench: Bench) -> None:
    await bench.fault(endpoint="e", start="fails-to-build")
    await bench.create("other")
    assert await bench.state("other") == READY
    await bench.create()
    assert await bench.state() == FAILED
    assert await bench.pending() == ("DEPLOYMENT_FAILED", troubled.NOT_BUILT)
    assert "No matching distribution found" in await bench.logs("build-logs")
    await bench.update("1")
    assert await bench.state() == READY


async def test_it_fails_to_load_and_what_served_goes_on(bench: Bench) -> None:
    await bench.create()
    assert await bench.state() == READY
    await bench.fault(endpoint="e", start="fails-to-load", times=None, seconds=5)
    for version in ("2", "2"):
        assert (await bench.update(version)).status_code == 200
        assert (await bench.state())["config_update"] == "IN_PROGRESS"
        await bench.clock.advance(5)
        assert await bench.state() == {"ready": "READY", "config_update": "UPDATE_FAILED"}
    assert await bench.pending() == ("DEPLOYMENT_FAILED", troubled.NOT_LOADED)
    assert "Traceback" in await bench.logs("logs")
    assert (await bench.get())["config"]["served_entities"][0]["entity_version"] == "1"


async def test_it_is_never_ready(bench: Bench) -> None:
    await bench.fault(endpoint="e", start="never-ready")
    await bench.create()
    await bench.clock.advance(86_400)
    assert await bench.state() == COMING
    assert (await bench.update()).status_code == 409
    assert (await bench.workspace.deployer.delete(f"{URL}/e")).status_code == 200
    await bench.create()
    assert await bench.state() == READY


async def test_it_is_not_ready_in_time(bench: Bench) -> None:
    await bench.fault(endpoint="e", start="never-ready", seconds=1800)
    await bench.create()
    await bench.clock.advance(1800)
    assert await bench.state() == FAILED
    assert await bench.pending() == ("DEPLOYMENT_ABORTED", troubled.TIMED_OUT)


async def test_the_first_starts_may_be_well(bench: Bench) -> None:
    await bench.fault(endpoint="e", start="fails-to-build", skip=1, message="Out of quota.")
    await bench.create()
    assert await bench.state() == READY
    await bench.update()
    assert await bench.pending() == ("DEPLOYMENT_FAILED", "Out of quota.")


async def test_somebody_else_updates_it(bench: Bench) -> None:
    await bench.create()
    assert await bench.state() == READY
    await bench.fault(endpoint="e", busy=5)
    refused = await bench.update()
    assert (refused.status_code, refused.json()["error_code"]) == (409, "RESOURCE_CONFLICT")
    assert await bench.state() == {"ready": "READY", "config_update": "IN_PROGRESS"}
    await bench.clock.advance(4.9)
    assert (await bench.update()).status_code == 409
    await bench.clock.advance(0.1)
    endpoint = await bench.get()
    assert (endpoint["state"], endpoint["config"]["config_version"]) == (READY, 2)
    assert (await bench.update()).status_code == 200
    assert (await bench.get())["config"]["served_entities"][0]["entity_version"] == "2"


async def test_one_that_does_not_serve_is_not_updated_by_others(bench: Bench) -> None:
    await bench.fault(path=f"{URL}/e", method="GET", busy=5)
    assert (await bench.workspace.deployer.get(f"{URL}/e")).status_code == 404


async def test_only_so_many_endpoints_within_a_window(bench: Bench) -> None:
    admin = bench.workspace.clients["admin"]
    assert (await admin.get("/sandbox/endpoint-limit")).json() == {"limit": 0, "window": 300}
    await admin.put("/sandbox/endpoint-limit", json={"limit": 2, "window": 300})
    await bench.create("a")
    assert await bench.state("a") == READY
    await bench.clock.advance(100)
    assert (await bench.update(name="a")).status_code == 200
    refused = await bench.create("b")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "200")
    assert refused.json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"
    assert (await bench.get("a"))["name"] == "a"
    await bench.clock.advance(200)
    assert (await bench.create("b")).status_code == 200
    assert (await bench.create("c")).headers["retry-after"] == "100"
    assert (await bench.workspace.deployer.put("/sandbox/endpoint-limit", json={"limit": 0})).status_code == 403


def test_what_counts() -> None:
    pace = Pace(1, 10)
    pairs = [("POST", f"{URL}/e/invocations"), ("PATCH", f"{URL}/e/tags"), ("GET", URL), ("DELETE", f"{URL}/e")]
    assert [pace.wait(method, path, 0) for method, path in pairs] == [0, 0, 0, 0]
    assert [pace.wait("POST", f"{URL}/pt", 0), pace.wait("PUT", f"{URL}/pt/e/config", 9.5)] == [0, 1]
