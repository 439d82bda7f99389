"""Frameworks that know many providers, and say Databricks in a prefix or by the address that they are given.

Read: dspy 3.4, databricks-dspy 0.1, litellm 1.110, crewai 1.15, llama-index-llms-databricks 0.6,
llama-index-embeddings-databricks 0.6, llama-index-llms-openai-like 0.8, pydantic-ai 1.x and 2.68, autogen-ext 0.7,
smolagents 1.26, agno 3.1, haystack-ai 3.4, strands-agents 1.62, openai-agents 0.24.
"""

from __future__ import annotations

from agentry.inspector.entrypoints import readers
from agentry.inspector.entrypoints.row import EntryPoint, Family, under

_LITELLM = under(
    ("litellm.",),
    "completion acompletion text_completion atext_completion batch_completion embedding aembedding responses "
    "aresponses",
)
_PREFIXED = (*_LITELLM, "dspy..LM", "dspy..Embedder", "crewai..LLM")
_DATABRICKS = readers.prefixed("databricks/")

_ROWS = (
    EntryPoint((*_PREFIXED, "databricks_dspy..DatabricksLM"), _DATABRICKS, ("model",), 0),
    EntryPoint(
        _PREFIXED,
        readers.prefixed("openai/", "hosted_vllm/"),
        ("model",),
        0,
        required=False,
        lenient=True,
        client="openai",
    ),
    EntryPoint(("litellm..Router",), _DATABRICKS, ("model_list",), 0, each="model"),
    EntryPoint(
        ("crewai..Agent", "crewai..Crew"),
        _DATABRICKS,
        ("llm", "manager_llm"),
        required=False,
        lenient=True,
    ),
    EntryPoint(
        ("agents..LitellmModel", "smolagents..LiteLLMModel", "strands..LiteLLMModel", "agno..LiteLLM"),
        _DATABRICKS,
        ("model", "model_id", "id"),
    ),
    EntryPoint(("agents..Agent",), readers.prefixed("litellm/databricks/"), ("model",), required=False, lenient=True),
    EntryPoint(("llama_index..Databricks", "llama_index..DatabricksEmbedding"), readers.endpoint, ("model",), 0),
    # those that are given an address, which may be the workspace's
    EntryPoint(
        (
            "llama_index..OpenAILike",
            "llama_index..OpenAI",
            "llama_index..OpenAIEmbedding",
            "llama_index..OpenAILikeEmbedding",
            "autogen_ext..OpenAIChatCompletionClient",
            "smolagents..OpenAIModel",
            "smolagents..OpenAIServerModel",
            "agno..OpenAIChat",
            "agno..OpenAILike",
            "haystack..OpenAIChatGenerator",
            "haystack..OpenAIGenerator",
            "haystack..OpenAITextEmbedder",
            "haystack..OpenAIDocumentEmbedder",
            "strands..OpenAIModel",
        ),
        readers.model,
        ("model", "model_name", "model_id", "id"),
        client="openai",
    ),
    EntryPoint(
        (
            "pydantic_ai..OpenAIModel",
            "pydantic_ai..OpenAIChatModel",
            "pydantic_ai..OpenAIResponsesModel",
            "pydantic_ai..OpenAIEmbeddingModel",
        ),
        readers.model,
        ("model_name",),
        0,
        client="provider",
    ),
)

FAMILY = Family(_ROWS, clients=("llama_index..*Databricks*",), harmless=("pydantic_ai..*Provider",))
