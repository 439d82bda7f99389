"""The services of the SDK's WorkspaceClient, but for Genie and the calls of its OpenAI client.

Read: databricks-sdk 0.156 and 0.162.
"""

from __future__ import annotations

from agentry.inspector.entrypoints import addresses, readers, statements
from agentry.inspector.entrypoints.row import FOUND, MANAGED_EMBEDDING, WORKSPACE, EntryPoint, Family, under

_WAREHOUSE = readers.names("sql_warehouse")
_INDEX = readers.names("vector_search_index")
_LAKEBASE = readers.names("lakebase")
_AUTOSCALING = "not declarable: MLflow has a resource type for provisioned Lakebase instances only"

_ROWS = (
    EntryPoint(
        under(WORKSPACE, "serving_endpoints.query serving_endpoints_data_plane.query serving_endpoints.get"),
        readers.endpoint,
        ("name",),
        0,
    ),
    EntryPoint(
        under(WORKSPACE, "serving_endpoints.get_langchain_chat_open_ai_client"), readers.endpoint, ("model",), 0
    ),
    EntryPoint(
        under(WORKSPACE, "serving_endpoints.http_request"),
        readers.names("uc_connection"),
        ("conn", "connection_name"),
        0,
    ),
    EntryPoint(under(WORKSPACE, "connections.get"), readers.names("uc_connection"), ("name",), 0),
    EntryPoint(
        under(
            WORKSPACE,
            "vector_search_indexes.query_index vector_search_indexes.get_index vector_search_indexes.query_next_page "
            "vector_search_indexes.scan_index",
        ),
        _INDEX,
        ("index_name",),
        0,
        implied=MANAGED_EMBEDDING,
    ),
    EntryPoint(under(WORKSPACE, "statement_execution.execute_statement"), _WAREHOUSE, ("warehouse_id",), 1),
    EntryPoint(under(WORKSPACE, "statement_execution.execute_statement"), statements.sql, ("statement",), 0),
    EntryPoint(under(WORKSPACE, "warehouses.get warehouses.start warehouses.start_and_wait"), _WAREHOUSE, ("id",), 0),
    EntryPoint(under(WORKSPACE, "functions.get"), readers.names("function"), ("name",), 0),
    EntryPoint(under(WORKSPACE, "tables.get tables.exists"), statements.table, ("full_name",), 0),
    EntryPoint(under(WORKSPACE, "apps.get"), readers.names("app"), ("name",), 0),
    EntryPoint(under(WORKSPACE, "database.generate_database_credential"), _LAKEBASE, ("instance_names",)),
    EntryPoint(under(WORKSPACE, "database.get_database_instance"), _LAKEBASE, ("name",), 0),
    EntryPoint(under(WORKSPACE, "postgres.generate_database_credential postgres.get_endpoint"), reason=_AUTOSCALING),
    EntryPoint(under(WORKSPACE, "api_client.do *._api.do"), addresses.workspace_path, ("path", "url"), 1),
    EntryPoint(
        under(
            WORKSPACE,
            "serving_endpoints.list vector_search_indexes.list_indexes functions.list tables.list tables.list_summaries "
            "apps.list warehouses.list connections.list database.list_database_instances",
        ),
        reason=FOUND,
    ),
)

FAMILY = Family(
    _ROWS,
    clients=("databricks..*",),
    constructors=("databricks.sdk..WorkspaceClient",),
    harmless=(
        # what a client says of itself, and what it is made with
        *under(WORKSPACE, "current_user.me config..* get_workspace_id"),
        *under(WORKSPACE, "vector_search_endpoints.get_endpoint vector_search_endpoints.list_endpoints"),
        "databricks.sdk..Config",
        "databricks.sdk..Config()..*",
        "databricks.sdk.service..*",
        "databricks.sdk.errors..*",
        "databricks.sdk.credentials_provider..*",
        "databricks.sdk.useragent..*",
        "databricks.sdk..ModelServingUserCredentials",
        # what is read of a statement that was executed
        *under(
            WORKSPACE,
            "statement_execution.get_statement..* statement_execution.get_statement_result_chunk_n..* "
            "statement_execution.cancel_execution",
        ),
        # secrets, volumes and workspace files are not among the types that MLflow can declare
        *under(WORKSPACE, "secrets..* dbutils..* files..* workspace..* dbfs..* volumes..*"),
        "databricks.sdk.runtime..*",
    ),
)
