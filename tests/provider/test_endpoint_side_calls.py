"""The calls beside the config: in one order, only what is not so already, and on from where a run broke off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest

from agentry.errors import InvalidRequest
from tests.provider.endpoints import PREFIX, Endpoints
from tests.provider.lifecycle import Engine, InitFailed, Resource
from tests.provider.test_endpoint_every_field import (
    AGENT,
    EXTERNAL,
    NAME,
    TOKEN,
    UNITS,
    WHOLE_AGENT,
    WHOLE_EXTERNAL,
    WHOLE_UNITS,
    endpoint,
    engine,
    world,
)

if TYPE_CHECKING:
    from agentry.workspace import Json

__all__ = ["endpoint", "engine", "world"]
SIDES = ["tags", "description", "notifications", "telemetry-config", "ai-gateway"]


def another(whole: dict[str, Any]) -> dict[str, Any]:
    """The declaration with another value for every part."""
    return {
        **whole,
        "tags": {"team": "sea"},
        "description": "another",
        "emailNotifications": {"onUpdateSuccess": ["z@company.example"]},
        "telemetry": {"telemetryProfileId": "profile-9"},
        "inferenceTable": {"enabled": False},
    }


def routes(bodies: list[tuple[str, str, Any]]) -> list[str]:
    return [path.rpartition("/")[2] for _, path, _ in bodies]


async def test_the_order_is_fixed_and_the_config_comes_last(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(WHOLE_AGENT)
    done = len(world.bodies)
    await endpoint.up({**another(WHOLE_AGENT), "version": "2"})
    assert routes(world.bodies[done:]) == [*SIDES, "config"]


async def test_one_changed_part_is_one_call(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(WHOLE_AGENT)
    done = len(world.bodies)
    await endpoint.up({**WHOLE_AGENT, "description": "another"})
    assert world.bodies[done:] == [("PATCH", f"{PREFIX}/{NAME}/description", {"description": "another"})]


async def test_what_somebody_made_so_already_is_not_sent(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(WHOLE_AGENT)
    world.endpoints[NAME]["description"] = "another"
    world.endpoints[NAME]["email_notifications"] = {"on_update_success": ["z@company.example"]}
    done = len(world.bodies)
    await endpoint.up(another(WHOLE_AGENT))
    assert routes(world.bodies[done:]) == [side for side in SIDES if side not in ("description", "notifications")]


@pytest.mark.parametrize("broken", [*SIDES, "config"])
async def test_a_run_that_breaks_off_in_the_middle_goes_on_there(
    endpoint: Resource, world: Endpoints, broken: str
) -> None:
    await endpoint.up(WHOLE_AGENT)
    wanted = {**another(WHOLE_AGENT), "version": "2"}
    done = len(world.bodies)
    world.refusing[broken] = InvalidRequest("the platform says no")
    with pytest.raises(grpc.aio.AioRpcError, match="the platform says no") as failed:
        await endpoint.up(wanted)
    if broken != "config":
        assert f"endpoint {NAME}" in str(failed.value.details()), "it says which field of which endpoint"
    order = [*SIDES, "config"]
    assert routes(world.bodies[done:]) == order[: order.index(broken) + 1]
    done = len(world.bodies)
    await endpoint.up(wanted)
    assert routes(world.bodies[done:]) == order[order.index(broken) :], "what was done is not done again"
    assert (await endpoint.preview(wanted)).op == "same"


@pytest.mark.parametrize("broken", ["description", "telemetry-config"])
async def test_with_model_units_a_refused_call_after_the_creation_is_a_partial_creation(
    endpoint: Resource, world: Endpoints, broken: str
) -> None:
    world.refusing[broken] = InvalidRequest("the platform says no")
    with pytest.raises(InitFailed, match="the platform says no"):
        await endpoint.up(WHOLE_UNITS)
    assert endpoint.id == NAME
    assert (await endpoint.preview(WHOLE_UNITS)).op == "update"
    await endpoint.up(WHOLE_UNITS)
    assert world.endpoints[NAME]["description"] == WHOLE_UNITS["description"]
    assert world.endpoints[NAME]["telemetry_config"]["telemetry_profile_id"] == "profile-1"
    assert (await endpoint.preview(WHOLE_UNITS)).op == "same"
    assert [method for method, _ in world.writes].count("POST") == 1


async def test_telemetry_waits_for_the_update_that_runs(endpoint: Resource, engine: Engine, world: Endpoints) -> None:
    world.polls = 4
    await endpoint.up(WHOLE_UNITS)
    assert world.endpoints[NAME]["telemetry_config"]["telemetry_profile_id"] == "profile-1"
    assert routes(world.bodies)[-1] == "telemetry-config"
    assert routes(world.bodies).count("telemetry-config") > 1


async def test_model_units_have_routes_of_their_own(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(UNITS)
    assert world.bodies[0] == (
        "POST",
        f"{PREFIX}/pt",
        {
            "name": NAME,
            "tags": [{"key": "agentry_owner", "value": "agents/dev"}],
            "config": {
                "served_entities": [
                    {
                        "name": "system-ai-llama_1",
                        "entity_name": "system.ai.llama",
                        "entity_version": "1",
                        "provisioned_model_units": 50,
                    }
                ],
                "traffic_config": {"routes": [{"served_model_name": "system-ai-llama_1", "traffic_percentage": 100}]},
            },
        },
    )
    await endpoint.up({**UNITS, "provisionedModelUnits": 100})
    method, path, body = world.bodies[-1]
    assert (method, path, list(body)) == ("PUT", f"{PREFIX}/pt/{NAME}/config", ["config"])


async def test_what_others_switched_on_in_the_gateway_stays(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up({**EXTERNAL, "usageTracking": True})
    limits = [{"calls": 3, "renewal_period": "minute", "key": "user"}]
    world.endpoints[NAME]["ai_gateway"]["rate_limits"] = limits
    assert (await endpoint.preview({**EXTERNAL, "usageTracking": True})).op == "same"
    await endpoint.up({**EXTERNAL, "usageTracking": True, "fallback": True})
    assert gateway(world)["rate_limits"] == limits
    assert gateway(world)["fallback_config"] == {"enabled": True}


def gateway(world: Endpoints) -> Json:
    found: Json = world.endpoints[NAME]["ai_gateway"]
    return found


async def test_the_gateway_that_is_no_more_declared_is_off(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(WHOLE_EXTERNAL)
    await endpoint.up(EXTERNAL)
    assert gateway(world) == {
        "inference_table_config": {"enabled": False},
        "usage_tracking_config": {"enabled": False},
        "rate_limits": [],
        "guardrails": {},
        "fallback_config": {"enabled": False},
    }


async def test_a_table_alone_that_is_no_more_declared_is_off_where_none_is_the_rule(
    endpoint: Resource, world: Endpoints
) -> None:
    await endpoint.up({**EXTERNAL, "inferenceTable": WHOLE_EXTERNAL["inferenceTable"]})
    await endpoint.up(EXTERNAL)
    assert gateway(world) == {"inference_table_config": {"enabled": False}}
    assert (await endpoint.preview(EXTERNAL)).op == "same"


async def test_false_is_sent_and_read_back(endpoint: Resource, world: Endpoints) -> None:
    off = {**EXTERNAL, "usageTracking": False, "fallback": False, "inferenceTable": {"enabled": False}}
    await endpoint.up(off)
    assert gateway(world) == {
        "inference_table_config": {"enabled": False},
        "usage_tracking_config": {"enabled": False},
        "fallback_config": {"enabled": False},
    }
    gateway(world)["usage_tracking_config"] = {"enabled": True}
    assert list((await endpoint.preview(off)).changes) == ["usageTracking"]
    assert await endpoint.refresh()
    assert endpoint.inputs["usageTracking"] is True


async def test_another_inference_table_is_switched_off_first(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(AGENT)
    done = len(world.bodies)
    moved = {**AGENT, "inferenceTable": {"enabled": True, "tableNamePrefix": "sky"}}
    await endpoint.up(moved)
    sent = [body["inference_table_config"]["enabled"] for _, _, body in world.bodies[done:]]
    assert sent == [False, True]
    assert endpoint.outputs["tablePrefix"] == "sky"
    assert (await endpoint.preview(moved)).op == "same"


async def test_what_is_sent_and_not_taken_is_said(engine: Engine, endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(AGENT)
    kept = world._change
    world._change = lambda live, route, body: None if route == "notifications" else kept(live, route, body)  # type: ignore[method-assign]
    wanted = {**AGENT, "emailNotifications": {"onUpdateFailure": ["a@company.example"]}}
    await endpoint.up(wanted)
    assert "emailNotifications was sent, and the workspace still says: (none)" in engine.warnings
    assert (await endpoint.preview(wanted)).op == "update", "and it is not forgotten"


async def test_what_is_never_told_back_is_sent_when_its_declaration_changes(
    endpoint: Resource, world: Endpoints
) -> None:
    def tables(name: str) -> dict[str, Any]:
        return {**AGENT, "telemetry": {"tableNames": {"logsTable": name}}}

    await endpoint.lives(tables("main.ai.a"), tables("main.ai.b"), writes=world.bodies)
    assert world.bodies[-1][2] == {"telemetry_config": {"table_names": {"logs_table": "main.ai.b"}}}
    world.endpoints[NAME]["telemetry_config"] = None
    assert list((await endpoint.preview(tables("main.ai.b"))).changes) == ["telemetry"], "that it is gone is told"
    other = Resource(endpoint.engine, TOKEN, "weather")
    await other.up({**UNITS, "name": "llama", "burstScaling": False})
    await other.up({**UNITS, "name": "llama", "burstScaling": True})
    assert world.bodies[-1][2]["config"]["served_entities"][0]["burst_scaling_enabled"] is True


async def test_one_that_a_killed_run_left_is_finished(engine: Engine, world: Endpoints) -> None:
    await Resource(engine, TOKEN, "weather").up(AGENT)
    done = len(world.bodies)
    again = Resource(engine, TOKEN, "weather")
    await again.up({**AGENT, "description": "asks the sky"})
    assert routes(world.bodies[done:]) == ["description"]
    assert (await again.preview({**AGENT, "description": "asks the sky"})).op == "same"
