"""The agent by itself, with an LLM that says what it is told to. `make test` runs it in the agent's own environment."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("langgraph", reason="make test runs this in the agent's own environment")

from langchain_core.messages import AIMessage
from mlflow.types.agent import ChatAgentMessage

CODE = Path(__file__).resolve().parents[3] / "agents" / "@AGENT@"
CALL = {"name": "get_weather", "args": {"city": "sf"}, "id": "call-1"}
QUESTION = [ChatAgentMessage(role="user", content="What is the weather in sf?", id="question")]


class Scripted:
    """An LLM that answers one line after the other, and remembers what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[list[Any]] = []

    def bind_tools(self, tools: list[Any]) -> Scripted:
        assert [tool.name for tool in tools] == ["get_weather"]
        return self

    def invoke(self, messages: list[Any]) -> Any:
        self.asked.append(messages)
        return self.answers.pop(0)


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(CODE))
    sys.modules.pop("agent", None)
    return importlib.import_module("agent")


def test_it_asks_its_tool_before_it_answers(agent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    llm = Scripted(AIMessage(content="", tool_calls=[CALL]), AIMessage(content="Sunny, as always."))
    monkeypatch.setattr(agent, "llm", lambda: llm)
    answer = agent.WeatherAgent().predict(QUESTION).messages
    assert [message.role for message in answer] == ["assistant", "tool", "assistant"]
    assert answer[1].content == "It's always sunny in sf"
    assert answer[2].content == "Sunny, as always."
    assert llm.asked[1][-1].content == "It's always sunny in sf", "the tool's answer goes to the LLM"


def test_what_needs_no_tool_is_answered_at_once(agent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    llm = Scripted(AIMessage(content="Which city?"))
    monkeypatch.setattr(agent, "llm", lambda: llm)
    assert [message.content for message in agent.WeatherAgent().predict(QUESTION).messages] == ["Which city?"]
    assert len(llm.asked) == 1
