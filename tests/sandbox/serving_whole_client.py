"""The rest of the serving interface through databricks-sdk, run by `test_serving_sdk.py` in a process of its own.

It knows the workspace by its environment alone, and prints what it saw as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta

from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service import serving

MINUTE = serving.AiGatewayRateLimitRenewalPeriod.MINUTE
HELLO = [serving.ChatMessage(content="hello", role=serving.ChatMessageRole.USER)]


def outside(name: str) -> serving.ServedEntityInput:
    """An external model."""
    key = serving.OpenAiConfig(openai_api_key_plaintext="k")
    model = serving.ExternalModel(
        provider=serving.ExternalModelProvider.OPENAI, name="gpt-4.1", task="llm/v1/chat", openai_config=key
    )
    return serving.ServedEntityInput(name=name, external_model=model)


def main(version: str) -> None:
    """All of it."""
    # Refusals come through at once, instead of being tried again for minutes.
    api = WorkspaceClient(config=Config(retry_timeout_seconds=1)).serving_endpoints
    seen: dict[str, object] = {}
    routes = [serving.Route(50, served_entity_name=name) for name in ("a", "b")]
    config = serving.EndpointCoreConfigInput(
        name="e",
        served_entities=[outside("a"), outside("b")],
        traffic_config=serving.TrafficConfig(routes=routes),
    )
    made = api.create_and_wait("e", config=config, route_optimized=True, budget_policy_id="p", description="d")
    seen["made"] = made.as_dict()
    seen["served by"] = [api.query("e", messages=HELLO).served_model_name for _ in range(4)]
    api.put_ai_gateway("e", rate_limits=[serving.AiGatewayRateLimit(renewal_period=MINUTE, calls=0)])
    try:
        api.query("e", messages=HELLO)
    except DatabricksError as error:
        seen["limited"] = type(error).__name__
    except TimeoutError as error:
        seen["limited"] = type(error.__cause__).__name__
    mails = serving.EmailNotifications(on_update_failure=["asker@sandbox.example"])
    seen["notified"] = api.update_notifications("e", email_notifications=mails).as_dict()
    limit = serving.RateLimit(calls=5, renewal_period=serving.RateLimitRenewalPeriod.MINUTE)
    seen["older limits"] = api.put("e", rate_limits=[limit]).as_dict()
    metrics, interface = api.export_metrics("e").contents, api.get_open_api("e").contents
    assert metrics is not None
    assert interface is not None
    seen["metrics"], seen["interface"] = metrics.read().decode(), json.loads(interface.read())
    units = serving.PtServedModel("local.agents.sample", 2, entity_version=version, name="a")
    throughput = serving.PtEndpointCoreConfig(served_entities=[units])
    api.create_provisioned_throughput_endpoint("pt", throughput)
    seen["pt"] = api.get("pt").as_dict()
    api.wait_get_serving_endpoint_not_updating("pt", timeout=timedelta(minutes=1))
    profile = serving.TelemetryConfig(telemetry_profile_id="profile")
    seen["telemetry"] = api.patch_telemetry_config("pt", telemetry_config=profile).as_dict()["telemetry_config"]
    for name in ("e", "pt"):
        api.delete(name)
    print(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
