"""The blocks of an endpoint's declaration, each field spelled as Python does: `catalog_name`, not `catalogName`.

All fields are optional to Python; the provider says at preview which one is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pulumi
from typing_extensions import TypedDict

Text = pulumi.Input[str]
Texts = Sequence[pulumi.Input[str]]


class InferenceTable(TypedDict, total=False):
    """The table that records requests and answers."""

    enabled: pulumi.Input[bool]
    """Default: True."""
    catalog_name: Text
    """Default: the model's. Another one, on a live endpoint, switches the table off and on again."""
    schema_name: Text
    """Default: the model's."""
    table_name_prefix: Text
    """Default: the model's name, with a number where that is taken."""


class RateLimit(TypedDict, total=False):
    """How much may be asked within a minute: `calls`, `tokens` or both."""

    calls: pulumi.Input[int]
    """Questions."""
    tokens: pulumi.Input[int]
    """Tokens."""
    key: Literal["endpoint", "user", "user_group", "service_principal"]
    """Whose questions are counted together. Default: `endpoint`."""
    principal: Text
    """The mail, group or application id that it is for. Default: each."""
    renewal_period: Literal["minute"]
    """Default: `minute`, the only one there is."""


class PiiBehavior(TypedDict, total=False):
    """Personal data."""

    behavior: Literal["NONE", "BLOCK", "MASK"]
    """What becomes of it. Default: `NONE`."""


class Guardrail(TypedDict, total=False):
    """What is stopped on the way in, or out."""

    safety: pulumi.Input[bool]
    """Whether unsafe content is stopped. Default: no."""
    pii: PiiBehavior
    """Personal data. Default: goes through."""
    invalid_keywords: Texts
    """Words that are stopped."""
    valid_topics: Texts
    """The only topics that may be talked about."""


class Guardrails(TypedDict, total=False):
    """What may be asked and answered."""

    input: Guardrail
    """On what is asked."""
    output: Guardrail
    """On what is answered."""


class EmailNotifications(TypedDict, total=False):
    """Mail addresses."""

    on_update_failure: Texts
    """Who is told that an update failed."""
    on_update_success: Texts
    """Who is told that an update is done."""


class TelemetryTables(TypedDict, total=False):
    """Full names, `catalog.schema.table`."""

    logs_table: Text
    """Logs."""
    traces_table: Text
    """Spans."""
    metrics_table: Text
    """Metrics."""
    annotations_table: Text
    """Annotations."""


class TelemetryInferenceTable(TypedDict, total=False):
    """How much of questions and answers is recorded."""

    name: Text
    """The full name of the table. Default: the platform's choice."""
    sampling_fraction: pulumi.Input[float]
    """From 0 to 1, where 1 is all. Default: all."""


class Telemetry(TypedDict, total=False):
    """Which logs, spans and metrics go into tables of Unity Catalog: `table_names` or `telemetry_profile_id`."""

    enabled_telemetry_features: Sequence[
        Literal[
            "TELEMETRY_FEATURE_INFERENCE_TABLE",
            "TELEMETRY_FEATURE_LOGS",
            "TELEMETRY_FEATURE_METRICS",
            "TELEMETRY_FEATURE_TRACES",
        ]
    ]
    """What is exported. Default: all."""
    table_names: TelemetryTables
    """Where it goes."""
    telemetry_profile_id: Text
    """A profile that exists."""
    inference_table_config: TelemetryInferenceTable
    """How much of questions and answers is recorded."""


class Ai21LabsConfig(TypedDict, total=False):
    """AI21 Labs."""

    ai21labs_api_key: Text
    ai21labs_api_key_plaintext: Text


class AmazonBedrockConfig(TypedDict, total=False):
    """Amazon Bedrock: access keys, an instance profile or a service credential."""

    aws_region: Text
    bedrock_provider: Literal["ai21labs", "amazon", "anthropic", "cohere"]
    aws_access_key_id: Text
    aws_access_key_id_plaintext: Text
    aws_secret_access_key: Text
    aws_secret_access_key_plaintext: Text
    instance_profile_arn: Text
    uc_service_credential_name: Text


class AnthropicConfig(TypedDict, total=False):
    """Anthropic."""

    anthropic_api_key: Text
    anthropic_api_key_plaintext: Text


class CohereConfig(TypedDict, total=False):
    """Cohere."""

    cohere_api_key: Text
    cohere_api_key_plaintext: Text
    cohere_api_base: Text


class ApiKeyAuth(TypedDict, total=False):
    """A key that goes with each request, in the parameter `key`."""

    key: Text
    value: Text
    value_plaintext: Text


class BearerTokenAuth(TypedDict, total=False):
    """A bearer token."""

    token: Text
    token_plaintext: Text


class CustomProviderConfig(TypedDict, total=False):
    """Whoever speaks OpenAI's interface."""

    custom_provider_url: Text
    api_key_auth: ApiKeyAuth
    bearer_token_auth: BearerTokenAuth


class DatabricksModelServingConfig(TypedDict, total=False):
    """An endpoint of another workspace."""

    databricks_workspace_url: Text
    databricks_api_token: Text
    databricks_api_token_plaintext: Text


class GoogleCloudVertexAiConfig(TypedDict, total=False):
    """Vertex AI of Google Cloud."""

    project_id: Text
    region: Text
    private_key: Text
    private_key_plaintext: Text


class OpenAiConfig(TypedDict, total=False):
    """OpenAI, and OpenAI on Azure."""

    openai_api_key: Text
    openai_api_key_plaintext: Text
    openai_api_type: Text
    openai_api_base: Text
    openai_api_version: Text
    openai_deployment_name: Text
    openai_organization: Text
    microsoft_entra_tenant_id: Text
    microsoft_entra_client_id: Text
    microsoft_entra_client_secret: Text
    microsoft_entra_client_secret_plaintext: Text


class PalmConfig(TypedDict, total=False):
    """PaLM of Google."""

    palm_api_key: Text
    palm_api_key_plaintext: Text


class ExternalModel(TypedDict, total=False):
    """A model that another provider serves, with the one `..._config` of its provider.

    Every key has two fields: one takes a reference `{{secrets/scope/key}}`, the other, `..._plaintext`, the key itself,
    which is a secret in state and previews.
    """

    provider: Literal[
        "ai21labs",
        "amazon-bedrock",
        "anthropic",
        "cohere",
        "custom",
        "databricks-model-serving",
        "google-cloud-vertex-ai",
        "openai",
        "palm",
    ]
    """Who serves it."""
    name: Text
    """The provider's name of the model, for example `gpt-4o`."""
    task: Text
    """What it is asked, for example `llm/v1/chat`."""
    ai21labs_config: Ai21LabsConfig
    amazon_bedrock_config: AmazonBedrockConfig
    anthropic_config: AnthropicConfig
    cohere_config: CohereConfig
    custom_provider_config: CustomProviderConfig
    databricks_model_serving_config: DatabricksModelServingConfig
    google_cloud_vertex_ai_config: GoogleCloudVertexAiConfig
    openai_config: OpenAiConfig
    palm_config: PalmConfig


def on_the_wire(block: Any) -> Any:
    """A block as the provider spells it; a key that is spelled so already stays, and so does an Output's value."""
    if isinstance(block, pulumi.Output):
        return block.apply(on_the_wire)
    if isinstance(block, Mapping):
        return {_camel(str(key)): on_the_wire(value) for key, value in block.items()}
    if isinstance(block, list | tuple):
        return [on_the_wire(item) for item in block]
    return block


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)
