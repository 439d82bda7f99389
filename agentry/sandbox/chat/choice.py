"""Which tools a question calls for, and with which arguments."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from agentry.sandbox.chat import words
from agentry.sandbox.chat.arguments import Filling, named
from agentry.sandbox.chat.schemas import Schema, choices, least, resolved


@dataclass(frozen=True)
class Tool:
    """A function that the client offers."""

    name: str
    description: str
    parameters: Schema

    @property
    def about(self) -> set[str]:
        """Stems of the words that say what it is."""
        return words.words(f"{self.name} {self.description}")


@dataclass(frozen=True)
class Call:
    """A call of a tool."""

    name: str
    arguments: dict[str, Any]

    def arguments_json(self) -> str:
        """As the client gets them."""
        return json.dumps(self.arguments, ensure_ascii=False)


def choose(question: str, tools: list[Tool], *, several: bool = True) -> list[Call]:
    """The calls that a question asks for; none when no tool fits.

    A tool fits when all its required arguments are found, and the question shares a word with its name, names one of
    its enumerated values, or shares two words with its description and arguments. The best match wins, the first of
    equals.

    Args:
        question: What was asked.
        tools: What may be called.
        several: Whether one tool may be called once for each of several enumerated values.
    """
    fitting = [(score, tool) for tool in tools if (score := _score(question, tool))]
    if not fitting:
        return []
    best = max(score for score, _ in fitting)
    tool = next(tool for score, tool in fitting if score == best)
    arguments = _arguments(question, tool)
    assert arguments is not None, "only tools whose arguments were found have a score"
    return _for_each(question, tool, arguments) if several else [Call(tool.name, arguments)]


def force(question: str, tool: Tool) -> Call:
    """A call that the client insists on: what the question does not say gets some value that is allowed."""
    arguments = _arguments(question, tool)
    return Call(tool.name, least(tool.parameters, tool.parameters, question) if arguments is None else arguments)


def _arguments(question: str, tool: Tool) -> dict[str, Any] | None:
    return Filling(question, tool.parameters, tool.about).fill()


def _score(question: str, tool: Tool) -> int:
    filling = Filling(question, tool.parameters, tool.about)
    if filling.fill() is None:
        return 0
    asked = words.words(question)
    named = len(asked & words.words(tool.name)) + 3 * bool(words.phrase(question, tool.name))
    properties = tool.parameters.get("properties") or {}
    spoken = " ".join([tool.description, *properties, *(str(p.get("description", "")) for p in properties.values())])
    described = len(asked & words.words(spoken))
    if not named and not filling.chosen and described < 2:
        return 0
    return 3 * named + 3 * len(filling.chosen) + described


def _for_each(question: str, tool: Tool, arguments: dict[str, Any]) -> list[Call]:
    """One call for each value that the question names, where the only required argument is enumerated."""
    required = tool.parameters.get("required") or []
    properties = tool.parameters.get("properties") or {}
    if len(required) == 1 and required[0] in properties:
        enumerated = choices(resolved(properties[required[0]], tool.parameters))
        if enumerated:
            values: list[Any] = []
            for _, value in named(question, enumerated):
                if value not in values:
                    values.append(value)
            if len(values) > 1 and arguments[required[0]] in values:
                return [Call(tool.name, {**arguments, required[0]: value}) for value in values]
    return [Call(tool.name, arguments)]
