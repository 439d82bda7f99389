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


@pytest.mark.parametrize("said", [CHAT, {"inputs": [1, 2], "params": {"t": 1}}, {"question": 1}, [1]])
def test_mlflow_gets_the_request_as_it_is(said: Any) -> None:
    assert read(said) == Question(json.dumps(said).encode(), stream=False)


def test_what_is_no_json_is_left_to_mlflow() -> None:
    assert read_question(b"{") == Question(b"{", stream=False)


def test_what_the_platform_keeps_for_itself_does_not_reach_the_model() -> None:
    assert json.loads(read({**CHAT, "databricks_options": {"return_trace": True}}).body) == CHAT


def test_streaming_is_asked_for_in_the_request() -> None:
    assert read({**CHAT, "stream": True}).stream


def test_an_exception_of_the_agent_is_told_with_its_text_and_where_it_was_raised() -> None:
    try:
        raise ValueError("default auth: cannot configure default credentials")
    except ValueError as error:
        answer = failure(error)
    said = json.loads(answer.body)
    assert answer.status == 400
    assert said["error_code"] == "BAD_REQUEST"
    assert "Error 'ValueError: default auth: cannot configure default credentials'" in said["message"]
    assert "test_serving_runner.py" in said["stack_trace"]


def test_an_error_of_mlflow_is_told_as_mlflow_tells_it() -> None:
    answer = failure(Refused("no schema"))
    assert (answer.status, answer.media_type) == (404, "application/json")
    assert json.loads(answer.body) == {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no schema"}


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


class Refused(Exception):
    """As MLflow's own exception."""

    def serialize_as_json(self) -> str:
        return json.dumps({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": str(self)})

    def get_http_status_code(self) -> int:
        return 404


class Model:
    """A model that does what it is told."""

    metadata = SimpleNamespace(get_input_schema=lambda: "schema")

    def predict(self, data: Any, params: Any = None) -> Any:
        if data == {"messages": "fail"}:
            raise ValueError("no luck")
        if data == {"messages": "refuse"}:
            raise Refused("not like this")
        return {"said": data, "params": params}

    def predict_stream(self, data: Any, params: Any = None) -> Iterator[Any]:
        if data["messages"] == "fail":
            raise ValueError("no luck")
        yield {"piece": 1}
        if data["messages"] == "fail later":
            raise ValueError("no luck later")
        yield {"piece": 2, "params": params}


def invocations(body: bytes, media_type: str, model: Any, schema: Any) -> Any:
    """As MLflow's, as far as it matters here."""
    assert (media_type, schema) == ("application/json", "schema")
    said = json.loads(body)
    try:
        answer = model.predict(said.get("inputs", said), params=said.get("params"))
    except Refused as error:
        raise Refused(f"Failed to predict: {error}") from error
    except ValueError:
        raise Refused("an unexpected error") from None
    return SimpleNamespace(status=200, mimetype="application/json", response=json.dumps(answer))


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    server = Server(Answers(Model(), nullcontext, invocations), "the key")
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


def test_mlflow_reads_the_request_and_writes_the_answer(client: httpx.Client) -> None:
    assert ask(client, CHAT).json() == {"said": CHAT, "params": None}
    assert ask(client, {"inputs": [1], "params": {"t": 1}}).json() == {"said": [1], "params": {"t": 1}}


def test_what_mlflow_refuses_has_its_status(client: httpx.Client) -> None:
    answer = ask(client, {"messages": "refuse"})
    assert answer.status_code == 404
    assert answer.json() == {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Failed to predict: not like this"}


def test_a_failure_is_400(client: httpx.Client) -> None:
    answer = ask(client, {"messages": "fail"})
    assert answer.status_code == 400
    assert "no luck" in answer.json()["message"]
    assert ask(client, CHAT).status_code == 200


def test_a_stream_ends_with_done(client: httpx.Client) -> None:
    answer = ask(client, {**CHAT, "stream": True})
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.text == 'data: {"piece": 1}\n\ndata: {"piece": 2, "params": null}\n\ndata: [DONE]\n\n'


def test_the_parameters_of_a_stream_are_those_that_mlflow_found(client: httpx.Client) -> None:
    answer = ask(client, {"inputs": {"messages": "x"}, "params": {"t": 1}, "stream": True})
    assert 'data: {"piece": 2, "params": {"t": 1}}' in answer.text


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

    answers = Answers(Model(), in_context, invocations)
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
