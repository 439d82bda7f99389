"""What a tool does with serving endpoints through databricks-sdk, run by `test_serving_sdk.py` in a process of its own.

    python serving_sdk_client.py VERSION

It knows the workspace by its environment alone, and prints what it saw as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, OperationFailed
from databricks.sdk.service.serving import (
    AiGatewayInferenceTableConfig,
    ChatMessage,
    ChatMessageRole,
    EndpointCoreConfigInput,
    EndpointTag,
    ServedEntityInput,
)


def main(version: str) -> None:
    """All of it."""
    w = WorkspaceClient()
    entity = ServedEntityInput(
        name="a",
        entity_name="local.agents.sample",
        entity_version=version,
        workload_size="Small",
        scale_to_zero_enabled=True,
    )
    seen: dict[str, object] = {}
    try:
        w.serving_endpoints.create_and_wait(
            "e", config=EndpointCoreConfigInput(name="e", served_entities=[entity]), timeout=timedelta(minutes=2)
        )
    except OperationFailed as error:
        seen["failed"] = str(error)
    endpoint = w.serving_endpoints.get("e")
    seen["endpoint"] = endpoint.as_dict()
    seen["build log"] = w.serving_endpoints.build_logs("e", "a").logs
    seen["service log"] = w.serving_endpoints.logs("e", "a").logs
    seen["tags"] = w.serving_endpoints.patch("e", add_tags=[EndpointTag("k", "v")]).as_dict()
    table = AiGatewayInferenceTableConfig(
        catalog_name="local", schema_name="agents", table_name_prefix="sample", enabled=True
    )
    seen["gateway"] = w.serving_endpoints.put_ai_gateway("e", inference_table_config=table).as_dict()
    seen["levels"] = w.serving_endpoints.get_permissions(str(endpoint.id)).as_dict()
    seen["list"] = sorted(str(e.name) for e in w.serving_endpoints.list())
    hello = ChatMessage(content="hello", role=ChatMessageRole.USER)
    seen["chat"] = w.serving_endpoints.query("sandbox-chat", messages=[hello]).as_dict()
    try:
        w.serving_endpoints.query("e", messages=[hello])
    except DatabricksError as error:
        seen["query"] = [type(error).__name__, str(error)]
    w.serving_endpoints.delete("e")
    try:
        w.serving_endpoints.get("e")
    except DatabricksError as error:
        seen["gone"] = type(error).__name__
    print(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
