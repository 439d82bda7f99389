"""Every field of databricks-sdk's requests about serving endpoints comes back, or is listed with the reason why not."""

from __future__ import annotations

import inspect
import typing
from contextlib import AsyncExitStack
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import pytest
from databricks.sdk.service import serving as sdk

from agentry.sandbox.serving.config import READY
from agentry.sandbox.serving.unanswered import UNANSWERED
from tests.sandbox import serving_samples as samples
from tests.sandbox.serving_workspace import FakeDeployment, Workspace, pretending

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from agentry.sandbox.web import Json

API = sdk.ServingEndpointsAPI
URL = "/api/2.0/serving-endpoints"
CALLS = (
    API.create,
    API.create_provisioned_throughput_endpoint,
    API.update_config,
    API.update_provisioned_throughput_endpoint_config,
    API.patch,
    API.patch_telemetry_config,
    API.put,
    API.put_ai_gateway,
    API.update_notifications,
)


def hints(of: Any) -> dict[str, Any]:
    """Fields of a dataclass, or parameters of a call, with their types."""
    known = typing.get_type_hints(of, vars(sdk))
    if is_dataclass(of):
        return {field.name: known[field.name] for field in fields(of)}
    return {name: known[name] for name in inspect.signature(of).parameters if name != "self"}


def inner(hint: Any) -> Any:
    """The dataclass within Optional and List, or None."""
    if is_dataclass(hint):
        return hint
    return next((found for argument in typing.get_args(hint) if (found := inner(argument))), None)


def everything(of: Any, seen: set[str]) -> Iterator[str]:
    """Every field that can be sent, as `Class.field`."""
    name = of.__name__
    for field, hint in hints(of).items():
        if f"{name}.{field}" not in seen:
            seen.add(f"{name}.{field}")
            yield f"{name}.{field}"
            if found := inner(hint):
                yield from everything(found, seen)


def returned(of: Any, said: Json, got: Any) -> Iterator[str]:
    """The fields of what was sent that came back as they were."""
    for field, hint in hints(of).items():
        if field not in said or not isinstance(got, dict) or field not in got:
            continue
        here, there, found = said[field], got[field], inner(hint)
        if found is None:
            if here == there:
                yield f"{of.__name__}.{field}"
            continue
        yield f"{of.__name__}.{field}"
        for one, other in zip(
            here if isinstance(here, list) else [here], there if isinstance(there, list) else [there], strict=True
        ):
            yield from returned(found, one, other)


class Bench:
    def __init__(self, workspace: Workspace, deployments: list[FakeDeployment]) -> None:
        self.workspace = workspace
        self.deployments = deployments

    async def created(self, body: Json, path: str = "") -> Json:
        """An endpoint as GET answers it when it serves; gone again afterwards."""
        made = await self.workspace.deployer.post(URL + path, json=body)
        assert made.status_code == 200, made.text
        for deployment in self.deployments:
            deployment.becomes(READY)
        answer: Json = (await self.workspace.deployer.get(f"{URL}/e")).json()
        assert answer["state"] == {"ready": "READY", "config_update": "NOT_UPDATING"}, answer
        return answer

    async def deleted(self) -> None:
        await self.workspace.deployer.delete(f"{URL}/e")
        table = "/api/2.1/unity-catalog/tables/local.agents.sample_payload"
        await self.workspace.deployer.delete(table)

    async def sent(self, method: str, path: str, body: Json) -> Json:
        answer = await self.workspace.deployer.request(method, f"{URL}/{path}", json=body)
        assert answer.status_code == 200, answer.text
        said: Json = answer.json()
        return said


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        workspace, deployments = await stack.enter_async_context(pretending(tmp_path))
        monkeypatch.setattr("agentry.sandbox.serving.endpoints.ExternalDeployment", FakeDeployment)
        monkeypatch.setattr(FakeDeployment, "made", deployments, raising=False)
        workspace.version()
        workspace.version()
        yield Bench(workspace, deployments)


async def test_every_field_comes_back_or_has_a_reason(bench: Bench) -> None:
    back: set[str] = set()
    for body in (*samples.CUSTOM, *samples.EXTERNAL):
        back |= set(returned(API.create, body, await bench.created(body)))
        await bench.deleted()
    provisioned = await bench.created(samples.PROVISIONED, "/pt")
    back |= set(returned(API.create_provisioned_throughput_endpoint, samples.PROVISIONED, provisioned))
    for call, method, path, body in SIDE_CALLS:
        answer = await bench.sent(method, path, body)
        # What the address says, and the configuration by whichever of its two names it is answered.
        answered = answer.get("pending_config") or answer.get("config") or {}
        answer = {"name": "e", **answered, **answer, "config": answered}
        back |= set(returned(call, {"name": "e", **body}, answer))
        for deployment in bench.deployments:
            deployment.becomes(READY)
    await bench.deleted()
    await bench.created({"name": "e", "config": {"served_entities": [samples.outside("x")]}})
    gateway = await bench.sent("PUT", "e/ai-gateway", samples.GATEWAY)
    back |= set(returned(API.put_ai_gateway, {"name": "e", **samples.GATEWAY}, {"name": "e", **gateway}))
    wanted = {field for call in CALLS for field in everything(call, set())}
    assert sorted(wanted - back - set(UNANSWERED)) == []
    assert sorted(set(UNANSWERED) - wanted) == [], "listed, and no field any more"
    assert sorted(back & set(UNANSWERED)) == [], "listed, and answered"


CONFIG: Json = samples.PROVISIONED["config"]
NOTIFIED = {"email_notifications": {"on_update_success": ["asker@sandbox.example"]}}
SIDE_CALLS: list[tuple[Callable[..., Any], str, str, Json]] = [
    (API.patch, "PATCH", "e/tags", {"add_tags": [{"key": "new", "value": "v"}], "delete_tags": ["k"]}),
    (API.patch_telemetry_config, "PATCH", "e/telemetry-config", {"telemetry_config": {"telemetry_profile_id": "p"}}),
    (API.put, "PUT", "e/rate-limits", {"rate_limits": [{"calls": 5, "key": "user", "renewal_period": "minute"}]}),
    (API.update_notifications, "PATCH", "e/notifications", NOTIFIED),
    (API.update_config, "PUT", "e/config", CONFIG),
    (API.update_provisioned_throughput_endpoint_config, "PUT", "pt/e/config", {"config": CONFIG}),
    (API.update_config, "PUT", "e/config", samples.CUSTOM[-1]["config"]),
]


async def test_no_secret_that_was_written_out_is_answered(bench: Bench) -> None:
    for body in samples.EXTERNAL:
        made = await bench.workspace.deployer.post(URL, json=body)
        assert made.status_code == 200
        for answer in (made, await bench.workspace.deployer.get(URL), await bench.workspace.deployer.get(f"{URL}/e")):
            assert '_plaintext"' not in answer.text
        await bench.deleted()
