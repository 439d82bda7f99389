"""Serving endpoints through the unmodified databricks-sdk."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from agentry.sandbox.mode import Mode
from tests.sandbox import serving_sdk_client, serving_whole_client
from tests.sandbox.serving_workspace import running

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

pytestmark = pytest.mark.process


async def client(script: ModuleType, address: str, token: str, *arguments: str) -> dict[str, Any]:
    """What the client saw, in an environment that knows of no other workspace."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(script.__file__), *arguments),
        env={**kept, "DATABRICKS_HOST": address, "DATABRICKS_TOKEN": token, "DATABRICKS_CONFIG_FILE": os.devnull},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    seen: dict[str, Any] = json.loads(out)
    return seen


async def test_the_sdk_understands_it(tmp_path: Path) -> None:
    async with running(tmp_path) as workspace:
        version = workspace.version("", requirements="./nowhere-1-py3-none-any.whl\n")
        token = workspace.deployer.headers["Authorization"].removeprefix("Bearer ")
        seen = await client(serving_sdk_client, workspace.state.address, token, version)
    assert "UPDATE_FAILED" in seen["failed"]
    endpoint = seen["endpoint"]
    assert endpoint["state"] == {"config_update": "UPDATE_FAILED", "ready": "NOT_READY"}
    assert endpoint["permission_level"] == "CAN_MANAGE"
    served = endpoint["pending_config"]["served_entities"][0]
    assert (served["entity_version"], served["state"]["deployment"]) == (version, "DEPLOYMENT_FAILED")
    assert "nowhere" in served["state"]["deployment_state_message"]
    assert "nowhere" in seen["build log"]
    assert seen["service log"] == ""
    assert seen["tags"] == {"tags": [{"key": "k", "value": "v"}]}
    assert seen["gateway"]["inference_table_config"]["table_name_prefix"] == "sample"
    assert next(entry.get("user_name") for entry in seen["levels"]["access_control_list"]) == "deployer@sandbox.example"
    assert seen["list"] == ["e", "sandbox-chat"]
    assert "stand-in" in seen["chat"]["choices"][0]["message"]["content"]
    assert seen["query"][0] == "BadRequest"
    assert "not ready" in seen["query"][1]
    assert seen["gone"] == "ResourceDoesNotExist"


async def test_the_sdk_understands_the_rest(tmp_path: Path) -> None:
    async with running(tmp_path, Mode(instant=True)) as workspace:
        version = workspace.version("")
        token = workspace.deployer.headers["Authorization"].removeprefix("Bearer ")
        seen = await client(serving_whole_client, workspace.state.address, token, version)
    made = seen["made"]
    assert (made["route_optimized"], made["budget_policy_id"], made["description"]) == (True, "p", "d")
    assert made["endpoint_url"].startswith("http://127.0.0.1:")
    assert made["config"]["served_entities"][0]["external_model"] == {
        "name": "gpt-4.1", "provider": "openai", "task": "llm/v1/chat", "openai_config": {},
    }  # fmt: skip
    assert seen["served by"] == ["a", "b", "a", "b"]
    assert seen["limited"] == "RequestLimitExceeded"
    assert seen["notified"]["email_notifications"] == {"on_update_failure": ["asker@sandbox.example"]}
    assert seen["older limits"]["rate_limits"] == [{"calls": 5, "renewal_period": "minute"}]
    assert 'request_count_total{endpoint_name="e",served_model_name="a"} 2' in seen["metrics"]
    assert "/serving-endpoints/e/invocations" in seen["interface"]["paths"]
    entities = seen["pt"]["config"]["served_entities"]
    assert [(one["name"], one["provisioned_model_units"]) for one in entities] == [("a", 2)]
    assert seen["telemetry"] == {"telemetry_profile_id": "profile"}
