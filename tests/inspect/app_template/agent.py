"""An agent in an app: the caller's token comes with the request, state is in Lakebase, a server keeps it running."""
from databricks.sdk import WorkspaceClient
from databricks_ai_bridge.long_running import LongRunningAgentServer
from databricks_langchain import ChatDatabricks, DatabricksMCPServer, DatabricksMultiServerMCPClient
from databricks_langchain.chat_models import json
from mlflow.genai.agent_server import get_request_headers

own = WorkspaceClient()


def caller():
    token = get_request_headers().get("x-forwarded-access-token")
    return WorkspaceClient(token=token, auth_type="pat")


def tools(workspace_client=own):
    url = f"{workspace_client.config.host}/api/2.0/mcp/functions/system/ai/python_exec"
    return DatabricksMultiServerMCPClient(
        [DatabricksMCPServer(name="system-ai", url=url, workspace_client=workspace_client)]  #> function system.ai.python_exec; function system.ai.python_exec (caller)
    )


async def stream(request):
    llm = ChatDatabricks(endpoint="databricks-gpt", workspace_client=caller())  #> serving_endpoint databricks-gpt (caller)
    async for event in llm.bind_tools(await tools().get_tools()).astream(json.dumps(request.input)):
        yield event


async def stream_for_caller(request):
    return await tools(workspace_client=caller()).get_tools()


server = LongRunningAgentServer("ResponsesAgent", enable_chat_proxy=True)
app = server.app
server.run(app_import_string="agent:app")
