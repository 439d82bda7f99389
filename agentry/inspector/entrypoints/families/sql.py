"""SQL warehouses and tables: the SQL connector, Spark, Delta.

Read: databricks-sql-connector 4.9, databricks-connect 16.1, delta-spark as in databricks-connect.
"""

from __future__ import annotations

from agentry.inspector.entrypoints import addresses, readers, statements
from agentry.inspector.entrypoints.row import EntryPoint, Family, under

_CONNECTION = ("databricks.sql..connect()",)
_SPARK = (
    "spark",
    "databricks.sdk.runtime.spark",
    "pyspark..SparkSession.builder..getOrCreate()",
    "pyspark..SparkSession.getActiveSession()",
    "databricks.connect..DatabricksSession.builder..getOrCreate()",
)

_ROWS = (
    EntryPoint(("databricks.sql..connect",), addresses.http_path, ("http_path",), 1),
    EntryPoint(
        under(_CONNECTION, "cursor().execute cursor().execute_async cursor().executemany"),
        statements.sql,
        ("operation",),
        0,
    ),
    EntryPoint(under(_SPARK, "table read.table"), statements.table, ("tableName", "name"), 0),
    EntryPoint(under(_SPARK[:1], "read..table readStream..table"), statements.table, ("tableName", "name"), 0),
    EntryPoint(under(_SPARK, "sql"), statements.sql, ("sqlQuery",), 0),
    EntryPoint(("spark..write..saveAsTable", "spark..write..insertInto"), statements.table, ("name", "tableName"), 0),
    EntryPoint(("delta..DeltaTable.forName",), statements.table, ("tableOrViewName", "name"), 1),
    EntryPoint(
        ("langchain_community..SQLDatabase.from_databricks",),
        readers.names("sql_warehouse"),
        ("warehouse_id",),
        unless=("cluster_id",),
    ),
    EntryPoint(
        ("langchain_community..SQLDatabase.from_databricks",),
        reason="it offers every table of the schema to whoever asks",
    ),
)

FAMILY = Family(
    _ROWS,
    harmless=(
        *under(_CONNECTION, "cursor close commit rollback cursor().*"),
        "databricks.connect..DatabricksSession..*",
    ),
)
