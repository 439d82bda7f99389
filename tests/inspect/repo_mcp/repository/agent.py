import mlflow
from databricks.sdk import WorkspaceClient
from databricks_langchain import ChatDatabricks
from databricks_mcp import DatabricksMCPClient

HOST = WorkspaceClient().config.host
GENIE = f"{HOST}/api/2.0/mcp/genie/01ef00000000000000000000000000a1"
TICKETS = f"{HOST}/api/2.0/mcp/external/tickets"
FUNCTION = f"{HOST}/api/2.0/mcp/functions/system/ai/python_exec"
servers = [DatabricksMCPClient(server_url=GENIE), DatabricksMCPClient(server_url=TICKETS)]
python = DatabricksMCPClient(server_url=FUNCTION)
mlflow.models.set_model(ChatDatabricks(endpoint="chat-large"))
