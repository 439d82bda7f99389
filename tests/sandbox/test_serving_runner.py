from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager, nullcontext
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from agentry.sandbox.serving.runner import (
    KEY_HEADER,
    Answers,
    Question,
    Refused,
    Server,
    failure,
    read_question,
    to_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

CHAT = {"messages": [{"role": "user", "content": "hello"}]}


def read(said: Any) -> Question:
    return read_question(json.dumps(said).encode())


@pytest.mark.parametrize("said", [CHAT, {"input": [], "custom_inputs": {"a": 1}}, {"prompt": "x"}])
def test_agents_get_the_request_as_it_is(said: dict[str, Any]) -> None:
    assert read(said) == Question(said, None, stream=False, wrapped=False)


def test_what_the_platform_keeps_for_itself_does_not_reach_the_model() -> None:
    assert read({**CHAT, "databricks_options": {"return_trace": True}}).data == CHAT


def test_streaming_is_asked_for_in_the_request() -> None:
    assert read({**CHAT, "stream": True}).stream


@pytest.mark.parametrize("key", ["inputs", "instances"])
def test_plain_models_get_what_is_in_inputs(key: str) -> None:
    assert read({key: [1, 2], "params": {"t": 1}}) == Question([1, 2], {"t": 1}, stream=False, wrapped=True)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "not JSON"),
        (b"[1]", "not list"),
        (b'{"question": 1}', "none of the fields messages, input, .* it has: question"),
        (b"{}", "it has: none"),
    ],
)
def test_a_request_that_can_not_be_read(body: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        read_question(body)


def test_an_exception_of_the_agent_is_told_with_its_text() -> None:
    said = failure(ValueError("default auth: cannot configure default credentials"))
    assert said["error_code"] == "BAD_REQUEST"
    assert "Error 'ValueError: default auth: cannot configure default credentials'" in said["message"]


def test_what_json_can_not_write_is_made_plain() -> None:
    frame = SimpleNamespace(columns=["a"], to_dict=lambda orient: [{"a": orient}])
    assert json.loads(to_json(frame)) == [{"a": "records"}]
    value = {
        "numpy": SimpleNamespace(tolist=lambda: [1]),
        "set": {2},
        "model": SimpleNamespace(model_dump=lambda: {"b": 3}),
    }
    assert json.loads(to_json(value)) == {"numpy": [1], "set": [2], "model": {"b": 3}}
    assert json.loads(to_json([datetime(2026, 1, 2, tzinfo=timezone.utc)])) == ["2026-01-02T00:00:00+00:00"]


class Model:
    """A model that does what it is told."""

    def predict(self, data: Any, params: Any = None) -> Any:
        if data == {"messages": "fail"}:
            raise ValueError("no luck")
        return {"said": data, "params": params}

    def predict_stream(self, data: Any, params: Any = None) -> Iterator[Any]:
        if data["messages"] == "fail":
            raise ValueError("no luck")
        yield {"piece": 1}
        if data["messages"] == "fail later":
            raise ValueError("no luck later")
        yield {"piece": 2}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    server = Server(Answers(Model(), nullcontext), "the key")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        with httpx.Client(base_url=address, headers={KEY_HEADER: "the key"}, trust_env=False) as client:
            yield client
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(client: httpx.Client, said: Any, **headers: str) -> httpx.Response:
    return client.post("/invocations", json=said, headers=headers)


def test_an_answer_of_an_agent_comes_bare(client: httpx.Client) -> None:
    assert ask(client, CHAT).json() == {"said": CHAT, "params": None}


def test_an_answer_of_a_plain_model_comes_below_predictions(client: httpx.Client) -> None:
    assert ask(client, {"inputs": [1]}).json() == {"predictions": {"said": [1], "params": None}}


def test_a_failure_is_400(client: httpx.Client) -> None:
    answer = ask(client, {"messages": "fail"})
    assert answer.status_code == 400
    assert "no luck" in answer.json()["message"]
    assert ask(client, CHAT).status_code == 200


def test_a_stream_ends_with_done(client: httpx.Client) -> None:
    answer = ask(client, {**CHAT, "stream": True})
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.text == 'data: {"piece": 1}\n\ndata: {"piece": 2}\n\ndata: [DONE]\n\n'


def test_a_failure_before_the_first_piece_is_400(client: httpx.Client) -> None:
    assert ask(client, {"messages": "fail", "stream": True}).status_code == 400


def test_a_failure_after_the_first_piece_is_an_event(client: httpx.Client) -> None:
    answer = ask(client, {"messages": "fail later", "stream": True})
    assert answer.status_code == 200
    last = json.loads(answer.text.strip().split("data: ")[-1])
    assert "no luck later" in last["error"]["message"]


def test_only_the_sandbox_asks(client: httpx.Client) -> None:
    assert ask(client, CHAT, **{KEY_HEADER: "another"}).status_code == 403


def test_every_question_is_a_request_of_its_own_to_mlflow() -> None:
    inside: list[str] = []

    @contextmanager
    def in_context() -> Iterator[None]:
        inside.append("in")
        yield
        inside.append("out")

    answers = Answers(Model(), in_context)
    answers.whole(read(CHAT))
    pieces = answers.pieces(read({**CHAT, "stream": True}))
    next(pieces)
    assert inside == ["in", "out", "in"]
    assert list(pieces)
    assert inside == ["in", "out", "in", "out"]


def test_it_needs_nothing_of_agentry() -> None:
    from agentry.sandbox.serving import runner

    with open(runner.__file__, encoding="utf-8") as file:
        source = file.read()
    assert "import agentry" not in source
    assert "from agentry" not in source
    assert os.path.basename(runner.__file__) == "runner.py"
