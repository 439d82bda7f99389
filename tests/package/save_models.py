"""Run in an environment of its own: saves agents with MLflow, then loads and asks what Agentry packaged of them.

Reads a list of jobs as JSON from stdin; writes what each packaged model answered, as JSON, to the file that is named.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import mlflow
from mlflow.models import resources
from mlflow.models.auth_policy import AuthPolicy, SystemAuthPolicy, UserAuthPolicy

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
        input_example=job["input_example"],
        **declared,
    )
    sys.path.remove(job["agent"])
    for module in job["modules"]:  # so that the packaged copy is what is loaded next
        del sys.modules[module]


def ask(job: dict[str, Any]) -> dict[str, Any]:
    """Load the packaged model as a server does, where the agent's own directory is not at hand."""
    os.chdir(job["packaged"])
    model = mlflow.pyfunc.load_model(job["packaged"])
    return {"answer": model.predict(job["question"]), "config": model.model_config}


answers = []
for job in json.load(sys.stdin):
    save(job)
    answers.append(ask(job))
Path(sys.argv[1]).write_text(json.dumps(answers))
