"""Tools of MCP servers, made from addresses and from what they offer."""
from agents import Agent
from agents.mcp import MCPServerSse, MCPServerStreamableHttp
from crewai_tools import MCPServerAdapter
from databricks.sdk import WorkspaceClient
from databricks_langchain import DatabricksMCPServer, DatabricksMultiServerMCPClient, MCPServer
from databricks_mcp import DatabricksMCPClient
from databricks_openai import McpServerToolkit
from databricks_openai.agents import McpServer
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from langchain_mcp_adapters.sessions import create_session
from llama_index.tools.mcp import BasicMCPClient
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from pydantic_ai.mcp import MCPServerHTTP, MCPServerSSE, MCPServerStreamableHTTP, MCPToolset

w = WorkspaceClient()
BASE = f"{w.config.host}/api/2.0/mcp"
client = DatabricksMultiServerMCPClient(
    [
        DatabricksMCPServer.from_uc_function("main", "tools", "tools", function_name="add", workspace_client=w),  #> function main.tools.add
        DatabricksMCPServer.from_uc_function(catalog="main", schema="tools", name="all"),  #? the server offers everything of the schema
        DatabricksMCPServer.from_vector_search("main", "docs", "docs", "faq"),  #> vector_search_index main.docs.faq
        MCPServer(name="maps", url="https://maps.example.com/mcp"),
        MCPServer(name="ours", url=f"{BASE}/external/jira"),  #> uc_connection jira
    ]
)
toolkit = McpServerToolkit(url=f"{BASE}/functions/main/tools/sub", name="sub", workspace_client=w)  #> function main.tools.sub
McpServerToolkit.from_uc_function("main", "tools", "mul").get_tools()  #> function main.tools.mul
McpServerToolkit.from_vector_search("main", "docs", index_name="guides")  #> vector_search_index main.docs.guides
agent = Agent(
    name="x",
    mcp_servers=[
        McpServer.from_uc_function(catalog="system", schema="ai", function_name="python_exec"),  #> function system.ai.python_exec
        McpServer.from_vector_search("main", "docs", "notes"),  #> vector_search_index main.docs.notes
        McpServer(params={"url": f"{BASE}/genie/01f0mcp"}, timeout=30),  #> genie_space 01f0mcp
        MCPServerStreamableHttp(params={"url": f"{BASE}/genie/01f0http", "headers": {}}),  #> genie_space 01f0http
        MCPServerSse({"url": "https://maps.example.com/sse"}),
        MCPServerSse(params={"url": f"{BASE}/genie/01f0sse"}),  #> genie_space 01f0sse
    ],
)
for server in (f"{BASE}/vector-search/main/docs/manuals", "https://helper-99.aws.databricksapps.com/mcp"):
    DatabricksMCPClient(server_url=server, workspace_client=w).list_tools()  #> vector_search_index main.docs.manuals; app helper
DatabricksMCPClient(f"{BASE}/vector-search/main/docs", w)  #? everything of the schema main.docs
DatabricksMCPClient(f"{BASE}/genie", w)  #? what the MCP server 'genie' of the workspace uses
streamable_http_client(f"{BASE}/external/github")  #> uc_connection github
sse_client(url=f"{BASE}/external/slack")  #> uc_connection slack
create_session({"transport": "streamable_http", "url": f"{BASE}/external/drive"})  #> uc_connection drive
MCPServerStreamableHTTP(f"{BASE}/genie/01f0p1")  #> genie_space 01f0p1
MCPServerSSE(url=f"{BASE}/genie/01f0p2")  #> genie_space 01f0p2
MCPServerHTTP(f"{BASE}/genie/01f0p3")  #> genie_space 01f0p3
MCPToolset(f"{BASE}/genie/01f0p4")  #> genie_space 01f0p4
MCPToolset(Client(StreamableHttpTransport(f"{BASE}/genie/01f0f1")))  #> genie_space 01f0f1
Client("https://maps.example.com/mcp")
Client(transport=f"{BASE}/genie/01f0f2")  #> genie_space 01f0f2
BasicMCPClient(f"{BASE}/genie/01f0l1")  #> genie_space 01f0l1
BasicMCPClient("npx", args=["server"])
MCPServerAdapter({"url": f"{BASE}/genie/01f0c1", "transport": "streamable-http"})  #> genie_space 01f0c1
MCPServerAdapter({"url": "https://maps.example.com/mcp"})
