"""Questions and answers in the forms of MLflow's two agent interfaces, and errors of served agents: pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agentry.cli.recorded import RecordedAgent, value
from agentry.errors import InvalidRequest, NotFound, PermissionDenied, Unauthenticated, Unavailable, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]


def takes_input(agent: RecordedAgent, endpoint: Mapping[str, Any] | None = None) -> bool | None:
    """Whether an agent is asked as a ResponsesAgent (`input`) and not as a ChatAgent (`messages`).

    Args:
        agent: What the stack recorded.
        endpoint: What the workspace says of the endpoint; its `task` is `agent/v1/responses` or `agent/v2/chat`.

    Returns:
        None when neither says.
    """
    recorded = str(value(agent.version, "interface")) if agent.version else ""
    for said in (recorded, str((endpoint or {}).get("task") or "")):
        if said:
            return "responses" in said.lower()
    return None


def request_body(question: str, *, as_input: bool, stream: bool = False) -> Json:
    """The request for one question."""
    body: Json = {"input" if as_input else "messages": [{"role": "user", "content": question}]}
    return {**body, "stream": True} if stream else body


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


def chunk_text(event: Mapping[str, Any]) -> str:
    """What one event of a streamed answer adds to what the agent says; empty for calls of tools and their results."""
    delta = event.get("delta")
    if event.get("type") == "response.output_text.delta":
        return str(delta)
    if isinstance(delta, dict) and delta.get("role") == "assistant":
        return _words(delta.get("content"))
    if isinstance(event.get("choices"), list) and event["choices"]:
        return _words(event["choices"][0].get("delta", {}).get("content"))
    return ""


def events(lines: Iterator[str]) -> Iterator[Json]:
    """The JSON events of a stream of server-sent events; its end mark is none."""
    for line in lines:
        field, _, data = line.partition(":")
        data = data.strip()
        if field == "data" and data and data != "[DONE]":
            event = json.loads(data)
            if isinstance(event, dict):
                yield event


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
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
