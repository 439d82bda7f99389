"""The calls by which an agent's code comes to use something of its workspace: one table, one row per entry point.

A name is the path by which a call is reached: `..` stands for any submodules, `()` for a call before it, `*` for any
last name. The rows were read from the packages named in each block (versions of November 2026: databricks-langchain
0.4 to 0.22, databricks-openai 0.17, databricks-ai-bridge 0.21, databricks-mcp 0.9, databricks-sdk 0.156,
databricks-vectorsearch 0.66 and 0.81, mlflow 2.21 to 3.18); rows with `documented` are from documentation only.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from agentry.inspector.entrypoints import readers

if TYPE_CHECKING:
    from agentry.inspector.entrypoints.readers import Reader


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One row.

    Attributes:
        names: The paths, new and old.
        read: What the argument says.
        keywords: The names of the argument, newest first.
        position: Its position, where it may be given by position.
        required: Whether a call without it can not be decided.
        client: Which of the clients made by the same name are meant: all (""), those of OpenAI whose base URL is the
            workspace's ("openai"; "provider" where an argument `provider` holds it; "default" where
            `set_default_openai_client` does), those of MLflow whose target is Databricks ("deployments").
        implied: What else such a call needs, which no code shows.
        each: Of a dict of dicts: the key whose values are read.
        every: Whether every positional argument is one.
        lenient: Whether an argument that is not known is left alone, because most such calls are about other things.
    """

    names: tuple[str, ...]
    read: Reader
    keywords: tuple[str, ...] = ()
    position: int | None = None
    required: bool = True
    client: str = ""
    implied: str = ""
    each: str = ""
    every: bool = False
    lenient: bool = False


def _under(clients: tuple[str, ...], methods: str) -> tuple[str, ...]:
    return tuple(f"{client}.{method}" for client, method in product(clients, methods.split()))


WORKSPACE = ("databricks.sdk..WorkspaceClient()",)
LANGCHAIN = ("databricks_langchain..", "langchain_databricks..", "langchain_community..", "langchain..")
BRIDGES = ("databricks_langchain..", "databricks_openai..", "databricks_llamaindex..", "databricks_ai_bridge..")
OPENAI = ("openai..OpenAI()", "openai..AsyncOpenAI()", "openai..Client()", "openai..AsyncClient()")
DATABRICKS_OPENAI = (
    "databricks_openai..DatabricksOpenAI()",
    "databricks_openai..AsyncDatabricksOpenAI()",
    *_under(WORKSPACE, "serving_endpoints.get_open_ai_client()"),
)
ASK = (
    "chat.completions.create chat.completions.parse chat.completions.stream beta.chat.completions.parse "
    "beta.chat.completions.stream responses.create responses.parse responses.stream completions.create "
    "embeddings.create"
)
VECTOR_CLIENTS = ("databricks.vector_search..VectorSearchClient()", "databricks.ai_search..VectorSearchClient()")
FUNCTION_CLIENTS = (
    "unitycatalog..DatabricksFunctionClient()",
    "unitycatalog..get_uc_function_client()",
    "databricks_langchain..DatabricksFunctionClient()",
    "databricks_openai..DatabricksFunctionClient()",
)
MCP_CLIENTS = (
    "databricks_mcp..DatabricksMCPClient",
    "databricks_langchain..DatabricksMCPServer",
    "databricks_openai..McpServer",
    "databricks_openai..McpServerToolkit",
)
LAKEBASE = tuple(
    f"{package}{name}"
    for package in BRIDGES
    for name in (
        "CheckpointSaver",
        "AsyncCheckpointSaver",
        "DatabricksStore",
        "AsyncDatabricksStore",
        "AsyncDatabricksSession",
        "LakebasePool",
        "AsyncLakebasePool",
        "LakebaseClient",
        "LakebaseSQLAlchemy",
        "AsyncLakebaseSQLAlchemy",
    )
)
SPARK = (
    "spark",
    "pyspark..SparkSession.builder..getOrCreate()",
    "databricks.connect..DatabricksSession.builder..getOrCreate()",
)
HTTP = (
    "requests",
    "requests..Session()",
    "httpx",
    "httpx..Client()",
    "httpx..AsyncClient()",
    "aiohttp..ClientSession()",
)

ENDPOINT = readers.names("serving_endpoint")
INDEX = readers.names("vector_search_index")
FUNCTION = readers.names("function")
WAREHOUSE = readers.names("sql_warehouse")
SPACE = readers.names("genie_space")
MANAGED_EMBEDDING = "the embedding endpoint of the index, where Databricks computes the embeddings"
SPACE_CONTENT = "the SQL warehouse, the tables and the functions of the space"
FUNCTION_BODY = "what the body of the function uses"

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    # LangChain: databricks_langchain, before it langchain_databricks, before that langchain_community
    EntryPoint(tuple(f"{p}ChatDatabricks" for p in LANGCHAIN), ENDPOINT, ("model", "endpoint")),
    EntryPoint(tuple(f"{p}DatabricksEmbeddings" for p in LANGCHAIN), ENDPOINT, ("endpoint",)),
    EntryPoint(("langchain..llms..Databricks", "langchain_community..llms..Databricks"), ENDPOINT, ("endpoint_name",)),
    EntryPoint(
        tuple(f"{p}DatabricksVectorSearch" for p in LANGCHAIN),
        INDEX,
        ("index_name", "index"),
        0,
        implied=MANAGED_EMBEDDING,
    ),
    EntryPoint(
        ("langchain..init_chat_model", "langchain..create_agent", "langgraph..create_react_agent"),
        readers.prefixed("databricks:"),
        ("model",),
        0,
        required=False,
        lenient=True,
    ),
    # Vector search: databricks_langchain, _openai, _llamaindex, the client and the SDK
    EntryPoint(
        tuple(f"{p}VectorSearchRetrieverTool" for p in BRIDGES), INDEX, ("index_name",), implied=MANAGED_EMBEDDING
    ),
    EntryPoint(
        tuple(f"{p}VectorSearchRetrieverTool" for p in BRIDGES), ENDPOINT, ("embedding_model_name",), required=False
    ),
    EntryPoint(_under(VECTOR_CLIENTS, "get_index"), INDEX, ("index_name",), 1, implied=MANAGED_EMBEDDING),
    EntryPoint(
        _under(WORKSPACE, "vector_search_indexes.query_index vector_search_indexes.get_index")
        + _under(WORKSPACE, "vector_search_indexes.query_next_page vector_search_indexes.scan_index"),
        INDEX,
        ("index_name",),
        0,
        implied=MANAGED_EMBEDDING,
    ),
    EntryPoint(
        ("dspy..DatabricksRM", "databricks_dspy..DatabricksRM"),
        INDEX,
        ("databricks_index_name",),
        0,
        implied=MANAGED_EMBEDDING,
    ),
    # Unity Catalog functions as tools
    EntryPoint(
        (
            *(f"{p}UCFunctionToolkit" for p in BRIDGES),
            "unitycatalog..UCFunctionToolkit",
        ),
        FUNCTION,
        ("function_names",),
        implied=FUNCTION_BODY,
    ),
    EntryPoint(
        ("langchain_community..UCFunctionToolkit().include",), FUNCTION, every=True, position=0, implied=FUNCTION_BODY
    ),
    EntryPoint(("langchain_community..UCFunctionToolkit",), WAREHOUSE, ("warehouse_id",)),
    EntryPoint(tuple(c.removesuffix("()") for c in FUNCTION_CLIENTS), WAREHOUSE, ("warehouse_id",), required=False),
    EntryPoint(
        _under(FUNCTION_CLIENTS, "execute_function execute_function_async get_function"),
        readers.tool_names,
        ("function_name",),
        0,
        implied=FUNCTION_BODY,
    ),
    # Genie
    EntryPoint(tuple(f"{p}GenieAgent" for p in LANGCHAIN[:2]), SPACE, ("genie_space_id",), 0, implied=SPACE_CONTENT),
    EntryPoint(tuple(f"{p}Genie" for p in BRIDGES), SPACE, ("space_id",), 0, implied=SPACE_CONTENT),
    EntryPoint(
        _under(
            WORKSPACE,
            "genie.start_conversation genie.start_conversation_and_wait genie.create_message genie.get_message "
            "genie.create_message_and_wait genie.get_message_query_result genie.execute_message_query genie.get_space "
            "genie.get_message_attachment_query_result genie.execute_message_attachment_query genie.list_conversations "
            "genie.get_message_query_result_by_attachment genie.list_conversation_messages genie.send_message_feedback",
        ),
        SPACE,
        ("space_id",),
        0,
        implied=SPACE_CONTENT,
    ),
    # The SDK
    EntryPoint(_under(WORKSPACE, "serving_endpoints.query serving_endpoints_data_plane.query"), ENDPOINT, ("name",), 0),
    EntryPoint(_under(WORKSPACE, "serving_endpoints.get_langchain_chat_open_ai_client"), ENDPOINT, ("model",), 0),
    EntryPoint(_under(WORKSPACE, "serving_endpoints.http_request"), readers.names("uc_connection"), ("conn",), 0),
    EntryPoint(
        _under(WORKSPACE, "api_client.do genie._api.do serving_endpoints._api.do"), readers.workspace_path, ("path",), 1
    ),
    EntryPoint(
        _under(WORKSPACE, "statement_execution.execute_statement"), WAREHOUSE, ("warehouse_id",), 1
    ),  # documented
    EntryPoint(_under(WORKSPACE, "statement_execution.execute_statement"), readers.sql, ("statement",), 0),
    EntryPoint(
        _under(WORKSPACE, "database.generate_database_credential"),  # documented
        readers.names("lakebase"),
        ("instance_names",),
    ),
    # OpenAI-compatible clients
    EntryPoint(_under(OPENAI, ASK), readers.model, ("model",), client="openai"),
    EntryPoint(_under(DATABRICKS_OPENAI, ASK), readers.model, ("model",)),
    EntryPoint(
        (
            "langchain_openai..ChatOpenAI",
            "langchain_openai..OpenAIEmbeddings",
            "langchain_openai..OpenAI",
            "langchain_community..ChatOpenAI",
            "langchain..ChatOpenAI",
        ),
        readers.model,
        ("model", "model_name"),
        client="openai",
    ),
    EntryPoint(
        ("pydantic_ai..OpenAIModel", "pydantic_ai..OpenAIChatModel"),  # documented
        readers.model,
        ("model_name",),
        0,
        client="provider",
    ),
    EntryPoint(("agents..Agent",), readers.model, ("model",), client="default"),
    # MLflow's deployments client
    EntryPoint(
        _under(("mlflow.deployments..get_deploy_client()",), "predict predict_stream"),
        ENDPOINT,
        ("endpoint",),
        1,
        client="deployments",
    ),
    # Libraries that know many providers
    EntryPoint(("dspy..LM", "dspy..Embedder"), readers.prefixed("databricks/"), ("model",), 0),
    EntryPoint(("databricks_dspy..DatabricksLM",), readers.prefixed("databricks/"), ("model",), 0),
    EntryPoint(
        (
            "litellm..completion",
            "litellm..acompletion",
            "litellm..embedding",
            "litellm..aembedding",
            "litellm..responses",
        ),
        readers.prefixed("databricks/"),  # documented
        ("model",),
        0,
    ),
    EntryPoint(("crewai..LLM",), readers.prefixed("databricks/"), ("model",), 0),  # documented
    EntryPoint(("llama_index..Databricks", "llama_index..DatabricksEmbedding"), ENDPOINT, ("model",), 0),
    # MCP
    EntryPoint(MCP_CLIENTS, readers.mcp, ("server_url", "url"), 0),
    EntryPoint(
        (
            "mcp..streamablehttp_client",
            "mcp..streamable_http_client",
            "mcp..sse_client",
        ),
        readers.mcp,
        ("url",),
        0,
    ),
    EntryPoint(
        ("langchain_mcp_adapters..MultiServerMCPClient", "langchain_mcp_adapters..create_session"),
        readers.mcp,
        ("connections", "connection"),
        0,
        each="url",
    ),
    # SQL and Spark
    EntryPoint(("databricks.sql..connect",), readers.http_path, ("http_path",), 1),
    EntryPoint(
        _under(("databricks.sql..connect()",), "cursor().execute cursor().executemany"), readers.sql, ("operation",), 0
    ),
    EntryPoint(_under(SPARK, "table read.table"), readers.table, ("tableName", "name"), 0),
    EntryPoint(_under(SPARK, "sql"), readers.sql, ("sqlQuery",), 0),
    # Lakebase
    EntryPoint(
        LAKEBASE,
        readers.names("lakebase"),
        ("instance_name", "database_instance", "lakebase_instance_name", "project", "autoscaling_endpoint"),
    ),
    EntryPoint(
        tuple(name for name in LAKEBASE if name.endswith("Store")), ENDPOINT, ("embedding_endpoint",), required=False
    ),
    # A REST call by hand
    EntryPoint(_under(HTTP, "post get put"), readers.workspace_path, ("url",), 0, lenient=True),
    EntryPoint(_under(HTTP, "request"), readers.workspace_path, ("url",), 1, lenient=True),
)
