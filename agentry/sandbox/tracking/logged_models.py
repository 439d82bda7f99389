"""`/api/2.0/mlflow/logged-models`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from agentry.sandbox.errors import InvalidParameter, NotFound
from agentry.sandbox.store import Row
from agentry.sandbox.tracking.experiments import active_experiment, find_experiment
from agentry.sandbox.tracking.run_rows import metrics_of
from agentry.sandbox.tracking.search import matches, ordered, parse
from agentry.sandbox.tracking.wire import ARTIFACTS, TRACKING_ROOT, Pair, mapped, page, pairs
from agentry.sandbox.web import AnyEntitled, Body, Caller, Json, Router, Sandbox, State, UserEntitled

if TYPE_CHECKING:
    from agentry.sandbox.tracking.search import Lookup

router = Router(prefix="/api/2.0/mlflow/logged-models")
STATUSES = ("LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED")


@dataclass(frozen=True)
class LoggedModel(Row):
    """A model of an experiment, before or without registration."""

    TABLE = "logged_models"

    model_id: str
    experiment_id: str
    name: str
    created: int
    updated: int
    creator: str
    status: str = STATUSES[0]
    model_type: str = ""
    source_run_id: str = ""
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The id."""
        return self.model_id

    @property
    def parent(self) -> str:
        """The experiment."""
        return self.experiment_id

    @property
    def path(self) -> str:
        """Where its files are in the Files API."""
        return f"{ARTIFACTS}/{self.experiment_id}/LoggedModels/{self.model_id}"

    def info(self) -> Json:
        """`LoggedModelInfo` on the wire."""
        return {
            "model_id": self.model_id,
            "experiment_id": self.experiment_id,
            "name": self.name,
            "creation_timestamp_ms": self.created,
            "last_updated_timestamp_ms": self.updated,
            # In this form only does mlflow's client see that it is a logged model, not a run.
            "artifact_uri": f"{TRACKING_ROOT}/{self.experiment_id}/logged_models/{self.model_id}",
            "status": self.status,
            "creator_id": int(self.creator),
            "model_type": self.model_type,
            "source_run_id": self.source_run_id,
            "tags": pairs(self.tags),
        }


class NewModel(Body):
    """A logged model to be."""

    experiment_id: str
    name: str = ""
    model_type: str = ""
    source_run_id: str = ""
    params: tuple[Pair, ...] = ()
    tags: tuple[Pair, ...] = ()


class Finalize(Body):
    """Its state after the upload."""

    status: str


class Params(Body):
    """More parameters."""

    params: tuple[Pair, ...] = ()


class Tags(Body):
    """Tags to set."""

    tags: tuple[Pair, ...] = ()


class OrderBy(Body):
    """What to order by."""

    field_name: str
    ascending: bool = True


class Search(Body):
    """Which logged models are wanted."""

    experiment_ids: tuple[str, ...] = ()
    filter: str = ""
    max_results: int | None = None
    page_token: str | None = None
    order_by: tuple[OrderBy, ...] = ()


def find_logged_model(state: State, caller: Caller, model_id: str, level: str) -> LoggedModel:
    """The logged model, for a caller with at least this level on its experiment.

    Raises:
        NotFound: There is none.
    """
    found = state.store.get(LoggedModel, model_id)
    if found is None:
        raise NotFound(f"Logged model with ID '{model_id}' not found.")
    find_experiment(state, caller, found.experiment_id, level)
    return found


def _shown(sandbox: State, model: LoggedModel) -> Json:
    metrics = metrics_of(sandbox, model.model_id)
    return {"model": {"info": model.info(), "data": {"params": pairs(model.params), "metrics": metrics}}}


def _save(sandbox: State, model: LoggedModel) -> LoggedModel:
    return sandbox.store.put(replace(model, updated=sandbox.milliseconds()))


@router.post("")
async def create(body: NewModel, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """A new logged model, pending until it is finalized."""
    active_experiment(sandbox, caller, body.experiment_id, "CAN_EDIT")
    now = sandbox.milliseconds()
    model_id = f"m-{uuid.uuid4().hex}"
    model = LoggedModel(
        model_id,
        body.experiment_id,
        body.name or f"model-{model_id[2:10]}",
        now,
        now,
        caller.principal.id,
        model_type=body.model_type,
        source_run_id=body.source_run_id,
        params=mapped(body.params),
        tags=mapped(body.tags),
    )
    return _shown(sandbox, sandbox.store.add(model))


@router.post("/search")
async def search(body: Search, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """The logged models of some experiments, narrowed by a filter; the latest first unless asked otherwise."""
    clauses = parse(body.filter)
    hits = [
        model
        for experiment_id in body.experiment_ids
        if find_experiment(sandbox, caller, experiment_id, "CAN_READ")
        for model in sandbox.store.rows(LoggedModel, parent=experiment_id)
        if matches(clauses, _lookup(sandbox, model))
    ]
    hits.sort(key=lambda model: -model.created)
    wishes = [f"{wish.field_name} {'ASC' if wish.ascending else 'DESC'}" for wish in body.order_by]
    found, next_page = page(
        ordered(hits, wishes, lambda model: _lookup(sandbox, model)), body.max_results, body.page_token
    )
    return {"models": [_shown(sandbox, model)["model"] for model in found], **next_page}


def _lookup(sandbox: State, model: LoggedModel) -> Lookup:
    def lookup(entity: str, key: str) -> Any:
        if entity in ("tags", "params"):
            return (model.tags if entity == "tags" else model.params).get(key)
        if entity == "metrics":
            values = {metric["key"]: metric["value"] for metric in metrics_of(sandbox, model.model_id)}
            return values.get(key)
        renamed = {"creation_timestamp": "creation_timestamp_ms", "last_updated_timestamp": "last_updated_timestamp_ms"}
        return model.info().get(renamed.get(key, key))

    return lookup


@router.get("/{model_id}")
async def get(model_id: str, caller: AnyEntitled, sandbox: Sandbox) -> Json:
    """A logged model."""
    return _shown(sandbox, find_logged_model(sandbox, caller, model_id, "CAN_READ"))


@router.patch("/{model_id}")
async def finalize(model_id: str, body: Finalize, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Say how the upload ended."""
    model = find_logged_model(sandbox, caller, model_id, "CAN_EDIT")
    if body.status not in STATUSES[1:]:
        raise InvalidParameter(f"Invalid model status: {body.status}. Expected one of {', '.join(STATUSES[1:])}.")
    return _shown(sandbox, _save(sandbox, replace(model, status=body.status)))


@router.delete("/{model_id}")
async def delete(model_id: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Remove it and its files."""
    model = find_logged_model(sandbox, caller, model_id, "CAN_EDIT")
    sandbox.store.delete(LoggedModel, model.model_id)
    sandbox.tree.remove(model.path)
    return {}


@router.post("/{model_id}/params")
async def log_params(model_id: str, body: Params, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """More parameters: mlflow sends those beyond the first hundred this way."""
    model = find_logged_model(sandbox, caller, model_id, "CAN_EDIT")
    _save(sandbox, replace(model, params=model.params | mapped(body.params)))
    return {}


@router.patch("/{model_id}/tags")
async def set_tags(model_id: str, body: Tags, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Set tags."""
    model = find_logged_model(sandbox, caller, model_id, "CAN_EDIT")
    return _shown(sandbox, _save(sandbox, replace(model, tags=model.tags | mapped(body.tags))))


@router.delete("/{model_id}/tags/{tag_key:path}")
async def delete_tag(model_id: str, tag_key: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Remove a tag."""
    model = find_logged_model(sandbox, caller, model_id, "CAN_EDIT")
    if tag_key not in model.tags:
        raise NotFound(f"No tag with key '{tag_key}' for model with ID '{model_id}'.")
    _save(sandbox, replace(model, tags={k: v for k, v in model.tags.items() if k != tag_key}))
    return {}
