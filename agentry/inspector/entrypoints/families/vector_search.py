"""Vector search: the client, the tools of each framework, LangChain's and DSPy's retrievers.

Read: databricks-vectorsearch 0.66 and 0.81 (the latter a shim of databricks-ai-search 0.81), databricks-langchain 0.22,
databricks-openai 0.18, databricks-ai-bridge 0.22, databricks-dspy 0.1, dspy 3.4, llama-index-vector-stores-databricks
0.7 (whose store is given an index that was made by the client).
"""

from __future__ import annotations

from agentry.inspector.entrypoints import readers
from agentry.inspector.entrypoints.families.langchain import LANGCHAIN
from agentry.inspector.entrypoints.row import BRIDGES, FOUND, MANAGED_EMBEDDING, EntryPoint, Family, made, under

_CLIENTS = (
    "databricks.vector_search..VectorSearchClient()",
    "databricks.ai_search..VectorSearchClient()",
    "databricks.ai_search..AISearchClient()",
)
_INDEX = readers.names("vector_search_index")
_TOOLS = tuple(f"{package}VectorSearchRetrieverTool" for package in BRIDGES)

_ROWS = (
    EntryPoint(
        tuple(f"{package}DatabricksVectorSearch" for package in LANGCHAIN),
        _INDEX,
        ("index_name", "index"),
        0,
        implied=MANAGED_EMBEDDING,
    ),
    EntryPoint(_TOOLS, _INDEX, ("index_name",), implied=MANAGED_EMBEDDING),
    EntryPoint(_TOOLS[1:], readers.endpoint, ("embedding_model_name",), required=False),
    EntryPoint(
        under(_CLIENTS, "get_index get_async_index index_exists"), _INDEX, ("index_name",), 1, implied=MANAGED_EMBEDDING
    ),
    EntryPoint(under(_CLIENTS, "list_indexes"), reason=FOUND),
    EntryPoint(
        ("dspy..DatabricksRM", "databricks_dspy..DatabricksRM"),
        _INDEX,
        ("databricks_index_name",),
        0,
        implied=MANAGED_EMBEDDING,
    ),
)

FAMILY = Family(
    _ROWS,
    clients=(
        "databricks.vector_search..*",
        "databricks.ai_search..*",
        "databricks_llamaindex..*",
        "databricks_dspy..*",
    ),
    constructors=made(_CLIENTS),
    harmless=(
        "databricks.vector_search..*Reranker",
        "databricks.ai_search..*Reranker",
        "databricks.vector_search.utils..*",
        "databricks.ai_search.utils..*",
        "llama_index..DatabricksVectorSearch",  # is given an index
        *under(_CLIENTS, "validate get_endpoint list_endpoints endpoint_exists wait_for_endpoint"),
    ),
)
