"""MLflow tracking as an area, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.sandbox.area import Area, Fact
from agentry.sandbox.tracking import artifacts, experiments, logged_models, parts, runs, traces
from agentry.sandbox.tracking.wire import ARTIFACTS
from agentry.sandbox.web import AnyCaller, Json, Router

if TYPE_CHECKING:
    from agentry.sandbox.state import State

_area = Router()
for _part in (experiments, runs, logged_models, artifacts, parts, traces):
    _area.take(_part.router)


@_area.post("/api/2.0/mlflow/client-telemetry/ingest")
async def ingest_telemetry(caller: AnyCaller) -> Json:
    """Usage telemetry of mlflow: taken and dropped."""
    del caller
    return {}


def prepare(state: State) -> None:
    """Make experiments known to the permissions API, the folders and the Files API."""
    experiments.prepare(state)
    state.tree.guard(ARTIFACTS, artifacts.guard_files(state))


FACTS = (
    Fact(
        "the routes of experiments, runs, logged models, artifacts and traces, and their fields",
        "mlflow 3.17 protos/service_pb2.py and databricks_artifacts_pb2.py; observed with mlflow 3.11.1 and 3.17.2",
    ),
    Fact(
        "an experiment's name is an absolute path whose folder exists: `Parent directory /x does not exist.`",
        "databricks-demos/dbdemos#155 quotes it; docs.databricks.com, Organize training runs",
    ),
    Fact(
        "the name of a deleted experiment is free; get-by-name prefers the active one",
        "docs.databricks.com, Experiments API, get-by-name",
    ),
    Fact(
        "get-by-name does not know a path with /Workspace in front, though create takes it",
        "mlflow/mlflow#11077",
    ),
    Fact(
        "an experiment carries the tags mlflow.ownerId, mlflow.ownerEmail, mlflow.experimentType and "
        "mlflow.experiment.sourceName besides the caller's",
        "seen in the output of experiments of real workspaces that was posted publicly",
    ),
    Fact(
        "who makes an experiment may manage it; levels of its folder hold for it",
        "docs.databricks.com, Access control lists, MLflow experiments",
    ),
    Fact(
        "files of a logged model are at /WorkspaceInternal/Mlflow/Artifacts/<experiment>/LoggedModels/<id>, or move "
        "by presigned addresses",
        "mlflow 3.17 store/artifact/databricks_logged_model_artifact_repo.py; both were observed",
    ),
    Fact(
        "files of runs and logged models that mlflow sends in parts (500 MB and more, by presigned addresses): "
        "create-multipart-upload, get-presigned-upload-part-url, complete-multipart-upload; a logged model's id is "
        "given as run_id",
        "mlflow 3.17 store/artifact/databricks_artifact_repo.py, _multipart_upload; observed with its limits lowered",
    ),
    Fact(
        "a trace is answered with the tag mlflow.artifactLocation; its spans go to a presigned address",
        "mlflow 3.17 tracing/export/mlflow_v3.py; observed",
    ),
    Fact(
        "a served version may write traces of the experiment that its endpoint names, and read that experiment",
        "agents.deploy sets MLFLOW_EXPERIMENT_ID; how the platform authorises these writes is not documented",
        confirmed=False,
    ),
    Fact(
        "without the workspace-access entitlement the workspace's own APIs are refused",
        "docs.databricks.com, entitlements; the text of the refusal is from public reports",
    ),
)

AREA = Area("MLflow tracking", _area, FACTS, prepare)
