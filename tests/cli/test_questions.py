"""Questions in the form of the interface, answers as text, failures with the agent's own words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentry.cli.questions import answer_text, chunk_text, events, failure, last_line, request_body, takes_input
from agentry.cli.recorded import RecordedAgent
from agentry.deploy import RecordedResource
from agentry.errors import InvalidRequest, NotFound, PermissionDenied, Unauthenticated, Unavailable


def agent(interface: str = "") -> RecordedAgent:
    kind = {"urn": "", "parent": "", "id": "", "custom": True, "name": "weather"}
    endpoint = RecordedResource(**kind, type="agentry:index:ServingEndpoint")  # type: ignore[arg-type]
    version = RecordedResource(**kind, type="agentry:index:ModelVersion", inputs={"interface": interface or None})  # type: ignore[arg-type]
    return RecordedAgent("weather", endpoint, version, ())


@pytest.mark.parametrize(
    ("recorded", "task", "as_input"),
    [
        ("ChatAgent", "", False),
        ("ResponsesAgent", "", True),
        ("ResponsesAgent", "agent/v2/chat", True),
        ("", "agent/v1/responses", True),
        ("", "agent/v2/chat", False),
        ("", "", None),
    ],
)
def test_the_interface_is_recorded_or_the_endpoint_says_it(recorded: str, task: str, as_input: bool | None) -> None:
    assert takes_input(agent(recorded), {"task": task}) is as_input


def test_bodies() -> None:
    said = [{"role": "user", "content": "hi"}]
    assert request_body("hi", as_input=False) == {"messages": said}
    assert request_body("hi", as_input=True, stream=True) == {"input": said, "stream": True}


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (
            {
                "messages": [
                    {"role": "assistant", "content": "", "tool_calls": [{}]},
                    {"role": "tool", "content": "sunny"},
                    {"role": "assistant", "content": "It is sunny"},
                ]
            },
            "It is sunny",
        ),
        ({"output": [{"type": "message", "content": [{"type": "output_text", "text": "hi"}]}]}, "hi"),
        ({"output": [{"type": "function_call", "name": "f"}, {"type": "message", "content": "hi"}]}, "hi"),
        ({"choices": [{"message": {"role": "assistant", "content": "hi"}}]}, "hi"),
        ({"messages": []}, ""),
        ({"predictions": [1]}, '{\n  "predictions": [\n    1\n  ]\n}'),
    ],
)
def test_answers_as_text(answer: dict[str, Any], text: str) -> None:
    assert answer_text(answer) == text


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"delta": {"role": "assistant", "content": "su"}}, "su"),
        ({"delta": {"role": "tool", "content": "sunny"}}, ""),
        ({"delta": {"role": "assistant", "content": None, "tool_calls": [{}]}}, ""),
        ({"type": "response.output_text.delta", "delta": "su"}, "su"),
        ({"type": "response.output_item.done", "item": {}}, ""),
        ({"choices": [{"delta": {"content": "su"}}]}, "su"),
    ],
)
def test_pieces_of_a_streamed_answer(event: dict[str, Any], text: str) -> None:
    assert chunk_text(event) == text


def test_events_of_a_stream() -> None:
    lines = iter(['data: {"a": 1}', "", ": comment", "event: x", 'data:{"b": 2}', "data: [DONE]", "data: 3"])
    assert list(events(lines)) == [{"a": 1}, {"b": 2}]


TRACE = """Traceback (most recent call last):
  File "agent.py", line 1, in predict
    raise ValueError
ValueError: default auth: cannot configure default credentials
"""


def test_a_failing_agent_is_quoted() -> None:
    text = json.dumps({"error_code": "BAD_REQUEST", "message": "evaluation failed", "stack_trace": TRACE})
    error = failure("weather", 400, text, " --stack dev")
    assert isinstance(error, InvalidRequest)
    assert error.what == "weather gave no answer (400 BAD_REQUEST)"
    assert error.why == "evaluation failed\nValueError: default auth: cannot configure default credentials"
    assert error.fix == "agentry logs weather --service --stack dev"


@pytest.mark.parametrize(
    ("status", "kind", "fix"),
    [
        (401, Unauthenticated, "CAN_QUERY"),
        (403, PermissionDenied, "CAN_QUERY"),
        (404, NotFound, "agentry up"),
        (400, InvalidRequest, "agentry logs weather"),
        (504, Unavailable, "agentry logs weather"),
    ],
)
def test_failures_by_status(status: int, kind: type[Exception], fix: str) -> None:
    error = failure("weather", status, "<html>")
    assert type(error) is kind
    assert error.why == "<html>"
    assert fix in error.fix


def test_an_error_in_openai_form() -> None:
    assert failure("weather", 400, '{"error": {"message": "no such model"}}').why == "no such model"


def test_last_line_of_nothing() -> None:
    assert last_line("") == ""
