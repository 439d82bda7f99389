"""What is changed of an endpoint beside its configuration, and what its kind does not allow."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from agentry.sandbox.serving.endpoint import AGENT, CUSTOM, EXTERNAL, KINDS, PROVISIONED
from agentry.sandbox.serving.instant import InstantDeployment
from tests.sandbox.serving_samples import GATEWAY, GUARDRAIL, TABLES, outside
from tests.sandbox.serving_workspace import MODEL, FakeDeployment, Workspace, config, entity, pretending

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from httpx import Response

    from agentry.sandbox.web import Json

URL = "/api/2.0/serving-endpoints"


class Bench:
    def __init__(self, workspace: Workspace, deployments: list[FakeDeployment]) -> None:
        self.workspace = workspace
        self.deployments = deployments

    async def create(self, *entities: Json, **said: Any) -> Response:
        body = {"name": "e", "config": config(*(entities or (entity(),))), **said}
        answer = await self.workspace.deployer.post(URL, json=body)
        await asyncio.sleep(0)
        return answer

    async def send(self, method: str, path: str, body: Json) -> Response:
        return await self.workspace.deployer.request(method, f"{URL}/e/{path}", json=body)

    async def refused(self, method: str, path: str, body: Json) -> str:
        answer = await self.send(method, path, body)
        assert answer.status_code >= 400, answer.text
        return f"{answer.status_code} {answer.json()['error_code']}: {answer.json()['message']}"

    async def get(self) -> Json:
        answer: Json = (await self.workspace.deployer.get(f"{URL}/e")).json()
        return answer


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(pretending(tmp_path, InstantDeployment))
        for task in ("null", "agent/v1/responses"):
            opened[0].version(task=task)
        yield Bench(*opened)


class TestTelemetry:
    async def test_tables_make_a_profile(self, bench: Bench) -> None:
        await bench.create()
        body = {"telemetry_config": {"table_names": TABLES, "inference_table_config": {"sampling_fraction": 0.1}}}
        made = (await bench.send("PATCH", "telemetry-config", body)).json()["telemetry_config"]
        assert made["telemetry_profile_id"]
        assert made["inference_table_config"] == {"sampling_fraction": 0.1, "name": "local.agents.logs_payload"}
        assert "table_names" not in made

    async def test_neither_tables_nor_profile_changes_nothing_and_nothing_removes(self, bench: Bench) -> None:
        profile = {"telemetry_profile_id": "p"}
        await bench.create(telemetry_config=profile)
        await bench.send("PATCH", "telemetry-config", {"telemetry_config": {"enabled_telemetry_features": []}})
        assert (await bench.get())["telemetry_config"] == profile
        await bench.send("PATCH", "telemetry-config", {})
        assert "telemetry_config" not in await bench.get()

    async def test_external_models_have_none(self, bench: Bench) -> None:
        await bench.create(outside("a"), telemetry_config={"telemetry_profile_id": "p"})
        assert "telemetry_config" not in await bench.get()
        body = {"telemetry_config": {"telemetry_profile_id": "p"}}
        assert (await bench.refused("PATCH", "telemetry-config", body)).startswith("400 INVALID_PARAMETER_VALUE")

    async def test_not_while_an_update_runs(self, bench: Bench) -> None:
        answer = await bench.workspace.deployer.post(URL, json={"name": "e", "config": config(entity())})
        assert answer.json()["state"]["config_update"] == "IN_PROGRESS"
        refused = await bench.refused("PATCH", "telemetry-config", {"telemetry_config": {"telemetry_profile_id": "p"}})
        assert refused.startswith("409 RESOURCE_CONFLICT")

    @pytest.mark.parametrize(
        "config_",
        [{"inference_table_config": {"sampling_fraction": 1.5}}, {"enabled_telemetry_features": ["ALL"]}],
    )
    async def test_values_that_can_not_be(self, bench: Bench, config_: Json) -> None:
        await bench.create()
        refused = await bench.refused("PATCH", "telemetry-config", {"telemetry_config": config_})
        assert refused.startswith("400 INVALID_PARAMETER_VALUE")


async def test_notifications_are_replaced_whole(bench: Bench) -> None:
    both = {"on_update_success": ["a@corp.example"], "on_update_failure": ["b@corp.example"]}
    await bench.create(email_notifications=both)
    assert (await bench.get())["email_notifications"] == both
    one = {"on_update_failure": ["b@corp.example"]}
    answer = await bench.send("PATCH", "notifications", {"email_notifications": one})
    assert answer.json() == {"name": "e", "email_notifications": one}
    assert (await bench.get())["email_notifications"] == one
    await bench.send("PATCH", "notifications", {})
    assert "email_notifications" not in await bench.get()


ENTITIES = {
    AGENT: entity("2"),
    CUSTOM: entity("1"),
    EXTERNAL: outside("a"),
    PROVISIONED: {"entity_name": MODEL, "entity_version": "1", "provisioned_model_units": 1},
}
FEATURES: dict[str, Any] = {key: value for key, value in GATEWAY.items() if key != "inference_table_config"}
SUPPORTED = {
    AGENT: set[str](),
    CUSTOM: {"rate_limits", "usage_tracking_config"},
    EXTERNAL: set(FEATURES),
    PROVISIONED: set(FEATURES) - {"fallback_config"},
}


@pytest.mark.parametrize("kind", SUPPORTED)
async def test_a_gateway_does_what_the_kind_of_endpoint_supports(bench: Bench, kind: str) -> None:
    await bench.create(ENTITIES[kind])
    assert kind in KINDS
    taken = set()
    for feature, value in FEATURES.items():
        answer = await bench.send("PUT", "ai-gateway", {feature: value})
        if answer.status_code == 200:
            taken.add(feature)
        else:
            assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert taken == SUPPORTED[kind]


async def test_what_is_off_is_no_feature(bench: Bench) -> None:
    off = {"usage_tracking_config": {"enabled": False}, "fallback_config": {"enabled": False}, "rate_limits": []}
    assert (await bench.create(ENTITIES[AGENT], ai_gateway=off)).status_code == 200
    assert (await bench.get())["ai_gateway"] == off


async def test_a_gateway_without_anything_is_none(bench: Bench) -> None:
    await bench.create(ENTITIES[EXTERNAL], ai_gateway={"guardrails": {"input": GUARDRAIL}})
    assert (await bench.send("PUT", "ai-gateway", {})).json() == {}
    assert "ai_gateway" not in await bench.get()


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ([{"renewal_period": "hour", "calls": 1}], "renewal_period"),
        ([{"renewal_period": "minute"}], "calls or tokens"),
        ([{"renewal_period": "minute", "calls": -1}], "calls"),
        ([{"renewal_period": "minute", "calls": 1, "key": "user_group"}], "needs a principal"),
        ([{"renewal_period": "minute", "calls": 1}] * 21, "At most 20"),
        ([{"renewal_period": "minute", "calls": 1, "key": "user_group", "principal": "g"}] * 6, "At most 5"),
    ],
)
async def test_limits_that_can_not_be(bench: Bench, limits: list[Json], why: str) -> None:
    await bench.create(ENTITIES[EXTERNAL])
    for path in ("ai-gateway", "rate-limits"):
        refused = await bench.refused("PUT", path, {"rate_limits": limits})
        assert refused.startswith("400 INVALID_PARAMETER_VALUE")
        assert why in refused


class TestConfig:
    async def test_route_optimisation_is_decided_once(self, bench: Bench) -> None:
        await bench.create(route_optimized=True)
        endpoint = await bench.get()
        assert endpoint["route_optimized"] is True
        assert endpoint["endpoint_url"].endswith("/serving-endpoints/e/invocations")
        assert (await bench.send("PUT", "config", {**config(entity()), "route_optimized": True})).status_code == 200
        refused = await bench.refused("PUT", "config", {**config(entity()), "route_optimized": False})
        assert refused.startswith("400 INVALID_PARAMETER_VALUE: route_optimized")

    async def test_without_it_there_is_no_other_address(self, bench: Bench) -> None:
        await bench.create()
        endpoint = await bench.get()
        assert endpoint["route_optimized"] is False
        assert "endpoint_url" not in endpoint

    async def test_shares_alone_can_be_changed_and_entities_alone(self, bench: Bench) -> None:
        both = (entity("1", name="a"), entity("2", name="b"))
        await bench.workspace.deployer.post(URL, json={"name": "e", "config": config(*both, a=90, b=10)})
        await asyncio.sleep(0)
        shares = config(a=20, b=80)["traffic_config"]
        served = (await bench.get())["config"]["served_entities"]
        await bench.send("PUT", "config", {"traffic_config": shares})
        after = (await bench.get())["config"]
        assert after["served_entities"] == served
        assert [route["traffic_percentage"] for route in after["traffic_config"]["routes"]] == [20, 80]
        await bench.send("PUT", "config", {"served_entities": [both[0] | {"workload_size": "Large"}, both[1]]})
        await asyncio.sleep(0)
        after = (await bench.get())["config"]
        assert after["served_entities"][0]["workload_size"] == "Large"
        assert [route["traffic_percentage"] for route in after["traffic_config"]["routes"]] == [20, 80]

    async def test_external_stays_external(self, bench: Bench) -> None:
        await bench.create(outside("a"))
        assert "to one without" in await bench.refused("PUT", "config", config(entity()))

    async def test_provisioned_throughput_by_its_own_route(self, bench: Bench) -> None:
        body = {"name": "e", "config": config(ENTITIES[CUSTOM])}
        refused = await bench.workspace.deployer.post(f"{URL}/pt", json=body)
        assert "needs provisioned_model_units" in refused.json()["message"]
        await bench.create(ENTITIES[CUSTOM])
        units = {"config": config(ENTITIES[PROVISIONED])}
        answer = await bench.workspace.deployer.put(f"{URL}/pt/e/config", json=units)
        assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


SIZES = {
    "size and concurrency": ({"max_provisioned_concurrency": 4}, "exclude one another"),
    "size and units": ({"provisioned_model_units": 4}, "exclude one another"),
    "least above most": (
        {"workload_size": None, "min_provisioned_concurrency": 8, "max_provisioned_concurrency": 4},
        "is more than",
    ),
    "less than nothing": ({"workload_size": None, "min_provisioned_throughput": -1}, "min_provisioned_throughput"),
    "bursts of nothing": ({"burst_scaling_enabled": True}, "needs provisioned_model_units"),
    "another type": ({"workload_type": "TPU"}, "workload_type"),
    "another size": ({"workload_size": "Huge"}, "must be one of Small, Medium, Large"),
    "no profile": ({"instance_profile_arn": "me"}, "ARN"),
}


@pytest.mark.parametrize(("said", "why"), SIZES.values(), ids=SIZES)
async def test_sizes_that_can_not_be(bench: Bench, said: Json, why: str) -> None:
    answer = await bench.create(entity(**said))
    assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert why in answer.json()["message"]
