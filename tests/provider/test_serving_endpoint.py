"""A serving endpoint through its life, over gRPC, against a fake workspace whose updates take their time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentry.provider.kinds.kind import UNKNOWN
from agentry.provider.kinds.serving_endpoint import ServingEndpoint
from agentry.provider.wire import Secret
from tests.provider.endpoints import PREFIX, Endpoints
from tests.provider.lifecycle import CheckFailed, Engine, InitFailed, Resource, provider
from tests.workspace.fake import workspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = ServingEndpoint.token
NAME = "agents_main-ai-weather"
V1: dict[str, Any] = {"name": NAME, "model": "main.ai.weather", "version": "1", "experimentId": "12"}


@pytest.fixture
def world() -> Endpoints:
    return Endpoints()


@pytest.fixture
async def engine(world: Endpoints) -> AsyncIterator[Engine]:
    async def connect(settings: Any, *, clock: Any, cancelled: Any = None) -> Any:
        return workspace(world, clock=clock, cancelled=cancelled)

    async with provider({TOKEN: ServingEndpoint()}, connect) as found:
        yield found


@pytest.fixture
def endpoint(engine: Engine) -> Resource:
    return Resource(engine, TOKEN, "weather")


def served(world: Endpoints) -> list[str]:
    return [one["entity_version"] for one in world.endpoints[NAME]["config"]["served_entities"]]


async def test_a_life(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.lives(
        V1,
        {**V1, "version": "2"},
        {**V1, "version": "2", "environmentVars": {"UNITS": "metric"}},
        {**V1, "version": "2", "workloadSize": "Medium"},
        {**V1, "version": "2", "scaleToZero": False},
        {**V1, "version": "2", "tags": {"team": "sky"}},
        {**V1, "version": "2", "description": "asks the sky"},
        writes=world.bodies,
    )
    await endpoint.delete()
    assert world.endpoints == {}


async def test_a_version_that_is_about_to_be_served_is_no_drift(endpoint: Resource, engine: Engine) -> None:
    await endpoint.up(V1)
    await endpoint.up({**V1, "version": "2"})
    assert not [said for said in engine.warnings if "instead of" in said]


async def test_every_field_changed_alone_is_sent(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(V1)
    for change in ({"description": "d"}, {"tags": {"a": "b"}}, {"inferenceTable": {"enabled": False}}):
        before = len(world.bodies)
        await endpoint.up({**V1, **change})
        assert len(world.bodies) > before, change


async def test_outputs_say_where_and_whose_it_is(endpoint: Resource) -> None:
    await endpoint.up(V1)
    assert endpoint.outputs["url"].endswith(f"/serving-endpoints/{NAME}/invocations")
    assert endpoint.outputs["servedVersion"] == "1"
    assert endpoint.outputs["creator"] == "me@test.example"
    assert endpoint.outputs["tablePrefix"] == "weather"
    assert (endpoint.outputs["ready"], endpoint.outputs["health"]) == (True, "")


async def test_a_first_deployment_that_fails_is_kept_with_its_reason_and_repaired(
    endpoint: Resource, world: Endpoints
) -> None:
    world.failing = {"1"}
    with pytest.raises(InitFailed) as failed:
        await endpoint.up(V1)
    assert "it does not load" in str(failed.value)
    assert "ImportError: no module" in str(failed.value)
    assert NAME in world.endpoints
    assert (await endpoint.preview(V1)).op == "update"
    world.failing = set()
    await endpoint.up(V1)
    assert endpoint.outputs["health"] == ""
    assert (await endpoint.preview(V1)).op == "same"


async def test_an_update_that_fails_says_which_version_still_serves(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(V1)
    world.failing = {"2"}
    with pytest.raises(InitFailed, match="version 1 still serves"):
        await endpoint.up({**V1, "version": "2"})
    assert endpoint.outputs["servedVersion"] == "1"
    await endpoint.up({**V1, "version": "3"})
    assert served(world) == ["3"]


async def test_going_back_after_a_failed_update_clears_it(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(V1)
    world.failing = {"2"}
    with pytest.raises(InitFailed):
        await endpoint.up({**V1, "version": "2"})
    await endpoint.up(V1)
    assert served(world) == ["1"]
    assert world.endpoints[NAME]["state"]["config_update"] == "NOT_UPDATING"


async def test_a_time_out_is_a_partial_creation_and_never_a_delete(endpoint: Resource, world: Endpoints) -> None:
    world.polls = 10**9
    endpoint.timeout = 30.0
    with pytest.raises(InitFailed, match="waited 30 s for version 1"):
        await endpoint.up(V1)
    assert endpoint.id == NAME
    assert ("DELETE", f"{PREFIX}/{NAME}") not in world.writes


async def test_an_update_of_somebody_else_is_waited_for(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(V1)
    world.endpoints[NAME]["pending_config"] = dict(world.endpoints[NAME]["config"])
    world.endpoints[NAME]["state"]["config_update"] = "IN_PROGRESS"
    world._left[NAME] = 5
    await endpoint.up({**V1, "version": "2"})
    assert served(world) == ["2"]


async def test_an_unhealthy_endpoint_never_previews_as_unchanged(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(V1)
    world.endpoints[NAME]["state"]["ready"] = "NOT_READY"
    assert (await endpoint.preview(V1)).op == "update"


async def test_deleted_by_hand_it_is_made_again(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(V1)
    world.endpoints.clear()
    assert (await endpoint.preview(V1)).op == "update"
    await endpoint.up(V1)
    assert served(world) == ["1"]


async def test_one_that_this_stack_made_is_taken_up_after_a_crash(engine: Engine, world: Endpoints) -> None:
    await Resource(engine, TOKEN, "weather").up(V1)
    again = Resource(engine, TOKEN, "weather")
    await again.up(V1)
    assert [method for method, _ in world.writes].count("POST") == 1
    assert again.outputs["ready"] is True


async def test_what_the_crashed_run_served_is_replaced_and_not_carried(engine: Engine, world: Endpoints) -> None:
    await Resource(engine, TOKEN, "weather").up(V1)
    again = Resource(engine, TOKEN, "weather")
    await again.up({**V1, "version": "2"})
    assert served(world) == ["2"]


async def test_one_of_another_stack_is_refused_at_preview_with_the_way_to_import(
    engine: Engine, world: Endpoints
) -> None:
    await Resource(engine, TOKEN, "weather", stack="prod").up(V1)
    with pytest.raises(CheckFailed) as refused:
        await Resource(engine, TOKEN, "other").check(V1)
    assert "agents/prod" in str(refused.value) or "already" in str(refused.value)


async def test_two_resources_of_a_run_can_not_be_one_endpoint(engine: Engine) -> None:
    await Resource(engine, TOKEN, "weather").check(V1)
    with pytest.raises(CheckFailed, match="weather's already"):
        await Resource(engine, TOKEN, "forecast").check(V1)


async def test_import_gives_no_difference(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(V1)
    assert await endpoint.take_over(NAME)
    assert (await endpoint.preview(V1)).op == "same"


async def test_a_deleted_endpoints_table_gets_a_new_name(endpoint: Resource, world: Endpoints) -> None:
    world.tables = {"main.ai.weather_payload", "main.ai.weather_1_payload"}
    await endpoint.up(V1)
    assert endpoint.outputs["tablePrefix"] == "weather_2"


async def test_the_table_that_stays_is_named(endpoint: Resource, engine: Engine) -> None:
    await endpoint.up(V1)
    await endpoint.delete()
    assert "the inference table stays: main.ai.weather_payload" in engine.infos


async def test_a_secret_variable_is_no_plain_text_anywhere(
    endpoint: Resource, engine: Engine, world: Endpoints
) -> None:
    await endpoint.up({**V1, "environmentVars": {"KEY": Secret("canary-7f3a")}})
    assert endpoint.inputs["environmentVars"]["KEY"] == Secret("canary-7f3a")
    assert endpoint.outputs["environmentVars"]["KEY"] == Secret("canary-7f3a")
    assert "canary-7f3a" not in repr(engine.lines)
    sent = world.bodies[0][2]["config"]["served_entities"][0]["environment_vars"]
    assert sent["KEY"] == "canary-7f3a"


async def test_an_alias_is_pinned_in_check(endpoint: Resource) -> None:
    inputs = await endpoint.check({"name": NAME, "source": "models:/main.ai.weather@champion"})
    assert (inputs["model"], inputs["version"]) == ("main.ai.weather", "2")


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        ({"name": NAME}, "version", "source or externalModel"),
        ({"name": NAME, "source": "weather"}, "source", "no version"),
        ({"name": NAME, "source": "models:/main.ai.weather@gone"}, "source", "no alias"),
        ({**V1, "version": "9"}, "version", "no version 9"),
    ],
)
async def test_what_can_not_be_served_fails_at_preview(
    endpoint: Resource, given: dict[str, Any], path: str, said: str
) -> None:
    with pytest.raises(CheckFailed, match=said) as refused:
        await endpoint.check(given)
    assert refused.value.paths == [path]


async def test_a_version_that_is_not_known_yet_can_be_previewed(endpoint: Resource, world: Endpoints) -> None:
    planned = await endpoint.preview({**V1, "version": UNKNOWN})
    assert planned.op == "create"
    assert world.bodies == []
