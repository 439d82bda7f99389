"""What an endpoint serves, and what follows: which fields it takes, which changes make a new one, and at what cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest

from agentry.provider.kinds.endpoint_places import PLACES, Sort
from agentry.provider.kinds.endpoint_rules import failures, with_defaults
from tests.provider.endpoints import PREFIX, Endpoints
from tests.provider.lifecycle import CheckFailed, Engine, InitFailed, Resource
from tests.provider.test_endpoint_every_field import (
    AGENT,
    EXTERNAL,
    FIELDS,
    NAME,
    OPENAI,
    THROUGHPUT,
    UNITS,
    endpoint,
    engine,
    world,
)

if TYPE_CHECKING:
    from agentry.provider.kinds.endpoint_places import Place

__all__ = ["endpoint", "engine", "world"]
OF = {Sort.CUSTOM: AGENT, Sort.THROUGHPUT: THROUGHPUT, Sort.UNITS: UNITS, Sort.EXTERNAL: EXTERNAL}
# Fields that make it another sort, so that "not for this sort" can not be said of them.
DECIDING = ("externalModel", "provisionedModelUnits", "minProvisionedThroughput", "maxProvisionedThroughput")


@pytest.mark.parametrize("place", [place for place in PLACES if place.field in FIELDS], ids=lambda place: place.field)
@pytest.mark.parametrize("sort", Sort, ids=lambda sort: sort.name)
def test_a_field_is_taken_by_its_sorts_and_refused_by_the_others(sort: Sort, place: Place) -> None:
    if place.field in DECIDING:
        return
    found = failures(with_defaults({**OF[sort], place.field: FIELDS[place.field][1]}))
    said = [one.reason for one in found if one.path == place.field and one.reason.startswith("is not for")]
    assert bool(said) is (sort not in place.sorts)
    if said:
        assert sort.value in said[0]


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        ({**EXTERNAL, "source": "models:/main.ai.weather/1"}, "source", "not both"),
        ({**EXTERNAL, "experimentId": "12"}, "experimentId", "only an agent writes traces"),
        ({**UNITS, "maxProvisionedThroughput": 5}, "maxProvisionedThroughput", "is not for"),
        ({**UNITS, "provisionedModelUnits": 0}, "provisionedModelUnits", "at least 1"),
        ({**AGENT, "minProvisionedConcurrency": 4}, "maxProvisionedConcurrency", "is required"),
        (
            {**AGENT, "minProvisionedConcurrency": 8, "maxProvisionedConcurrency": 4},
            "minProvisionedConcurrency",
            "more than maxProvisionedConcurrency",
        ),
        ({**AGENT, "workloadSize": "Small", "maxProvisionedConcurrency": 4}, "workloadSize", "give a size, or"),
        ({**AGENT, "telemetry": {}}, "telemetry", "one of them"),
        (
            {**AGENT, "telemetry": {"telemetryProfileId": "p", "inferenceTableConfig": {"samplingFraction": 1.5}}},
            "telemetry.inferenceTableConfig.samplingFraction",
            "within 0 and 1",
        ),
        ({**EXTERNAL, "rateLimits": [{"key": "user"}]}, "rateLimits[0]", "calls, tokens or both"),
        (
            {**EXTERNAL, "inferenceTable": {"enabled": True, "catalogName": "main"}},
            "inferenceTable.schemaName",
            "required",
        ),
        (
            {**THROUGHPUT, "inferenceTable": {"enabled": True, "catalogName": "m"}},
            "inferenceTable.schemaName",
            "required",
        ),
        (
            {**EXTERNAL, "externalModel": {**OPENAI, "provider": "anthropic"}},
            "externalModel.openaiConfig",
            "is not of provider anthropic",
        ),
        (
            {**EXTERNAL, "externalModel": {**OPENAI, "openaiConfig": {"openaiApiKey": "sk-123"}}},
            "externalModel.openaiConfig.openaiApiKey",
            "goes into openaiApiKeyPlaintext",
        ),
        (
            {**EXTERNAL, "externalModel": {"provider": "cohere", "name": "c", "task": "t", "cohereConfig": {}}},
            "externalModel.cohereConfig.cohereApiKey",
            "is required",
        ),
    ],
)
def test_what_can_not_be_is_refused_with_its_path(given: dict[str, Any], path: str, said: str) -> None:
    found = {one.path: one.reason for one in failures(with_defaults(given))}
    assert path in found
    assert said in found[path]


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        (
            {**AGENT, "autoCaptureConfig": {"enabled": True}},
            "autoCaptureConfig",
            "since 2026-02-20; give inferenceTable",
        ),
        ({**AGENT, "servedModels": []}, "servedModels", "deprecated"),
        ({**AGENT, "workloadType": "TPU"}, "workloadType", "'TPU' is none of CPU"),
        ({**EXTERNAL, "externalModel": {**OPENAI, "provider": "acme"}}, "externalModel.provider", "is none of"),
        (
            {**AGENT, "guardrails": {"input": {"pii": {"behavior": "hide"}}}},
            "guardrails.input.pii.behavior",
            "is none of",
        ),
        ({"name": NAME}, "version", "source or externalModel"),
    ],
)
async def test_what_the_table_does_not_take_is_refused_at_preview(
    endpoint: Resource, given: dict[str, Any], path: str, said: str
) -> None:
    with pytest.raises(CheckFailed) as refused:
        await endpoint.check(given)
    assert path in refused.value.paths
    assert said in str(refused.value)


async def test_an_agents_gateway_has_an_inference_table_only(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(AGENT)
    world.endpoints[NAME]["task"] = "agent/v2/chat"
    with pytest.raises(CheckFailed, match="is not for agents"):
        await endpoint.preview({**AGENT, "usageTracking": True})


async def test_an_external_model_needs_nothing_of_unity_catalog(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(EXTERNAL)
    body = world.bodies[0][2]
    assert body == {
        "name": NAME,
        "description": "",
        "tags": [{"key": "agentry_owner", "value": "agents/dev"}],
        "config": {
            "name": NAME,
            "served_entities": [
                {
                    "name": "gpt-4o",
                    "external_model": {
                        "provider": "openai",
                        "name": "gpt-4o",
                        "task": "llm/v1/chat",
                        "openai_config": {"openai_api_key": "{{secrets/llm/openai}}"},
                    },
                }
            ],
            "traffic_config": {"routes": [{"served_model_name": "gpt-4o", "traffic_percentage": 100}]},
        },
    }
    assert not [path for _, path in world.requests if "unity-catalog/models" in path or "/tables/" in path]
    assert (endpoint.outputs["servedEntity"], endpoint.outputs["servedVersion"]) == ("gpt-4o", "")
    assert (endpoint.outputs["ready"], endpoint.outputs["tablePrefix"]) == (True, "")


async def test_a_route_optimized_endpoint_has_its_own_address(endpoint: Resource, world: Endpoints) -> None:
    world.polls = 3
    await endpoint.up({**AGENT, "routeOptimized": True})
    world.endpoints[NAME]["endpoint_url"] = "https://1.serving.example/weather"
    assert await endpoint.refresh()
    assert endpoint.outputs["url"] == "https://1.serving.example/weather"


REPLACING = [
    ({**AGENT, "routeOptimized": True}, AGENT, "routeOptimized", "at creation only"),
    (AGENT, EXTERNAL, "externalModel", "keeps or lacks an external model for its life"),
    (UNITS, THROUGHPUT, "provisionedModelUnits", "routes of their own"),
    ({**AGENT, "budgetPolicyId": "p"}, AGENT, "budgetPolicyId", "no documented call changes it"),
]


@pytest.mark.parametrize(("before", "after", "field", "why"), REPLACING, ids=[row[2] for row in REPLACING])
async def test_what_no_call_changes_is_a_replacement_whose_cost_the_preview_says(
    endpoint: Resource, engine: Engine, before: dict[str, Any], after: dict[str, Any], field: str, why: str
) -> None:
    await endpoint.up(before)
    planned = await endpoint.preview(after)
    assert (planned.op, planned.delete_before_replace) == ("replace", True)
    (said,) = [line for line in engine.warnings if "is replaced" in line]
    assert f"because of {field}" in said
    assert why in said
    assert "answers nobody until the new one is ready" in said
    assert "permissions" in said
    assert "address" in said


async def test_with_a_new_name_both_serve_until_the_new_one_is_ready(
    endpoint: Resource, engine: Engine, world: Endpoints
) -> None:
    await endpoint.up(AGENT)
    wanted = {**AGENT, "name": "clouds", "routeOptimized": True}
    planned = await endpoint.up(wanted)
    assert (planned.op, planned.delete_before_replace) == ("replace", False)
    assert "the new endpoint is ready before weather goes" in "\n".join(engine.warnings)
    writes = [(method, path) for method, path in world.writes]
    assert writes.index(("POST", PREFIX), 1) < writes.index(("DELETE", f"{PREFIX}/{NAME}"))
    assert list(world.endpoints) == ["clouds"]


async def test_another_of_the_same_kind_of_model_is_an_update(endpoint: Resource) -> None:
    await endpoint.up(EXTERNAL)
    other = {**EXTERNAL, "externalModel": {**OPENAI, "name": "gpt-5.1"}}
    planned = await endpoint.up(other)
    assert planned.op == "update"
    assert endpoint.outputs["servedEntity"] == "gpt-5-1"
    assert (await endpoint.preview(other)).op == "same"


async def test_one_that_somebody_made_anew_without_what_only_creation_takes_is_said(
    endpoint: Resource, world: Endpoints
) -> None:
    wanted = {**AGENT, "routeOptimized": True}
    await endpoint.up(wanted)
    world.endpoints[NAME]["route_optimized"] = False
    planned = await endpoint.preview(wanted)
    assert (planned.op, list(planned.changes)) == ("update", ["routeOptimized"])
    with pytest.raises(grpc.aio.AioRpcError, match="has routeOptimized off") as failed:
        await endpoint.up(wanted)
    assert "run refresh, then declare what it has" in str(failed.value.details())
    assert await endpoint.refresh()
    assert (await endpoint.preview(AGENT)).op == "same", "and that is no new endpoint"


async def test_an_endpoint_of_the_workspace_itself_is_not_imported(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(AGENT)
    entity = {"name": "llama", "foundation_model": {"name": "llama"}}
    world.endpoints["databricks-llama"] = {
        **world.endpoints[NAME],
        "name": "databricks-llama",
        "config": {"served_entities": [entity]},
    }
    with pytest.raises(grpc.aio.AioRpcError, match="serves nothing that can be declared here"):
        await endpoint.take_over("databricks-llama")


async def test_an_external_model_that_still_serves_is_named(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(EXTERNAL)
    world.failing = {None}  # type: ignore[arg-type]
    with pytest.raises(InitFailed, match="gpt-4o still serves"):
        await endpoint.up({**EXTERNAL, "externalModel": {**OPENAI, "name": "gpt-5"}})
    assert endpoint.outputs["servedEntity"] == "gpt-4o"
    world.failing = set()
    await endpoint.up({**EXTERNAL, "externalModel": {**OPENAI, "name": "gpt-5"}})
    assert endpoint.outputs["servedEntity"] == "gpt-5"
    assert [one["name"] for one in world.endpoints[NAME]["config"]["served_entities"]] == ["gpt-5"], "ours is replaced"
