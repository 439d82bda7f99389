from databricks_langchain import ChatDatabricks

from .names import LLM


def chat() -> ChatDatabricks:
    return ChatDatabricks(endpoint=LLM)
