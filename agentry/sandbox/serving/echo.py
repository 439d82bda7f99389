"""What answers where no agent runs: it repeats the question, in the form that the agent behind it would answer in."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from agentry.sandbox.serving.answers import EVENTS, Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
CHAT_AGENT = "agent/v2/chat"
_ID = "echo"


def answer(body: bytes, task: str) -> Answer:
    """Repeat a question.

    Args:
        body: What the endpoint was asked.
        task: The task of the version that is stood in for, such as `agent/v2/chat`; empty for a plain model.
    """
    try:
        said = json.loads(body)
    except ValueError as error:
        return Answer.refused(f"The request is not JSON: {error}")
    if not isinstance(said, dict):
        return Answer.refused("The request must be a JSON object.")
    form = next((form for key, form in _FORMS.items() if key in said), None)
    if form is None:
        known = ("inputs", "instances", "dataframe_records", "dataframe_split")
        asked = next((said[key] for key in known if key in said), None)
        if asked is None:
            return Answer.refused(f"The request has none of the fields {', '.join((*_FORMS, *known))}.")
        return Answer.json({"predictions": asked})
    text = _question(said)
    if not said.get("stream"):
        return Answer.json(form(text, task))
    events = [b"data: %s\n\n" % json.dumps(event).encode() for event in _STREAMS[form](text, task)]
    return Answer(200, EVENTS, [*events, b"data: [DONE]\n\n"])


def _question(said: Json) -> str:
    """The text of the newest message."""
    messages = said.get("input", said.get("messages"))
    last = messages[-1] if isinstance(messages, list) and messages else messages
    content = last.get("content") if isinstance(last, dict) else last
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _item(text: str) -> Json:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": _ID, "role": "assistant", "status": "completed", "content": content}


def _response(text: str, task: str) -> Json:  # noqa: ARG001 - one signature for all forms
    return {"object": "response", "id": _ID, "status": "completed", "output": [_item(text)]}


def _chat(text: str, task: str) -> Json:
    message = {"role": "assistant", "content": text}
    if task == CHAT_AGENT:
        return {"messages": [{**message, "id": _ID}]}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": _ID, "object": "chat.completion", "created": 0, "choices": [choice]}


def _response_events(text: str, task: str) -> Iterator[Json]:  # noqa: ARG001 - as above
    for number, word in enumerate(_words(text)):
        yield {"type": "response.output_text.delta", "item_id": _ID, "delta": word, "sequence_number": number}
    yield {"type": "response.output_item.done", "item": _item(text), "output_index": 0}


def _chat_events(text: str, task: str) -> Iterator[Json]:
    for word in _words(text):
        delta = {"role": "assistant", "content": word}
        if task == CHAT_AGENT:
            yield {"delta": {**delta, "id": _ID}}
        else:
            choice = {"index": 0, "delta": delta, "finish_reason": None}
            yield {"id": _ID, "object": "chat.completion.chunk", "created": 0, "choices": [choice]}


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+\s*", text)


_FORMS = {"input": _response, "messages": _chat}
_STREAMS = {_response: _response_events, _chat: _chat_events}
