from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentry.clock import FakeClock
from agentry.sandbox.errors import NotFound
from agentry.sandbox.identity import Scope, Tokens
from agentry.sandbox.mode import IDLE
from agentry.sandbox.principals import Principals
from agentry.sandbox.serving import deployment as module
from agentry.sandbox.serving.config import CREATING, FAILED, READY, RECOVERING, ServedEntity
from agentry.sandbox.serving.credentials import FILE, NAP_SECONDS, Rotation
from agentry.sandbox.serving.deployment import Deployment, Means
from agentry.sandbox.serving.environments import BuildFailed
from agentry.sandbox.serving.idle import SCALED_TO_ZERO
from agentry.sandbox.serving.process import Start, StartFailed
from agentry.sandbox.store import Store
from tests.sandbox.serving_workspace import write_model

if TYPE_CHECKING:
    from agentry.sandbox.serving.environments import Requirements


class Process:
    """A process that ends when the test says so."""

    def __init__(self) -> None:
        self.end: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.did: list[str] = []
        self.asked = 0
        self.asking = 0

    async def exited(self) -> int:
        return await self.end

    async def drain(self) -> None:
        self.did.append("drain")

    async def stop(self) -> None:
        self.did.append("stop")


class Bench:
    """A deployment whose environment and processes are the test's."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = tmp_path
        self.clock = FakeClock()
        self.reports: list[tuple[str, str]] = []
        self.starts: list[Start] = []
        self.processes: list[Process] = []
        self.refusals: list[Exception | None] = []
        self.build: Exception | None = None
        self.store = Store(":memory:")
        self.tokens = Tokens(self.store, self.clock)
        write_model(tmp_path / "files", "", resources={"serving_endpoint": [{"name": "llm"}]})
        monkeypatch.setattr(module, "start_process", self.start)

    async def start(self, what: Start) -> Any:
        self.starts.append(what)
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal:
            raise refusal
        self.processes.append(Process())
        return self.processes[-1]

    async def ready(self, requirements: Requirements, log: Any) -> Path:
        log(f"python {requirements.python}")
        if self.build:
            raise self.build
        return Path("/cache/bin/python")

    def secret(self, reader: Any, reference: str) -> str:
        if "missing" in reference:
            raise NotFound("no such secret")
        return f"{reader.name} reads {reference}"

    def begin(self, deployment: str = CREATING, *, to_zero: bool = False, **variables: str) -> Deployment:
        means = Means(
            host="http://host",
            environments=self,  # type: ignore[arg-type]
            tokens=self.tokens,
            clock=self.clock,
            rotation=Rotation(interval=3600 if to_zero else 1e9),
            files=lambda _model, _version: self.path / "files",
            secret=self.secret,
        )
        entity = ServedEntity("a", "c.s.m", "1", environment_vars=variables, deployment=deployment)
        if to_zero:
            entity = replace(entity, settings={"scale_to_zero_enabled": True})
        creator = Principals(self.store).create("User", "me")
        home = self.path / "home"
        made = Deployment(means, "e", entity, creator, home, lambda *said: self.reports.append(said))
        made.begin()
        return made

    async def until(self, count: int) -> None:
        for _ in range(2000):
            if len(self.reports) >= count:
                return
            await asyncio.sleep(0.001)
        raise AssertionError(f"only {self.reports}")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


async def test_it_comes_up_step_by_step(bench: Bench) -> None:
    deployment = bench.begin()
    await bench.until(3)
    assert bench.reports == [(CREATING, "Building the environment."), (CREATING, "Loading the model."), (READY, "")]
    assert deployment.process is bench.processes[0]  # type: ignore[comparison-overlap]
    await deployment.retire(drain=True)
    assert bench.processes[0].did == ["drain", "stop"]


async def test_the_process_gets_what_it_needs(bench: Bench) -> None:
    deployment = bench.begin(PLAIN="x", KEPT="{{secrets/s/k}}")
    await bench.until(3)
    start = bench.starts[0]
    assert start.variables["PLAIN"] == "x"
    assert start.variables["KEPT"] == "me reads {{secrets/s/k}}"
    assert start.variables["DATABRICKS_MODEL_SERVING_HOST_URL"] == "http://host"
    credentials = Path(start.variables["SERVING_CREDENTIALS_DIR"]) / FILE
    assert credentials.exists()
    assert (start.model / "MLmodel").exists()
    assert start.model != bench.path / "files"
    assert "{{secrets/s/k}}" not in (bench.path / "home" / "build.log").read_text()
    await deployment.retire(drain=False)
    assert not credentials.exists()
    assert bench.processes[0].did == ["stop"]


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        ({"build": BuildFailed("no such package")}, "no such package"),
        ({"refusals": [StartFailed("ImportError: x")]}, "The model failed to load: ImportError: x. The service logs"),
        ({"build": RuntimeError("ours")}, "The sandbox failed: RuntimeError; see its log."),
    ],
    ids=["environment", "model", "a bug"],
)
async def test_a_failure_says_why_and_leaves_no_credentials(
    bench: Bench, problem: dict[str, Any], message: str
) -> None:
    vars(bench).update(problem)
    deployment = bench.begin()
    assert await deployment.settled(5)
    assert bench.reports[-1][0] == FAILED
    assert bench.reports[-1][1].startswith(message)
    assert deployment.process is None
    assert not list(bench.path.rglob(FILE))
    assert message in (bench.path / "home" / "build.log").read_text()


async def test_a_secret_that_is_missing(bench: Bench) -> None:
    deployment = bench.begin(KEPT="{{secrets/s/missing}}")
    await deployment.settled(5)
    assert bench.reports[-1] == (FAILED, "no such secret")
    assert bench.starts == []


async def test_a_crash_is_followed_by_another_start(bench: Bench) -> None:
    deployment = bench.begin()
    await bench.until(3)
    bench.refusals = [StartFailed("busy")]
    bench.processes[0].end.set_result(3)
    await bench.until(6)
    assert bench.reports[3:] == [
        (RECOVERING, "The process ended with code 3; it is started again."),
        (RECOVERING, "The process does not start again: busy"),
        (READY, ""),
    ]
    assert [seconds for seconds in bench.clock.slept if seconds != NAP_SECONDS] == [0.0, 1.0]
    assert deployment.process is bench.processes[1]  # type: ignore[comparison-overlap]
    await deployment.retire(drain=False)


async def test_after_a_restart_of_the_sandbox_it_is_recovering_all_the_while(bench: Bench) -> None:
    deployment = bench.begin(RECOVERING)
    await bench.until(3)
    assert [state for state, _ in bench.reports] == [RECOVERING, RECOVERING, READY]
    await deployment.retire(drain=False)


async def test_one_that_is_given_up_while_it_comes_up_says_nothing_more(bench: Bench) -> None:
    deployment = bench.begin()
    await deployment.retire(drain=True)
    reports = list(bench.reports)
    await asyncio.sleep(0)
    assert bench.reports == reports
    assert FAILED not in [state for state, _ in reports]


async def test_its_token_reaches_what_the_version_declares(bench: Bench) -> None:
    deployment = bench.begin(MLFLOW_EXPERIMENT_ID="7")
    await bench.until(3)
    import json

    content = json.loads(next(bench.path.rglob(FILE)).read_text())
    caller = bench.tokens.caller(f"Bearer {content['OAUTH_TOKEN'][0]['oauthTokenValue']}")
    assert caller.scopes == frozenset({Scope("serving_endpoint", "llm"), Scope("experiment", "7")})
    assert caller.served.startswith("e/a/")
    await deployment.retire(drain=False)


def service_log(bench: Bench) -> str:
    return (bench.path / "home" / "service.log").read_text()


async def test_nobody_asks_and_it_scales_to_zero_until_somebody_does(bench: Bench) -> None:
    deployment = bench.begin(to_zero=True)
    await bench.until(4)
    assert bench.reports[2:] == [(READY, ""), (READY, SCALED_TO_ZERO)]
    assert (deployment.process, bench.processes[0].did) == (None, ["stop"])
    assert "scaled to zero: no question for 1800 s" in service_log(bench)
    waiting = asyncio.create_task(deployment.settled(5))
    await asyncio.sleep(0)
    assert not waiting.done()
    deployment.wake()
    assert await waiting
    assert deployment.process is bench.processes[1]  # type: ignore[comparison-overlap]
    assert bench.reports[4] == (READY, "")
    assert "cold start: " in service_log(bench)
    await deployment.retire(drain=False)


async def test_at_zero_its_token_is_kept_fresh(bench: Bench) -> None:
    deployment = bench.begin(to_zero=True)
    await bench.until(4)
    file = next(bench.path.rglob(FILE))
    before = file.read_text()
    for _ in range(200):
        await asyncio.sleep(0)
    assert file.read_text() != before
    await deployment.retire(drain=False)
    assert not file.exists()


async def test_it_is_not_stopped_while_it_answers(bench: Bench) -> None:
    deployment = bench.begin(to_zero=True)
    await bench.until(3)
    process = bench.processes[0]
    process.asking = process.asked = 1
    for _ in range(200):
        await asyncio.sleep(0)
    assert bench.clock.now() > 1_700_000_000 + 2 * IDLE
    assert deployment.process is process  # type: ignore[comparison-overlap]
    process.asking = 0
    await bench.until(4)
    assert bench.reports[3] == (READY, SCALED_TO_ZERO)
    await deployment.retire(drain=False)


async def test_without_leave_it_stays(bench: Bench) -> None:
    deployment = bench.begin()
    await bench.until(3)
    for _ in range(200):
        await asyncio.sleep(0)
    assert bench.clock.now() > 1_700_000_000 + 2 * IDLE
    assert len(bench.reports) == 3
    await deployment.retire(drain=False)


async def test_one_that_crashes_may_still_scale_to_zero(bench: Bench) -> None:
    deployment = bench.begin(to_zero=True)
    await bench.until(3)
    bench.processes[0].end.set_result(1)
    await bench.until(6)
    assert [message for _, message in bench.reports[3:]] == [
        "The process ended with code 1; it is started again.", "", SCALED_TO_ZERO,
    ]  # fmt: skip
    await deployment.retire(drain=False)


async def test_taken_away_at_zero_it_is_gone(bench: Bench) -> None:
    deployment = bench.begin(to_zero=True)
    await bench.until(4)
    await deployment.retire(drain=True)
    assert bench.processes[0].did == ["stop"]
    assert not list(bench.path.rglob(FILE))
