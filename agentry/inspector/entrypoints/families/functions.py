"""Unity Catalog functions as tools: the toolkit of each framework, and the client that runs them.

Read: unitycatalog-ai 0.4 (core), unitycatalog-langchain 0.4, -openai 0.4, -llamaindex 0.2, -crewai 0.2, -autogen 0.2,
-anthropic 0.2, -gemini 0.2, -litellm 0.2; databricks-langchain 0.22, databricks-openai 0.18, langchain-community 0.3.
UnitycatalogFunctionClient is of a server of one's own, not of Databricks.
"""

from __future__ import annotations

from agentry.inspector.entrypoints import readers
from agentry.inspector.entrypoints.row import BRIDGES, FOUND, FUNCTION_BODY, EntryPoint, Family, made, under

CLIENTS = (
    "unitycatalog..DatabricksFunctionClient()",
    "databricks_langchain..DatabricksFunctionClient()",
    "databricks_openai..DatabricksFunctionClient()",
)
_GLOBAL = "unitycatalog..get_uc_function_client()"
_TOOLKITS = (*(f"{package}UCFunctionToolkit" for package in BRIDGES), "unitycatalog..UCFunctionToolkit")
_ONE_TOOL = (
    "uc_function_to_openai_function_definition uc_function_to_langchain_tool uc_function_to_llama_tool "
    "uc_function_to_crewai_tool uc_function_to_autogen_tool uc_function_to_anthropic_tool uc_function_to_gemini_tool "
    "uc_function_to_litellm_tool"
)
_FUNCTION = readers.names("function")
_WAREHOUSE = readers.names("sql_warehouse")

_ROWS = (
    EntryPoint(_TOOLKITS, _FUNCTION, ("function_names",), client="functions", implied=FUNCTION_BODY),
    EntryPoint(
        under(("unitycatalog..UCFunctionToolkit",), _ONE_TOOL),
        _FUNCTION,
        ("function_name",),
        client="functions",
        implied=FUNCTION_BODY,
    ),
    EntryPoint(
        ("databricks_langchain..UnityCatalogTool", "unitycatalog..UnityCatalogTool"),
        _FUNCTION,
        ("uc_function_name",),
        implied=FUNCTION_BODY,
    ),
    EntryPoint(
        ("langchain_community..UCFunctionToolkit().include",), _FUNCTION, every=True, position=0, implied=FUNCTION_BODY
    ),
    EntryPoint(("langchain_community..UCFunctionToolkit",), _WAREHOUSE, ("warehouse_id",)),
    # until unitycatalog-ai 0.2 the client ran functions on a warehouse
    EntryPoint(made(CLIENTS), _WAREHOUSE, ("warehouse_id",), required=False),
    EntryPoint(
        under((*CLIENTS, _GLOBAL), "execute_function get_function get_function_source get_function_as_callable"),
        readers.tool_names,
        ("function_name",),
        0,
        implied=FUNCTION_BODY,
    ),
    EntryPoint(under((*CLIENTS, _GLOBAL), "list_functions"), reason=FOUND),
)

FAMILY = Family(
    _ROWS,
    clients=("unitycatalog..*",),
    constructors=made(CLIENTS),
    harmless=(
        "unitycatalog..set_uc_function_client",
        "unitycatalog..get_uc_function_client",
        "databricks_langchain..set_uc_function_client",
        "databricks_openai..set_uc_function_client",
        "unitycatalog..*().tools",
        "unitycatalog..get_tool_name",
        "unitycatalog..construct_original_function_name",
        "unitycatalog..extract_tool_call_data",
        "unitycatalog..generate_tool_call_messages",  # calls the tools of a toolkit
        "unitycatalog..UnitycatalogFunctionClient..*",
        "unitycatalog.client..*",
    ),
)
