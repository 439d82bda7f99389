"""Every field of an endpoint, one after the other: sent, read back, drifted, repaired, taken away, imported."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from agentry.provider.kinds.endpoint_fields import BY_NAME
from agentry.provider.kinds.endpoint_places import CREATION, ENTITY, PLACES, TRAFFIC, Place, at, put
from agentry.provider.kinds.kind import UNKNOWN
from agentry.provider.kinds.serving_endpoint import ServingEndpoint
from tests.provider.endpoints import Endpoints
from tests.provider.lifecycle import Engine, Resource, provider
from tests.workspace.fake import workspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = ServingEndpoint.token
NAME = "weather"
AGENT: dict[str, Any] = {"name": NAME, "model": "main.ai.weather", "version": "1"}
FOUNDATION: dict[str, Any] = {"name": NAME, "model": "system.ai.llama", "version": "1"}
THROUGHPUT = {**FOUNDATION, "maxProvisionedThroughput": 2000}
UNITS = {**FOUNDATION, "provisionedModelUnits": 50}
OPENAI: dict[str, Any] = {
    "provider": "openai",
    "name": "gpt-4o",
    "task": "llm/v1/chat",
    "openaiConfig": {"openaiApiKey": "{{secrets/llm/openai}}"},
}
EXTERNAL: dict[str, Any] = {"name": NAME, "externalModel": OPENAI}

# Field: what else is declared, a value, another value.
FIELDS: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "version": (AGENT, "1", "2"),
    "model": (AGENT, "main.ai.weather", "main.ai.clouds"),
    "externalModel": (EXTERNAL, OPENAI, {**OPENAI, "openaiConfig": {"openaiApiKey": "{{secrets/llm/other}}"}}),
    "environmentVars": (AGENT, {"UNITS": "metric"}, {"UNITS": "imperial"}),
    "workloadSize": (AGENT, "Small", "Large"),
    "workloadType": (AGENT, "GPU_SMALL", "GPU_MEDIUM"),
    "scaleToZero": (AGENT, True, False),
    "minProvisionedConcurrency": ({**AGENT, "maxProvisionedConcurrency": 16}, 4, 8),
    "maxProvisionedConcurrency": (AGENT, 8, 16),
    "minProvisionedThroughput": (THROUGHPUT, 500, 1000),
    "maxProvisionedThroughput": (FOUNDATION, 2000, 3000),
    "provisionedModelUnits": (FOUNDATION, 50, 100),
    "burstScaling": (UNITS, False, True),
    "instanceProfileArn": (AGENT, "arn:aws:iam::1:instance-profile/a", "arn:aws:iam::1:instance-profile/b"),
    "tags": (AGENT, {"team": "sky"}, {"team": "sea"}),
    "description": (AGENT, "asks the sky", "asks the sea"),
    "budgetPolicyId": (AGENT, "policy-1", "policy-2"),
    "emailNotifications": (
        AGENT,
        {"onUpdateFailure": ["a@company.example", "b@company.example"]},
        {"onUpdateSuccess": ["a@company.example"]},
    ),
    "telemetry": (
        AGENT,
        {"telemetryProfileId": "profile-1", "inferenceTableConfig": {"samplingFraction": 0.5}},
        {"tableNames": {"logsTable": "main.ai.logs"}, "inferenceTableConfig": {"samplingFraction": 1}},
    ),
    "routeOptimized": (AGENT, True, False),
    "inferenceTable": (AGENT, {"enabled": False}, {"enabled": True, "tableNamePrefix": "sky"}),
    "usageTracking": (EXTERNAL, True, False),
    "rateLimits": (
        EXTERNAL,
        [{"calls": 10}, {"key": "user_group", "principal": "analysts", "tokens": 500}],
        [{"calls": 20}],
    ),
    "guardrails": (
        EXTERNAL,
        {"input": {"safety": True, "pii": {"behavior": "BLOCK"}, "invalidKeywords": ["a", "b"]}},
        {"output": {"pii": {"behavior": "MASK"}, "validTopics": ["weather"]}},
    ),
    "fallback": (EXTERNAL, True, False),
}
BY_FIELD = {place.field: place for place in PLACES}
IMMUTABLE = ("routeOptimized", "budgetPolicyId")
UNTOLD = ("burstScaling",)
OPTIONAL = sorted(
    set(FIELDS) - {"version", "model", "externalModel", "provisionedModelUnits", "maxProvisionedThroughput"}
)


@pytest.fixture
def world() -> Endpoints:
    made = Endpoints(polls=0)
    made.versions["main.ai.clouds"] = {"1"}
    made.scopes = {"llm": {"openai", "other"}}
    return made


@pytest.fixture
async def engine(world: Endpoints) -> AsyncIterator[Engine]:
    async def connect(settings: Any, *, clock: Any, cancelled: Any = None) -> Any:
        return workspace(world, clock=clock, cancelled=cancelled)

    async with provider({TOKEN: ServingEndpoint()}, connect) as found:
        yield found


@pytest.fixture
def endpoint(engine: Engine) -> Resource:
    return Resource(engine, TOKEN, "weather")


def live_value(world: Endpoints, place: Place) -> Any:
    live = world.endpoints[NAME]
    if place.part is ENTITY:
        return at(live["config"]["served_entities"][0], place.path)
    return at(live if place.part is CREATION else live.get(place.part.key), place.path)


def test_every_field_that_goes_anywhere_is_in_this_test() -> None:
    assert set(FIELDS) == {place.field for place in PLACES if place.part is not TRAFFIC}


@pytest.mark.parametrize("field", FIELDS)
async def test_a_field_lives(endpoint: Resource, world: Endpoints, field: str) -> None:
    rest, value, other = FIELDS[field]
    first, second = {**rest, field: value}, {**rest, field: other}
    if field in IMMUTABLE:
        await endpoint.up(first)
        assert (await endpoint.preview(first)).op == "same"
        assert (await endpoint.preview(second)).op == "replace"
    else:
        await endpoint.lives(first, second, first, writes=world.bodies)


@pytest.mark.parametrize("field", [field for field in OPTIONAL if field not in (*IMMUTABLE, "tags", "inferenceTable")])
async def test_a_field_that_goes_is_taken_away_or_makes_a_new_endpoint(
    endpoint: Resource, world: Endpoints, field: str
) -> None:
    rest, value, _ = FIELDS[field]
    await endpoint.up({**rest, field: value})
    planned = await endpoint.preview(rest)
    if value == endpoint_default(field):
        assert planned.op == "same"
        return
    assert planned.op == "update", "a removal is never silent"
    before = len(world.bodies)
    await endpoint.up(rest)
    assert len(world.bodies) > before, "nothing was sent"
    assert (await endpoint.preview(rest)).op == "same"
    sent = live_value(world, BY_FIELD[field])
    assert sent in (
        None, "", False, [], {}, "Small", True,
        {"on_update_failure": [], "on_update_success": []},
    ) or field == "environmentVars"  # fmt: skip


def endpoint_default(field: str) -> Any:
    return {"workloadSize": "Small", "scaleToZero": True}.get(field)


@pytest.mark.parametrize(
    "field", [field for field in FIELDS if field not in (*IMMUTABLE, *UNTOLD, "model", "version", "tags")]
)
async def test_drift_in_a_field_is_shown_and_repaired(endpoint: Resource, world: Endpoints, field: str) -> None:
    rest, value, _ = FIELDS[field]
    place = BY_FIELD[field]
    await endpoint.up({**rest, field: value})
    right = copy.deepcopy(live_value(world, place))
    drifted = await other_value(endpoint, world, field)
    change(world, place, drifted)
    planned = await endpoint.preview({**rest, field: value})
    assert (planned.op, list(planned.changes)) == ("update", [field])
    await endpoint.up({**rest, field: value})
    assert live_value(world, place) == right
    assert (await endpoint.preview({**rest, field: value})).op == "same"
    change(world, place, None)
    if place.absent is None and right not in (False, None):
        planned = await endpoint.preview({**rest, field: value})
        silent = field == "environmentVars"
        assert planned.op == ("same" if silent else "update"), "what was removed by hand is seen"


def unknown_within(value: Any) -> Any:
    """The value with every innermost part not known yet."""
    if isinstance(value, dict):
        return {key: unknown_within(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unknown_within(item) for item in value]
    return UNKNOWN


@pytest.mark.parametrize("deep", [False, True], ids=["whole", "within"])
@pytest.mark.parametrize("field", [*FIELDS, "experimentId", "traffic", "source"])
async def test_what_is_not_known_yet_is_previewed_and_told_as_no_drift(
    endpoint: Resource, engine: Engine, world: Endpoints, field: str, *, deep: bool
) -> None:
    more = {"experimentId": "12", "traffic": {"theirs": 10}, "source": "models:/main.ai.weather/1"}
    rest, value = (AGENT, more[field]) if field in more else FIELDS[field][:2]
    if field == "source":
        rest = {"name": NAME}
    await endpoint.up({**rest, **({field: value} if field != "traffic" else {})})
    if field == "traffic":
        world.endpoints[NAME]["config"]["served_entities"].append({"name": "theirs"})
    before = len(engine.warnings)
    planned = await endpoint.preview({**rest, field: unknown_within(value) if deep else UNKNOWN})
    assert planned.op in ("update", "replace")
    assert [line for line in engine.warnings[before:] if "is replaced" not in line and "created by" not in line] == []
    fresh = Resource(endpoint.engine, TOKEN, "weather")
    assert (await fresh.preview({**rest, field: unknown_within(value) if deep else UNKNOWN})).op == "create"


async def other_value(endpoint: Resource, world: Endpoints, field: str) -> Any:
    """The field's other value, as the platform has it: taken from an endpoint of that declaration."""
    rest, _, other = FIELDS[field]
    elsewhere = {**rest, field: other, "name": "elsewhere"}
    await Resource(endpoint.engine, TOKEN, "elsewhere").up(elsewhere)
    live = world.endpoints.pop("elsewhere")
    place = BY_FIELD[field]
    source = live["config"]["served_entities"][0] if place.part is ENTITY else live.get(place.part.key)
    return copy.deepcopy(at(source, place.path))


def change(world: Endpoints, place: Place, value: Any) -> None:
    live = world.endpoints[NAME]
    if place.part is ENTITY:
        put(live["config"]["served_entities"][0], place.path, value)
    elif place.path:
        live[place.part.key] = dict(live.get(place.part.key) or {})
        put(live[place.part.key], place.path, value)
    else:
        live[place.part.key] = value


WHOLE_AGENT: dict[str, Any] = {
    **AGENT,
    "experimentId": "12",
    **{
        field: FIELDS[field][1]
        for field in (
            "environmentVars", "workloadType", "minProvisionedConcurrency", "instanceProfileArn", "tags", "description",
            "budgetPolicyId", "emailNotifications", "telemetry", "routeOptimized",
        )
    },
    "maxProvisionedConcurrency": 16,
    "inferenceTable": {"enabled": True, "catalogName": "main", "schemaName": "ai", "tableNamePrefix": "sky"},
}  # fmt: skip
WHOLE_EXTERNAL: dict[str, Any] = {
    **EXTERNAL,
    **{field: FIELDS[field][1] for field in ("usageTracking", "rateLimits", "guardrails", "fallback", "description")},
    "inferenceTable": {"enabled": True, "catalogName": "main", "schemaName": "ai", "tableNamePrefix": "gpt"},
}
WHOLE_UNITS: dict[str, Any] = {
    **UNITS,
    **{
        field: FIELDS[field][1]
        for field in ("description", "telemetry", "emailNotifications", "budgetPolicyId", "tags")
    },
}
WHOLE_THROUGHPUT = {**THROUGHPUT, "minProvisionedThroughput": 500, "tags": {"team": "sky"}}
WHOLES = {
    "an agent": WHOLE_AGENT,
    "an agent with nothing said": AGENT,
    "an agent with a table, its names left to us": {**AGENT, "inferenceTable": {"enabled": True}},
    "an agent without a table": {**AGENT, "inferenceTable": {"enabled": False}},
    "an external model": WHOLE_EXTERNAL,
    "model units": WHOLE_UNITS,
    "throughput": WHOLE_THROUGHPUT,
}


def test_the_wholes_together_have_every_field() -> None:
    assert {place.field for place in PLACES} - {key for whole in WHOLES.values() for key in whole} == {
        "traffic",
        "workloadSize",
        "scaleToZero",
        "burstScaling",
    }


@pytest.mark.parametrize("whole", WHOLES.values(), ids=WHOLES)
async def test_an_endpoint_with_all_fields_is_imported_without_a_difference(
    endpoint: Resource, world: Endpoints, whole: dict[str, Any]
) -> None:
    await endpoint.lives(whole)
    other = Resource(endpoint.engine, TOKEN, "weather")
    assert await other.take_over(NAME)
    assert (await other.preview(whole)).op == "same"
    given = {key: value for key, value in other.inputs.items() if key in BY_NAME and BY_NAME[key].is_given}
    assert (await other.preview(given)).op == "same", "what an import writes down is itself no change"


async def test_traffic_of_others_is_imported_and_refreshed(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(AGENT)
    config = world.endpoints[NAME]["config"]
    config["served_entities"].append({"name": "theirs", "entity_name": "main.ai.clouds", "entity_version": "1"})
    config["traffic_config"]["routes"] = [
        {"served_model_name": "main-ai-weather_1", "traffic_percentage": 70},
        {"served_model_name": "theirs", "traffic_percentage": 30},
    ]
    assert (await endpoint.preview(AGENT)).op == "same"
    assert await endpoint.take_over(NAME)
    assert endpoint.inputs["traffic"] == {"theirs": 30}
    assert (await endpoint.preview(AGENT)).op == "same"
    split = {**AGENT, "traffic": {"theirs": 10}}
    await endpoint.up(split)
    assert await endpoint.refresh()
    assert endpoint.inputs["traffic"] == {"theirs": 10}
    assert (await endpoint.preview(split)).op == "same"
    # Not declared any more: theirs stays as it is, with the entity, also in a new version.
    await endpoint.up({**AGENT, "version": "2"})
    live = world.endpoints[NAME]["config"]
    assert [one["name"] for one in live["served_entities"]] == ["main-ai-weather_2", "theirs"]
    assert {one["served_model_name"]: one["traffic_percentage"] for one in live["traffic_config"]["routes"]} == {
        "theirs": 10,
        "main-ai-weather_2": 90,
    }


async def test_an_answer_that_leaves_out_what_is_by_default_is_imported_without_a_difference(
    endpoint: Resource, world: Endpoints
) -> None:
    wanted = {
        **EXTERNAL,
        "emailNotifications": {"onUpdateFailure": ["b@company.example", "a@company.example"]},
        "rateLimits": [{"tokens": 5, "key": "user"}, {"calls": 10}],
        "guardrails": {"input": {"pii": {}, "invalidKeywords": ["b", "a"]}},
    }
    await endpoint.up(wanted)
    live = world.endpoints[NAME]
    live["email_notifications"] = {"on_update_failure": ["a@company.example", "b@company.example"]}
    live["ai_gateway"]["rate_limits"] = [{"calls": 10, "renewal_period": "minute"}, {"tokens": 5, "key": "user"}]
    live["ai_gateway"]["guardrails"] = {"input": {"pii": {}, "invalid_keywords": ["a", "b"]}}
    assert (await endpoint.preview(wanted)).op == "same"
    assert await endpoint.refresh()
    assert (await endpoint.preview(wanted)).op == "same"
    assert await endpoint.take_over(NAME)
    assert (await endpoint.preview(wanted)).op == "same"
