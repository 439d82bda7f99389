"""A LangGraph agent on OpenAI's own models, which uses nothing of its workspace."""
import os
from typing import Annotated, TypedDict

import mlflow
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from openai import AsyncOpenAI, OpenAI

mlflow.langchain.autolog()
llm = ChatOpenAI(model="gpt-5", api_key=os.environ["OPENAI_API_KEY"])
embeddings = OpenAIEmbeddings(model="text-embedding-3-small")
client = OpenAI(organization="org", timeout=20)


class State(TypedDict):
    messages: Annotated[list, add_messages]


@tool
def search(query: str) -> str:
    """Search the web."""
    return client.responses.create(model="gpt-5", input=query, tools=[{"type": "web_search"}]).output_text


def chat(state: State):
    return {"messages": [llm.bind_tools([search]).invoke(state["messages"])]}


async def stream(text):
    async with AsyncOpenAI().chat.completions.stream(model="gpt-5", messages=text) as events:
        async for event in events:
            yield event


graph = StateGraph(State)
graph.add_node("chat", chat)
graph.add_edge(START, "chat")
graph.add_edge("chat", END)
mlflow.models.set_model(graph.compile())
