"""What answers in place of a model of another provider, or of the workspace's own: the stand-in for an LLM."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from agentry.sandbox.chat import MODEL_NAME, completions
from agentry.sandbox.serving.answers import EVENTS, Answer

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
DIMENSIONS = 16


def answer(name: str, task: str, body: bytes) -> Answer:
    """Answer a question, always the same in the same way.

    Args:
        name: What is asked, as the answer calls it.
        task: `llm/v1/chat`, `llm/v1/completions` or `llm/v1/embeddings`.
        body: The request.
    """
    try:
        said = json.loads(body)
    except ValueError as error:
        return Answer.refused(f"The request is not JSON: {error}")
    if not isinstance(said, dict):
        return Answer.refused("The request must be a JSON object.")
    try:
        return _BY_TASK.get(task, _chat)(name, said)
    except completions.NotUnderstood as error:
        return Answer.refused(str(error))


def _chat(name: str, said: Json) -> Answer:
    if not said.get("stream"):
        return Answer.json(completions.complete(name, said))
    events = [b"data: %s\n\n" % json.dumps(chunk).encode() for chunk in completions.stream(name, said)]
    return Answer(200, EVENTS, [*events, b"data: [DONE]\n\n"])


def _completions(name: str, said: Json) -> Answer:
    prompts = _texts(said.get("prompt"), "prompt")
    choices = [
        {"index": number, "text": _said(prompt), "finish_reason": "stop", "logprobs": None}
        for number, prompt in enumerate(prompts)
    ]
    usage = _usage(prompts, [str(choice["text"]) for choice in choices])
    return Answer.json({**_head(name, said), "object": "text_completion", "choices": choices, "usage": usage})


def _embeddings(name: str, said: Json) -> Answer:
    texts = _texts(said.get("input"), "input")
    data = [{"object": "embedding", "index": n, "embedding": _vector(text)} for n, text in enumerate(texts)]
    return Answer.json({"object": "list", "model": _model(name), "data": data, "usage": _usage(texts, [])})


_BY_TASK: dict[str, Callable[[str, Json], Answer]] = {
    "llm/v1/chat": _chat,
    "llm/v1/completions": _completions,
    "llm/v1/embeddings": _embeddings,
}


def _said(prompt: str) -> str:
    return completions.respond({"messages": [{"role": "user", "content": prompt}]}).content or ""


def _texts(value: Any, field: str) -> list[str]:
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise completions.NotUnderstood(f"{field} must be a text or a list of texts")
    return texts


def _vector(text: str) -> list[float]:
    """Numbers between -1 and 1 that differ from text to text, and mean nothing."""
    digest = hashlib.sha256(text.encode()).digest()
    return [byte / 127.5 - 1 for byte in digest[:DIMENSIONS]]


def _head(name: str, said: Json) -> Json:
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    return {"id": f"cmpl-{digest[:32]}", "created": 0, "model": _model(name)}


def _model(name: str) -> str:
    return f"{MODEL_NAME} ({name})"


def _usage(asked: list[str], said: list[str]) -> Json:
    """Words in place of tokens."""
    prompt, completion = (sum(len(text.split()) for text in texts) for texts in (asked, said))
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
