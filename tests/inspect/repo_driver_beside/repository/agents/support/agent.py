"""Support: one model and one search index."""

import mlflow
from databricks_langchain import ChatDatabricks, VectorSearchRetrieverTool
from langgraph.prebuilt import create_react_agent

LLM = "chat-large"
INDEX = "shop.support.articles"

tools = [VectorSearchRetrieverTool(index_name=INDEX)]
AGENT = create_react_agent(ChatDatabricks(endpoint=LLM), tools)
mlflow.models.set_model(AGENT)
