"""Which calls have to be known: those of a Databricks, OpenAI or MLflow client. One in no table is undecided."""

from __future__ import annotations

import re
from functools import cache

from agentry.inspector.entrypoints.table import ENTRY_POINTS, OPENAI, EntryPoint

# What makes a client whose every call is looked at.
CONSTRUCTORS: tuple[str, ...] = (
    "databricks.sdk..WorkspaceClient",
    "databricks.vector_search..VectorSearchClient",
    "databricks.ai_search..VectorSearchClient",
    "databricks_openai..DatabricksOpenAI",
    "databricks_openai..AsyncDatabricksOpenAI",
    "databricks.sdk..WorkspaceClient().serving_endpoints.get_open_ai_client",
    "mlflow.deployments..get_deploy_client",
    *(name.removesuffix("()") for name in OPENAI),
)

# Packages whose calls have to be known: whatever is reached under them, is in no row and not harmless is undecided.
CLIENTS: tuple[str, ...] = (
    "databricks..*",
    "databricks_langchain..*",
    "databricks_openai..*",
    "databricks_llamaindex..*",
    "databricks_ai_bridge..*",
    "databricks_mcp..*",
    "databricks_dspy..*",
    "langchain_databricks..*",
    "langchain_community..*Databricks*",
    "langchain_openai..*",
    "llama_index..*Databricks*",
    "openai..*",
    "unitycatalog..*",
    "mlflow.deployments..*",
    "mlflow.gateway..*",
    "mlflow.genai..judges..*",
    "mlflow.genai..scorers..*",
    "mlflow.genai..make_judge",
    "mlflow.genai..evaluate",
    "mlflow..MlflowClient()..*",
    "mlflow..load_model",
)

# Calls that use nothing that can be declared.
HARMLESS: tuple[str, ...] = (
    *CONSTRUCTORS,
    # what a client says of itself, and what it is made with
    "databricks.sdk..WorkspaceClient().current_user.me",
    "databricks.sdk..WorkspaceClient().config..*",
    "databricks.sdk..WorkspaceClient().get_workspace_id",
    "databricks.sdk..Config",
    "databricks.sdk..Config()..*",
    "databricks.sdk.service..*",
    "databricks.sdk.errors..*",
    "databricks.sdk.credentials_provider..*",
    "databricks.sdk.useragent..*",
    "databricks.vector_search..reranker..*",
    "databricks.ai_search..reranker..*",
    "databricks.sql..connect().cursor",
    "databricks.sql..connect().close",
    "databricks.sql..connect().cursor().*",
    "databricks.connect..DatabricksSession..*",
    "databricks_ai_bridge..ModelServingUserCredentials",
    "databricks.sdk..ModelServingUserCredentials",
    "unitycatalog..set_uc_function_client",
    "databricks_langchain..set_uc_function_client",
    "databricks_openai..set_uc_function_client",
    "unitycatalog..*().tools",
    "databricks_mcp..DatabricksOAuthClientProvider",
    "databricks_langchain..DatabricksMultiServerMCPClient",
    "databricks_langchain..DatabricksMultiServerMCPClient()..*",
    # secrets and volumes are not among the types that MLflow can declare
    "databricks.sdk..WorkspaceClient().secrets.*",
    "databricks.sdk..WorkspaceClient().dbutils..*",
    "databricks.sdk..WorkspaceClient().files.*",
    "databricks.sdk.runtime..*",
    # OpenAI: types, errors, settings of the client
    "openai..Default*Client",
    "openai..Timeout",
    "openai..*Error",
    "openai.types..*",
    "openai.lib..*",
    "openai..pydantic_function_tool",
    "openai..AzureOpenAI..*",
    "openai..AsyncAzureOpenAI..*",
    "openai..OpenAI().with_options",
    "openai..OpenAI().copy",
    "openai..OpenAI().close",
    "openai..AsyncOpenAI().close",
    "langchain_openai..Azure*",
    "agents..set_default_openai_client",  # the row of agents.Agent asks for it
)


@cache
def pattern(name: str) -> re.Pattern[str]:
    """The regular expression of a path as it is written in the tables."""
    written = re.escape(name).replace(r"\.\.\*", r"(?:[.\[(].*)?").replace(r"\.\.", r"(?:\.[\w().\[\]]+?)?\.")
    return re.compile(written.replace(r"\*", r"[\w]*"))


_DECORATION = re.compile(
    r"\.with_options\(\)|\.with_raw_response|\.with_streaming_response|\.__init__$|\.__a?enter__\(\)"
)


def undecorated(path: str) -> str:
    """A path without what changes nothing of which resource it leads to."""
    return _DECORATION.sub("", path)


@cache
def rows(path: str) -> tuple[EntryPoint, ...]:
    """The rows that a call is of."""
    package = path.partition(".")[0]
    return tuple(row for row in _of_package(package) if any(pattern(name).fullmatch(path) for name in row.names))


@cache
def _of_package(package: str) -> tuple[EntryPoint, ...]:
    return tuple(row for row in ENTRY_POINTS if any(name.partition(".")[0] == package for name in row.names))


@cache
def is_entry(path: str) -> bool:
    """Whether a call of this path is in the table."""
    return bool(rows(path))


@cache
def is_client(path: str) -> bool:
    """Whether a path leads into a package whose calls have to be known."""
    return any(pattern(name).fullmatch(path) for name in CLIENTS)


@cache
def is_harmless(path: str) -> bool:
    """Whether a call of this path uses nothing that can be declared."""
    return any(pattern(name).fullmatch(path) for name in HARMLESS)


@cache
def is_constructor(path: str) -> bool:
    """Whether a call of this path makes a client."""
    return any(pattern(name).fullmatch(path) for name in CONSTRUCTORS)


# How calls end that ask a workspace, whatever object they are made on.
TELLING = (
    ".chat.completions.create",
    ".responses.create",
    ".embeddings.create",
    ".serving_endpoints.query",
    ".genie.start_conversation",
    ".genie.start_conversation_and_wait",
    ".vector_search_indexes.query_index",
    ".serving_endpoints.http_request",
)
