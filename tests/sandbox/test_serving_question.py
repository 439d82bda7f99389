"""Questions by way of the AI Gateway, over HTTP in this process: stand-ins answer, and time stands still."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from agentry.clock import FakeClock
from agentry.sandbox import chat
from agentry.sandbox.serving.instant import InstantDeployment
from tests.sandbox.serving_samples import external, outside
from tests.sandbox.serving_workspace import Workspace, config, entity, pretending

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from httpx import Response

    from agentry.sandbox.serving.answers import Answer
    from agentry.sandbox.web import Json

URL = "/api/2.0/serving-endpoints"
TABLE = {"catalog_name": "local", "schema_name": "agents", "table_name_prefix": "asked", "enabled": True}
ROWS = "/sandbox/inference-tables/local.agents.asked_payload"
HELLO = {"messages": [{"role": "user", "content": "hello"}]}


class Bench:
    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.clock = workspace.state.clock

    async def create(self, body: Json, **said: Any) -> None:
        answer = await self.workspace.deployer.post(URL, json={"name": "e", "config": body, **said})
        assert answer.status_code == 200, answer.text
        await asyncio.sleep(0)

    async def send(self, method: str, path: str, body: Json, person: str = "deployer") -> Response:
        return await self.workspace.clients[person].request(method, path, json=body)

    async def ask(self, body: Json | None = None, entity: str = "") -> Response:
        inner = f"served-models/{entity}/" if entity else ""
        return await self.send("POST", f"/serving-endpoints/e/{inner}invocations", body or HELLO)

    async def fail(self, path: str, **fault: Any) -> None:
        await self.send("PUT", "/sandbox/faults", {"faults": [{"path": path, "status": 500, **fault}]}, "admin")

    async def rows(self, person: str = "deployer") -> list[Json]:
        rows: list[Json] = (await self.workspace.clients[person].get(ROWS)).json()["rows"]
        return rows


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        workspace, _ = await stack.enter_async_context(pretending(tmp_path, InstantDeployment))
        for _ in range(2):
            workspace.version(task="agent/v1/chat")
        yield Bench(workspace)


def two(**shares: int) -> Json:
    return config(outside("a"), outside("b"), **shares)


def served_by(answer: Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.headers["served-model-name"])


async def test_the_answer_says_who_gave_it(bench: Bench) -> None:
    await bench.create(config(entity("1", name="a"), entity("2", name="b"), a=75, b=25))
    assert [served_by(await bench.ask()) for _ in range(8)] == ["a", "a", "b", "a"] * 2
    assert served_by(await bench.ask(entity="b")) == "b"
    model = await bench.send("POST", f"/serving-endpoints/{chat.NAME}/invocations", HELLO)
    assert served_by(model) == chat.MODEL_NAME


class TestLimits:
    async def test_too_many_are_429_until_the_minute_is_over(self, bench: Bench) -> None:
        limit = {"calls": 1, "key": "user", "renewal_period": "minute"}
        await bench.create(config(outside("a")), ai_gateway={"rate_limits": [limit]})
        assert (await bench.ask()).status_code == 200
        refused = await bench.ask()
        assert (refused.status_code, refused.json()["error_code"]) == (429, "REQUEST_LIMIT_EXCEEDED")
        assert isinstance(bench.clock, FakeClock)
        bench.clock.advance(60)
        assert (await bench.ask()).status_code == 200

    async def test_those_of_the_older_route_count_too_and_go_again(self, bench: Bench) -> None:
        await bench.create(config(outside("a")))
        limits = {"rate_limits": [{"calls": 0, "renewal_period": "minute"}]}
        answer = await bench.send("PUT", f"{URL}/e/rate-limits", limits)
        assert answer.json() == limits
        assert (await bench.ask()).status_code == 429
        await bench.send("PUT", f"{URL}/e/rate-limits", {})
        assert (await bench.ask()).status_code == 200

    async def test_an_admin_limits_the_workspace_s_own_model(self, bench: Bench) -> None:
        limit = {"rate_limits": [{"calls": 0, "key": "user", "renewal_period": "minute"}]}
        path = f"{URL}/{chat.NAME}/ai-gateway"
        assert (await bench.send("PUT", path, limit)).status_code == 403
        assert (await bench.send("PUT", path, limit, "admin")).json() == limit
        assert (await bench.send("POST", f"/serving-endpoints/{chat.NAME}/invocations", HELLO)).status_code == 429

    async def test_tokens_of_answers_are_counted(self, bench: Bench) -> None:
        limit = {"tokens": 1, "renewal_period": "minute"}
        await bench.create(config(outside("a")), ai_gateway={"rate_limits": [limit]})
        assert (await bench.ask({**HELLO, "stream": True})).status_code == 200
        assert (await bench.ask()).status_code == 429


class TestFallback:
    async def create(self, bench: Bench, *, enabled: bool = True) -> None:
        await bench.create(two(a=100, b=0), ai_gateway={"fallback_config": {"enabled": enabled}})

    @pytest.mark.parametrize("status", [429, 500, 503])
    async def test_another_entity_answers_when_one_fails(self, bench: Bench, status: int) -> None:
        await self.create(bench)
        await bench.fail("/external/e/a", status=status)
        assert [served_by(await bench.ask()) for _ in range(2)] == ["b", "a"]

    async def test_when_all_fail_the_last_answer_counts(self, bench: Bench) -> None:
        await self.create(bench)
        faults = [{"path": "/external/e/a", "status": 500}, {"path": "/external/e/b", "status": 503}]
        await bench.send("PUT", "/sandbox/faults", {"faults": faults}, "admin")
        answer = await bench.ask()
        assert (answer.status_code, answer.headers["served-model-name"]) == (503, "b")

    async def test_a_refusal_is_no_failure(self, bench: Bench) -> None:
        await self.create(bench)
        await bench.fail("/external/e/a", status=403)
        assert (await bench.ask()).status_code == 403

    async def test_off_is_off(self, bench: Bench) -> None:
        await self.create(bench, enabled=False)
        await bench.fail("/external/e/a")
        assert (await bench.ask()).status_code == 500


class TestGuardrails:
    @pytest.mark.parametrize("direction", ["input", "output"])
    async def test_a_keyword_blocks(self, bench: Bench, direction: str) -> None:
        word = "Bomb" if direction == "input" else "stand-in"
        guardrails = {direction: {"invalid_keywords": [word]}}
        await bench.create(config(outside("a")), ai_gateway={"guardrails": guardrails})
        answer = await bench.ask({"messages": [{"role": "user", "content": "a bomb"}]})
        assert answer.status_code == 400
        assert answer.json()["finish_reason"] == f"{direction}_guardrail_triggered"
        assert word.lower() not in answer.text.lower()

    async def test_other_words_pass(self, bench: Bench) -> None:
        guardrails = {"input": {"invalid_keywords": ["role", "user"], "pii": {"behavior": "BLOCK"}}}
        await bench.create(config(outside("a")), ai_gateway={"guardrails": guardrails})
        assert (await bench.ask()).status_code == 200


class TestInferenceTable:
    async def test_a_row_for_each_question(self, bench: Bench) -> None:
        await bench.create(config(entity("1", name="a")), ai_gateway={"inference_table_config": TABLE})
        answer = await bench.ask({**HELLO, "client_request_id": "mine"})
        await bench.ask({**HELLO, "stream": True})
        first, second = await bench.rows()
        assert (first["response"], first["status_code"]) == (answer.text, 200)
        assert (first["client_request_id"], first["served_entity_id"]) == ("mine", "a")
        assert first["requester"] == "deployer@sandbox.example"
        assert "[DONE]" in second["response"]

    async def test_disabled_it_writes_nothing(self, bench: Bench) -> None:
        await bench.create(config(entity("1")), ai_gateway={"inference_table_config": TABLE})
        off = {"inference_table_config": {**TABLE, "enabled": False}}
        assert (await bench.send("PUT", f"{URL}/e/ai-gateway", off)).json() == off
        await bench.ask()
        assert await bench.rows() == []

    async def test_what_is_too_large_is_left_out(self, bench: Bench) -> None:
        await bench.create(config(entity("1")), ai_gateway={"inference_table_config": TABLE})
        await bench.ask({"messages": [{"role": "user", "content": "x" * 1024 * 1024}]})
        (row,) = await bench.rows()
        assert (row["request"], row["logging_error_codes"]) == ("", ["MAX_REQUEST_SIZE_EXCEEDED"])

    async def test_only_who_may_read_the_table_reads_it(self, bench: Bench) -> None:
        await bench.create(config(entity("1")), ai_gateway={"inference_table_config": TABLE})
        assert (await bench.workspace.asker.get(ROWS)).status_code == 403


class TestExternal:
    async def test_a_secret_that_is_not_there_fails_the_deployment(self, bench: Bench) -> None:
        model = external(settings={"openai_api_key": "{{secrets/none/key}}"})
        await bench.create({"served_entities": [{"name": "a", "external_model": model}]})
        endpoint = (await bench.workspace.deployer.get(f"{URL}/e")).json()
        assert endpoint["state"]["config_update"] == "UPDATE_FAILED"
        assert "none" in endpoint["pending_config"]["served_entities"][0]["state"]["deployment_state_message"]

    @pytest.mark.parametrize(
        ("task", "asked", "answered"),
        [
            ("llm/v1/completions", {"prompt": "hello"}, "text_completion"),
            ("llm/v1/embeddings", {"input": ["a", "b"]}, "list"),
            ("llm/v1/chat", HELLO, "chat.completion"),
        ],
    )
    async def test_it_answers_in_the_form_of_its_task(
        self, bench: Bench, task: str, asked: Json, answered: str
    ) -> None:
        await bench.create(config(outside("a", task=task)))
        first, second = await bench.ask(asked), await bench.ask(asked)
        assert first.json()["object"] == answered
        assert first.json() == second.json()
        assert (await bench.ask({"other": 1})).status_code == 400
        assert (await bench.workspace.deployer.get(f"{URL}/e")).json()["task"] == task

    async def test_an_embedding_is_of_its_text(self, bench: Bench) -> None:
        await bench.create(config(outside("a", task="llm/v1/embeddings")))
        data = (await bench.ask({"input": ["a", "b", "a"]})).json()["data"]
        vectors = [one["embedding"] for one in data]
        assert vectors[0] == vectors[2] != vectors[1]
        assert all(-1 <= number <= 1 for vector in vectors for number in vector)


async def test_metrics_count_answers(bench: Bench) -> None:
    await bench.create(config(entity("1", name="a")))
    await bench.ask()
    await bench.ask({"other": 1})
    text = (await bench.workspace.deployer.get(f"{URL}/e/metrics")).text
    labels = '{endpoint_name="e",served_model_name="a"}'
    assert f"request_count_total{labels} 2" in text
    assert f"request_4xx_count_total{labels} 1" in text
    assert f"request_5xx_count_total{labels} 0" in text
    assert isinstance(bench.clock, FakeClock)
    bench.clock.advance(61)
    text = (await bench.workspace.deployer.get(f"{URL}/e/metrics")).text
    assert "request_count_total{" not in text, "they are those of a minute"


async def test_a_question_in_vain_is_counted_and_recorded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await bench.create(config(entity("1", name="a")), ai_gateway={"inference_table_config": TABLE})

    async def dies(deployment: InstantDeployment, body: bytes) -> Answer:
        raise httpx.ReadError("gone")

    monkeypatch.setattr(InstantDeployment, "ask", dies)
    answer = await bench.ask()
    assert (answer.status_code, answer.json()["error_code"]) == (503, "TEMPORARILY_UNAVAILABLE")
    (row,) = await bench.rows()
    assert (row["status_code"], json.loads(row["response"])) == (503, answer.json())
    text = (await bench.workspace.deployer.get(f"{URL}/e/metrics")).text
    assert 'request_5xx_count_total{endpoint_name="e",served_model_name="a"} 1' in text


async def test_its_interface_names_the_ways_to_ask(bench: Bench) -> None:
    await bench.create(config(entity("1", name="a")))
    said = (await bench.workspace.deployer.get(f"{URL}/e/openapi")).json()
    assert list(said["paths"]) == [
        "/serving-endpoints/e/invocations",
        "/serving-endpoints/e/served-models/a/invocations",
    ]
