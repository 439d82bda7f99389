"""What can be sent about an endpoint and is not answered by GET, with the reason; all else is answered as it was sent.

By class and field of databricks-sdk's requests. A test walks those classes: a field that neither comes back nor stands
here fails it.
"""

from __future__ import annotations

_PLAIN = "kept; a secret that was written out is never answered (github.com/databricks/cli, libs/testserver)"
_BURST = "kept; the platform does not answer it (github.com/databricks/cli, libs/testserver)"
_TABLES = "make a telemetry profile, whose id is answered instead (github.com/databricks/cli, libs/testserver)"
_LEGACY = "refused: inference tables of this kind can not be enabled since 2026-02-20 (docs, inference tables)"
_OLDER = "kept and enforced; ServingEndpointDetailed has no such field, PUT .../rate-limits answers it"
_TAGS = "a change of tags, which are answered as they are then"

UNANSWERED = {
    "create.rate_limits": _OLDER,
    "patch.add_tags": _TAGS,
    "patch.delete_tags": _TAGS,
    "update_config.auto_capture_config": _LEGACY,
    "EndpointCoreConfigInput.name": "the address says it",
    "EndpointCoreConfigInput.auto_capture_config": _LEGACY,
    "AutoCaptureConfigInput.catalog_name": _LEGACY,
    "AutoCaptureConfigInput.enabled": _LEGACY,
    "AutoCaptureConfigInput.schema_name": _LEGACY,
    "AutoCaptureConfigInput.table_name_prefix": _LEGACY,
    "ServedEntityInput.burst_scaling_enabled": _BURST,
    "ServedModelInput.burst_scaling_enabled": _BURST,
    "PtServedModel.burst_scaling_enabled": _BURST,
    "Ai21LabsConfig.ai21labs_api_key_plaintext": _PLAIN,
    "AmazonBedrockConfig.aws_access_key_id_plaintext": _PLAIN,
    "AmazonBedrockConfig.aws_secret_access_key_plaintext": _PLAIN,
    "AnthropicConfig.anthropic_api_key_plaintext": _PLAIN,
    "ApiKeyAuth.value_plaintext": _PLAIN,
    "BearerTokenAuth.token_plaintext": _PLAIN,
    "CohereConfig.cohere_api_key_plaintext": _PLAIN,
    "DatabricksModelServingConfig.databricks_api_token_plaintext": _PLAIN,
    "GoogleCloudVertexAiConfig.private_key_plaintext": _PLAIN,
    "OpenAiConfig.microsoft_entra_client_secret_plaintext": _PLAIN,
    "OpenAiConfig.openai_api_key_plaintext": _PLAIN,
    "PaLmConfig.palm_api_key_plaintext": _PLAIN,
    "TelemetryConfig.table_names": _TABLES,
    "UnityCatalogTableNames.annotations_table": _TABLES,
    "UnityCatalogTableNames.logs_table": _TABLES,
    "UnityCatalogTableNames.metrics_table": _TABLES,
    "UnityCatalogTableNames.traces_table": _TABLES,
    "TelemetryInferenceTableConfig.name": "the platform names the table after the logs table",
}
