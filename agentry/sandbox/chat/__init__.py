"""A stand-in for an LLM: it calls tools and answers from their results, by rules, always the same way.

It makes agents that call tools work without a language model: it picks a tool by the words of a question and fills in
its arguments by their JSON schemas. It knows nothing, and says so.
"""

from __future__ import annotations

NAME = "sandbox-chat"
TASK = "llm/v1/chat"
MODEL_NAME = "sandbox-stand-in"
FINGERPRINT = "agentry-sandbox-stand-in-no-language-model"
DESCRIPTION = (
    "A stand-in for a language model: it picks tools by the words of a question and answers from their results. "
    "No model is behind it."
)
MODEL = {"name": MODEL_NAME, "display_name": "Stand-in for a language model", "description": DESCRIPTION}
