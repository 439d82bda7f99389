"""Run in an environment of its own: saves agents with MLflow, then loads and asks what Agentry packaged of them.

Reads a list of jobs as JSON from stdin; writes what each packaged model answered, as JSON, to the file that is named.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import mlflow
import numpy as np  # type: ignore[import-not-found]
import pandas as pd  # type: ignore[import-untyped]
from mlflow.models import ModelSignature, resources
from mlflow.models.auth_policy import AuthPolicy, SystemAuthPolicy, UserAuthPolicy
from mlflow.pyfunc.scoring_server import invocations
from mlflow.types.schema import Array, DataType, Map, Object, Schema

CLASSES = {
    "serving_endpoint": resources.DatabricksServingEndpoint,
    "vector_search_index": resources.DatabricksVectorSearchIndex,
    "function": resources.DatabricksFunction,
    "table": resources.DatabricksTable,
    "sql_warehouse": resources.DatabricksSQLWarehouse,
    "genie_space": resources.DatabricksGenieSpace,
    "uc_connection": resources.DatabricksUCConnection,
    "app": resources.DatabricksApp,
    "lakebase": resources.DatabricksLakebase,
    "uc_model_service": getattr(resources, "DatabricksUCModelService", None),
}


def save(job: dict[str, Any]) -> None:
    """What somebody would write who logs this agent by hand."""
    os.chdir(job["agent"])
    sys.path.insert(0, job["agent"])  # MLflow imports the agent in this process, with code_paths not on its path
    used = [CLASSES[kind](name, on_behalf_of_user=caller or None) for kind, name, caller in job["resources"]]
    declared: dict[str, Any] = {"resources": used or None}
    if job["scopes"]:
        policy = AuthPolicy(UserAuthPolicy(job["scopes"]), SystemAuthPolicy(used) if used else None)
        declared = {"auth_policy": policy}
    mlflow.pyfunc.save_model(
        job["saved"],
        python_model="agent.py",
        pip_requirements="requirements.txt",
        code_paths=job["code_paths"] or None,
        model_config=job["model_config"] or None,
        input_example=given_example(job["input_example"], job["mlmodel_signature"]),
        signature=given_signature(job["signature"]),
        **declared,
    )
    sys.path.remove(job["agent"])
    for module in job["modules"]:  # so that the packaged copy is what is loaded next
        del sys.modules[module]


def given_signature(said: dict[str, Any] | None) -> ModelSignature | None:
    """The signature of a program, as somebody would build it."""
    if said is None:
        return None
    parts = {key: part for key, part in said.items() if part is not None}
    return ModelSignature.from_dict(
        {k: part if isinstance(part, str) else json.dumps(part) for k, part in parts.items()}
    )


def given_example(request: Any, signature: dict[str, Any] | None) -> Any:
    """What somebody would pass as input_example for this request."""
    if request is None or signature is None:
        return request
    schema = ModelSignature.from_dict(signature)
    params = request.get("params")
    if "dataframe_split" in request:
        data = frame(request["dataframe_split"], schema.inputs)
    elif "inputs" in request and schema.inputs.is_tensor_spec():
        data = tensors(request["inputs"], schema.inputs)
    elif "inputs" in request:
        data = records(request["inputs"], schema.inputs)
    else:
        names = [param.name for param in schema.params or ()]
        data = records({key: value for key, value in request.items() if key not in names}, schema.inputs)
        params = {key: request[key] for key in names if key in request}
    return (data, params) if params else data


def frame(split: dict[str, Any], schema: Schema) -> pd.DataFrame:
    """A data frame with the types of the signature."""
    types = (
        [schema.input_dict()[name].type for name in split["columns"]] if "columns" in split else schema.input_types()
    )
    rows = [[real(kind, value) for kind, value in zip(types, row, strict=True)] for row in split["data"]]
    made = pd.DataFrame(rows, columns=split.get("columns"))
    for column, kind in zip(made.columns, types, strict=True):
        if isinstance(kind, DataType) and kind not in (DataType.string, DataType.binary):
            made[column] = made[column].astype(kind.to_pandas())
    return made


def tensors(data: Any, schema: Schema) -> Any:
    """An array, or one for each name."""
    if schema.has_input_names():
        return {spec.name: np.array(data[spec.name], dtype=spec.type) for spec in schema.inputs}
    return np.array(data, dtype=schema.inputs[0].type)


def records(data: Any, schema: Schema) -> Any:
    """Objects with the types of the signature."""
    if not schema.has_input_names():
        return [real(schema.inputs[0].type, value) for value in data]
    if isinstance(data, list):
        return [records(record, schema) for record in data]
    return {name: real(schema.input_dict()[name].type, value) for name, value in data.items()}


def real(kind: Any, value: Any) -> Any:
    """What JSON has no form for."""
    if value is None:
        return None
    if kind == DataType.datetime:
        return datetime.fromisoformat(value)
    if kind == DataType.binary:
        return base64.b64decode(value)
    if isinstance(kind, Array):
        return [real(kind.dtype, item) for item in value]
    if isinstance(kind, Object):
        types = {each.name: each.dtype for each in kind.properties}
        return {name: real(types[name], item) for name, item in value.items()}
    if isinstance(kind, Map):
        return {name: real(kind.value_type, item) for name, item in value.items()}
    return value


def ask(job: dict[str, Any]) -> dict[str, Any]:
    """Load the packaged model and ask it as a server does, where the agent's own directory is not at hand."""
    os.chdir(Path(job["packaged"]).parent)  # where MLflow may write traces
    model = mlflow.pyfunc.load_model(job["packaged"])
    question = json.dumps(job["question"])
    answered = invocations(question, "application/json", model, model.metadata.get_input_schema())
    return {"answer": json.loads(answered.response), "config": model.model_config}


answers = []
for job in json.load(sys.stdin):
    save(job)
    answers.append(ask(job))
Path(sys.argv[1]).write_text(json.dumps(answers))
