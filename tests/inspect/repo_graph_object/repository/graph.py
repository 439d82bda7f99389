"""A graph that is put together by calls on it, and logged as an object."""

import mlflow
from databricks_langchain import ChatDatabricks
from databricks_langchain.genie import GenieAgent
from langgraph.graph import StateGraph
from mlflow.models.resources import DatabricksGenieSpace, DatabricksServingEndpoint


def chat(state):
    return ChatDatabricks(endpoint="chat-large").invoke(state)


graph = StateGraph(dict)
graph.add_node("chat", chat)
graph.add_node("genie", GenieAgent("01ef00000000000000000000000000a1", "sales"))
graph.set_entry_point("chat")
app = graph.compile()

mlflow.langchain.log_model(
    lc_model=app,
    name="graph",
    resources=[
        DatabricksServingEndpoint(endpoint_name="chat-large"),
        DatabricksGenieSpace(genie_space_id="01ef00000000000000000000000000a1"),
    ],
)
