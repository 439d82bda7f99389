"""A client of functions with the caller's credentials, set once for all toolkits."""
from databricks.sdk import WorkspaceClient
from databricks_ai_bridge import ModelServingUserCredentials
from databricks_langchain import DatabricksFunctionClient, UCFunctionToolkit, set_uc_function_client

user = WorkspaceClient(credentials_strategy=ModelServingUserCredentials())
set_uc_function_client(DatabricksFunctionClient(client=user))
tools = UCFunctionToolkit(function_names=["main.tools.add"]).tools  #> function main.tools.add (caller)
