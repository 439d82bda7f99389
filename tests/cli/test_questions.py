"""Questions in the form of the interface, answers as text, failures with the agent's own words."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from agentry.cli.questions import Form, answer_text, chunk_text, events, failure, form_of, last_line, request_body
from agentry.cli.recorded import RecordedAgent
from agentry.deploy import RecordedResource
from agentry.errors import ConfigError, InvalidRequest, NotFound, PermissionDenied, Unauthenticated, Unavailable

if TYPE_CHECKING:
    from pathlib import Path


def agent(interface: str = "", **inputs: Any) -> RecordedAgent:
    kind = {"urn": "", "parent": "", "id": "", "custom": True, "name": "weather"}
    endpoint = RecordedResource(**kind, type="agentry:index:ServingEndpoint")  # type: ignore[arg-type]
    given = {"interface": interface or None, **inputs}
    version = RecordedResource(**kind, type="agentry:index:ModelVersion", inputs=given)  # type: ignore[arg-type]
    return RecordedAgent("weather", endpoint, version, ())


MESSAGES, INPUT, PLAIN = Form("messages"), Form("input"), Form("")
COLUMNS = [{"name": "amount", "type": "double"}, {"name": "note", "type": "string"}, {"name": "tags", "type": "array"}]


@pytest.mark.parametrize(
    ("recorded", "endpoint", "form"),
    [
        ("ChatAgent", None, MESSAGES),
        ("ChatModel", None, MESSAGES),
        ("ResponsesAgent", None, INPUT),
        ("PythonModel", None, PLAIN),
        ("ResponsesAgent", {"task": "agent/v2/chat"}, INPUT),
        ("", {"task": "agent/v1/responses"}, INPUT),
        ("", {"task": "agent/v1/chat"}, MESSAGES),
        ("", {"task": "agent/v2/chat"}, MESSAGES),
        ("", {"task": ""}, PLAIN),
        ("", {}, PLAIN),
        ("", None, None),
    ],
)
def test_the_interface_is_recorded_or_the_endpoint_says_it(
    recorded: str, endpoint: dict[str, str] | None, form: Form | None
) -> None:
    assert form_of(agent(recorded), endpoint) == form


@pytest.mark.parametrize(
    ("inputs", "example"),
    [
        ({"inputExample": {"inputs": ["é"]}}, '{"inputs": ["é"]}'),
        (
            {"signature": {"inputs": COLUMNS}},
            '{"dataframe_records": [{"amount": 0.5, "note": "text", "tags": ...}]}',
        ),
        ({"signature": {"inputs": json.dumps(COLUMNS[:1])}}, '{"dataframe_records": [{"amount": 0.5}]}'),
        ({"signature": {"inputs": [{"name": "ids", "type": "tensor"}]}}, '{"inputs": {"ids": [...]}}'),
        ({"signature": {"inputs": [{"type": "string"}]}}, '{"inputs": [...]}'),
        ({"signature": {"inputs": "{"}}, '{"inputs": [...]}'),
    ],
)
def test_what_a_python_model_takes(inputs: dict[str, Any], example: str) -> None:
    form = form_of(agent("PythonModel", **inputs))
    assert form == Form("", example)
    with pytest.raises(ConfigError, match="churn takes no text") as refused:
        request_body("Will they stay?", Form("", example), "churn")
    assert refused.value.fix == f"agentry ask churn '{example}', or @file.json"


def test_a_recorded_signature_is_that_of_a_python_model() -> None:
    form = form_of(agent(signature={"inputs": COLUMNS}))
    assert form is not None
    assert form.conversation == ""


def test_bodies() -> None:
    said = [{"role": "user", "content": "hi"}]
    assert request_body("hi", MESSAGES, "w") == {"messages": said}
    assert request_body("hi", INPUT, "w", stream=True) == {"input": said, "stream": True}


@pytest.mark.parametrize("form", [MESSAGES, INPUT, PLAIN])
def test_a_request_is_sent_as_it_is(form: Form) -> None:
    body: dict[str, Any]
    for body in ({"inputs": [1], "params": {"a": 1}}, {"messages": [], "custom_inputs": {}}, {"dataframe_split": {}}):
        assert request_body(json.dumps(body), form, "w") == body


@pytest.mark.parametrize("text", ['{"a": 1}', "[1]", "3", "@ home", "@", "@bob what is it?"])
def test_any_other_text_is_a_question(text: str) -> None:
    assert request_body(text, MESSAGES, "w") == {"messages": [{"role": "user", "content": text}]}


def test_files_and_stdin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "request.json"
    file.write_text('{"inputs": ["é"]}', encoding="utf-8")
    assert request_body(f"@{file}", PLAIN, "w") == {"inputs": ["é"]}
    file.write_text("What?")
    assert request_body(f"@{file}", INPUT, "w") == {"input": [{"role": "user", "content": "What?"}]}
    monkeypatch.setattr("sys.stdin", io.StringIO('{"instances": []}'))
    assert request_body("@-", PLAIN, "w") == {"instances": []}
    for name, why in (("nowhere", "No such file or directory"), ("bytes", "it is not UTF-8")):
        (tmp_path / "bytes").write_bytes(b"\xff")
        with pytest.raises(ConfigError, match="can not be read") as refused:
            request_body(f"@{tmp_path / name}", PLAIN, "w")
        assert refused.value.why == why


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
        ("su", "su"),
        ({"score": 0.5}, '{"score": 0.5}\n'),
        ([1], "[1]\n"),
    ],
)
def test_pieces_of_a_streamed_answer(event: Any, text: str) -> None:
    assert chunk_text(event) == text


def test_events_of_a_stream() -> None:
    lines = iter(['data: {"a": 1}', "", ": comment", "event: x", 'data:{"b": 2}', "data: [DONE]", "data: 3"])
    assert list(events(lines)) == [{"a": 1}, {"b": 2}, 3]


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
