"""`set_retriever_schema(...)` in an agent's code: MLflow writes what it says into the MLmodel's metadata.

Deprecated since MLflow 3.3.2 and still in use; Databricks' evaluation reads it. Its arguments are read, not run.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from agentry.errors import AgentCodeError
from agentry.package.modules import Module

if TYPE_CHECKING:
    from agentry.source import Source

_CALLS = {"mlflow.models.set_retriever_schema", "mlflow.models.dependencies_schemas.set_retriever_schema"}
_MARK = b"set_retriever_schema"


def retriever_schemas(source: Source) -> list[dict[str, Any]]:
    """The schemas that the agent's files set, as the MLmodel holds them; the last of a name counts.

    Raises:
        AgentCodeError: An argument that is not written out.
    """
    schemas: dict[str, dict[str, Any]] = {}
    for path, data in source.files.items():
        if path.endswith(".py") and _MARK in data:
            module = Module.read(source, path)
            for call in module.calls_of(_CALLS):
                said = {key.arg: _literal(module, key.value) for key in call.keywords if key.arg}
                name = said.get("name", "retriever")
                schemas[str(name)] = {
                    "name": name,
                    "primary_key": said.get("primary_key"),
                    "text_column": said.get("text_column"),
                    "doc_uri": said.get("doc_uri"),
                    "other_columns": said.get("other_columns") or [],
                }
    return list(schemas.values())


def _literal(module: Module, node: ast.expr) -> Any:
    if isinstance(node, ast.Name):
        node = module.values.get(node.id, node)
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise AgentCodeError(
            f"{ast.unparse(node)} is known only when the agent runs",
            where=module.source.where(module.path, node.lineno),
            why="what set_retriever_schema says is written into the model",
            fix="write the value out, or leave the call out: MLflow has deprecated it",
        ) from None
