"""`/api/2.0/mlflow/experiments`."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from agentry.sandbox import directories
from agentry.sandbox.errors import AlreadyExists, InvalidParameter, InvalidState, NotFound
from agentry.sandbox.permissions import Found, ObjectType
from agentry.sandbox.store import Row
from agentry.sandbox.tracking.search import matches, ordered, parse
from agentry.sandbox.tracking.wire import TRACKING_ROOT, Pair, mapped, page, pairs
from agentry.sandbox.web import AnyEntitled, Body, Caller, Json, Router, Sandbox, State, UserEntitled

if TYPE_CHECKING:
    from agentry.sandbox.tracking.search import Lookup

router = Router(prefix="/api/2.0/mlflow/experiments")
EXPERIMENTS = "experiments"
LEVELS = ("CAN_READ", "CAN_EDIT", "CAN_MANAGE")
ACTIVE, DELETED = "active", "deleted"
_NAME_HINT = "An experiment name must be an absolute path within the Databricks workspace, e.g. '/Users/<some-username>/my-experiment'."


@dataclass(frozen=True)
class Experiment(Row):
    """An experiment: runs, logged models and traces belong to it, and it is an object of the workspace."""

    TABLE = "experiments"

    experiment_id: str
    name: str
    created: int
    updated: int
    lifecycle_stage: str = ACTIVE
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The id."""
        return self.experiment_id

    @property
    def parent(self) -> str:
        """The name: an active and several deleted experiments may share it."""
        return self.name

    def shown(self) -> Json:
        """On the wire."""
        return {
            "experiment_id": self.experiment_id,
            "name": self.name,
            "artifact_location": f"{TRACKING_ROOT}/{self.experiment_id}",
            "lifecycle_stage": self.lifecycle_stage,
            "creation_time": self.created,
            "last_update_time": self.updated,
            "tags": pairs(self.tags),
        }

    def lookup(self, entity: str, key: str) -> Any:
        """What a search filter may ask."""
        if entity == "tags":
            return self.tags.get(key)
        return {"name": self.name, "creation_time": self.created, "last_update_time": self.updated,
                "experiment_id": self.experiment_id}.get(key)  # fmt: skip


class NewExperiment(Body):
    """An experiment to be."""

    name: str
    artifact_location: str = ""
    tags: tuple[Pair, ...] = ()


class ById(Body):
    """A body that names an experiment."""

    experiment_id: str


class Update(ById):
    """Another name."""

    new_name: str = ""


class SetTag(ById, Pair):
    """A tag of an experiment."""


class Search(Body):
    """Which experiments are wanted."""

    filter: str = ""
    view_type: str = "ACTIVE_ONLY"
    max_results: int | None = None
    page_token: str | None = None
    order_by: tuple[str, ...] = ()


def find_experiment(state: State, caller: Caller, experiment_id: str, level: str) -> Experiment:
    """The experiment, for a caller with at least this level on it.

    Raises:
        NotFound: There is none.
    """
    found = state.store.get(Experiment, experiment_id)
    if found is None:
        raise NotFound(f"Node ID {experiment_id} does not exist.")
    state.permissions.require(caller, EXPERIMENTS, experiment_id, level)
    return found


def active_experiment(state: State, caller: Caller, experiment_id: str, level: str) -> Experiment:
    """The same, unless it was deleted.

    Raises:
        InvalidState: It is in the trash.
    """
    found = find_experiment(state, caller, experiment_id, level)
    if found.lifecycle_stage != ACTIVE:
        raise InvalidState(f"The experiment {experiment_id} must be in the 'active' state. Current state is deleted.")
    return found


def save(state: State, experiment: Experiment) -> Experiment:
    """Remember a changed experiment."""
    return state.store.put(replace(experiment, updated=state.milliseconds()))


@router.post("/create")
async def create(body: NewExperiment, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """A new experiment in a folder that exists."""
    name = _checked_name(sandbox, caller, body.name)
    now = sandbox.milliseconds()
    experiment = Experiment(str(directories.next_object_id(sandbox)), name, now, now)
    tags = {
        "mlflow.experiment.sourceName": name,
        "mlflow.experimentType": "MLFLOW_EXPERIMENT",
        "mlflow.ownerEmail": caller.name,
        "mlflow.ownerId": caller.principal.id,
    }
    with sandbox.store.transaction():
        sandbox.store.add(replace(experiment, tags=tags | mapped(body.tags)))
        sandbox.permissions.give(EXPERIMENTS, experiment.experiment_id, [(caller.principal, "CAN_MANAGE")])
    return {"experiment_id": experiment.experiment_id}


def _checked_name(sandbox: State, caller: Caller, given: str) -> str:
    if not given.startswith("/") or given.rstrip("/") != given:
        raise InvalidParameter(f"Got an invalid experiment name '{given}'. {_NAME_HINT}")
    name = directories.normal(given)
    around = posixpath.dirname(name)
    if directories.find_directory(sandbox, around) is None:
        raise NotFound(f"Parent directory {around} does not exist.")
    directories.require_level(sandbox, caller, around, "CAN_EDIT")
    if directories.find_directory(sandbox, name) is not None or _named(sandbox, name, ACTIVE):
        raise AlreadyExists(f"Node named '{posixpath.basename(name)}' already exists.")
    return name


@router.get("/get")
async def get(experiment_id: str, caller: AnyEntitled, sandbox: Sandbox) -> Json:
    """An experiment, also a deleted one."""
    return {"experiment": find_experiment(sandbox, caller, experiment_id, "CAN_READ").shown()}


@router.get("/get-by-name")
async def get_by_name(experiment_name: str, caller: AnyEntitled, sandbox: Sandbox) -> Json:
    """The active experiment of this name, else a deleted one."""
    found = _named(sandbox, experiment_name, ACTIVE) or _named(sandbox, experiment_name, DELETED)
    if found is None:
        raise NotFound(f"Could not find experiment with name {experiment_name}")
    sandbox.permissions.require(caller, EXPERIMENTS, found.experiment_id, "CAN_READ")
    return {"experiment": found.shown()}


def _named(sandbox: State, name: str, stage: str) -> Experiment | None:
    found = [e for e in sandbox.store.rows(Experiment, parent=name) if e.lifecycle_stage == stage]
    return found[-1] if found else None


@router.post("/search")
async def search(body: Search, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """The experiments that the caller may read, narrowed by a filter; the latest first unless asked otherwise."""
    stages = {"ACTIVE_ONLY": (ACTIVE,), "DELETED_ONLY": (DELETED,)}.get(body.view_type, (ACTIVE, DELETED))
    clauses = parse(body.filter)
    hits = [
        e
        for e in sandbox.store.rows(Experiment)[::-1]
        if e.lifecycle_stage in stages
        and matches(clauses, e.lookup)
        and sandbox.permissions.level(caller.principal, EXPERIMENTS, e.experiment_id)
    ]
    found, next_page = page(ordered(hits, body.order_by, _lookup), body.max_results, body.page_token)
    return {"experiments": [e.shown() for e in found], **next_page}


def _lookup(experiment: Experiment) -> Lookup:
    return experiment.lookup


@router.post("/update")
async def update(body: Update, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Another name."""
    experiment = active_experiment(sandbox, caller, body.experiment_id, "CAN_MANAGE")
    if body.new_name:
        save(sandbox, replace(experiment, name=_checked_name(sandbox, caller, body.new_name)))
    return {}


@router.post("/delete")
async def delete(body: ById, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Into the trash: its name is free, `restore` brings it back."""
    experiment = active_experiment(sandbox, caller, body.experiment_id, "CAN_MANAGE")
    save(sandbox, replace(experiment, lifecycle_stage=DELETED))
    return {}


@router.post("/restore")
async def restore(body: ById, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Out of the trash."""
    experiment = find_experiment(sandbox, caller, body.experiment_id, "CAN_MANAGE")
    if experiment.lifecycle_stage == DELETED and _named(sandbox, experiment.name, ACTIVE):
        raise AlreadyExists(f"Node named '{posixpath.basename(experiment.name)}' already exists.")
    save(sandbox, replace(experiment, lifecycle_stage=ACTIVE))
    return {}


@router.post("/set-experiment-tag")
async def set_tag(body: SetTag, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Set a tag."""
    experiment = active_experiment(sandbox, caller, body.experiment_id, "CAN_EDIT")
    save(sandbox, replace(experiment, tags={**experiment.tags, body.key: body.value}))
    return {}


@router.post("/delete-experiment-tag")
async def delete_tag(body: SetTag, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Remove a tag."""
    experiment = active_experiment(sandbox, caller, body.experiment_id, "CAN_EDIT")
    if body.key not in experiment.tags:
        raise NotFound(f"No tag with name: {body.key} in experiment with id {body.experiment_id}")
    save(sandbox, replace(experiment, tags={k: v for k, v in experiment.tags.items() if k != body.key}))
    return {}


def prepare(state: State) -> None:
    """Make experiments known to the permissions API, the folders and the Files API."""

    def find(id: str) -> Found | None:
        found = state.store.get(Experiment, id)
        return Found(id, found.name, directories.containers(state, found.name)) if found else None

    def nodes() -> list[directories.Node]:
        active = [e for e in state.store.rows(Experiment) if e.lifecycle_stage == ACTIVE]
        return [directories.Node(e.name, int(e.experiment_id), "MLFLOW_EXPERIMENT") for e in active]

    state.permissions.register(
        ObjectType(EXPERIMENTS, "mlflowExperiment", LEVELS, find, scope="experiment", scoped_by_id=True)
    )
    state.nodes.append(nodes)
