"""What a tool does with indexes, Genie spaces and functions by databricks-sdk, run by `test_clients.py`.

    python sdk_objects.py NAME

It knows the workspace by its environment alone, and prints what it saw as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service import catalog as uc
from databricks.sdk.service import vectorsearch as vs

if TYPE_CHECKING:
    from collections.abc import Callable


def index(w: WorkspaceClient, name: str) -> dict[str, Any]:
    """An index from its making to its end."""
    full_name = f"local.agents.{name}"
    columns = [vs.EmbeddingSourceColumn(name="text", embedding_model_endpoint_name="e5")]
    spec = vs.DeltaSyncVectorIndexSpecRequest(
        source_table="local.agents.docs", pipeline_type=vs.PipelineType.TRIGGERED, embedding_source_columns=columns
    )
    w.vector_search_indexes.create_index(
        full_name, f"{name}_endpoint", "id", vs.VectorIndexType.DELTA_SYNC, delta_sync_index_spec=spec
    )
    found = w.vector_search_indexes.get_index(full_name)
    shown = found.as_dict()
    seen = {
        "endpoint": shown["delta_sync_index_spec"]["embedding_source_columns"][0]["embedding_model_endpoint_name"],
        "ready": shown["status"]["ready"],
        "listed": [mini.name for mini in w.vector_search_indexes.list_indexes(f"{name}_endpoint")],
        "query": refusal(lambda: w.vector_search_indexes.query_index(full_name, ["id"], query_text="x")),
        "table": w.tables.get(full_name).full_name,
    }
    w.vector_search_indexes.delete_index(full_name)
    return seen | {"gone": refusal(lambda: w.vector_search_indexes.get_index(full_name))}


def space(w: WorkspaceClient, name: str) -> dict[str, Any]:
    """A Genie space from its making to the trash."""
    definition = json.dumps({"version": 2})
    id_ = w.genie.create_space("abc", definition, title=name).space_id
    found = w.genie.get_space(id_, include_serialized_space=True)
    seen = {
        "title": found.title,
        "warehouse": found.warehouse_id,
        "made": found.create_time is not None,
        "definition": found.serialized_space == definition,
        "left out": w.genie.get_space(id_).serialized_space,
        "listed": id_ in [s.space_id for s in w.genie.list_spaces().spaces or ()],
        "managed": w.permissions.get("genie", id_).object_type,
        "asked": refusal(lambda: w.genie.start_conversation(id_, "?")),
    }
    w.genie.trash_space(id_)
    return seen | {"gone": refusal(lambda: w.genie.get_space(id_))}


def function(w: WorkspaceClient, name: str) -> dict[str, Any]:
    """A function from its making to its end."""
    table = uc.Dependency(table=uc.TableDependency("local.agents.docs"))
    made = w.functions.create(
        uc.CreateFunction(
            name=name,
            catalog_name="local",
            schema_name="agents",
            input_params=uc.FunctionParameterInfos(),
            data_type=uc.ColumnTypeName.INT,
            full_data_type="INT",
            routine_body=uc.CreateFunctionRoutineBody.SQL,
            routine_definition="SELECT 1",
            routine_dependencies=uc.DependencyList([table]),
            parameter_style=uc.CreateFunctionParameterStyle.S,
            is_deterministic=True,
            sql_data_access=uc.CreateFunctionSqlDataAccess.CONTAINS_SQL,
            is_null_call=False,
            security_type=uc.CreateFunctionSecurityType.DEFINER,
            specific_name=name,
        )
    )
    found = w.functions.get(str(made.full_name))
    w.functions.delete(str(made.full_name))
    return {
        "definition": found.routine_definition,
        "body": str(found.routine_body),
        "dependencies": found.routine_dependencies.as_dict() if found.routine_dependencies else None,
        "gone": refusal(lambda: w.functions.get(str(made.full_name))),
    }


def refusal(call: Callable[[], object]) -> str:
    """The class of a refusal, or "" when there was none."""
    try:
        call()
    except DatabricksError as error:
        return type(error).__name__
    return ""


def main(name: str) -> None:
    """All of it."""
    w = WorkspaceClient()
    print(json.dumps({"index": index(w, name), "space": space(w, name), "function": function(w, name)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
