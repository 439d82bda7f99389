"""What databricks-sdk's create and update calls take and a declaration of an endpoint does not, with the reason.

A test walks the request classes of the installed SDK: a field that is neither a row of `endpoint_places` nor one of
these fails it, and so does a row here that the SDK no longer has.
"""

from __future__ import annotations

SAID_OTHERWISE = {
    "create.name": "field `name`",
    "create.config": "made of the fields of the served entity, and those of others",
    "create_provisioned_throughput_endpoint.name": "field `name`",
    "create_provisioned_throughput_endpoint.config": "made of the fields of the served entity, and those of others",
    "update_config.name": "field `name`",
    "update_config.served_entities": "made of the fields of the served entity, and those of others",
    "update_provisioned_throughput_endpoint_config.name": "field `name`",
    "update_provisioned_throughput_endpoint_config.config": "made of the fields of the served entity, and of others",
    "put_ai_gateway.name": "field `name`",
    "update_notifications.name": "field `name`",
    "patch_telemetry_config.name": "field `name`",
    "patch.name": "field `name`",
    "patch.add_tags": "what of `tags` and our own is not there yet",
    "patch.delete_tags": "what of `tags` was declared before and is no more",
    "EndpointCoreConfigInput.name": "field `name`",
    "EndpointCoreConfigInput.served_entities": "one entity is declared, those of others are kept as they are",
    "PtEndpointCoreConfig.served_entities": "one entity is declared, those of others are kept as they are",
    "ServedEntityInput.name": "formed of model and version as agents.deploy() does, or of the external model's name",
    "PtServedModel.name": "formed of model and version as agents.deploy() does",
    "Route.served_model_name": "names the entities that `traffic` names, and ours",
    "Route.served_entity_name": "says the same as served_model_name, which all clients read",
    "Route.traffic_percentage": "the shares of `traffic`, the rest to ours",
    "EndpointTag.key": "the keys of `tags`",
    "EndpointTag.value": "the values of `tags`",
}
"""Sent, under another name or made of several fields. By `call.argument` or `Class.field` of the SDK."""

REFUSED = {
    "create.rate_limits": "deprecated; `rateLimits` goes through the AI gateway",
    "put.name": "the deprecated rate limits",
    "put.rate_limits": "deprecated; `rateLimits` goes through the AI gateway",
    "update_config.auto_capture_config": "legacy inference tables can not be enabled since 2026-02-20",
    "update_config.served_models": "deprecated; served entities say the same",
    "EndpointCoreConfigInput.auto_capture_config": "legacy inference tables can not be enabled since 2026-02-20",
    "EndpointCoreConfigInput.served_models": "deprecated; served entities say the same",
}
"""Not taken. By `call.argument` or `Class.field` of the SDK."""
