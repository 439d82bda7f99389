"""Addresses of MCP servers: those of the workspace, of apps, of others."""
from databricks.sdk import WorkspaceClient
from databricks_langchain import DatabricksMCPServer
from databricks_mcp import DatabricksMCPClient, DatabricksOAuthClientProvider
from databricks_openai.agents import McpServer
from langchain_mcp_adapters.client import MultiServerMCPClient
from mcp.client.streamable_http import streamablehttp_client

w = WorkspaceClient()
HOST = w.config.host
DatabricksMCPClient(server_url=f"{HOST}/api/2.0/mcp/functions/system/ai/python_exec", workspace_client=w)  #> function system.ai.python_exec
DatabricksMCPServer(name="docs", url=f"{HOST}/api/2.0/mcp/vector-search/main/docs/index")  #> vector_search_index main.docs.index
McpServer(url="/api/2.0/mcp/genie/01f0aaaa")  #> genie_space 01f0aaaa
DatabricksMCPClient(f"{HOST}/api/2.0/mcp/external/github")  #> uc_connection github
DatabricksMCPClient(f"{HOST}/api/2.0/mcp/functions/main/tools")  #? everything of the schema main.tools
DatabricksMCPClient(f"{HOST}/api/2.0/mcp/sql")  #? what the MCP server 'sql'
streamablehttp_client("https://mcp-helper-1234567890.aws.databricksapps.com/mcp", auth=DatabricksOAuthClientProvider(w))  #> app mcp-helper
streamablehttp_client("https://mcp.example/sse")
MultiServerMCPClient({"a": {"url": "/api/2.0/mcp/genie/01f0bbbb"}, "b": {"command": "npx"}})  #> genie_space 01f0bbbb
McpServer(url=HOST + "/api/2.0/mcp/" + input())  #? known only when it runs
