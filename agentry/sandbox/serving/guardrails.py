"""The one guardrail whose working is documented: invalid keywords, found by matching text.

"AI guardrail uses keyword or string matching to decide if the keyword exists in the request or response content"
(databricks-sdk 0.156, AiGatewayGuardrailParameters). Safety, topics and personal data are judged by models on the
platform: they are kept and answered, and nothing is done about them here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agentry.sandbox.serving.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Whose texts are looked at, of a question and of an answer in OpenAI's form.
_TEXTS = ("content", "text", "prompt", "input")


def keyword(gateway: Mapping[str, Any], direction: str, body: bytes) -> str | None:
    """The first invalid keyword in a body, or None.

    Args:
        gateway: The AI Gateway of the endpoint.
        direction: "input" for a question, "output" for an answer.
        body: JSON; what is none is not looked at.
    """
    words = ((gateway.get("guardrails") or {}).get(direction) or {}).get("invalid_keywords") or ()
    if not words:
        return None
    try:
        text = "\n".join(_texts(json.loads(body))).lower()
    except ValueError:
        return None
    return next((word for word in words if word.lower() in text), None)


def _texts(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, key)
    elif isinstance(value, str) and key in _TEXTS:
        yield value


def blocked(direction: str) -> Answer:
    """What is answered instead; the keyword is not repeated."""
    detail = [{"flagged": True, "categories": {"invalid_keywords": True}}]
    said = {f"{direction}_guardrail": detail, "finish_reason": f"{direction}_guardrail_triggered"}
    message = f"The {direction} was blocked by a guardrail of the endpoint: it contains an invalid keyword."
    return Answer.json({"error_code": "BAD_REQUEST", "message": message, **said}, 400)
