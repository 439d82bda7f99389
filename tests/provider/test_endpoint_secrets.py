"""Secrets of an endpoint: references are looked for at preview, what is written out is a secret everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentry.errors import PermissionDenied
from agentry.provider.kinds.endpoint_secrets import Reference, references, secret_variables
from agentry.provider.kinds.kind import UNKNOWN
from agentry.provider.kinds.serving_endpoint import ServingEndpoint
from agentry.provider.wire import Secret
from tests.provider.lifecycle import CheckFailed, Engine, Resource, provider
from tests.provider.test_endpoint_every_field import AGENT, EXTERNAL, OPENAI, TOKEN, endpoint, engine, world

if TYPE_CHECKING:
    from tests.provider.endpoints import Endpoints

__all__ = ["endpoint", "engine", "world"]
CANARY = "canary-5d21"
LISTS = ("GET", "/api/2.0/secrets/list")


def variable(value: Any, name: str = "API") -> dict[str, Any]:
    return {**AGENT, "environmentVars": {name: value}}


def test_references_are_found_with_their_fields() -> None:
    inputs = {
        "environmentVars": {"A": "{{secrets/s/a}}", "B": "plain", "C": UNKNOWN, "D": "{{ secrets/s/d }}"},
        "externalModel": {"openaiConfig": {"openaiApiKey": "{{secrets/t/k.1}}"}},
    }
    found, failures = references(inputs)
    assert failures == []
    assert found == [
        Reference("environmentVars.A", "s", "a"),
        Reference("environmentVars.D", "s", "d"),
        Reference("externalModel.openaiConfig.openaiApiKey", "t", "k.1"),
    ]


@pytest.mark.parametrize(
    "value", ["{{secrets/s}}", "{{secrets/s/k}} and more", "x{{secrets/s/k}}", "{{secrets/s/k/l}}"]
)
def test_a_reference_that_is_cut_short_is_refused_and_not_repeated(value: str) -> None:
    found, (failure,) = references({"environmentVars": {"A": value}})
    assert (found, failure.path) == ([], "environmentVars.A")
    assert value not in failure.reason


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("API_KEY", "abc", True),
        ("DATABRICKS_TOKEN", "abc", True),
        ("DB_PASSWORD", "abc", True),
        ("URL", "postgres://me:hunter2@db.example/x", True),
        ("ANY", "dapi" + "0" * 32, True),
        ("ANY", "sk-proj-0123456789abcdef", True),
        ("API_KEY", "{{secrets/s/k}}", False),
        ("UNITS", "metric", False),
        ("KEYBOARD", "qwerty", False),
        ("MONKEY", "george", False),
        ("URL", "https://company.example/path", False),
    ],
)
def test_what_is_written_out_is_known_by_its_name_or_its_form(name: str, value: str, *, secret: bool) -> None:
    assert secret_variables({name: value}) == ({name} if secret else set())


async def test_a_scope_that_does_not_exist_fails_at_preview(endpoint: Resource, world: Endpoints) -> None:
    with pytest.raises(CheckFailed) as failed:
        await endpoint.preview(variable("{{secrets/nowhere/key}}"))
    assert failed.value.paths == ["environmentVars.API"]
    assert "there is no secret scope nowhere" in str(failed.value)
    assert "databricks secrets create-scope nowhere && databricks secrets put-secret nowhere key" in str(failed.value)
    assert world.bodies == []


async def test_a_key_that_does_not_exist_fails_at_preview(endpoint: Resource) -> None:
    model = {**OPENAI, "openaiConfig": {"openaiApiKey": "{{secrets/llm/opneai}}"}}
    with pytest.raises(CheckFailed) as failed:
        await endpoint.preview({**EXTERNAL, "externalModel": model})
    assert failed.value.paths == ["externalModel.openaiConfig.openaiApiKey"]
    assert "secret scope llm has no key opneai (it has openai, other)" in str(failed.value)
    assert "databricks secrets put-secret llm opneai" in str(failed.value)


async def test_one_that_exists_is_passed_through_and_is_no_secret(endpoint: Resource, world: Endpoints) -> None:
    await endpoint.up(variable("{{secrets/llm/openai}}", "API_KEY"))
    sent = world.bodies[0][2]["config"]["served_entities"][0]["environment_vars"]
    assert sent["API_KEY"] == "{{secrets/llm/openai}}"
    assert endpoint.inputs["environmentVars"] == {"API_KEY": "{{secrets/llm/openai}}"}


async def test_many_references_to_a_scope_are_one_question(engine: Engine, world: Endpoints) -> None:
    for name in ("a", "b", "c"):
        given = {**variable("{{secrets/llm/openai}}"), "name": name}
        await Resource(engine, TOKEN, name).check(given)
    assert world.requests.count(LISTS) == 1


async def test_what_may_not_be_listed_is_a_warning(endpoint: Resource, engine: Engine, world: Endpoints) -> None:
    class Hidden(dict[str, Any]):
        def __contains__(self, key: object) -> bool:
            raise PermissionDenied("no READ on the scope")

    world.scopes = Hidden()
    assert (await endpoint.preview(variable("{{secrets/hidden/key}}"))).op == "create"
    assert "the secrets of scope hidden may not be listed, so environmentVars.API is not checked" in engine.warnings


async def test_offline_it_is_listed_as_not_checked(world: Endpoints) -> None:
    async def nobody(settings: Any, *, clock: Any, cancelled: Any = None) -> Any:
        raise AssertionError("nobody is asked")

    async with provider({TOKEN: ServingEndpoint()}, nobody, settings={"offline": True}) as engine:
        await Resource(engine, TOKEN, "weather").check(variable("{{secrets/nowhere/key}}"))
        assert "not checked (agentry:offline): whether secret scope nowhere has key" in engine.warnings


async def test_a_credential_that_is_written_out_is_a_secret_everywhere(
    endpoint: Resource, engine: Engine, world: Endpoints
) -> None:
    given = {**AGENT, "environmentVars": {"API_KEY": CANARY, "UNITS": "metric"}}
    inputs = await endpoint.check(given)
    assert inputs["environmentVars"] == {"API_KEY": Secret(CANARY), "UNITS": "metric"}
    planned = await endpoint.up(given)
    assert planned.outputs["environmentVars"]["API_KEY"] == Secret(CANARY)
    assert endpoint.outputs["environmentVars"]["API_KEY"] == Secret(CANARY)
    assert await endpoint.refresh()
    assert endpoint.inputs["environmentVars"]["API_KEY"] == Secret(CANARY)
    assert await endpoint.take_over("weather")
    assert endpoint.inputs["environmentVars"]["API_KEY"] == Secret(CANARY)
    assert world.bodies[0][2]["config"]["served_entities"][0]["environment_vars"]["API_KEY"] == CANARY
    assert CANARY not in repr(engine.lines)


async def test_the_key_of_an_external_model_is_a_secret_and_a_new_one_is_sent(
    endpoint: Resource, engine: Engine, world: Endpoints
) -> None:
    def given(key: str) -> dict[str, Any]:
        return {**EXTERNAL, "externalModel": {**OPENAI, "openaiConfig": {"openaiApiKeyPlaintext": key}}}

    await endpoint.lives(given(CANARY), given("another-key"), given(CANARY), writes=world.bodies)
    config = endpoint.inputs["externalModel"]["openaiConfig"]
    assert config == {"openaiApiKeyPlaintext": Secret(CANARY)}
    assert endpoint.outputs["externalModel"]["openaiConfig"] == config
    sent = [body["served_entities"][0]["external_model"] for _, path, body in world.bodies if path.endswith("config")]
    assert [one["openai_config"]["openai_api_key_plaintext"] for one in sent] == ["another-key", CANARY]
    assert CANARY not in repr(engine.lines)


async def test_an_error_does_not_repeat_a_credential(endpoint: Resource) -> None:
    model = {**OPENAI, "openaiConfig": {"openaiApiKeyPlaintext": CANARY, "openaiApiKey": "{{secrets/llm/openai}}"}}
    with pytest.raises(CheckFailed, match="not both") as failed:
        await endpoint.check({**EXTERNAL, "externalModel": model})
    assert CANARY not in str(failed.value)
