"""Questions and answers in the forms of MLflow's interfaces, and errors of served agents."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentry.cli.recorded import RecordedAgent, value
from agentry.errors import (
    ConfigError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
    WorkspaceError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """How an agent is asked.

    Attributes:
        conversation: The key of a request that holds messages: `messages` of a ChatAgent or ChatModel, `input` of a
            ResponsesAgent; empty for a PythonModel, which has no conversation.
        example: A request that it takes, as JSON, for what to type.
    """

    conversation: str
    example: str = '{"inputs": [...]}'


def form_of(agent: RecordedAgent, endpoint: Mapping[str, Any] | None = None) -> Form | None:
    """How an agent is asked, by its recorded interface or the task of its endpoint.

    Args:
        agent: What the stack recorded.
        endpoint: What the workspace says of the endpoint; its `task` is `agent/v1/responses`, `agent/v1/chat` or
            `agent/v2/chat`, and missing for a PythonModel.

    Returns:
        None when the stack did not record it and the workspace was not asked.
    """
    recorded = str(value(agent.version, "interface")) if agent.version else ""
    signature = value(agent.version, "signature", None) if agent.version else None
    task = "" if endpoint is None else str(endpoint.get("task") or "")
    if recorded == "PythonModel" or signature or (not recorded and not task and endpoint is not None):
        example = value(agent.version, "inputExample", None) if agent.version else None
        return Form("", json.dumps(example, ensure_ascii=False) if example else _request_for(signature))
    for said in (recorded, task):
        if said:
            return Form("input" if "responses" in said.lower() else "messages")
    return None


def _request_for(signature: Any) -> str:
    """A request with the names of a recorded signature; each part of it is a list, or the JSON of one."""
    inputs = signature.get("inputs") if isinstance(signature, dict) else None
    columns = _parsed(inputs) if isinstance(inputs, str) else inputs
    if not isinstance(columns, list) or not all(isinstance(one, dict) and "name" in one for one in columns):
        return '{"inputs": [...]}'
    named = {json.dumps(column["name"]): str(column.get("type")) for column in columns}
    if "tensor" in named.values():
        return f'{{"inputs": {{{", ".join(f"{name}: [...]" for name in named)}}}}}'
    fields = ", ".join(f"{name}: {_PLACEHOLDERS.get(kind, '...')}" for name, kind in named.items())
    return f'{{"dataframe_records": [{{{fields}}}]}}'


_PLACEHOLDERS = {
    "boolean": "true",
    "integer": "1",
    "long": "1",
    "float": "0.5",
    "double": "0.5",
    "string": '"text"',
    "datetime": '"2026-01-31T12:00:00"',
}
# mlflow/pyfunc/scoring_server: an object with one of these is a request.
_REQUEST_KEYS = ("messages", "input", "prompt", "inputs", "instances", "dataframe_split", "dataframe_records")


def request_body(question: str, form: Form, agent: str, *, stream: bool = False) -> Json:
    """The request for one question: a text, or JSON that is a request already.

    Args:
        question: As it was typed; `@file` or `@-` for what is in a file, or comes in on stdin.
        form: How the agent is asked.
        agent: Its name, for errors.
        stream: Whether the answer is to come piece by piece.

    Raises:
        ConfigError: A text for an agent that takes none, or a file that can not be read.
    """
    question = _typed(question, agent)
    said = _parsed(question)
    if isinstance(said, dict) and any(key in said for key in _REQUEST_KEYS):
        body: Json = said
    elif form.conversation:
        body = {form.conversation: [{"role": "user", "content": question}]}
    else:
        raise ConfigError(
            f"{agent} takes no text: it is a PythonModel and takes JSON",
            why=f"a request is an object with one of {', '.join(_REQUEST_KEYS[3:])}, and params where it has some",
            fix=f"agentry ask {agent} '{form.example}', or @file.json",
        )
    return {**body, "stream": True} if stream else body


def _typed(question: str, agent: str) -> str:
    """The question itself, or what is in the file that it names, as curl has it."""
    if not question.startswith("@") or " " in question or question == "@":
        return question
    try:
        return sys.stdin.read() if question == "@-" else Path(question[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigError(f"{question[1:]} can not be read", why=why, fix=f"agentry ask {agent} @<file>") from error


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def answer_text(answer: Mapping[str, Any]) -> str:
    """What the agent said, of a whole answer in any of the forms; the JSON itself for one that is in none of them."""
    if isinstance(answer.get("messages"), list):
        said = [_words(one.get("content")) for one in answer["messages"] if one.get("role") == "assistant"]
        return next((text for text in reversed(said) if text), "")
    if isinstance(answer.get("output"), list):
        return "\n".join(_words(item.get("content")) for item in answer["output"] if item.get("type") == "message")
    if isinstance(answer.get("choices"), list) and answer["choices"]:
        return _words(answer["choices"][0].get("message", {}).get("content"))
    return json.dumps(answer, indent=2, ensure_ascii=False)


def _words(content: object) -> str:
    """Content as text: a string, or parts that have a `text` each."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return ""


def chunk_text(event: Any) -> str:
    """What one event of a streamed answer adds to what the agent says; empty for calls of tools and their results.

    A PythonModel streams what it likes: a text is one, anything else is a line of JSON.
    """
    if isinstance(event, str):
        return event
    if not isinstance(event, dict) or not event.keys() & {"delta", "type", "choices"}:
        return f"{json.dumps(event, ensure_ascii=False)}\n"
    delta = event.get("delta")
    if event.get("type") == "response.output_text.delta":
        return str(delta)
    if isinstance(delta, dict) and delta.get("role") == "assistant":
        return _words(delta.get("content"))
    if isinstance(event.get("choices"), list) and event["choices"]:
        return _words(event["choices"][0].get("delta", {}).get("content"))
    return ""


def events(lines: Iterator[str]) -> Iterator[Any]:
    """The JSON events of a stream of server-sent events; its end mark is none."""
    for line in lines:
        field, _, data = line.partition(":")
        data = data.strip()
        if field == "data" and data and data != "[DONE]":
            yield json.loads(data)


_CLASSES = {401: Unauthenticated, 403: PermissionDenied, 404: NotFound}


def failure(agent: str, status: int, text: str, option: str = "") -> WorkspaceError:
    """The error for an answer that is none, with the agent's own words in it.

    Args:
        agent: The agent's name.
        status: The answer's status.
        text: Its body: `{"error_code", "message", "stack_trace"}` in MLflow's scoring server and on the platform.
        option: ` --stack NAME`, for what to type.
    """
    body = _object(text)
    error = body.get("error")
    if isinstance(error, dict):
        body = error
    message = str(body.get("message") or body.get("error_code") or text.strip()[:500] or "no message")
    cause = last_line(str(body.get("stack_trace") or ""))
    why = message if not cause or cause in message else f"{message}\n{cause}"
    default = Unavailable if status >= 500 else InvalidRequest
    return _CLASSES.get(status, default)(
        f"{agent} gave no answer ({status}{_code(body)})", why=why, fix=_advice(agent, status, option)
    )


def _code(body: Mapping[str, Any]) -> str:
    return f" {body['error_code']}" if body.get("error_code") else ""


def _advice(agent: str, status: int, option: str) -> str:
    if status in (401, 403):
        return f'grant it: Agent(..., access={{"user:you@your.org": "CAN_QUERY"}}), then agentry up{option}'
    if status == 404:
        return f"agentry up{option}"
    return f"agentry logs {agent} --service{option}"


def last_line(trace: str) -> str:
    """The line of a Python traceback that says what happened: the last one that is no continuation."""
    lines = [line.rstrip() for line in trace.splitlines() if line.strip() and not line.startswith((" ", "\t"))]
    return lines[-1] if lines else ""


def _object(text: str) -> Json:
    body = _parsed(text)
    return body if isinstance(body, dict) else {}
