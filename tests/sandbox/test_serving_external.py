from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentry.sandbox.errors import InvalidParameter
from agentry.sandbox.serving.entities import read_config, refuse_other_kind
from agentry.sandbox.serving.external import read_external, references, shown
from agentry.sandbox.serving.forms import ConfigForm
from tests.sandbox.serving_samples import CONFIGS, SECRET, external, outside
from tests.sandbox.serving_workspace import config, entity

if TYPE_CHECKING:
    from agentry.sandbox.serving.config import Config

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no name": (external(name=""), "needs a name"),
    "no task": (external(task=""), "needs a task"),
    "another provider": (external("acme"), "provider must be one of"),
    "another task": (external(task="llm/v2/chat"), "task must be one of"),
    "no configuration": (
        {"name": "x", "provider": "openai", "task": "llm/v1/chat"},
        "openai_config and no other: none",
    ),
    "another's configuration": (external(palm_config={"palm_api_key": SECRET}), "no other: openai_config, palm_config"),
    "no key": (external(settings={"openai_organization": "o"}), "authenticate in one way"),
    "both forms of a key": (
        external(settings={"openai_api_key": SECRET, "openai_api_key_plaintext": "k"}),
        "Only one of openai_api_key and openai_api_key_plaintext",
    ),
    "two ways": (
        external(settings={"openai_api_key": SECRET, "microsoft_entra_client_secret": SECRET}),
        "authenticate in one way",
    ),
    "half of a way": (
        external("amazon-bedrock", {"aws_region": "r", "bedrock_provider": "amazon", "aws_access_key_id": SECRET}),
        "aws_access_key_id and aws_secret_access_key, or instance_profile_arn",
    ),
    "no region": (external("amazon-bedrock", {"instance_profile_arn": "arn:x"}), "lacks aws_region, bedrock_provider"),
    "azure without its address": (
        external(settings={"openai_api_type": "azure", "openai_api_key": SECRET}),
        "lacks openai_api_base, openai_api_version, openai_deployment_name",
    ),
    "a bearer without a token": (
        external("custom", {"custom_provider_url": "https://llm.example", "bearer_token_auth": {}}),
        "bearer_token_auth must authenticate",
    ),
    "no object": (external(openai_config="k"), "openai_config must be an object"),
}


@pytest.mark.parametrize(("said", "why"), REFUSED.values(), ids=REFUSED)
def test_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidParameter, match=why):
        read_external(said)


def test_a_key_in_the_wrong_field_is_refused_and_not_repeated() -> None:
    with pytest.raises(InvalidParameter, match="openai_api_key_plaintext") as raised:
        read_external(external(settings={"openai_api_key": "sk-secret"}))
    assert "sk-secret" not in str(raised.value)


@pytest.mark.parametrize("provider", CONFIGS)
def test_what_get_answers_can_be_sent_again_and_loses_no_secret(provider: str) -> None:
    for settings in CONFIGS[provider]:
        kept = read_external(external(provider, settings))
        assert read_external(shown(kept), kept) == kept


def test_a_secret_is_not_kept_for_another_provider() -> None:
    kept = read_external(external())
    with pytest.raises(InvalidParameter, match="authenticate"):
        read_external(external("palm", {"openai_api_key": ""}, palm_config={}), kept)


def test_references_are_found_wherever_they_are() -> None:
    nested = {"custom_provider_url": "https://llm.example", "bearer_token_auth": {"token": SECRET}}
    assert list(references(read_external(external("custom", nested)))) == [SECRET]
    assert list(references(read_external(external()))) == []


def read(*entities: dict[str, Any], **shares: int) -> Config:
    return read_config(ConfigForm(**config(*entities, **shares)), "me", 1)


def test_its_name_is_the_model_s() -> None:
    assert read({"external_model": external(name="gpt-4.1:mini")}).entities[0].name == "gpt-4-1-mini"


def test_one_model_may_be_there_twice() -> None:
    assert len(read(outside("a"), outside("b"), a=50, b=50).entities) == 2


@pytest.mark.parametrize(
    ("entities", "why"),
    [
        ([outside("a"), entity(name="b")], "can not be served by one endpoint"),
        ([outside("a"), outside("b", task="llm/v1/embeddings")], "must be the same: llm/v1/chat, llm/v1/embeddings"),
        ([outside("a") | {"scale_to_zero_enabled": True}], "Only one of external_model and scale_to_zero_enabled"),
        ([outside("a") | {"environment_vars": {"A": "1"}}], "Only one of external_model and environment_vars"),
    ],
)
def test_mixtures_are_refused(entities: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(InvalidParameter, match=why):
        read(*entities, a=100)


def test_an_endpoint_stays_of_its_kind() -> None:
    ours, theirs = read(entity()), read(outside("a"))
    refuse_other_kind(None, theirs)
    refuse_other_kind(ours, ours)
    with pytest.raises(InvalidParameter, match="to one without"):
        refuse_other_kind(theirs, ours)
    with pytest.raises(InvalidParameter, match="can not be added"):
        refuse_other_kind(ours, theirs)
