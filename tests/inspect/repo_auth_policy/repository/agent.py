import mlflow
from databricks.sdk import WorkspaceClient
from databricks_ai_bridge import ModelServingUserCredentials
from databricks_langchain import ChatDatabricks
from databricks_langchain.genie import GenieAgent

LLM = "chat-large"


def answer(question: str) -> object:
    caller = WorkspaceClient(credentials_strategy=ModelServingUserCredentials())
    genie = GenieAgent("01ef00000000000000000000000000a1", "sales", client=caller)
    return ChatDatabricks(endpoint=LLM).invoke([genie.invoke(question)])


mlflow.models.set_model(answer)
