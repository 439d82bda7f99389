"""Models of other providers behind a serving endpoint: their fields, and the rule on their keys.

Every key has two fields (databricks-sdk 0.156): one takes a reference `{{secrets/scope/key}}`, the other, which ends
in `Plaintext`, the key itself. The platform never tells the second one back, so it is input only and a secret.
"""

from __future__ import annotations

from typing import Any

from agentry.provider.fields import STRING, Field, Type, input_only, object_of, one_of, secret
from agentry.provider.inputs import join_path
from agentry.provider.kinds.kind import UNKNOWN, Failure, Properties

PLAINTEXT = "Plaintext"
PROVIDERS = {
    "ai21labs": "ai21labsConfig",
    "amazon-bedrock": "amazonBedrockConfig",
    "anthropic": "anthropicConfig",
    "cohere": "cohereConfig",
    "custom": "customProviderConfig",
    "databricks-model-serving": "databricksModelServingConfig",
    "google-cloud-vertex-ai": "googleCloudVertexAiConfig",
    "openai": "openaiConfig",
    "palm": "palmConfig",
}
"""The field that holds the configuration of each provider."""


def _key(name: str, what: str) -> tuple[Field, Field]:
    return (
        Field(name, STRING, f"A reference to the secret that holds {what}: `{{{{secrets/scope/key}}}}`."),
        Field(
            name + PLAINTEXT,
            STRING,
            f"Or {what} itself.",
            (secret("it is a credential"), input_only("the platform keeps it to itself")),
        ),
    )


def _text(name: str, doc: str, *, required: bool = False) -> Field:
    return Field(name, STRING, doc, required=required)


_BEDROCK = ("ai21labs", "amazon", "anthropic", "cohere")

EXTERNAL_MODEL: Type = object_of(
    "ExternalModel",
    Field("provider", one_of(*PROVIDERS), "Who serves the model.", required=True),
    _text("name", "The provider's name of the model, for example `gpt-4o`.", required=True),
    _text("task", "What it is asked, for example `llm/v1/chat`.", required=True),
    Field("ai21labsConfig", object_of("Ai21LabsConfig", *_key("ai21labsApiKey", "the key")), "For `ai21labs`."),
    Field(
        "amazonBedrockConfig",
        object_of(
            "AmazonBedrockConfig",
            _text("awsRegion", "The region; Bedrock has to be enabled there.", required=True),
            Field("bedrockProvider", one_of(*_BEDROCK), "Who made the model.", required=True),
            *_key("awsAccessKeyId", "the access key id"),
            *_key("awsSecretAccessKey", "the secret access key"),
            _text("instanceProfileArn", "Instead of access keys: the instance profile."),
            _text("ucServiceCredentialName", "Instead of access keys: a service credential of Unity Catalog."),
        ),
        "For `amazon-bedrock`.",
    ),
    Field("anthropicConfig", object_of("AnthropicConfig", *_key("anthropicApiKey", "the key")), "For `anthropic`."),
    Field(
        "cohereConfig",
        object_of("CohereConfig", *_key("cohereApiKey", "the key"), _text("cohereApiBase", "Another address.")),
        "For `cohere`.",
    ),
    Field(
        "customProviderConfig",
        object_of(
            "CustomProviderConfig",
            _text("customProviderUrl", "The provider's address.", required=True),
            Field(
                "apiKeyAuth",
                object_of(
                    "ApiKeyAuth",
                    _text("key", "The name of the parameter that carries the key.", required=True),
                    *_key("value", "the key"),
                ),
                "An API key as the way to log in; this or `bearerTokenAuth`.",
            ),
            Field(
                "bearerTokenAuth",
                object_of("BearerTokenAuth", *_key("token", "the token")),
                "A bearer token as the way to log in; this or `apiKeyAuth`.",
            ),
        ),
        "For `custom`.",
    ),
    Field(
        "databricksModelServingConfig",
        object_of(
            "DatabricksModelServingConfig",
            _text("databricksWorkspaceUrl", "The workspace of the endpoint behind this one.", required=True),
            *_key("databricksApiToken", "a token with CAN_QUERY there"),
        ),
        "For `databricks-model-serving`.",
    ),
    Field(
        "googleCloudVertexAiConfig",
        object_of(
            "GoogleCloudVertexAiConfig",
            _text("projectId", "The project of the service account.", required=True),
            _text("region", "The region of Vertex AI.", required=True),
            *_key("privateKey", "the private key of the service account"),
        ),
        "For `google-cloud-vertex-ai`.",
    ),
    Field(
        "openaiConfig",
        object_of(
            "OpenAiConfig",
            *_key("openaiApiKey", "the key"),
            _text("openaiApiType", "`azure` or `azuread` for OpenAI on Azure."),
            _text("openaiApiBase", "The address; required on Azure."),
            _text("openaiApiVersion", "The date that Azure calls its version; required there."),
            _text("openaiDeploymentName", "The deployment on Azure; required there."),
            _text("openaiOrganization", "The organization at OpenAI or Azure."),
            _text("microsoftEntraTenantId", "The tenant, for `azuread`."),
            _text("microsoftEntraClientId", "The client, for `azuread`."),
            *_key("microsoftEntraClientSecret", "the client's secret"),
        ),
        "For `openai`, on Azure too.",
    ),
    Field("palmConfig", object_of("PalmConfig", *_key("palmApiKey", "the key")), "For `palm`."),
)


def external_failures(model: Any, path: str = "externalModel") -> list[Failure]:
    """What is wrong with an external model beyond its types: the provider's configuration, and how keys are given."""
    if model in (None, UNKNOWN):
        return []
    given = [name for name in PROVIDERS.values() if model.get(name) is not None]
    wanted = PROVIDERS.get(model["provider"]) if isinstance(model["provider"], str) else None
    strangers = [name for name in given if wanted and name != wanted]
    failures = [Failure(join_path(path, one), f"is not of provider {model['provider']}") for one in strangers]
    if wanted and wanted not in given:
        failures.append(Failure(join_path(path, wanted), f"is required: provider {model['provider']} needs it"))
    for name in given:
        failures += _key_failures(EXTERNAL_MODEL, name, model[name], join_path(path, name))
    return failures


def _key_failures(within: Type, name: str, config: Any, path: str) -> list[Failure]:
    field = next(one for one in within.fields if one.name == name)
    if config is UNKNOWN:
        return []
    failures = []
    for plain in (one.name for one in field.type.fields if one.name.endswith(PLAINTEXT)):
        reference = plain.removesuffix(PLAINTEXT)
        value = config.get(reference)
        if value is not None and config.get(plain) is not None:
            failures.append(Failure(join_path(path, plain), f"give {reference} or {plain}, not both"))
        elif isinstance(value, str) and not value.startswith("{{"):
            failures.append(
                Failure(join_path(path, reference), f"takes {{{{secrets/scope/key}}}}; a key itself goes into {plain}")
            )
    for inner in (one.name for one in field.type.fields if one.type.fields and one.name in config):
        failures += _key_failures(field.type, inner, config[inner], join_path(path, inner))
    return [*failures, *_missing_key(field, config, path)]


def _missing_key(field: Field, config: Properties, path: str) -> list[Failure]:
    """A provider whose only way to log in is its key, and no key."""
    keys = [one.name for one in field.type.fields if one.name + PLAINTEXT in {two.name for two in field.type.fields}]
    if (
        len(keys) != 1
        or field.name == "openaiConfig"
        or any(config.get(k + end) for k in keys for end in ("", PLAINTEXT))
    ):
        return []
    return [Failure(join_path(path, keys[0]), f"is required: {keys[0]} or {keys[0]}{PLAINTEXT}")]
