"""What a live endpoint says of itself: every way of not being well is seen."""

from __future__ import annotations

from typing import Any

import pytest

from agentry.provider.kinds.endpoint_config import STATIC_VARIABLES, config_body
from agentry.provider.kinds.endpoint_differences import declared, differences, tag_change
from agentry.provider.kinds.endpoint_health import Health, health
from tests.provider.test_endpoint_config import INPUTS

OURS = "main-ai-weather_7"


def entity(version: str, deployment: str = "DEPLOYMENT_READY", message: str = "") -> dict[str, Any]:
    return {
        "name": f"main-ai-weather_{version}",
        "entity_name": "main.ai.weather",
        "entity_version": version,
        "workload_size": "Small",
        "scale_to_zero_enabled": True,
        "state": {"deployment": deployment, "deployment_state_message": message},
    }


def live(
    ready: str, update: str, served: list[dict[str, Any]], pending: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    return {
        "name": "agents_main-ai-weather",
        "state": {"ready": ready, "config_update": update},
        "config": {"served_entities": served} if served else None,
        "pending_config": {"served_entities": pending} if pending else None,
    }


@pytest.mark.parametrize(
    ("endpoint", "expected", "reason"),
    [
        (live("READY", "NOT_UPDATING", [entity("7")]), Health(True, ""), "all is well"),
        (
            live("READY", "IN_PROGRESS", [entity("6")], [entity("7", "DEPLOYMENT_CREATING", "building")]),
            Health(False, "", "building"),
            "the new version is on its way",
        ),
        (
            live("READY", "UPDATE_FAILED", [entity("6")], [entity("7", "DEPLOYMENT_FAILED", "no such package")]),
            Health(True, "UPDATE_FAILED: no such package; version 6 still serves"),
            "the update failed and the old version serves",
        ),
        (
            live("NOT_READY", "UPDATE_FAILED", [], [entity("7", "DEPLOYMENT_FAILED", "import error")]),
            Health(True, "UPDATE_FAILED: import error"),
            "the first deployment failed",
        ),
        (
            live("READY", "NOT_UPDATING", [entity("6")]),
            Health(True, "serves main-ai-weather_6 instead of main-ai-weather_7"),
            "somebody moved it",
        ),
        (
            live("NOT_READY", "NOT_UPDATING", [entity("7")]),
            Health(False, "", "not ready yet"),
            "no update runs, yet it does not answer",
        ),
        (
            live("READY", "NOT_UPDATING", [entity("7", "DEPLOYMENT_FAILED", "out of memory")]),
            Health(True, "main-ai-weather_7: DEPLOYMENT_FAILED out of memory"),
            "an entity died after the update",
        ),
    ],
)
def test_health(endpoint: dict[str, Any], expected: Health, reason: str) -> None:
    assert health(endpoint, OURS) == expected, reason


def well() -> dict[str, Any]:
    return {
        **live("READY", "NOT_UPDATING", [entity("7")]),
        "tags": [
            {"key": "team", "value": "sky"},
            {"key": "MONITOR_EXPERIMENT_ID", "value": "12"},
            {"key": "agentry_owner", "value": "agents/dev"},
            {"key": "theirs", "value": "x"},
        ],
        "ai_gateway": {
            "inference_table_config": {
                "enabled": True,
                "catalog_name": "main",
                "schema_name": "ai",
                "table_name_prefix": "weather",
            }
        },
    }


def test_an_endpoint_as_declared_has_no_differences_whatever_others_tagged() -> None:
    assert differences(well(), INPUTS, {OURS}, "agents/dev", "weather") == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"workload_size": "Large"}, "workloadSize"),
        ({"scale_to_zero_enabled": False}, "scaleToZero"),
        ({"environment_vars": {"UNITS": "imperial"}}, "environmentVars"),
        ({"name": "main-ai-weather_6"}, "version"),
    ],
)
def test_a_change_by_hand_is_seen(change: dict[str, Any], field: str) -> None:
    endpoint = well()
    endpoint["config"]["served_entities"][0].update(change)
    assert list(differences(endpoint, INPUTS, {OURS}, "agents/dev", "weather")) == [field]


def shared(ours: int, theirs: int) -> dict[str, Any]:
    endpoint = well()
    endpoint["config"]["served_entities"].append({**entity("3"), "name": "theirs"})
    endpoint["config"]["traffic_config"] = {
        "routes": [
            {"served_model_name": OURS, "traffic_percentage": ours},
            {"served_model_name": "theirs", "traffic_percentage": theirs},
        ]
    }
    return endpoint


def test_a_moved_traffic_split_is_seen_where_a_split_is_declared() -> None:
    inputs = {**INPUTS, "traffic": {"theirs": 30}}
    assert differences(shared(70, 30), inputs, {OURS}, "agents/dev", "weather") == {}
    found = differences(shared(40, 60), inputs, {OURS}, "agents/dev", "weather")
    assert found == {"traffic": f"{OURS} 40 %, theirs 60 %"}


def test_without_a_declared_split_others_keep_their_share_as_long_as_ours_gets_some() -> None:
    assert differences(shared(40, 60), INPUTS, {OURS}, "agents/dev", "weather") == {}
    assert list(differences(shared(0, 100), INPUTS, {OURS}, "agents/dev", "weather")) == ["traffic"]
    kept = config_body({**INPUTS, "version": "8"}, shared(40, 60), {OURS})["traffic_config"]["routes"]
    assert {one["served_model_name"]: one["traffic_percentage"] for one in kept} == {
        "theirs": 60,
        "main-ai-weather_8": 40,
    }
    taken = config_body({**INPUTS, "version": "8"}, shared(0, 100), {OURS})["traffic_config"]["routes"]
    assert {one["served_model_name"]: one["traffic_percentage"] for one in taken} == {
        "theirs": 0,
        "main-ai-weather_8": 100,
    }


def test_tags_of_others_stay_and_ours_are_made_right() -> None:
    before = {**INPUTS, "tags": {"team": "sky", "old": "1"}}
    endpoint = well()
    endpoint["tags"] += [{"key": "old", "value": "1"}]
    assert tag_change(endpoint, before, {**INPUTS, "tags": {"team": "sea"}}, "agents/dev") == {
        "add_tags": [{"key": "team", "value": "sea"}],
        "delete_tags": ["old"],
    }
    assert tag_change(well(), INPUTS, INPUTS, "agents/dev") is None


def test_an_import_sees_the_declaration_without_what_we_add() -> None:
    endpoint = well()
    endpoint["config"]["served_entities"][0]["environment_vars"] = {
        "UNITS": "metric",
        **STATIC_VARIABLES,
        "MLFLOW_EXPERIMENT_ID": "12",
    }
    seen = declared(endpoint, "")
    assert seen["environmentVars"] == {"UNITS": "metric"}
    assert seen["experimentId"] == "12"
    assert seen["tags"] == {"team": "sky", "theirs": "x"}
    assert (seen["model"], seen["version"]) == ("main.ai.weather", "7")
