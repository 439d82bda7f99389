"""A ReAct agent on LangGraph: it asks an LLM, which may call `get_weather` before it answers.

The LLM is a chat endpoint of the workspace. Nothing here holds a credential: databricks-sdk finds them, on a laptop in
a profile, in a served model in the token that the platform mounts for what the model version declares.
"""

# ruff: noqa: ARG002 - what predict is given is MLflow's to say; this agent needs the messages only
from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from databricks.sdk.core import Config
from langchain_core.messages import AIMessageChunk, SystemMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from mlflow.langchain.chat_agent_langgraph import parse_message
from mlflow.models import ModelConfig, set_model
from mlflow.pyfunc import ChatAgent
from mlflow.types.agent import ChatAgentChunk, ChatAgentMessage, ChatAgentResponse, ChatContext
from openai import DefaultHttpxClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.messages import BaseMessage

LLM_ENDPOINT = ModelConfig(development_config=str(Path(__file__).with_name("config.yaml"))).get("llm_endpoint")
PROMPT = SystemMessage("You tell people the weather. Ask your tool; never guess.")


@tool
def get_weather(city: Literal["nyc", "sf"]) -> str:
    """The weather in a city right now."""
    return {"nyc": "It might be cloudy in nyc", "sf": "It's always sunny in sf"}[city]


TOOLS = [get_weather]


@cache
def llm() -> ChatOpenAI:
    """The LLM, made at the first question: a model must load where there are no credentials yet."""
    workspace = Config()

    def authenticate(request: Any) -> Any:
        """Ask for the token each time: the platform rotates it under a running agent."""
        request.headers.update(workspace.authenticate())
        return request

    return ChatOpenAI(
        model=LLM_ENDPOINT,
        base_url=f"{workspace.host}/serving-endpoints",
        api_key="from databricks-sdk, see authenticate",
        http_client=DefaultHttpxClient(auth=authenticate),
    )


def ask_llm(state: MessagesState) -> dict[str, list[BaseMessage]]:
    """One turn of the LLM: it answers, or says which tool to call."""
    return {"messages": [llm().bind_tools(TOOLS).invoke([PROMPT, *state["messages"]])]}


graph = StateGraph(MessagesState)
graph.add_node("llm", ask_llm)
graph.add_node("tools", ToolNode(TOOLS))
graph.add_edge(START, "llm")
graph.add_conditional_edges("llm", tools_condition)
graph.add_edge("tools", "llm")
react = graph.compile()


class WeatherAgent(ChatAgent):
    """MLflow's chat interface around the graph."""

    def predict(
        self,
        messages: list[ChatAgentMessage],
        context: ChatContext | None = None,
        custom_inputs: dict[str, Any] | None = None,
    ) -> ChatAgentResponse:
        """Everything that was said after the question: calls of tools, their results, the answer."""
        question = self._convert_messages_to_dict(messages)
        answer = react.invoke({"messages": question})["messages"][len(question) :]
        return ChatAgentResponse(messages=[ChatAgentMessage(**parse_message(message)) for message in answer])

    def predict_stream(
        self,
        messages: list[ChatAgentMessage],
        context: ChatContext | None = None,
        custom_inputs: dict[str, Any] | None = None,
    ) -> Iterator[ChatAgentChunk]:
        """The LLM's words as they come, and the calls and results of tools once they are whole."""
        question = {"messages": self._convert_messages_to_dict(messages)}
        for mode, event in react.stream(question, stream_mode=["messages", "updates"]):
            if mode == "messages":
                chunk, _ = event
                if isinstance(chunk, AIMessageChunk) and chunk.content:
                    delta = ChatAgentMessage(role="assistant", content=chunk.content, id=chunk.id)
                    yield ChatAgentChunk(delta=delta)
            else:
                for message in (message for update in event.values() for message in update["messages"]):
                    if message.type == "tool" or message.tool_calls:
                        yield ChatAgentChunk(delta=ChatAgentMessage(**parse_message(message)))


set_model(WeatherAgent())
