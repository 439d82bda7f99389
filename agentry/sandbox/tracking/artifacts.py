"""Artifacts of runs, logged models and traces: lists of them, and presigned addresses to move them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from agentry.sandbox.errors import PathNotFound
from agentry.sandbox.tracking.experiments import Experiment, find_experiment
from agentry.sandbox.tracking.logged_models import find_logged_model
from agentry.sandbox.tracking.run_rows import find_run
from agentry.sandbox.tracking.wire import TRACKING_ROOT
from agentry.sandbox.web import Body, Caller, Json, Router, Sandbox, State, UserEntitled

if TYPE_CHECKING:
    from agentry.sandbox.files.tree import Guard

router = Router(prefix="/api/2.0/mlflow")


class RunPaths(Body):
    """Files of a run."""

    run_id: str
    path: tuple[str, ...] = ()


class ModelPaths(Body):
    """Files of a logged model."""

    paths: tuple[str, ...] = ()


def credential(sandbox: State, method: str, root: str, path: str) -> Json:
    """A presigned address in the form that mlflow's artifact repositories read."""
    url = sandbox.signer.url(sandbox.address, method, f"{root}/{path}".rstrip("/"))
    return {"path": path, "signed_uri": url, "type": "AWS_PRESIGNED_URL", "headers": []}


@router.post("/artifacts/credentials-for-read")
async def credentials_for_read(body: RunPaths, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Addresses to read files of a run from."""
    run = find_run(sandbox, caller, body.run_id, "CAN_READ")
    root = f"{run.path}/artifacts"
    return {"credential_infos": [credential(sandbox, "GET", root, p) | {"run_id": run.run_id} for p in body.path]}


@router.post("/artifacts/credentials-for-write")
async def credentials_for_write(body: RunPaths, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Addresses to put files of a run to."""
    run = find_run(sandbox, caller, body.run_id, "CAN_EDIT")
    root = f"{run.path}/artifacts"
    return {"credential_infos": [credential(sandbox, "PUT", root, p) | {"run_id": run.run_id} for p in body.path]}


@router.get("/artifacts/list")
async def list_run_artifacts(
    caller: UserEntitled, sandbox: Sandbox, run_id: str = "", run_uuid: str = "", path: str = ""
) -> Json:
    """What a directory of a run contains; a file is listed as itself."""
    run = find_run(sandbox, caller, run_id or run_uuid, "CAN_READ")
    return {
        "root_uri": run.info()["artifact_uri"],
        "files": _listed(sandbox, f"{run.path}/artifacts", path),
    }


@router.post("/logged-models/{model_id}/artifacts/credentials-for-upload")
async def credentials_for_upload(model_id: str, body: ModelPaths, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Addresses to put files of a logged model to."""
    model = find_logged_model(sandbox, caller, model_id, "CAN_EDIT")
    infos = [credential(sandbox, "PUT", model.path, path) for path in body.paths]
    return {"credentials": [{"model_id": model_id, "credential_info": info} for info in infos]}


@router.post("/logged-models/{model_id}/artifacts/credentials-for-download")
async def credentials_for_download(model_id: str, body: ModelPaths, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Addresses to read files of a logged model from."""
    model = find_logged_model(sandbox, caller, model_id, "CAN_READ")
    infos = [credential(sandbox, "GET", model.path, path) for path in body.paths]
    return {"credentials": [{"model_id": model_id, "credential_info": info} for info in infos]}


@router.get("/logged-models/{model_id}/artifacts/directories")
async def list_model_artifacts(
    model_id: str, caller: UserEntitled, sandbox: Sandbox, artifact_directory_path: str = ""
) -> Json:
    """What a directory of a logged model contains."""
    model = find_logged_model(sandbox, caller, model_id, "CAN_READ")
    return {
        "root_uri": model.info()["artifact_uri"],
        "files": _listed(sandbox, model.path, artifact_directory_path),
    }


def _listed(sandbox: State, root: str, path: str) -> list[Json]:
    where = f"{root}/{path}".rstrip("/")
    local = sandbox.tree.locate(where)
    if local.is_file():
        return [{"path": path, "is_dir": False, "file_size": local.stat().st_size}]
    if not local.is_dir():
        return []
    return [
        {"path": posixpath.join(path, e.name), "is_dir": e.is_directory}
        | ({} if e.is_directory else {"file_size": e.size})
        for e in sandbox.tree.entries(where)
    ]


def guard_files(state: State) -> Guard:
    """Who may use an experiment's artifacts: readers with CAN_READ on it, writers with CAN_EDIT."""

    def guard(caller: Caller, parts: tuple[str, ...], write: bool) -> None:  # noqa: FBT001 - the form of a Guard
        if not parts or state.store.get(Experiment, parts[0]) is None:
            raise PathNotFound(f"No such path: {TRACKING_ROOT}/{'/'.join(parts)}")
        find_experiment(state, caller, parts[0], "CAN_EDIT" if write else "CAN_READ")

    return guard
