"""Stores of state in Lakebase.

Read: databricks-langchain 0.22, databricks-openai 0.18, databricks-ai-bridge 0.22 (`database_instance=` before 0.8).
Each takes a provisioned instance or, with other arguments, an autoscaling project.
"""

from __future__ import annotations

from agentry.inspector.entrypoints import readers
from agentry.inspector.entrypoints.readers import Named, Unreadable
from agentry.inspector.entrypoints.row import EntryPoint, Family


def _autoscaling(_text: str) -> Named:
    raise Unreadable("not declarable: MLflow has a resource type for provisioned Lakebase instances only")


_STORES = ("databricks_langchain..DatabricksStore", "databricks_langchain..AsyncDatabricksStore")
_ALL = (
    *_STORES,
    "databricks_langchain..CheckpointSaver",
    "databricks_langchain..AsyncCheckpointSaver",
    "databricks_openai..AsyncDatabricksSession",
    "databricks_ai_bridge..LakebasePool",
    "databricks_ai_bridge..AsyncLakebasePool",
    "databricks_ai_bridge..LakebaseClient",
    "databricks_ai_bridge..AsyncLakebaseSQLAlchemy",
)
_SERVER = ("databricks_ai_bridge..LongRunningAgentServer",)
_INSTANCE = readers.names("lakebase")

_ROWS = (
    EntryPoint(
        _ALL,
        _INSTANCE,
        ("instance_name", "database_instance"),
        unless=("autoscaling_endpoint", "project", "pool"),
    ),
    EntryPoint(_ALL, _autoscaling, ("autoscaling_endpoint", "project"), required=False),
    EntryPoint(_STORES, readers.endpoint, ("embedding_endpoint",), required=False),
    EntryPoint(_SERVER, _INSTANCE, ("db_instance_name",), required=False),
    EntryPoint(_SERVER, _autoscaling, ("db_autoscaling_endpoint", "db_project"), required=False),
)

FAMILY = Family(_ROWS, harmless=("databricks_ai_bridge..LongRunningAgentServer()..*",))
