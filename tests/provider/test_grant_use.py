from __future__ import annotations

from typing import Any

import pytest

from agentry.errors import PermissionDenied
from agentry.provider.kinds.grant_use import other_users
from agentry.workspace.standing import Securable
from tests.workspace.fake import ME, FakeTransport, workspace

CHAT = Securable("SERVING_ENDPOINT", "chat")
DECLARES_CHAT = b"resources: {databricks: {serving_endpoint: [{name: chat}]}}"
BY_POLICY = b"auth_policy: {system_auth_policy: {resources: {databricks: {serving_endpoint: [{name: Chat}]}}}}"


def endpoint(name: str, model: str, *, creator: str = ME.user_name, config: str = "config") -> dict[str, Any]:
    served = [{"entity_name": model, "entity_version": "3"}]
    return {"name": name, "creator": creator, config: {"served_entities": served}}


def world(*endpoints: dict[str, Any], **files: bytes) -> FakeTransport:
    path = "/api/2.0/fs/files/Models/main/ai/{}/3/MLmodel"
    return FakeTransport(
        {("GET", "/api/2.0/serving-endpoints"): {"endpoints": list(endpoints)}},
        {path.format(name): text for name, text in files.items()},
    )


async def users(fake: FakeTransport, securable: Securable = CHAT) -> list[str]:
    return await other_users(workspace(fake), ME, securable, "mine")


@pytest.mark.parametrize("text", [DECLARES_CHAT, BY_POLICY])
async def test_another_agent_that_declares_it_lives_on_it(text: bytes) -> None:
    assert await users(world(endpoint("mine", "main.ai.a"), endpoint("other", "main.ai.b"), a=text, b=text)) == [
        "other"
    ]


async def test_one_that_is_being_updated_to_it_counts_too() -> None:
    fake = world(endpoint("other", "main.ai.b", config="pending_config"), b=DECLARES_CHAT)
    assert await users(fake) == ["other"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"resources: {databricks: {serving_endpoint: [{name: other}]}}", "another endpoint"),
        (b"resources: {databricks: {function: [{name: chat}]}}", "another type"),
        (b"resources: {databricks: {serving_endpoint: [{name: chat, on_behalf_of_user: true}]}}", "the caller's right"),
        (b"flavors: {}", "nothing declared"),
        (b"", "no file to speak of"),
    ],
)
async def test_one_that_does_not_declare_it_does_not(text: bytes, reason: str) -> None:
    assert await users(world(endpoint("other", "main.ai.b"), b=text)) == [], reason


async def test_the_endpoint_of_somebody_else_has_other_privileges() -> None:
    assert await users(world(endpoint("other", "main.ai.b", creator="x@company.example"), b=DECLARES_CHAT)) == []


async def test_one_that_can_not_be_read_counts_as_a_user() -> None:
    assert await users(world(endpoint("other", "main.ai.b"))) == ["other"]


async def test_a_chat_endpoint_of_the_platform_uses_nothing() -> None:
    assert (
        await users(world({"name": "llm", "creator": ME.user_name, "config": {"served_entities": [{"name": "x"}]}}))
        == []
    )


async def test_a_function_may_be_declared_as_one_or_as_a_model_service() -> None:
    text = b"resources: {databricks: {uc_model_service: [{name: main.ai.f}]}}"
    found = await users(world(endpoint("other", "main.ai.b"), b=text), Securable("FUNCTION", "main.ai.f"))
    assert found == ["other"]


async def test_endpoints_that_may_not_be_listed_stop_it() -> None:
    with pytest.raises(PermissionDenied):
        await users(FakeTransport({("GET", "/api/2.0/serving-endpoints"): PermissionDenied("no")}))
