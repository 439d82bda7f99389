"""`/api/2.0/mlflow/runs` and `metrics`."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agentry.sandbox.errors import InvalidParameter, NotFound
from agentry.sandbox.tracking.experiments import ACTIVE, DELETED, active_experiment, find_experiment
from agentry.sandbox.tracking.run_rows import Metric, MetricHistory, Run, add_metrics, find_run, metrics_of
from agentry.sandbox.tracking.search import matches, ordered, parse
from agentry.sandbox.tracking.wire import Pair, mapped, page, pairs
from agentry.sandbox.web import Body, Json, Router, Sandbox, State, UserEntitled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentry.sandbox.tracking.search import Lookup

router = Router(prefix="/api/2.0/mlflow")


class NewRun(Body):
    """A run to be."""

    experiment_id: str
    user_id: str = ""
    run_name: str = ""
    start_time: int | None = None
    tags: tuple[Pair, ...] = ()


class ById(Body):
    """A body that names a run; older clients call the id `run_uuid`."""

    run_id: str = ""
    run_uuid: str = ""

    @property
    def id(self) -> str:
        """Whichever was given."""
        return self.run_id or self.run_uuid


class Update(ById):
    """Another state."""

    status: str | None = None
    end_time: int | None = None
    run_name: str | None = None


class RunMetric(ById, Metric):
    """A value of a run."""


class RunPair(ById, Pair):
    """A tag or parameter of a run."""


class Batch(ById):
    """Several at once."""

    metrics: tuple[Metric, ...] = ()
    params: tuple[Pair, ...] = ()
    tags: tuple[Pair, ...] = ()


class Inputs(ById):
    """What a run read."""

    datasets: tuple[dict[str, Any], ...] = ()
    models: tuple[dict[str, Any], ...] = ()


class Outputs(ById):
    """What a run made."""

    models: tuple[dict[str, Any], ...] = ()


class Search(Body):
    """Which runs are wanted."""

    experiment_ids: tuple[str, ...] = ()
    filter: str = ""
    run_view_type: str = "ACTIVE_ONLY"
    max_results: int | None = None
    page_token: str | None = None
    order_by: tuple[str, ...] = ()


def _shown(sandbox: State, run: Run) -> Json:
    return {
        "info": run.info(),
        "data": {
            "metrics": metrics_of(sandbox, run.run_id),
            "params": pairs(run.params),
            "tags": pairs(run.tags),
        },
        "inputs": {"dataset_inputs": run.datasets, "model_inputs": run.model_inputs},
        "outputs": {"model_outputs": run.model_outputs},
    }


def _with_params(run: Run, given: Iterable[Pair]) -> Run:
    params = dict(run.params)
    for param in given:
        if params.setdefault(param.key, param.value) != param.value:
            raise InvalidParameter(
                f"Changing param values is not allowed. Param with key='{param.key}' was already logged with "
                f"value='{params[param.key]}' for run ID='{run.run_id}'. Attempted logging new value '{param.value}'."
            )
    return replace(run, params=params)


@router.post("/runs/create")
async def create(body: NewRun, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """A new run."""
    active_experiment(sandbox, caller, body.experiment_id, "CAN_EDIT")
    tags = {"mlflow.user": caller.name} | mapped(body.tags)
    run_id = uuid.uuid4().hex
    name = body.run_name or tags.get("mlflow.runName") or f"run-{run_id[:8]}"
    started = sandbox.milliseconds() if body.start_time is None else body.start_time
    run = Run(run_id, body.experiment_id, name, caller.name, started, tags=tags | {"mlflow.runName": name})
    return {"run": _shown(sandbox, sandbox.store.add(run))}


@router.get("/runs/get")
async def get(caller: UserEntitled, sandbox: Sandbox, run_id: str = "", run_uuid: str = "") -> Json:
    """A run with its latest metrics."""
    return {"run": _shown(sandbox, find_run(sandbox, caller, run_id or run_uuid, "CAN_READ"))}


@router.post("/runs/update")
async def update(body: Update, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Another state, end or name."""
    run = find_run(sandbox, caller, body.id, "CAN_EDIT")
    if body.run_name:
        run = replace(run, run_name=body.run_name, tags={**run.tags, "mlflow.runName": body.run_name})
    ended = run.end_time if body.end_time is None else body.end_time
    run = sandbox.store.put(replace(run, status=body.status or run.status, end_time=ended))
    return {"run_info": run.info()}


@router.post("/runs/delete")
async def delete(body: ById, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Into the trash."""
    sandbox.store.put(replace(find_run(sandbox, caller, body.id, "CAN_EDIT"), lifecycle_stage=DELETED))
    return {}


@router.post("/runs/restore")
async def restore(body: ById, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Out of the trash."""
    sandbox.store.put(replace(find_run(sandbox, caller, body.id, "CAN_EDIT"), lifecycle_stage=ACTIVE))
    return {}


@router.post("/runs/log-metric")
async def log_metric(body: RunMetric, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """One value."""
    run = find_run(sandbox, caller, body.id, "CAN_EDIT")
    add_metrics(sandbox, run.run_id, [Metric(**body.model_dump(include=set(Metric.model_fields)))])
    return {}


@router.post("/runs/log-parameter")
async def log_parameter(body: RunPair, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """One parameter; its value never changes."""
    run = find_run(sandbox, caller, body.id, "CAN_EDIT")
    sandbox.store.put(_with_params(run, [body]))
    return {}


@router.post("/runs/log-batch")
async def log_batch(body: Batch, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Metrics, parameters and tags at once."""
    run = _with_params(find_run(sandbox, caller, body.id, "CAN_EDIT"), body.params)
    with sandbox.store.transaction():
        add_metrics(sandbox, run.run_id, body.metrics)
        sandbox.store.put(replace(run, tags=run.tags | mapped(body.tags)))
    return {}


@router.post("/runs/set-tag")
async def set_tag(body: RunPair, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Set a tag."""
    run = find_run(sandbox, caller, body.id, "CAN_EDIT")
    sandbox.store.put(replace(run, tags={**run.tags, body.key: body.value}))
    return {}


@router.post("/runs/delete-tag")
async def delete_tag(body: RunPair, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Remove a tag."""
    run = find_run(sandbox, caller, body.id, "CAN_EDIT")
    if body.key not in run.tags:
        raise NotFound(f"No tag with name: {body.key} in run with id {run.run_id}")
    sandbox.store.put(replace(run, tags={k: v for k, v in run.tags.items() if k != body.key}))
    return {}


@router.post("/runs/log-inputs")
async def log_inputs(body: Inputs, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """What the run read."""
    run = find_run(sandbox, caller, body.id, "CAN_EDIT")
    models = [*run.model_inputs, *body.models]
    sandbox.store.put(replace(run, datasets=[*run.datasets, *body.datasets], model_inputs=models))
    return {}


@router.post("/runs/outputs")
async def log_outputs(body: Outputs, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Which logged models the run made."""
    run = find_run(sandbox, caller, body.id, "CAN_EDIT")
    sandbox.store.put(replace(run, model_outputs=[*run.model_outputs, *body.models]))
    return {}


@router.post("/runs/search")
async def search(body: Search, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """The runs of some experiments, narrowed by a filter; the latest first unless asked otherwise."""
    stages = {"ACTIVE_ONLY": (ACTIVE,), "DELETED_ONLY": (DELETED,)}.get(body.run_view_type, (ACTIVE, DELETED))
    clauses = parse(body.filter)
    hits = [
        run
        for experiment_id in body.experiment_ids
        if find_experiment(sandbox, caller, experiment_id, "CAN_READ")
        for run in sandbox.store.rows(Run, parent=experiment_id)
        if run.lifecycle_stage in stages and matches(clauses, _lookup(sandbox, run))
    ]
    hits.sort(key=lambda run: -run.start_time)
    found, next_page = page(
        ordered(hits, body.order_by, lambda run: _lookup(sandbox, run)), body.max_results, body.page_token
    )
    return {"runs": [_shown(sandbox, run) for run in found], **next_page}


def _lookup(sandbox: State, run: Run) -> Lookup:
    def lookup(entity: str, key: str) -> Any:
        if entity == "metrics":
            history = sandbox.store.get(MetricHistory, f"{run.run_id} {key}")
            return history.latest["value"] if history else None
        if entity in ("tags", "params"):
            return (run.tags if entity == "tags" else run.params).get(key)
        # Filters say `created` and `run_name`, `run name` or `Run name`.
        return run.info().get({"created": "start_time", "name": "run_name"}.get(key.lower(), key))

    return lookup


@router.get("/metrics/get-history")
async def get_metric_history(
    metric_key: str, caller: UserEntitled, sandbox: Sandbox, run_id: str = "", run_uuid: str = ""
) -> Json:
    """All values of a metric."""
    run = find_run(sandbox, caller, run_id or run_uuid, "CAN_READ")
    history = sandbox.store.get(MetricHistory, f"{run.run_id} {metric_key}")
    return {"metrics": history.points if history else []}
