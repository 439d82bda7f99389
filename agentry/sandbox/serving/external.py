"""Models of other providers behind an endpoint: what says how to reach them, and which of it is secret.

Every secret is given as a reference (`{{secrets/scope/key}}`) or, in a field whose name ends in `_plaintext`, as it is;
the platform keeps the latter and never answers it (github.com/databricks/cli, libs/testserver, which mirrors it).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentry.sandbox.errors import InvalidParameter
from agentry.sandbox.serving.forms import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentry.sandbox.web import Json

PLAIN = "_plaintext"
TASKS = ("llm/v1/chat", "llm/v1/completions", "llm/v1/embeddings")
AZURE = ("azure", "azuread")


@dataclass(frozen=True)
class Provider:
    """What one provider's configuration consists of.

    Attributes:
        config: The field that it is in.
        secrets: Fields that each have a `_plaintext` twin.
        plain: Other fields.
        required: Those of them without which it is refused.
        enough: Sets of fields of which one must be given to authenticate.
    """

    config: str
    secrets: tuple[str, ...]
    plain: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    enough: tuple[tuple[str, ...], ...] = ()

    @property
    def ways(self) -> tuple[tuple[str, ...], ...]:
        """What authenticates: by default, each of the secrets does."""
        return self.enough or tuple((secret,) for secret in self.secrets)


PROVIDERS = {
    "ai21labs": Provider("ai21labs_config", ("ai21labs_api_key",)),
    "amazon-bedrock": Provider(
        "amazon_bedrock_config",
        ("aws_access_key_id", "aws_secret_access_key"),
        ("aws_region", "bedrock_provider", "instance_profile_arn", "uc_service_credential_name"),
        ("aws_region", "bedrock_provider"),
        (("aws_access_key_id", "aws_secret_access_key"), ("instance_profile_arn",), ("uc_service_credential_name",)),
    ),
    "anthropic": Provider("anthropic_config", ("anthropic_api_key",)),
    "cohere": Provider("cohere_config", ("cohere_api_key",), ("cohere_api_base",)),
    "custom": Provider(
        "custom_provider_config",
        (),
        ("custom_provider_url", "api_key_auth", "bearer_token_auth"),
        ("custom_provider_url",),
        (("api_key_auth",), ("bearer_token_auth",)),
    ),
    "databricks-model-serving": Provider(
        "databricks_model_serving_config",
        ("databricks_api_token",),
        ("databricks_workspace_url",),
        ("databricks_workspace_url",),
    ),
    "google-cloud-vertex-ai": Provider(
        "google_cloud_vertex_ai_config", ("private_key",), ("project_id", "region"), ("project_id", "region")
    ),
    "openai": Provider(
        "openai_config",
        ("openai_api_key", "microsoft_entra_client_secret"),
        (
            "openai_api_base", "openai_api_type", "openai_api_version", "openai_deployment_name",
            "openai_organization", "microsoft_entra_client_id", "microsoft_entra_tenant_id",
        ),
    ),
    "palm": Provider("palm_config", ("palm_api_key",)),
}  # fmt: skip
# How the two ways of a custom provider say who asks.
_NESTED = {
    "api_key_auth": Provider("api_key_auth", ("value",), ("key",), ("key",)),
    "bearer_token_auth": Provider("bearer_token_auth", ("token",)),
}


def read_external(said: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> Json:
    """A model of another provider as a client wants it.

    Args:
        said: `external_model` of the request.
        before: What the served entity of this name has now: a secret that GET did not show, and that a request made
            of its answer therefore lacks, is kept.

    Raises:
        InvalidParameter: A field is missing or has another value than it may have.
    """
    for field in ("name", "provider", "task"):
        if not isinstance(said.get(field), str) or not said[field]:
            raise InvalidParameter(f"external_model needs a {field}.")
    name, provider, task = said["name"], said["provider"], said["task"]
    if provider not in PROVIDERS:
        raise InvalidParameter(f"external_model.provider must be one of {', '.join(PROVIDERS)}, not '{provider}'.")
    if task not in TASKS:
        raise InvalidParameter(f"external_model.task must be one of {', '.join(TASKS)}, not '{task}'.")
    given = [one.config for one in PROVIDERS.values() if said.get(one.config) is not None]
    wanted = PROVIDERS[provider]
    if given != [wanted.config]:
        found = ", ".join(given) or "none"
        raise InvalidParameter(f"external_model of provider '{provider}' needs {wanted.config} and no other: {found}.")
    known = before.get(wanted.config, {}) if before and before.get("provider") == provider else {}
    return {
        "name": name,
        "provider": provider,
        "task": task,
        wanted.config: _read(wanted, said[wanted.config], known),
    }


def _read(provider: Provider, said: Any, known: Mapping[str, Any]) -> Json:
    if not isinstance(said, dict):
        raise InvalidParameter(f"{provider.config} must be an object.")
    fields = (*provider.plain, *provider.secrets, *(secret + PLAIN for secret in provider.secrets))
    config = {field: said[field] for field in fields if said.get(field) not in (None, "")}
    for field in provider.plain:
        if field in _NESTED and field in config:
            config[field] = _read(_NESTED[field], config[field], known.get(field, {}))
    for secret in provider.secrets:
        _check_secret(config, secret)
        if secret not in config and secret + PLAIN not in config and secret + PLAIN in known:
            config[secret + PLAIN] = known[secret + PLAIN]
    missing = [field for field in (*provider.required, *_azure(config)) if field not in config]
    if missing:
        raise InvalidParameter(f"{provider.config} lacks {', '.join(missing)}.")
    held = {field.removesuffix(PLAIN) for field in config}
    if sum(held.issuperset(way) for way in provider.ways) != 1:
        ways = ", or ".join(" and ".join(way) for way in provider.ways)
        raise InvalidParameter(f"{provider.config} must authenticate in one way: {ways}.")
    return config


def _check_secret(config: Mapping[str, Any], secret: str) -> None:
    if secret in config and secret + PLAIN in config:
        raise InvalidParameter(f"Only one of {secret} and {secret}{PLAIN} can be given.")
    # What stands there may be a key that was put into the wrong field: it is not repeated.
    if secret in config and not SECRET.fullmatch(str(config[secret])):
        raise InvalidParameter(f"{secret} must be {{{{secrets/scope/key}}}}; a key as it is goes into {secret}{PLAIN}.")


def _azure(config: Mapping[str, Any]) -> tuple[str, ...]:
    """What OpenAI's models at Azure need besides."""
    if config.get("openai_api_type") not in AZURE:
        return ()
    return ("openai_api_base", "openai_api_version", "openai_deployment_name")


def shown(external_model: Mapping[str, Any]) -> Json:
    """As GET answers it: references as they are, secrets that were written out not at all."""
    return {
        key: shown(value) if isinstance(value, dict) else value
        for key, value in external_model.items()
        if not key.endswith(PLAIN)
    }


def references(external_model: Mapping[str, Any]) -> Iterator[str]:
    """The references to secrets in it."""
    for value in external_model.values():
        if isinstance(value, dict):
            yield from references(value)
        elif isinstance(value, str) and SECRET.fullmatch(value):
            yield value
