"""Requests that between them name every field that can be sent about a serving endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.sandbox.serving_workspace import MODEL, config, entity

if TYPE_CHECKING:
    from agentry.sandbox.web import Json

SECRET = "{{secrets/keys/one}}"
TABLES = {f"{kind}_table": f"local.agents.{kind}" for kind in ("logs", "metrics", "traces", "annotations")}
GUARDRAIL = {
    "invalid_keywords": ["bomb"],
    "valid_topics": ["weather"],
    "safety": True,
    "pii": {"behavior": "MASK"},
}
GATEWAY = {
    "fallback_config": {"enabled": True},
    "guardrails": {"input": GUARDRAIL, "output": GUARDRAIL},
    "inference_table_config": {
        "catalog_name": "local",
        "schema_name": "agents",
        "table_name_prefix": "sample",
        "enabled": True,
    },
    "rate_limits": [
        {"key": "user", "principal": "asker@sandbox.example", "calls": 5, "tokens": 1000, "renewal_period": "minute"},
        {"key": "endpoint", "calls": 100, "renewal_period": "minute"},
    ],
    "usage_tracking_config": {"enabled": True},
}
CONFIGS: dict[str, list[Json]] = {
    "ai21labs": [{"ai21labs_api_key": SECRET}, {"ai21labs_api_key_plaintext": "k"}],
    "amazon-bedrock": [
        {
            "aws_region": "r",
            "bedrock_provider": "anthropic",
            "aws_access_key_id": SECRET,
            "aws_secret_access_key": SECRET,
        },
        {
            "aws_region": "r",
            "bedrock_provider": "anthropic",
            "aws_access_key_id_plaintext": "k",
            "aws_secret_access_key_plaintext": "k",
        },
        {"aws_region": "r", "bedrock_provider": "amazon", "instance_profile_arn": "arn:aws:iam::1:instance-profile/p"},
        {"aws_region": "r", "bedrock_provider": "amazon", "uc_service_credential_name": "c"},
    ],
    "anthropic": [{"anthropic_api_key": SECRET}, {"anthropic_api_key_plaintext": "k"}],
    "cohere": [{"cohere_api_key": SECRET, "cohere_api_base": "https://llm.example"}, {"cohere_api_key_plaintext": "k"}],
    "custom": [
        {"custom_provider_url": "https://llm.example", "api_key_auth": {"key": "x-key", "value": SECRET}},
        {"custom_provider_url": "https://llm.example", "api_key_auth": {"key": "x-key", "value_plaintext": "k"}},
        {"custom_provider_url": "https://llm.example", "bearer_token_auth": {"token": SECRET}},
        {"custom_provider_url": "https://llm.example", "bearer_token_auth": {"token_plaintext": "k"}},
    ],
    "databricks-model-serving": [
        {"databricks_workspace_url": "https://dbc.example", "databricks_api_token": SECRET},
        {"databricks_workspace_url": "https://dbc.example", "databricks_api_token_plaintext": "k"},
    ],
    "google-cloud-vertex-ai": [
        {"project_id": "p", "region": "r", "private_key": SECRET},
        {"project_id": "p", "region": "r", "private_key_plaintext": "k"},
    ],
    "openai": [
        {"openai_api_key": SECRET, "openai_organization": "o", "openai_api_base": "https://llm.example"},
        {"openai_api_key_plaintext": "k"},
        {
            "openai_api_type": "azuread",
            "openai_api_base": "https://llm.example",
            "openai_api_version": "2026-01-01",
            "openai_deployment_name": "d",
            "microsoft_entra_client_id": "c",
            "microsoft_entra_tenant_id": "t",
            "microsoft_entra_client_secret": SECRET,
        },
        {"microsoft_entra_client_secret_plaintext": "k"},
    ],
    "palm": [{"palm_api_key": SECRET}, {"palm_api_key_plaintext": "k"}],
}


def external(provider: str = "openai", settings: Json | None = None, **said: Any) -> Json:
    """An external model of a request."""
    name = "custom_provider_config" if provider == "custom" else f"{provider.replace('-', '_')}_config"
    settings = settings or {"openai_api_key_plaintext": "k"}
    return {"name": "gpt-4.1", "provider": provider, "task": "llm/v1/chat", name: settings, **said}


def outside(name: str, **said: Any) -> Json:
    """A served entity that is an external model."""
    return {"name": name, "external_model": external(**said)}


CUSTOM: list[Json] = [
    {
        "name": "e",
        "config": config(
            entity(
                "1",
                name="a",
                workload_type="GPU_SMALL",
                scale_to_zero_enabled=True,
                environment_vars={"A": "1", "B": SECRET},
                instance_profile_arn="arn:aws:iam::1:instance-profile/p",
            ),
            entity("2", name="b", workload_size=None, min_provisioned_concurrency=4, max_provisioned_concurrency=8),
            a=90,
            b=10,
        ),
        "description": "d",
        "tags": [{"key": "k", "value": "v"}],
        "budget_policy_id": "policy",
        "route_optimized": True,
        "email_notifications": {
            "on_update_success": ["asker@sandbox.example"],
            "on_update_failure": ["admin@sandbox.example"],
        },
        "telemetry_config": {
            "table_names": TABLES,
            "enabled_telemetry_features": ["TELEMETRY_FEATURE_LOGS"],
            "inference_table_config": {"sampling_fraction": 0.5, "name": "mine"},
        },
        "rate_limits": [{"calls": 5, "key": "user", "renewal_period": "minute"}],
    },
    {"name": "e", "config": config(entity()), "telemetry_config": {"telemetry_profile_id": "profile"}},
    {
        "name": "e",
        "config": {
            "served_models": [
                {
                    "name": "a",
                    "model_name": MODEL,
                    "model_version": "1",
                    "workload_size": "Small",
                    "workload_type": "CPU",
                    "scale_to_zero_enabled": True,
                    "environment_vars": {"A": "1"},
                    "instance_profile_arn": "arn:aws:iam::1:instance-profile/p",
                }
            ]
        },
    },
    {
        "name": "e",
        "config": {
            "served_models": [
                {
                    "model_name": MODEL,
                    "model_version": "1",
                    "scale_to_zero_enabled": False,
                    "min_provisioned_concurrency": 4,
                    "max_provisioned_concurrency": 8,
                }
            ]
        },
    },
    *(
        {
            "name": "e",
            "config": {
                kind: [
                    {
                        f"{word}_name": MODEL,
                        f"{word}_version": "1",
                        "min_provisioned_throughput": 0,
                        "max_provisioned_throughput": 100,
                    },
                    {
                        "name": "units",
                        f"{word}_name": MODEL,
                        f"{word}_version": "2",
                        "provisioned_model_units": 2,
                        "burst_scaling_enabled": False,
                    },
                ],
                "traffic_config": {"routes": [{"served_entity_name": "units", "traffic_percentage": 100}]},
            },
        }
        for kind, word in (("served_entities", "entity"), ("served_models", "model"))
    ),
]
EXTERNAL: list[Json] = [
    {"name": "e", "config": {"served_entities": [{"name": "x", "external_model": external(provider, settings)}]}}
    for provider, choices in CONFIGS.items()
    for settings in choices
]
EXTERNAL.append({"name": "e", "config": {"served_entities": [outside("x")]}, "ai_gateway": GATEWAY})
PROVISIONED: Json = {
    "name": "e",
    "config": {
        "served_entities": [
            {
                "name": "a",
                "entity_name": MODEL,
                "entity_version": "1",
                "provisioned_model_units": 2,
                "burst_scaling_enabled": False,
            }
        ],
        "traffic_config": {"routes": [{"served_model_name": "a", "traffic_percentage": 100}]},
    },
    "ai_gateway": {"usage_tracking_config": {"enabled": True}},
    "budget_policy_id": "policy",
    "email_notifications": {"on_update_success": ["asker@sandbox.example"]},
    "tags": [{"key": "k", "value": "v"}],
}
