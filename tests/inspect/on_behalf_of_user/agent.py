"""What is done with the caller's credentials is said so."""
from databricks.sdk import WorkspaceClient
from databricks_ai_bridge import ModelServingUserCredentials
from databricks_langchain import VectorSearchRetrieverTool


def answer():
    user = WorkspaceClient(credentials_strategy=ModelServingUserCredentials())
    user.serving_endpoints.query("chat")  #> serving_endpoint chat (caller)
    VectorSearchRetrieverTool(index_name="main.docs.a", workspace_client=user)  #> vector_search_index main.docs.a (caller)
    WorkspaceClient().serving_endpoints.query("own")  #> serving_endpoint own
