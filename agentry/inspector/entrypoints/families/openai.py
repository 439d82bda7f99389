"""OpenAI's client and what is made of it: the workspace's by its base URL, or by the class.

Read: openai 1.x to 3.57, databricks-openai 0.17 and 0.18, databricks-sdk 0.162, openai-agents 0.24. An address below
`/serving-endpoints` asks serving endpoints, one below `/ai-gateway` model services of Unity Catalog (docs: ai-gateway,
query model services); `model="apps/<name>"` asks an app.
"""

from __future__ import annotations

from agentry.inspector.entrypoints import addresses, readers
from agentry.inspector.entrypoints.row import WORKSPACE, EntryPoint, Family, made, under

CLIENTS = ("openai..OpenAI()", "openai..AsyncOpenAI()", "openai..Client()", "openai..AsyncClient()")
DATABRICKS = ("databricks_openai..DatabricksOpenAI()", "databricks_openai..AsyncDatabricksOpenAI()")
_FROM_SDK = under(WORKSPACE, "serving_endpoints.get_open_ai_client()")
_FROM_LANGCHAIN = ("databricks_langchain..get_openai_client()", "databricks_langchain..get_async_openai_client()")
_ASK = (
    "chat.completions.create chat.completions.parse chat.completions.stream responses.create responses.parse "
    "responses.stream completions.create embeddings.create"
)
_BETA = "beta.chat.completions.parse beta.chat.completions.stream"

_ROWS = (
    EntryPoint(under(CLIENTS[:2], f"{_ASK} {_BETA}"), readers.model, ("model",), client="openai"),
    EntryPoint(
        under(CLIENTS[2:], "chat.completions.create responses.create embeddings.create"),
        readers.model,
        ("model",),
        client="openai",
    ),
    EntryPoint(under(DATABRICKS, _ASK), readers.model, ("model",), client="gateway"),
    EntryPoint(under(_FROM_SDK, f"{_ASK} {_BETA}"), readers.model, ("model",)),
    EntryPoint(
        under(_FROM_LANGCHAIN, "chat.completions.create responses.create embeddings.create"),
        readers.model,
        ("model",),
        client="gateway",
    ),
    EntryPoint(made((*CLIENTS[:2], *DATABRICKS)), addresses.app, ("base_url",), required=False, lenient=True),
    # the module as a client, and what it was called before openai 1.0
    EntryPoint(
        (
            *under(("openai",), "chat.completions.create responses.create embeddings.create"),
            "openai.ChatCompletion.create",
            "openai.Embedding.create",
        ),
        readers.model,
        ("model", "engine"),
        client="module",
    ),
    # OpenAI's Agents SDK
    EntryPoint(
        ("agents..Agent", "agents..RunConfig", "agents..Agent().clone"),
        readers.agent_model,
        ("model",),
        required=False,
        client="default",
    ),
    EntryPoint(
        ("agents..OpenAIChatCompletionsModel", "agents..OpenAIResponsesModel"),
        readers.model,
        ("model",),
        0,
        client="openai_client",
    ),
)

FAMILY = Family(
    _ROWS,
    clients=("databricks_openai..*", "openai..*"),
    constructors=made((*CLIENTS, *DATABRICKS, *_FROM_SDK, *_FROM_LANGCHAIN)),
    harmless=(
        "openai..Default*Client",
        "openai..Timeout",
        "openai..*Error",
        "openai.types..*",
        "openai.lib..*",
        "openai..pydantic_function_tool",
        "openai..AzureOpenAI..*",
        "openai..AsyncAzureOpenAI..*",
        *under((*CLIENTS, *DATABRICKS), "with_options copy close"),
        # the rows of the Agents SDK ask for them
        "agents..set_default_openai_client",
        "agents..OpenAIProvider",
        "agents..MultiProvider",
    ),
)
