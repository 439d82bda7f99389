from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import pytest

from agentry.sandbox import chat
from agentry.sandbox.access import Change, Securable
from agentry.sandbox.serving.config import FAILED, READY
from tests.sandbox.serving_workspace import MODEL, FakeDeployment, Workspace, config, entity, pretending, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from httpx import Response

    from agentry.sandbox.web import Json

URL = "/api/2.0/serving-endpoints"
DEPLOYER = "deployer@sandbox.example"
LLM = {"serving_endpoint": [{"name": chat.NAME}]}


class Bench:
    def __init__(self, workspace: Workspace, deployments: list[FakeDeployment]) -> None:
        self.workspace = workspace
        self.deployments = deployments

    async def create(self, *entities: Json, name: str = "e", **said: object) -> Response:
        body = {"name": name, "config": config(*(entities or (entity(),))), **said}
        return await self.workspace.deployer.post(URL, json=body)

    async def put(self, body: Json, name: str = "e") -> Response:
        return await self.workspace.deployer.put(f"{URL}/{name}/config", json=body)

    async def get(self, name: str = "e", person: str = "deployer") -> Json:
        answer: Json = (await self.workspace.clients[person].get(f"{URL}/{name}")).json()
        return answer

    def revoke(self, securable: Securable, *privileges: str) -> None:
        self.workspace.state.access.change(securable, [Change(DEPLOYER, remove=list(privileges))])


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        workspace, deployments = await stack.enter_async_context(pretending(tmp_path))
        workspace.version()
        workspace.version()
        yield Bench(workspace, deployments)


def refusal(response: Response) -> tuple[int, str]:
    return response.status_code, response.json()["error_code"]


async def test_created_it_comes_up(bench: Bench) -> None:
    created = await bench.create(description="d", tags=[{"key": "k", "value": "v"}])
    assert created.status_code == 200
    endpoint = created.json()
    assert endpoint["state"] == {"ready": "NOT_READY", "config_update": "IN_PROGRESS"}
    assert (endpoint["creator"], endpoint["permission_level"]) == (DEPLOYER, "CAN_MANAGE")
    assert (endpoint["description"], endpoint["tags"]) == ("d", [{"key": "k", "value": "v"}])
    assert endpoint["pending_config"]["served_entities"][0]["entity_version"] == "1"
    bench.deployments[0].becomes(READY)
    endpoint = await bench.get()
    assert endpoint["state"] == {"ready": "READY", "config_update": "NOT_UPDATING"}
    assert "pending_config" not in endpoint


async def test_an_update_replaces_and_drains(bench: Bench) -> None:
    await bench.create(entity("1", name="a"))
    bench.deployments[0].becomes(READY)
    assert (await bench.put(config(entity("2", name="b")))).status_code == 200
    assert bench.deployments[0].retired == []
    bench.deployments[1].becomes(READY)
    assert [e["name"] for e in (await bench.get())["config"]["served_entities"]] == ["b"]
    await until(lambda: bench.deployments[0].retired == [True])


async def test_a_failed_update_leaves_what_serves(bench: Bench) -> None:
    await bench.create(entity("1", name="a"))
    bench.deployments[0].becomes(READY)
    await bench.put(config(entity("2", name="b")))
    bench.deployments[1].becomes(FAILED, "no such package")
    endpoint = await bench.get()
    assert endpoint["state"] == {"ready": "READY", "config_update": "UPDATE_FAILED"}
    assert endpoint["config"]["served_entities"][0]["name"] == "a"
    state = endpoint["pending_config"]["served_entities"][0]["state"]
    assert state == {"deployment": "DEPLOYMENT_FAILED", "deployment_state_message": "no such package"}
    assert bench.deployments[0].retired == []


async def test_a_second_update_waits_its_turn(bench: Bench) -> None:
    await bench.create()
    assert refusal(await bench.put(config(entity("2")))) == (409, "RESOURCE_CONFLICT")
    assert len(bench.deployments) == 1


async def test_a_name_is_taken_once(bench: Bench) -> None:
    await bench.create()
    assert refusal(await bench.create()) == (400, "RESOURCE_ALREADY_EXISTS")


async def test_a_version_that_is_not_there(bench: Bench) -> None:
    assert refusal(await bench.create(entity("9"))) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert refusal(await bench.create(entity("latest"))) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert refusal(await bench.create(entity(model="local.agents.other")))[0] == 404


async def test_deleted_its_name_is_free(bench: Bench) -> None:
    await bench.create()
    assert (await bench.workspace.deployer.delete(f"{URL}/e")).status_code == 200
    assert refusal(await bench.workspace.deployer.get(f"{URL}/e")) == (404, "RESOURCE_DOES_NOT_EXIST")
    bench.deployments[0].becomes(READY)
    assert (await bench.create()).status_code == 200
    assert (await bench.get())["state"]["ready"] == "NOT_READY"


async def test_tags_are_merged(bench: Bench) -> None:
    await bench.create(tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    change = {"add_tags": [{"key": "b", "value": "3"}, {"key": "c"}], "delete_tags": ["a"]}
    answer = await bench.workspace.deployer.patch(f"{URL}/e/tags", json=change)
    assert answer.json()["tags"] == [{"key": "b", "value": "3"}, {"key": "c", "value": ""}]
    assert (await bench.get())["tags"] == answer.json()["tags"]


async def test_the_description_changes_while_it_is_updating(bench: Bench) -> None:
    await bench.create()
    await bench.workspace.deployer.patch(f"{URL}/e/description", json={"description": "new"})
    assert (await bench.get())["description"] == "new"


class TestRights:
    PARENTS = (
        (Securable("CATALOG", "local"), "USE CATALOG"),
        (Securable("SCHEMA", "local.agents"), "USE SCHEMA"),
    )

    @pytest.mark.parametrize(("securable", "privilege"), PARENTS)
    async def test_use_of_what_contains_the_model(self, bench: Bench, securable: Securable, privilege: str) -> None:
        bench.revoke(securable, privilege)
        answer = await bench.create()
        assert refusal(answer) == (403, "PERMISSION_DENIED")
        assert privilege in answer.json()["message"]
        assert bench.deployments == []

    async def test_execute_on_a_model_of_somebody_else(self, bench: Bench) -> None:
        bench.workspace.state.access.set_owner(Securable("FUNCTION", MODEL), "admin@sandbox.example")
        answer = await bench.create()
        assert refusal(answer) == (403, "PERMISSION_DENIED")
        assert "EXECUTE" in answer.json()["message"]

    async def test_a_declared_endpoint_that_may_not_be_queried(self, bench: Bench) -> None:
        version = bench.workspace.version(resources=LLM)
        assert (await bench.create(entity(version))).status_code == 200
        state = bench.workspace.state
        state.permissions.clear("serving-endpoints", bench.workspace.endpoints.get(chat.NAME).id)
        answer = await bench.create(entity(version), name="f")
        assert refusal(answer) == (403, "PERMISSION_DENIED")
        assert f"serving_endpoint '{chat.NAME}'" in answer.json()["message"]

    @pytest.mark.parametrize(
        "resource",
        [
            {"serving_endpoint": [{"name": "nowhere"}]},
            {"table": [{"name": "local.agents.nowhere"}]},
            {"function": [{"name": "local.agents.nowhere"}]},
            {"uc_connection": [{"name": "nowhere"}]},
            {"sql_warehouse": [{"name": "nowhere"}]},
        ],
        ids=lambda resource: next(iter(resource)),
    )
    async def test_a_declared_resource_that_is_not_there(self, bench: Bench, resource: dict[str, list[Json]]) -> None:
        answer = await bench.create(entity(bench.workspace.version(resources=resource)))
        assert refusal(answer) == (403, "PERMISSION_DENIED")
        assert "nowhere" in answer.json()["message"]

    async def test_the_entitlement(self, bench: Bench) -> None:
        id_ = (await bench.create()).json()["id"]
        bench.deployments[0].becomes(READY)
        state = bench.workspace.state
        state.permissions.give("serving-endpoints", id_, [(bench.workspace.caller("asker").principal, "CAN_MANAGE")])
        state.access.change(Securable("FUNCTION", MODEL), [Change("asker@sandbox.example", add=["EXECUTE"])])
        state.principals.save(replace(bench.workspace.caller().principal, entitlements=[]))
        answers = [
            await bench.create(name="f"),
            await bench.workspace.asker.put(f"{URL}/e/config", json=config(entity("2"))),
        ]
        for answer in answers:
            assert refusal(answer) == (403, "PERMISSION_DENIED")
            assert "workspace-access" in answer.json()["message"]
            assert DEPLOYER in answer.json()["message"]

    async def test_others_see_nothing(self, bench: Bench) -> None:
        await bench.create()
        asker = bench.workspace.asker
        assert refusal(await asker.get(f"{URL}/e")) == (403, "PERMISSION_DENIED")
        assert (await asker.get(URL)).json() == {"endpoints": []}
        assert refusal(await asker.delete(f"{URL}/e")) == (403, "PERMISSION_DENIED")
        assert refusal(await asker.put(f"{URL}/e/config", json=config(entity()))) == (403, "PERMISSION_DENIED")
        assert refusal(await asker.post("/serving-endpoints/e/invocations", json={})) == (403, "PERMISSION_DENIED")

    async def test_who_may_query_is_told_so(self, bench: Bench) -> None:
        id_ = (await bench.create()).json()["id"]
        asker = bench.workspace.caller("asker").principal
        bench.workspace.state.permissions.give("serving-endpoints", id_, [(asker, "CAN_QUERY")])
        assert (await bench.get(person="asker"))["permission_level"] == "CAN_QUERY"
        denied = await bench.workspace.asker.patch(f"{URL}/e/tags", json={})
        assert refusal(denied) == (403, "PERMISSION_DENIED")
        assert "CAN_MANAGE" in denied.json()["message"]


class TestInferenceTable:
    TABLE: ClassVar[Json] = {
        "enabled": True,
        "catalog_name": "local",
        "schema_name": "agents",
        "table_name_prefix": "sample",
    }

    async def create(self, bench: Bench, name: str = "e", **changes: object) -> Response:
        return await bench.create(name=name, ai_gateway={"inference_table_config": {**self.TABLE, **changes}})

    async def exists(self, bench: Bench) -> bool:
        url = "/api/2.1/unity-catalog/tables/local.agents.sample_payload/exists"
        return bool((await bench.workspace.deployer.get(url)).json()["table_exists"])

    async def test_it_is_made_and_stays(self, bench: Bench) -> None:
        created = await self.create(bench)
        assert created.json()["ai_gateway"] == {"inference_table_config": self.TABLE}
        assert await self.exists(bench)
        await bench.workspace.deployer.delete(f"{URL}/e")
        assert await self.exists(bench)
        assert refusal(await self.create(bench)) == (400, "INVALID_PARAMETER_VALUE")

    async def test_create_table_is_needed(self, bench: Bench) -> None:
        bench.revoke(Securable("SCHEMA", "local.agents"), "CREATE TABLE")
        answer = await self.create(bench)
        assert refusal(answer) == (403, "PERMISSION_DENIED")
        assert "CREATE TABLE" in answer.json()["message"]
        assert bench.deployments == []

    async def test_where_must_be_said(self, bench: Bench) -> None:
        answer = await self.create(bench, schema_name="")
        assert "schema_name" in answer.json()["message"]

    async def test_another_table_needs_the_first_disabled(self, bench: Bench) -> None:
        await self.create(bench)
        url, other = f"{URL}/e/ai-gateway", {**self.TABLE, "table_name_prefix": "other"}
        client = bench.workspace.deployer
        answer = await client.put(url, json={"inference_table_config": other})
        assert "already enabled" in answer.json()["message"]
        assert (await client.put(url, json={"inference_table_config": {"enabled": False}})).status_code == 200
        assert (await client.put(url, json={"inference_table_config": other})).status_code == 200

    async def test_what_agents_do_not_have_is_refused_by_name(self, bench: Bench) -> None:
        agent = bench.workspace.version(task="agent/v1/responses")
        answer = await bench.create(entity(agent), ai_gateway={"usage_tracking_config": {"enabled": True}})
        assert refusal(answer) == (400, "INVALID_PARAMETER_VALUE")
        assert "usage_tracking_config" in answer.json()["message"]


class TestStandIn:
    URL = f"{URL}/{chat.NAME}"

    async def test_it_says_what_it_is(self, bench: Bench) -> None:
        endpoint = await bench.get(chat.NAME)
        assert endpoint["state"] == {"ready": "READY", "config_update": "NOT_UPDATING"}
        assert (endpoint["task"], endpoint["permission_level"]) == ("llm/v1/chat", "CAN_QUERY")
        assert "stand-in" in endpoint["description"]
        assert "stand-in" in endpoint["config"]["served_entities"][0]["foundation_model"]["name"]

    @pytest.mark.parametrize("path", [f"/{chat.NAME}/invocations", "/chat/completions"])
    async def test_it_answers_in_both_forms(self, bench: Bench, path: str) -> None:
        body = {"model": chat.NAME, "messages": [{"role": "user", "content": "hello"}]}
        answer = await bench.workspace.deployer.post(f"/serving-endpoints{path}", json=body)
        assert answer.json()["object"] == "chat.completion"
        streamed = await bench.workspace.deployer.post(f"/serving-endpoints{path}", json={**body, "stream": True})
        assert streamed.headers["content-type"].startswith("text/event-stream")
        assert streamed.text.endswith("data: [DONE]\n\n")

    async def test_it_can_not_be_changed(self, bench: Bench) -> None:
        admin = bench.workspace.clients["admin"]
        for answer in (await admin.delete(self.URL), await admin.put(f"{self.URL}/config", json=config(entity()))):
            assert refusal(answer) == (400, "BAD_REQUEST")

    async def test_what_it_does_not_understand(self, bench: Bench) -> None:
        answer = await bench.workspace.deployer.post(f"/serving-endpoints/{chat.NAME}/invocations", json={"input": []})
        assert refusal(answer) == (400, "BAD_REQUEST")


class TestQuestions:
    async def test_nothing_serves_yet(self, bench: Bench) -> None:
        await bench.create()
        answer = await bench.workspace.deployer.post("/serving-endpoints/e/invocations", json={"messages": []})
        assert refusal(answer) == (400, "BAD_REQUEST")
        assert "not ready" in answer.json()["message"]

    @pytest.mark.parametrize("path", ["chat/completions", "responses"])
    async def test_the_endpoint_must_be_named(self, bench: Bench, path: str) -> None:
        answer = await bench.workspace.deployer.post(f"/serving-endpoints/{path}", json={"messages": []})
        assert refusal(answer) == (400, "INVALID_PARAMETER_VALUE")
        missing = await bench.workspace.deployer.post(f"/serving-endpoints/{path}", json={"model": "nowhere"})
        assert refusal(missing) == (404, "RESOURCE_DOES_NOT_EXIST")


async def test_without_a_token_nothing(bench: Bench) -> None:
    headers = {"Authorization": ""}
    for path in (URL, f"{URL}/e"):
        assert refusal(await bench.workspace.deployer.get(path, headers=headers)) == (401, "UNAUTHENTICATED")


async def test_a_restart_starts_what_served(bench: Bench, tmp_path: Path) -> None:
    await bench.create()
    bench.deployments[0].becomes(READY)
    bench.workspace.state.store.close()
    async with pretending(tmp_path) as (again, deployments):
        again.endpoints.start()
        endpoint = (await again.deployer.get(f"{URL}/e")).json()
        assert endpoint["state"] == {"ready": "NOT_READY", "config_update": "NOT_UPDATING"}
        assert endpoint["config"]["served_entities"][0]["state"]["deployment"] == "DEPLOYMENT_RECOVERING"
        deployments[0].becomes(READY)
        assert (await again.deployer.get(f"{URL}/e")).json()["state"]["ready"] == "READY"
