"""Registration of a model version: what MLflow's `log_model` and `register_model` do, without running the agent.

The calls are those of MLflow's client (notes of what it sends: its rest stores at 3.17.2), made through the one door,
whose rule is that a POST which may have taken effect is not sent twice; that client sends creates again and so makes
two versions. The files go through MLflow itself, in a worker process, see `worker.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from agentry.errors import NotFound
from agentry.workspace import model_versions
from agentry.workspace.model_versions import DIGEST_TAG, OWNER_TAG, REGISTRY
from agentry.workspace.uploads import upload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from agentry.report import Reporter
    from agentry.workspace.door import Json, Workspace
    from agentry.workspace.model_versions import Version

TIMEOUT = 10 * 60.0
"""Seconds that one upload may take: 100 MB over a slow line."""
LOGGED_MODELS = "/api/2.0/mlflow/logged-models"
VERSIONS_TAG = "mlflow.modelVersions"
"""With which MLflow links a logged model to its versions."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What is to be registered.

    Attributes:
        model: `catalog.schema.model`; it exists.
        directory: The model directory. Its MLmodel gets the logged model's id.
        digest: What identifies the content.
        owner: `project/stack`.
        report: Where progress goes; its `cancelled` ends the registration at once.
        dependencies: `{"type", "name"}` of what Unity Catalog is to know that the version uses.
        tags: Further tags of the version.
        description: Of the version.
        experiment_id: Where the logged model lives; None for a version without one.
        timeout: Seconds until an upload is given up, wherever it hangs.
    """

    model: str
    directory: Path
    digest: str
    owner: str
    report: Reporter
    dependencies: Sequence[Mapping[str, str]] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    experiment_id: str | None = None
    timeout: float = TIMEOUT

    @property
    def own_tags(self) -> dict[str, str]:
        """By which the version is found again."""
        return {DIGEST_TAG: self.digest, OWNER_TAG: self.owner}


@dataclass(frozen=True, slots=True)
class Registered:
    """A version that was created and finalized; READY comes later.

    Attributes:
        version: Its number, for example `7`.
        model_id: The logged model, `m-...`; empty without an experiment.
    """

    version: str
    model_id: str


async def register(workspace: Workspace, request: Registration) -> Registered:
    """Log the model, create the version, upload, finalize.

    Raises:
        WorkspaceError: What the workspace answered, or that an upload took too long.
        Interrupted: Cancelled. Like after any error, what was half done is finished or removed by the next run.
    """
    model_id = await _logged_model(workspace, request) if request.experiment_id else ""
    body = _version_body(request, model_id)
    made = await workspace.create(f"{REGISTRY}/model-versions/create", body, lambda: _made_version(workspace, request))
    version = made["model_version"]
    number = str(version["version"])
    request.report.progress(f"uploading version {number}")
    await _upload(
        workspace,
        request,
        {"model": request.model, "version": number, "storage_location": version.get("storage_location") or ""},
    )
    # In this order: a logged model that is linked is taken for used, and a version that is not finalized is removed.
    await finalize(workspace, request.model, number)
    await _link(workspace, request.model, number, model_id)
    return Registered(number, model_id)


async def finalize(workspace: Workspace, model: str, number: str) -> None:
    """Say that all files are there. One that was heard though the answer was lost is not sent again."""

    async def heard() -> Json | None:
        found = await model_versions.get(workspace, model, int(number))
        return None if found is not None and found.pending else {}

    await workspace.create(f"{REGISTRY}/model-versions/finalize", {"name": model, "version": number}, heard)


async def _made_version(workspace: Workspace, request: Registration) -> Json | None:
    """The version that a create of ours made whose answer was lost: ours by its tags, and nobody has uploaded to it.

    Before the create there was none with this content that never became READY: its caller has finished or removed it.
    """
    held = await model_versions.holding(workspace, request.model, request.digest, request.owner)
    made = next((version for version in held.left if version.pending), None)
    if made is None:
        return None
    return {"model_version": {"version": str(made.number), "storage_location": made.storage_location}}


def _version_body(request: Registration, model_id: str) -> Json:
    body: Json = {
        "name": request.model,
        # MLflow sends a local path where there is no logged model; of this machine nothing is told.
        "source": f"models:/{model_id}" if model_id else f"agentry:{request.digest}",
        "feature_deps": "",
        "tags": _pairs({**request.tags, **request.own_tags}),
        "model_version_dependencies": [dict(dependency) for dependency in request.dependencies],
    }
    if model_id:
        body["model_id"] = model_id
    if request.description:
        body["description"] = request.description
    return body


async def _logged_model(workspace: Workspace, request: Registration) -> str:
    """The id of a logged model with the files: one that an earlier run left without a version, or a new one."""
    left = await _left_logged_models(workspace, request)
    usable = next((model for model in left if model["status"] == "LOGGED_MODEL_READY"), None)
    for model in left:
        if model is not usable:
            request.report.progress(f"removing logged model {model['model_id']}, left by an earlier run")
            await workspace.delete(f"{LOGGED_MODELS}/{model['model_id']}")
    if usable is not None:
        request.report.progress(f"taking up logged model {usable['model_id']} of an earlier run")
        _note(request.directory, usable)
        return str(usable["model_id"])
    return await _new_logged_model(workspace, request)


async def _new_logged_model(workspace: Workspace, request: Registration) -> str:
    body = {
        "experiment_id": request.experiment_id,
        "name": request.model.rpartition(".")[2],
        "model_type": "agent",
        "tags": _pairs(request.own_tags),
    }

    async def found() -> Json | None:
        # Those that earlier runs left are used or removed by now.
        left = await _left_logged_models(workspace, request)
        return {"model": {"info": left[0]}} if left else None

    model = (await workspace.create(LOGGED_MODELS, body, found))["model"]["info"]
    id_ = str(model["model_id"])
    _note(request.directory, model)
    request.report.progress(f"uploading logged model {id_}")
    await _upload(workspace, request, {"logged_model": id_})
    await workspace.patch(f"{LOGGED_MODELS}/{id_}", {"model_id": id_, "status": "LOGGED_MODEL_READY"})
    return id_


async def _left_logged_models(workspace: Workspace, request: Registration) -> list[Json]:
    """Logged models of this stack with this content that no version was made of."""
    body = {
        "experiment_ids": [request.experiment_id],
        "filter": f"tags.{DIGEST_TAG} = '{request.digest}'",
        "max_results": 50,
    }
    found = await workspace.search(f"{LOGGED_MODELS}/search", body)
    left = []
    for model in found.get("models") or ():
        tags = {tag["key"]: tag.get("value") for tag in model["info"].get("tags") or ()}
        if VERSIONS_TAG not in tags and request.own_tags.items() <= tags.items():
            left.append(model["info"])
    return left


async def link_again(workspace: Workspace, version: Version) -> None:
    """Link a version's logged model to it, where the run that made them ended before it did."""
    if not version.model_id:
        return
    try:
        found = await workspace.get(f"{LOGGED_MODELS}/{version.model_id}")
    except NotFound:
        return
    if VERSIONS_TAG not in {tag["key"] for tag in found["model"]["info"].get("tags") or ()}:
        await _link(workspace, version.model, str(version.number), version.model_id)


async def _link(workspace: Workspace, model: str, number: str, model_id: str) -> None:
    if model_id:
        link = json.dumps([{"name": model, "version": number}])
        body = {"model_id": model_id, "tags": _pairs({VERSIONS_TAG: link})}
        await workspace.patch(f"{LOGGED_MODELS}/{model_id}/tags", body)


async def _upload(workspace: Workspace, request: Registration, where: Mapping[str, Any]) -> None:
    what = {"directory": str(request.directory), **where}
    await upload(workspace, what, request.timeout, request.report)


def _note(directory: Path, model: Json) -> None:
    """Write into the MLmodel what `log_model` writes: by it MLflow links traces of the served agent to the model."""
    path = directory / "MLmodel"
    document = yaml.load(path.read_bytes(), Loader=_LOADER)  # noqa: S506 it is a safe one
    document |= {"model_id": model["model_id"], "model_uuid": model["model_id"], "artifact_path": model["artifact_uri"]}
    path.write_text(yaml.dump(document, Dumper=_DUMPER, default_flow_style=False), encoding="utf-8")


# libyaml's are ten times as fast, where PyYAML was built with it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]
