"""In a stack of production nothing goes that somebody uses, unless it is said so; elsewhere nobody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest

from agentry.clock import FakeClock
from agentry.errors import NotFound, PermissionDenied
from agentry.provider.kinds.kind import Context
from agentry.provider.kinds.traffic import TRACES, counted, lately
from agentry.report import Reporter
from agentry.stacks import ALLOW_DESTRUCTIVE
from tests.provider.lifecycle import Resource, provider
from tests.provider.test_servicer import connecting
from tests.provider.thing import TOKEN, Thing, Things
from tests.workspace.fake import FakeTransport, workspace

if TYPE_CHECKING:
    from pathlib import Path

    from agentry.workspace import Json

PRODUCTION = {"production": "true"}
METRICS = "/api/2.0/serving-endpoints/gpt/metrics"


class UsedThing(Thing):
    """A thing that somebody uses, or nobody."""

    def __init__(self, used: str) -> None:
        self.used = used
        self.asked: list[str] = []

    async def in_use(self, id: str, ctx: Context) -> str:
        self.asked.append(id)
        return self.used


async def refusal(kind: UsedThing, settings: dict[str, Any]) -> tuple[str, str]:
    """What a replacement is refused with, and a delete; "" where it is not."""
    refused = []
    for work in ("replace", "delete"):
        async with provider({TOKEN: kind}, connecting(Things()), settings=settings) as engine:
            box = Resource(engine, TOKEN, "box")
            await box.up({"name": "box"})
            try:
                await (box.preview({"name": "chest"}) if work == "replace" else box.delete())
            except grpc.aio.AioRpcError as error:
                refused.append(str(error.details()))
            else:
                refused.append("")
    return refused[0], refused[1]


async def test_what_is_used_is_neither_replaced_nor_deleted() -> None:
    replaced, deleted = await refusal(UsedThing("it got 3 requests"), PRODUCTION)
    assert "box is in use and would be replaced" in replaced
    assert "it got 3 requests; this stack says agentry:production" in replaced
    assert "agentry up --allow-destructive" in replaced
    assert "box is in use and would be deleted" in deleted


@pytest.mark.parametrize("settings", [{}, {**PRODUCTION, "allowDestructive": "true"}, {"production": "false"}])
async def test_elsewhere_nobody_is_asked(settings: dict[str, str]) -> None:
    kind = UsedThing("it got 3 requests")
    assert await refusal(kind, settings) == ("", "")
    assert kind.asked == []


async def test_the_word_for_one_run_is_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOW_DESTRUCTIVE, "true")
    assert await refusal(UsedThing("it got 3 requests"), PRODUCTION) == ("", "")
    monkeypatch.setenv(ALLOW_DESTRUCTIVE, "no")
    assert all(await refusal(UsedThing("it got 3 requests"), PRODUCTION))


async def test_what_nobody_uses_may_go() -> None:
    kind = UsedThing("")
    assert await refusal(kind, PRODUCTION) == ("", "")
    assert kind.asked == ["box", "box"]


async def test_an_update_is_no_loss() -> None:
    kind = UsedThing("it got 3 requests")
    async with provider({TOKEN: kind}, connecting(Things()), settings=PRODUCTION) as engine:
        box = Resource(engine, TOKEN, "box")
        await box.lives({"name": "box"}, {"name": "box", "size": 3})
    assert kind.asked == []


@pytest.mark.parametrize(
    ("metrics", "requests"),
    [
        ("", 0),
        ("# TYPE request_count_total gauge\n", 0),
        ('request_count_total{endpoint_name="gpt"} 7', 7),
        ('request_count_total{a="1"} 3\nrequest_count_total{a="2"} 4.0 1795545943000\n', 7),
        ("request_count 2", 2),
        ('request_4xx_count_total{a="1"} 3\nmy_request_count_total 9\n', 0),
        ("request_count_total 1.2e+01", 12),
    ],
)
def test_requests_are_read_from_metrics(metrics: str, requests: int) -> None:
    assert counted(metrics) == requests


class Asked(FakeTransport):
    """A workspace with metrics and traces."""

    def __init__(self, metrics: str = "", traces: tuple[int, ...] = (), error: Exception | None = None) -> None:
        super().__init__()
        self.metrics, self.traces, self.error = metrics, traces, error

    async def download(self, path: str, timeout: float) -> bytes:
        if self.error:
            raise self.error
        assert path == METRICS
        return self.metrics.encode()

    async def send(self, method, path, query, body, timeout) -> Json:  # type: ignore[no-untyped-def]
        assert (method, path) == ("POST", TRACES)
        since = int(body["filter"].removeprefix("attributes.timestamp_ms > "))
        return {"traces": [{"trace_id": str(at)} for at in self.traces if at > since]}


def live(**variables: str) -> Json:
    return {"name": "gpt", "config": {"served_entities": [{"name": "a", "environment_vars": variables}]}}


async def who_asked(asked: Asked, endpoint: Json, told: list[str], root: Path) -> str:
    clock = FakeClock()
    report = Reporter("urn", lambda line: told.append(line.text))
    found = workspace(asked, clock=clock)
    ctx = Context(found, report, clock, root, "shop", "prod", "urn")
    return await lately(found, endpoint, 30, ctx)


NOW = int(FakeClock().now() * 1000)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked("request_count_total 1"), "it got 1 request in the past minute"),
        (Asked("request_count_total 5"), "it got 5 requests in the past minute"),
        (Asked(traces=(NOW - 29 * 60_000,)), "its agent wrote a trace in the past 30 minutes"),
        (Asked(traces=(NOW - 31 * 60_000,)), ""),
        (Asked(), ""),
    ],
)
async def test_who_asked_lately(asked: Asked, said: str, tmp_path: Path) -> None:
    assert await who_asked(asked, live(MLFLOW_EXPERIMENT_ID="7"), [], tmp_path) == said


async def test_without_an_experiment_only_the_minute_is_known(tmp_path: Path) -> None:
    assert await who_asked(Asked(traces=(NOW,)), live(), [], tmp_path) == ""


@pytest.mark.parametrize("error", [PermissionDenied("no"), NotFound("none")])
async def test_what_can_not_be_read_counts_as_use_and_is_said(error: Exception, tmp_path: Path) -> None:
    told: list[str] = []
    assert await who_asked(Asked(error=error), live(), told, tmp_path) == "its metrics or traces can not be read"
    assert any("nobody knows whether endpoint gpt is in use" in line for line in told)
