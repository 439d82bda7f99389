"""What is asked of the platform for an endpoint, and what is refused without asking it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.provider.kinds.endpoint_config import (
    Source,
    config_body,
    create_body,
    parse_source,
    routes,
    served_entity_name,
)
from agentry.provider.kinds.endpoint_rules import failures
from agentry.provider.kinds.kind import UNKNOWN

INPUTS: dict[str, Any] = {
    "name": "agents_main-ai-weather",
    "model": "main.ai.weather",
    "version": "7",
    "workloadSize": "Small",
    "scaleToZero": True,
    "experimentId": "12",
    "tags": {"team": "sky"},
    "environmentVars": {"UNITS": "metric"},
}


def test_the_create_request_is_the_one_of_agents_deploy() -> None:
    body = create_body(INPUTS, "agents/dev", "weather")
    assert body == {
        "name": "agents_main-ai-weather",
        "description": "",
        "tags": [
            {"key": "MONITOR_EXPERIMENT_ID", "value": "12"},
            {"key": "agentry_owner", "value": "agents/dev"},
            {"key": "team", "value": "sky"},
        ],
        "ai_gateway": {
            "inference_table_config": {
                "enabled": True,
                "catalog_name": "main",
                "schema_name": "ai",
                "table_name_prefix": "weather",
            }
        },
        "config": {
            "name": "agents_main-ai-weather",
            "served_entities": [
                {
                    "name": "main-ai-weather_7",
                    "entity_name": "main.ai.weather",
                    "entity_version": "7",
                    "workload_size": "Small",
                    "scale_to_zero_enabled": True,
                    "environment_vars": {
                        "UNITS": "metric",
                        "ENABLE_LANGCHAIN_STREAMING": "true",
                        "ENABLE_MLFLOW_TRACING": "true",
                        "RETURN_REQUEST_ID_IN_RESPONSE": "true",
                        "MLFLOW_EXPERIMENT_ID": "12",
                    },
                }
            ],
            "traffic_config": {"routes": [{"served_model_name": "main-ai-weather_7", "traffic_percentage": 100}]},
        },
    }


def test_entities_of_others_are_carried_and_ours_is_replaced() -> None:
    others = {"name": "theirs", "entity_name": "main.ai.other", "entity_version": "3", "workload_size": "Large"}
    live = {
        "config": {
            "served_entities": [
                {"name": "main-ai-weather_6", "entity_name": "main.ai.weather", "entity_version": "6"},
                {**others, "creator": "somebody", "creation_timestamp": 1, "state": {"deployment": "DEPLOYMENT_READY"}},
            ]
        }
    }
    body = config_body({**INPUTS, "traffic": {"theirs": 30}}, live, {"main-ai-weather_6"})
    assert [one["name"] for one in body["served_entities"]] == ["main-ai-weather_7", "theirs"]
    assert body["served_entities"][1] == others
    assert {r["served_model_name"]: r["traffic_percentage"] for r in body["traffic_config"]["routes"]} == {
        "theirs": 30,
        "main-ai-weather_7": 70,
    }


@given(st.lists(st.integers(0, 20), max_size=5))
def test_shares_always_add_up_to_a_hundred(shares: list[int]) -> None:
    traffic = {f"other{i}": share for i, share in enumerate(shares)}
    for split in (routes("ours", traffic, traffic), routes("ours", None, traffic)):
        assert sum(one["traffic_percentage"] for one in split) == 100
        assert all(one["traffic_percentage"] >= 0 for one in split)


@given(st.from_regex(r"[a-z_]{1,60}\.[a-z_]{1,60}\.[a-z_]{1,60}", fullmatch=True), st.integers(1, 99999))
def test_a_served_entity_name_fits_and_keeps_its_version(model: str, version: int) -> None:
    name = served_entity_name(model, str(version))
    assert len(name) <= 63
    assert name.endswith(f"_{version}")
    assert "." not in name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("models:/a.b.c/7", Source("a.b.c", "7", None)),
        ("models:/a.b.c@champion", Source("a.b.c", None, "champion")),
        ("models:/a.b/7", None),
        ("models:/a.b.c", None),
        ("a.b.c/7", None),
        ("models:/a.b.c/latest", None),
    ],
)
def test_a_source_is_a_version_or_an_alias(text: str, expected: Source | None) -> None:
    assert parse_source(text) == expected


def test_a_switched_off_inference_table_is_sent_as_such() -> None:
    body = create_body({**INPUTS, "inferenceTable": {"enabled": False}}, "agents/dev", "weather")
    assert body["ai_gateway"] == {"inference_table_config": {"enabled": False}}


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"name": "a" * 64}, "name", "at most 63"),
        ({"name": "dots.are.not"}, "name", "no endpoint name"),
        ({"model": "ai.weather"}, "model", "catalog.schema.model"),
        ({"workloadSize": "Huge"}, "workloadSize", "Small, Medium, Large"),
        ({"environmentVars": {"lower": "x"}}, "environmentVars.lower", "capital letters"),
        ({"environmentVars": {"MLFLOW_EXPERIMENT_ID": "1"}}, "environmentVars.MLFLOW_EXPERIMENT_ID", "experiment"),
        ({"environmentVars": {"ENABLE_MLFLOW_TRACING": "false"}}, "environmentVars.ENABLE_MLFLOW_TRACING", "'true'"),
        ({"environmentVars": {"N": 3.0}}, "environmentVars.N", "string"),
        ({"environmentVars": {f"V{i}": "x" for i in range(27)}}, "environmentVars", "at most 30"),
        ({"traffic": {"x": 101}}, "traffic", "0 to 100"),
        ({"traffic": {"x": 60, "y": 50}}, "traffic", "110"),
    ],
)
def test_what_can_not_be_is_refused_with_its_path(change: dict[str, Any], path: str, said: str) -> None:
    found = failures({**INPUTS, **change})
    assert [one.path for one in found] == [path]
    assert said in found[0].reason


def test_what_is_not_known_yet_is_not_refused() -> None:
    inputs = {**INPUTS, "version": UNKNOWN, "environmentVars": {"TOKEN": UNKNOWN}, "traffic": UNKNOWN}
    assert failures(inputs) == []
