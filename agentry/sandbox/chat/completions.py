"""OpenAI's chat completions, whole and in chunks, as Databricks' chat endpoints answer them (task llm/v1/chat)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from agentry.sandbox.chat import FINGERPRINT, MODEL_NAME, schemas
from agentry.sandbox.chat.choice import Call, Tool, choose, force

Json = dict[str, Any]
NO_TOOL = (
    "I am a stand-in for a language model: I call tools by the words of a question, and answer from what they return. "
    "No tool that I was given fits this: {}"
)


class NotUnderstood(Exception):
    """The request is not one of OpenAI's chat form."""


@dataclass(frozen=True)
class Answer:
    """What is said, or which tools are called."""

    content: str | None
    calls: list[Call]

    @property
    def finish_reason(self) -> str:
        """Why it ends here."""
        return "tool_calls" if self.calls else "stop"


def complete(endpoint: str, request: Json) -> Json:
    """The answer in one piece.

    Raises:
        NotUnderstood: The request can not be read.
    """
    answer = respond(request)
    id_ = _id(request)
    message: Json = {"role": "assistant", "content": answer.content}
    if answer.calls:
        message["tool_calls"] = [_call(id_, number, call) for number, call in enumerate(answer.calls)]
    choice = {"index": 0, "message": message, "finish_reason": answer.finish_reason}
    return {**_head(endpoint, id_, "chat.completion"), "choices": [choice], "usage": _usage(request, answer)}


def stream(endpoint: str, request: Json) -> list[Json]:
    """The answer in chunks: the role, then words or calls piece by piece, then why it ends.

    Raises:
        NotUnderstood: The request can not be read.
    """
    answer = respond(request)
    id_ = _id(request)
    head = _head(endpoint, id_, "chat.completion.chunk")

    def chunk(delta: Json, reason: str | None = None) -> Json:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    deltas = [{"content": piece} for piece in _pieces(answer.content or "")] + _call_deltas(id_, answer.calls)
    chunks = [chunk({"role": "assistant", "content": None if answer.calls else ""})]
    chunks += [chunk(delta) for delta in deltas]
    chunks.append(chunk({}, answer.finish_reason))
    if (request.get("stream_options") or {}).get("include_usage"):
        chunks.append({**head, "choices": [], "usage": _usage(request, answer)})
    return chunks


def respond(request: Json) -> Answer:
    """Call tools, or answer from what they returned, or say that none fits.

    Raises:
        NotUnderstood: The request can not be read.
    """
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(m, dict) for m in messages):
        raise NotUnderstood("messages must be a list of at least one message")
    results = _results(messages)
    if results:
        return Answer("\n".join(results), [])
    question = next((_text(m) for m in reversed(messages) if m.get("role") == "user"), "")
    calls = _calls(question, [_tool(t) for t in request.get("tools") or ()], request)
    if calls:
        return Answer(None, calls)
    schema = _wanted_form(request)
    if schema is not None:
        return Answer(force(question, Tool("answer", "", schema)).arguments_json(), [])
    return Answer(NO_TOOL.format(question), [])


def _calls(question: str, tools: list[Tool], request: Json) -> list[Call]:
    wanted = request.get("tool_choice", "auto")
    if isinstance(wanted, dict):
        name = (wanted.get("function") or {}).get("name")
        tool = next((tool for tool in tools if tool.name == name), None)
        if tool is None:
            raise NotUnderstood(f"tool_choice names {name!r}, which is not among the tools")
        return [force(question, tool)]
    if wanted == "none" or not tools:
        return []
    calls = choose(question, tools, several=request.get("parallel_tool_calls") is not False)
    return calls or ([force(question, tools[0])] if wanted in ("required", "any") else [])


def _results(messages: list[Json]) -> list[str]:
    """What tools returned since the last message that was not a tool's."""
    found: list[str] = []
    for message in reversed(messages):
        if message.get("role") not in ("tool", "function"):
            break
        found.insert(0, _text(message))
    return found


def _text(message: Json) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _tool(offered: Any) -> Tool:
    function = offered.get("function") if isinstance(offered, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise NotUnderstood("each of tools must be {type: function, function: {name, description, parameters}}")
    parameters = function.get("parameters") or {"type": "object", "properties": {}}
    return Tool(function["name"], str(function.get("description") or ""), parameters)


def _wanted_form(request: Json) -> schemas.Schema | None:
    wanted = request.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        schema: schemas.Schema = (wanted.get("json_schema") or {}).get("schema") or {"type": "object"}
        return schema
    return {"type": "object"} if wanted.get("type") == "json_object" else None


def _call(id_: str, number: int, call: Call) -> Json:
    function = {"name": call.name, "arguments": call.arguments_json()}
    return {"id": f"call_{id_[-20:]}_{number}", "type": "function", "function": function}


def _call_deltas(id_: str, calls: list[Call]) -> list[Json]:
    """First which function, then its arguments in two pieces: clients must put them together."""
    deltas = []
    for number, call in enumerate(calls):
        whole = _call(id_, number, call)
        arguments = whole["function"]["arguments"]
        whole["function"] = {"name": call.name, "arguments": ""}
        deltas.append({"tool_calls": [{"index": number, **whole}]})
        half = len(arguments) // 2
        pieces = (arguments[:half], arguments[half:])
        deltas += [{"tool_calls": [{"index": number, "function": {"arguments": piece}}]} for piece in pieces]
    return deltas


def _pieces(text: str) -> list[str]:
    """The text word by word; joined, it is the text again."""
    words = text.split(" ")
    return [word if number == 0 else f" {word}" for number, word in enumerate(words)] if text else []


def _head(endpoint: str, id_: str, kind: str) -> Json:
    # Always the same answer to the same request, so no time of day either.
    model = f"{MODEL_NAME} ({endpoint})"
    return {"id": id_, "object": kind, "created": 0, "model": model, "system_fingerprint": FINGERPRINT}


def _id(request: Json) -> str:
    asked = {key: request.get(key) for key in ("messages", "tools", "tool_choice", "response_format")}
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
    return f"chatcmpl-{digest[:32]}"


def _usage(request: Json, answer: Answer) -> Json:
    """Words in place of tokens."""
    asked = sum(len(_text(message).split()) for message in request["messages"])
    said = len((answer.content or "").split()) + sum(len(call.arguments_json().split()) for call in answer.calls)
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
