"""What others made is imported as it is: no difference, no write; and the first change of ours goes over it in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest

from agentry.errors import InvalidRequest
from agentry.provider.kinds.grant_import import import_id, inputs_of
from tests.provider.sandboxed import api, of
from tests.provider.test_serving_endpoint_sandbox import deployer, live, model, name
from tests.sandbox.workspace import instant_sandbox

if TYPE_CHECKING:
    from tests.provider.lifecycle import Engine, Resource
    from tests.sandbox.workspace import RunningSandbox

__all__ = ["deployer", "instant_sandbox", "model", "name"]
pytestmark = pytest.mark.process
ENDPOINTS = "/api/2.0/serving-endpoints"


def make(sandbox: RunningSandbox, name: str, model: str, *entities: dict[str, Any], **shares: int) -> None:
    """An endpoint as somebody makes it by hand."""
    served = [
        {"entity_name": model, "workload_size": "Small", "scale_to_zero_enabled": True, **one} for one in entities
    ]
    routes = [{"served_model_name": key, "traffic_percentage": share} for key, share in shares.items()]
    config = {"served_entities": served, **({"traffic_config": {"routes": routes}} if shares else {})}
    api(sandbox, "POST", ENDPOINTS, "deployer", json={"name": name, "config": config})


async def adopted(engine: Engine, name: str) -> Resource:
    endpoint = of(engine, "ServingEndpoint", name)
    assert await endpoint.take_over(name)
    return endpoint


def wanted(name: str, model: str, **more: Any) -> dict[str, Any]:
    table = {"enabled": False}
    source = f"models:/{model}/1"
    return {"name": name, "source": source, "inferenceTable": table, **more}


async def test_an_endpoint_made_by_hand(
    deployer: Engine, instant_sandbox: RunningSandbox, name: str, model: str
) -> None:
    make(
        instant_sandbox,
        name,
        model,
        {"name": "current", "entity_version": "1", "environment_vars": {"UNITS": "metric"}},
    )
    before = live(instant_sandbox, name)
    endpoint = await adopted(deployer, name)
    declared = wanted(name, model, agentVariables=False, environmentVars={"UNITS": "metric"})
    same = await endpoint.preview(declared)
    assert same.op == "same", same.changes
    assert endpoint.inputs["entityName"] == "current"
    assert live(instant_sandbox, name) == before

    await endpoint.up({**declared, "source": f"models:/{model}/2"})
    after = live(instant_sandbox, name)
    assert [one["entity_version"] for one in after["config"]["served_entities"]] == ["2"]
    assert after["config"]["served_entities"][0]["name"].endswith("_2")
    assert {tag["key"] for tag in after["tags"]} == {"agentry_owner"}
    assert (await endpoint.preview({**declared, "source": f"models:/{model}/2"})).op == "same"


async def test_the_entity_with_most_traffic_is_ours_and_the_others_stay(
    deployer: Engine, instant_sandbox: RunningSandbox, name: str, model: str
) -> None:
    make(
        instant_sandbox,
        name,
        model,
        {"name": "next", "entity_version": "2"},
        {"name": "now", "entity_version": "1"},
        next=10,
        now=90,
    )
    endpoint = await adopted(deployer, name)
    assert endpoint.inputs["version"] == "1"
    assert (await endpoint.preview(wanted(name, model))).op == "same"
    await endpoint.up(wanted(name, model, description="adopted"))
    served = live(instant_sandbox, name)["config"]
    assert {one["name"] for one in served["served_entities"]} == {"next", "now"}
    assert {one["served_model_name"]: one["traffic_percentage"] for one in served["traffic_config"]["routes"]} == {
        "next": 10,
        "now": 90,
    }


async def test_an_adopted_entity_that_serves_something_else_is_no_unchanged_endpoint(
    deployer: Engine, instant_sandbox: RunningSandbox, name: str, model: str
) -> None:
    make(instant_sandbox, name, model, {"name": "current", "entity_version": "1"})
    endpoint = await adopted(deployer, name)
    other = {"name": "current", "entity_name": model, "entity_version": "2", "workload_size": "Small"}
    body = {"served_entities": [{**other, "scale_to_zero_enabled": True}]}
    api(instant_sandbox, "PUT", f"{ENDPOINTS}/{name}/config", "deployer", json=body)
    planned = await endpoint.preview(wanted(name, model))
    assert planned.op == "update"
    assert "health" in planned.changes


async def test_a_grant_is_recorded_as_held_and_stays_when_it_goes(
    deployer: Engine, instant_sandbox: RunningSandbox, name: str, model: str
) -> None:
    make(instant_sandbox, name, model, {"name": "current", "entity_version": "1"})
    path = f"/api/2.0/permissions/serving-endpoints/{live(instant_sandbox, name)['id']}"
    given = [{"group_name": "analysts", "permission_level": "CAN_QUERY"}]
    api(instant_sandbox, "PATCH", path, "deployer", json={"access_control_list": given})
    access = {"securableType": "SERVING_ENDPOINT", "securable": name, "privilege": "CAN_QUERY"}
    grant = of(deployer, "Grant", f"{name}-access")
    assert await grant.take_over(import_id([access], principal="group:analysts"))
    declared = {"principal": "group:analysts", "privileges": [access]}
    assert (await grant.preview(declared)).op == "same"
    assert grant.outputs["added"] == []
    assert grant.outputs["held"][0]["how"]
    await grant.delete()
    assert "analysts" in str(api(instant_sandbox, "GET", path))


async def test_a_grant_that_nobody_holds_is_none_to_import(deployer: Engine, name: str, model: str) -> None:
    execute = {"securableType": "FUNCTION", "securable": model, "privilege": "EXECUTE"}
    grant = of(deployer, "Grant", name)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await grant.take_over(import_id([execute], principal="group:analysts"))
    assert "analysts does not hold EXECUTE on" in str(caught.value.details())


def test_the_name_of_a_grant_says_all_of_it() -> None:
    privileges = [
        {"securableType": "CATALOG", "securable": "main", "privilege": "USE CATALOG"},
        {"securableType": "SCHEMA", "securable": "main.ai", "privilege": "USE SCHEMA"},
    ]
    named = import_id(privileges, endpoint="agents_x", ensure=True)
    assert named == "ensure:endpoint:agents_x|CATALOG|main|USE CATALOG|SCHEMA|main.ai|USE SCHEMA"
    assert inputs_of(named) == {"forEndpoint": "agents_x", "privileges": privileges, "ensure": True}


@pytest.mark.parametrize(
    "id", ["", "agents", "group:a", "group:a|TABLE|t", "analysts|TABLE|t|SELECT", "group:a||t|SELECT"]
)
def test_what_is_no_name_of_a_grant(id: str) -> None:
    with pytest.raises(InvalidRequest, match="can not be imported"):
        inputs_of(id)
