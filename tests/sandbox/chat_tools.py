"""Tools for the tests of the stand-in, by hand and generated."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from agentry.sandbox.chat.words import PREPOSITIONS, STOP_WORDS, stem

Json = dict[str, Any]
# Words that mean something and are nobody's number, article or preposition.
_TAKEN = STOP_WORDS | PREPOSITIONS | {"zero", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
WORDS = st.text("abcdefghijklmnoprstuvwz", min_size=4, max_size=9).filter(
    lambda word: word not in _TAKEN and word not in ("eleven", "twelve", "false", "true")
)


def tool(name: str, description: str = "", /, required: list[str] | None = None, **properties: Json) -> Json:
    """A tool as clients offer it; all its properties are required unless it is said which."""
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
    }
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def ask(question: str, *tools: Json, **said: Any) -> Json:
    """A request with one question."""
    return {"messages": [{"role": "user", "content": question}], "tools": list(tools), **said}


def calls(answer: Json) -> list[tuple[str, Json]]:
    """Names and arguments of the tools that are called."""
    message = answer["choices"][0]["message"]
    return [
        (call["function"]["name"], json.loads(call["function"]["arguments"])) for call in message.get("tool_calls", ())
    ]


@dataclass(frozen=True)
class Generated:
    """A tool, arguments for it, and a question that has them."""

    tool: Json
    arguments: Json
    question: str

    @property
    def name(self) -> str:
        name: str = self.tool["function"]["name"]
        return name


def _values(kind: str, names: list[str]) -> st.SearchStrategy[tuple[Json, Any, str]]:
    """Schemas of a type, with a value and how a question says it."""
    if kind == "integer":
        return st.integers(-9999, 9999).map(lambda n: ({"type": "integer"}, n, str(n)))
    if kind == "number":
        halves = st.integers(-9999, 9999).map(lambda n: n / 4)
        return halves.map(lambda n: ({"type": "number"}, n, str(n)))
    if kind == "string":
        return st.lists(WORDS, min_size=1, max_size=3).map(
            lambda words: ({"type": "string"}, " ".join(words), '"' + " ".join(words) + '"')
        )
    if kind == "boolean":
        return st.booleans().map(lambda truth: ({"type": "boolean"}, truth, str(truth).lower()))
    choices = st.lists(WORDS.filter(lambda w: w not in names), min_size=1, max_size=4, unique_by=stem)
    return choices.flatmap(
        lambda enum: st.sampled_from(enum).map(lambda choice: ({"type": "string", "enum": enum}, choice, choice))
    )


KINDS = ("integer", "number", "string", "boolean", "enum")


@st.composite
def generated(draw: st.DrawFn, kinds: tuple[str, ...] | None = None) -> Generated:
    """A tool with one or two required arguments, and a question that names it and them."""
    chosen = kinds or tuple(draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=2)))
    names = draw(st.lists(WORDS, min_size=len(chosen) + 2, max_size=len(chosen) + 2, unique_by=stem))
    (verb, noun), arguments = names[:2], names[2:]
    properties: Json = {}
    values: Json = {}
    said: list[str] = []
    for name, kind in zip(arguments, chosen, strict=True):
        properties[name], values[name], text = draw(
            _values(kind, names).filter(lambda v: not set(str(v[0].get("enum", v[1])).split()) & set(names))
        )
        said.append(f"{name} {text}")
    question = f"Please {verb} {noun} with {' and '.join(said)}"
    return Generated(tool(f"{verb}_{noun}", **properties), values, question)
