"""What a workspace tells of an endpoint that `agents.deploy()` made, as values."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from agentry.adopt.reading import Seen, Version
from agentry.provider.kinds.endpoint_differences import declared
from agentry.resources import Resource
from tests.adopt.deployed import STATIC

CANARY = "canary-51c0ffee"
MODEL, ENDPOINT = "main.ai.weather", "agents_main-ai-weather"
READY = {"deployment": "DEPLOYMENT_READY"}
LIVE: dict[str, Any] = {
    "name": ENDPOINT,
    "id": "e1",
    "creator": "maker@company.example",
    "task": "agent/v2/chat",
    "description": "",
    "tags": [{"key": "MONITOR_EXPERIMENT_ID", "value": "12"}, {"key": "team", "value": "sky"}],
    "state": {"ready": "READY", "config_update": "NOT_UPDATING"},
    "ai_gateway": {
        "inference_table_config": {
            "enabled": True,
            "catalog_name": "main",
            "schema_name": "ai",
            "table_name_prefix": "weather",
        }
    },
    "config": {
        "served_entities": [
            {
                "name": "main-ai-weather_7",
                "entity_name": MODEL,
                "entity_version": "7",
                "workload_size": "Small",
                "scale_to_zero_enabled": True,
                "environment_vars": {**STATIC, "MLFLOW_EXPERIMENT_ID": "12"},
                "state": READY,
            }
        ],
        "traffic_config": {"routes": [{"served_model_name": "main-ai-weather_7", "traffic_percentage": 100}]},
    },
}
CHAT = Resource("serving_endpoint", "claude")
INDEX = Resource("vector_search_index", "main.docs.index")
MLMODEL: dict[str, Any] = {"flavors": {"python_function": {"model_code_path": "agent.py", "python_version": "3.11.4"}}}


def live(**changes: Any) -> dict[str, Any]:
    """The endpoint; `entity` goes over its served entity, `variables` over that one's variables."""
    found = copy.deepcopy(LIVE)
    entity = found["config"]["served_entities"][0]
    entity["environment_vars"] |= changes.pop("variables", {})
    entity |= changes.pop("entity", {})
    return {**found, **changes}


def seen(endpoint: dict[str, Any] | None = None, **changes: Any) -> Seen:
    """All that was found."""
    at = endpoint or live()
    found = Seen(
        live=at,
        inputs=declared(at, ""),
        model={"name": MODEL, "description": "Tells the weather", "tags": []},
        aliases={"champion": 7, "challenger": 9},
        access={"group:analysts": "CAN_QUERY"},
        experiment="/Users/maker@company.example/notebook",
        version=Version((CHAT, INDEX), MLMODEL),
    )
    return replace(found, **changes)
