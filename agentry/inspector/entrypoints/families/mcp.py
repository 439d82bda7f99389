"""MCP servers, by their address or by what they are made from.

Read: databricks-mcp 0.9, databricks-langchain 0.22, databricks-openai 0.18, mcp 1.x and 2.3, langchain-mcp-adapters 0.3,
openai-agents 0.24, pydantic-ai 1.x and 2.68.
"""

from __future__ import annotations

from agentry.inspector.entrypoints import addresses, readers
from agentry.inspector.entrypoints.row import MANAGED_EMBEDDING, EntryPoint, Family

_LANGCHAIN = "databricks_langchain..DatabricksMCPServer"
_OPENAI = ("databricks_openai..McpServer", "databricks_openai..McpServerToolkit")
_LEVELS = (("catalog", 0), ("schema", 1))
_FUNCTION = readers.names("function")
_INDEX = readers.names("vector_search_index")

_ROWS = (
    EntryPoint(
        ("databricks_mcp..DatabricksMCPClient", "databricks_openai..McpServerToolkit"),
        addresses.mcp,
        ("server_url", "url"),
        0,
    ),
    EntryPoint((_LANGCHAIN, "databricks_langchain..MCPServer"), addresses.mcp, ("url",)),
    EntryPoint((_OPENAI[0],), addresses.mcp, ("url",), 0, unless=("params",)),
    EntryPoint(
        (_OPENAI[0], "agents..MCPServerStreamableHttp", "agents..MCPServerSse"),
        addresses.mcp,
        ("params",),
        required=False,
        each="url",
    ),
    EntryPoint(
        tuple(f"{name}.from_uc_function" for name in _OPENAI), _FUNCTION, parts=(*_LEVELS, ("function_name", 2))
    ),
    EntryPoint((f"{_LANGCHAIN}.from_uc_function",), _FUNCTION, parts=(*_LEVELS, ("function_name", 3))),
    EntryPoint(
        tuple(f"{name}.from_vector_search" for name in _OPENAI),
        _INDEX,
        parts=(*_LEVELS, ("index_name", 2)),
        implied=MANAGED_EMBEDDING,
    ),
    EntryPoint(
        (f"{_LANGCHAIN}.from_vector_search",), _INDEX, parts=(*_LEVELS, ("index_name", 3)), implied=MANAGED_EMBEDDING
    ),
    EntryPoint(
        (
            "mcp..streamablehttp_client",
            "mcp..streamable_http_client",
            "mcp..sse_client",
            "pydantic_ai..MCPServerStreamableHTTP",
            "pydantic_ai..MCPServerSSE",
            "pydantic_ai..MCPServerHTTP",
            "fastmcp..StreamableHttpTransport",
            "llama_index..BasicMCPClient",  # documented
        ),
        addresses.mcp,
        ("url", "command_or_url"),
        0,
    ),
    EntryPoint(("pydantic_ai..MCPToolset", "fastmcp..Client"), addresses.mcp, ("client", "transport"), 0, lenient=True),
    EntryPoint(
        ("langchain_mcp_adapters..MultiServerMCPClient", "langchain_mcp_adapters..create_session"),
        addresses.mcp,
        ("connections", "connection"),
        0,
        each="url",
    ),
    EntryPoint(("crewai_tools..MCPServerAdapter",), addresses.mcp, ("serverparams",), 0, each="url"),  # documented
)

FAMILY = Family(
    _ROWS,
    clients=("databricks_mcp..*",),
    harmless=(
        "databricks_mcp..DatabricksOAuthClientProvider",
        "databricks_langchain..DatabricksMultiServerMCPClient..*",
    ),
)
