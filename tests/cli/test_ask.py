"""Asking over HTTP: who asks, in which form, and what is printed."""

from __future__ import annotations

import json

import httpx
import pytest

from agentry.cli.ask import Asker
from agentry.cli.questions import Form
from agentry.errors import InvalidRequest, PermissionDenied, Unavailable
from agentry.workspace import Bearer

URL = "http://127.0.0.1:9/serving-endpoints/weather/invocations"


def asker(
    answer: httpx.Response | Exception, seen: list[httpx.Request] | None = None, conversation: str = "messages"
) -> Asker:
    def handle(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    transport = httpx.MockTransport(handle)
    return Asker("weather", URL, Bearer("http://127.0.0.1:9", "token"), Form(conversation), transport=transport)


def test_a_question() -> None:
    seen: list[httpx.Request] = []
    answer = {"messages": [{"role": "assistant", "content": "sunny"}]}
    assert asker(httpx.Response(200, json=answer), seen).ask("sf?") == answer
    assert seen[0].headers["authorization"] == "Bearer token"
    assert json.loads(seen[0].content) == {"messages": [{"role": "user", "content": "sf?"}]}


def test_a_responses_agent_is_asked_with_input() -> None:
    seen: list[httpx.Request] = []
    asker(httpx.Response(200, json={"output": []}), seen, "input").ask("hi")
    assert "input" in json.loads(seen[0].content)


def test_an_answer_that_is_a_list_is_kept() -> None:
    assert asker(httpx.Response(200, json=[1])).ask("x") == {"predictions": [1]}


def test_a_refusal() -> None:
    with pytest.raises(PermissionDenied, match="gave no answer"):
        asker(httpx.Response(403, json={"message": "no CAN_QUERY"})).ask("x")


def test_nobody_there() -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        asker(httpx.ConnectError("refused")).ask("x")


def stream_of(*events: object) -> httpx.Response:
    text = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    return httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})


def test_a_stream_is_printed_as_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    answer = stream_of(
        {"delta": {"role": "assistant", "content": "sun"}}, {"delta": {"role": "assistant", "content": "ny"}}
    )
    asker(answer).stream("sf?")
    assert capsys.readouterr().out == "sunny\n"


def test_a_stream_for_machines_is_a_line_for_each_event(capsys: pytest.CaptureFixture[str]) -> None:
    asker(stream_of({"delta": {"content": "a"}}, {"x": 1})).stream("sf?", as_json=True)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"delta": {"content": "a"}},
        {"x": 1},
    ]


def test_a_python_model_is_asked_with_json_and_streams_what_it_likes(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[httpx.Request] = []
    asker(stream_of("su", "n\n", {"at": 1}), seen, "").stream('{"inputs": [1]}')
    assert json.loads(seen[0].content) == {"inputs": [1], "stream": True}
    assert capsys.readouterr().out == 'sun\n{"at": 1}\n\n'


def test_an_agent_that_fails_in_the_middle_of_a_stream() -> None:
    with pytest.raises(InvalidRequest, match="boom"):
        asker(stream_of({"error": {"message": "boom"}})).stream("sf?")


def test_a_stream_that_is_refused() -> None:
    with pytest.raises(PermissionDenied):
        asker(httpx.Response(403, json={"message": "no"})).stream("sf?")


def test_a_stream_that_nobody_answers() -> None:
    with pytest.raises(Unavailable):
        asker(httpx.ConnectError("refused")).stream("sf?")


def test_an_agent_that_says_nothing_is_said_with_the_limit() -> None:
    with pytest.raises(Unavailable, match=r"does not answer\nnothing came for 300 s"):
        asker(httpx.ReadTimeout("timed out")).ask("x")
