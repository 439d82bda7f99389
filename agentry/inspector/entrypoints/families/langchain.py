"""LangChain and LangGraph: the classes of Databricks, and those of OpenAI where they are pointed at the workspace.

Read: databricks-langchain 0.4 to 0.22, langchain 0.3.27 and 1.5, langchain-classic 1.0, langchain-community 0.4,
langchain-openai 1.7. The calls of ChatDatabricks put a `model=` of theirs over that of the object.
"""

from __future__ import annotations

from agentry.inspector.entrypoints import readers
from agentry.inspector.entrypoints.row import EntryPoint, Family, under

LANGCHAIN = ("databricks_langchain..", "langchain_databricks..", "langchain_community..", "langchain..")
_CHAT = tuple(f"{package}ChatDatabricks" for package in (*LANGCHAIN, "langchain_classic.."))
_EMBEDDINGS = tuple(f"{package}DatabricksEmbeddings" for package in LANGCHAIN[:3])

_ROWS = (
    EntryPoint(_CHAT, readers.endpoint, ("model", "endpoint"), client="gateway"),
    EntryPoint(
        under(("databricks_langchain..ChatDatabricks()",), "bind invoke ainvoke stream astream batch abatch"),
        readers.endpoint,
        ("model",),
        required=False,
        client="gateway",
    ),
    EntryPoint(_EMBEDDINGS, readers.endpoint, ("endpoint",)),
    EntryPoint(
        ("langchain..llms..Databricks", "langchain_community..llms..Databricks", "langchain_classic..llms..Databricks"),
        readers.endpoint,
        ("endpoint_name",),
        unless=("cluster_id",),
    ),
    EntryPoint(
        (
            "langchain_community..ChatMlflow",
            "langchain_community..MlflowEmbeddings",
            "langchain_community..Mlflow",
        ),
        readers.endpoint,
        ("endpoint",),
        client="target",
    ),
    # documented: langchain 0.3.27 and 1.5 know no provider `databricks` of their own
    EntryPoint(
        (
            "langchain..init_chat_model",
            "langchain_classic..init_chat_model",
            "langchain..init_embeddings",
            "langchain..create_agent",
            "langgraph..create_react_agent",
            "deepagents..create_deep_agent",
        ),
        readers.prefixed("databricks:"),
        ("model",),
        0,
        required=False,
        lenient=True,
        unless=("model_provider", "provider"),
    ),
    EntryPoint(
        ("langchain..init_chat_model", "langchain_classic..init_chat_model"),
        readers.endpoint,
        ("model",),
        0,
        required=False,
        client="named_provider",
    ),
    EntryPoint(
        (
            "langchain_openai..ChatOpenAI",
            "langchain_openai..OpenAIEmbeddings",
            "langchain_openai..OpenAI",
            "langchain_community..ChatOpenAI",
            "langchain_community..OpenAIEmbeddings",
            "langchain..ChatOpenAI",
        ),
        readers.model,
        ("model", "model_name"),
        client="openai",
    ),
)

FAMILY = Family(
    _ROWS,
    clients=(
        "databricks_langchain..*",
        "langchain_databricks..*",
        "langchain_community..*Databricks*",
        "langchain_openai..*",
        "deepagents..create_deep_agent",
    ),
    harmless=(
        "langchain_openai..Azure*..*",
        "databricks_langchain.chat_models.json..*",  # databricks/app-templates imports `json` from there
    ),
)
