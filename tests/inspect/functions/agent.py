"""Calls of the agent's own functions, told apart."""
from functools import cache, partial

from databricks_langchain import ChatDatabricks, VectorSearchRetrieverTool


def full(schema, name, *, catalog="main"):
    return f"{catalog}.{schema}.{name}"


@cache
def llm(size="small"):
    return ChatDatabricks(model=f"chat-{size}")  #> serving_endpoint chat-large; serving_endpoint chat-small


def tool(schema, name):
    return VectorSearchRetrieverTool(index_name=full(schema, name))  #> vector_search_index main.a.b; vector_search_index main.c.d


llm()
llm("large")
tool("a", "b")
tool(name="d", schema="c")
VectorSearchRetrieverTool(index_name=full("e", "f", catalog="dev"))  #> vector_search_index dev.e.f
pick = lambda which: {"x": "one", "y": "two"}[which]
ChatDatabricks(model=pick("y"))  #> serving_endpoint two
make = partial(ChatDatabricks, model="partly")  #> serving_endpoint partly


def asks(model):
    return ChatDatabricks(model=model)  #? `model` is given to asks() by somebody else
