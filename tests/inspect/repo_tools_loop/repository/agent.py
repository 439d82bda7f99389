import mlflow
from databricks_langchain import ChatDatabricks, DatabricksEmbeddings, UCFunctionToolkit, VectorSearchRetrieverTool
from langchain_core.tools import tool

LLM = "chat-large"


@tool
def today() -> str:
    """The date."""
    return "2026-01-01"


tools = [today]
tools += [VectorSearchRetrieverTool(index_name=f"shop.support.{name}") for name in ("articles", "manuals")]
tools.extend(UCFunctionToolkit(function_names=["shop.tools.find_order"]).tools)
embed = DatabricksEmbeddings(endpoint="embed-small")
AGENT = ChatDatabricks(endpoint=LLM).bind_tools(tools)
mlflow.models.set_model(AGENT)
