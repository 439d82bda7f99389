"""Runs and their metrics, as they are remembered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from agentry.sandbox.errors import NotFound
from agentry.sandbox.store import Row
from agentry.sandbox.tracking.experiments import ACTIVE, find_experiment
from agentry.sandbox.tracking.wire import ARTIFACTS, TRACKING_ROOT
from agentry.sandbox.web import Body, Caller, Json, State

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Run(Row):
    """A run of an experiment."""

    TABLE = "runs"

    run_id: str
    experiment_id: str
    run_name: str
    user_id: str
    start_time: int
    status: str = "RUNNING"
    end_time: int | None = None
    lifecycle_stage: str = ACTIVE
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    datasets: list[dict[str, Any]] = field(default_factory=list)
    model_inputs: list[dict[str, Any]] = field(default_factory=list)
    model_outputs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The id."""
        return self.run_id

    @property
    def parent(self) -> str:
        """The experiment."""
        return self.experiment_id

    @property
    def path(self) -> str:
        """Where its artifacts are in the Files API."""
        return f"{ARTIFACTS}/{self.experiment_id}/Runs/{self.run_id}"

    def info(self) -> Json:
        """`RunInfo` on the wire."""
        shown = {
            "run_id": self.run_id,
            "run_uuid": self.run_id,
            "run_name": self.run_name,
            "experiment_id": self.experiment_id,
            "user_id": self.user_id,
            "status": self.status,
            "start_time": self.start_time,
            "artifact_uri": f"{TRACKING_ROOT}/{self.experiment_id}/{self.run_id}/artifacts",
            "lifecycle_stage": self.lifecycle_stage,
        }
        return shown if self.end_time is None else shown | {"end_time": self.end_time}


@dataclass(frozen=True)
class MetricHistory(Row):
    """All values of one metric of a run, or of a logged model."""

    TABLE = "metrics"

    owner: str
    name: str
    points: list[dict[str, Any]] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Owner and name."""
        return f"{self.owner} {self.name}"

    @property
    def parent(self) -> str:
        """The run or the logged model."""
        return self.owner

    @property
    def latest(self) -> dict[str, Any]:
        """The value of the last step, and of those the youngest."""
        return max(self.points, key=lambda p: (p["step"], p["timestamp"]))


class Metric(Body):
    """One value."""

    key: str
    value: float
    timestamp: int = 0
    step: int = 0
    model_id: str = ""
    dataset_name: str = ""
    dataset_digest: str = ""


def find_run(state: State, caller: Caller, run_id: str, level: str) -> Run:
    """The run, for a caller with at least this level on its experiment.

    Raises:
        NotFound: There is none.
    """
    found = state.store.get(Run, run_id)
    if found is None:
        raise NotFound(f"Run '{run_id}' not found.")
    find_experiment(state, caller, found.experiment_id, level)
    return found


def metrics_of(state: State, owner: str) -> list[dict[str, Any]]:
    """The latest value of each metric of a run or logged model."""
    return [history.latest for history in state.store.rows(MetricHistory, parent=owner)]


def add_metrics(state: State, run_id: str, metrics: Iterable[Metric]) -> None:
    """Append values to the run's metrics, and to those of the logged models that they are of."""
    for metric in metrics:
        point = {"run_id": run_id, **metric.model_dump(exclude_defaults=True)}
        point |= {"timestamp": metric.timestamp or state.milliseconds(), "step": metric.step}
        for owner in filter(None, (run_id, metric.model_id)):
            empty = MetricHistory(owner, metric.key)
            history = state.store.get(MetricHistory, empty.key) or empty
            state.store.put(replace(history, points=[*history.points, point]))
