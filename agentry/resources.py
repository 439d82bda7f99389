"""The resource types that an agent can declare: one table, read by components, inspector, package, provider.

The keys, the classes and the Unity Catalog dependency types are MLflow's (mlflow/models/resources.py and
mlflow/store/_unity_catalog/registry, read at 3.17.2); the privileges are those of Databricks' own migration table in
databricks/app-templates (step 6.2 of its skill migrate-from-model-serving).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResourceType:
    """What is known of one type.

    Attributes:
        key: The key below `resources.databricks` in an MLmodel file.
        label: What people call it.
        verb: What an agent does with it.
        mlflow: MLflow's class of it, and the name of that class's argument.
        dependency: The type that reaches Unity Catalog with a model version, or None where MLflow drops it.
        securable: Unity Catalog's securable type where it is governed there, else None.
        permissions: The object type of the workspace's permissions API where it is governed there, else None.
        privilege: What the identity behind the served agent needs on it.
        parents: Whether USE CATALOG and USE SCHEMA on what contains it are needed too (its name has three levels).
    """

    key: str
    label: str
    verb: str
    mlflow: tuple[str, str]
    dependency: str | None
    securable: str | None
    permissions: str | None
    privilege: str
    parents: bool = False


RESOURCE_TYPES: dict[str, ResourceType] = {
    t.key: t
    for t in (
        ResourceType(
            "serving_endpoint",
            "serving endpoint",
            "asks",
            ("DatabricksServingEndpoint", "endpoint_name"),
            "DATABRICKS_MODEL_ENDPOINT",
            None,
            "serving-endpoints",
            "CAN_QUERY",
        ),
        ResourceType(
            "vector_search_index",
            "vector search index",
            "searches",
            ("DatabricksVectorSearchIndex", "index_name"),
            "DATABRICKS_VECTOR_INDEX",
            "TABLE",
            None,
            "SELECT",
            parents=True,
        ),
        ResourceType(
            "function",
            "function",
            "calls",
            ("DatabricksFunction", "function_name"),
            "DATABRICKS_UC_FUNCTION",
            "FUNCTION",
            None,
            "EXECUTE",
            parents=True,
        ),
        ResourceType(
            "table",
            "table",
            "reads",
            ("DatabricksTable", "table_name"),
            "DATABRICKS_TABLE",
            "TABLE",
            None,
            "SELECT",
            parents=True,
        ),
        ResourceType(
            "sql_warehouse",
            "SQL warehouse",
            "runs SQL on",
            ("DatabricksSQLWarehouse", "warehouse_id"),
            None,
            None,
            "sql/warehouses",
            "CAN_USE",
        ),
        ResourceType(
            "genie_space",
            "Genie space",
            "asks",
            ("DatabricksGenieSpace", "genie_space_id"),
            None,
            None,
            "genie",
            "CAN_RUN",
        ),
        ResourceType(
            "uc_connection",
            "connection",
            "goes through",
            ("DatabricksUCConnection", "connection_name"),
            "DATABRICKS_UC_CONNECTION",
            "CONNECTION",
            None,
            "USE CONNECTION",
        ),
        ResourceType("app", "app", "asks", ("DatabricksApp", "app_name"), None, None, "apps", "CAN_USE"),
        ResourceType(
            "lakebase",
            "Lakebase instance",
            "keeps data in",
            ("DatabricksLakebase", "database_instance_name"),
            None,
            None,
            "database-instances",
            "CAN_USE",
        ),
        ResourceType(
            "uc_model_service",
            "model service",
            "asks",
            ("DatabricksUCModelService", "model_service_name"),
            "DATABRICKS_UC_MODEL_SERVICE",
            "FUNCTION",
            None,
            "EXECUTE",
            parents=True,
        ),
    )
}
MLFLOW_CLASSES: dict[str, ResourceType] = {t.mlflow[0]: t for t in RESOURCE_TYPES.values()}


@dataclass(frozen=True, slots=True, order=True)
class Resource:
    """One thing that an agent uses, for example `Resource("serving_endpoint", "databricks-claude")`.

    Args:
        type: A key of `RESOURCE_TYPES`.
        name: The endpoint's name, the three-level name of a table, function or index, the id of a warehouse or space.
        on_behalf_of_user: Whether the caller's identity is used for it instead of the endpoint's own.

    Raises:
        ValueError: An unknown type, or no name.
    """

    type: str
    name: str
    on_behalf_of_user: bool = False

    def __post_init__(self) -> None:
        if self.type not in RESOURCE_TYPES:
            raise ValueError(f"unknown resource type {self.type!r}; known: {', '.join(RESOURCE_TYPES)}")
        if not self.name:
            raise ValueError(f"a {RESOURCE_TYPES[self.type].label} needs a name")

    @property
    def about(self) -> ResourceType:
        """The row of the table."""
        return RESOURCE_TYPES[self.type]

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by: names of Unity Catalog are the same in capitals, names and ids of others are not."""
        return self.type, self.name.casefold() if self.about.securable else self.name

    @property
    def in_program(self) -> str:
        """The line that declares it in a program of Agentry."""
        caller = ", on_behalf_of_user=True" if self.on_behalf_of_user else ""
        return f'Resource("{self.type}", "{self.name}"{caller})'

    @property
    def in_mlflow(self) -> str:
        """The line that declares it to MLflow's `log_model`."""
        cls, argument = self.about.mlflow
        caller = ", on_behalf_of_user=True" if self.on_behalf_of_user else ""
        return f'{cls}({argument}="{self.name}"{caller})'

    def __str__(self) -> str:
        return f"{self.about.label} {self.name}"
