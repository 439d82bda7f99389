"""`/api/3.0/mlflow/traces`: what MLflow's tracing sends while an agent runs, and how it is read again.

The routes take served versions too: their traces go to the experiment that their endpoint names.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from agentry.sandbox.errors import NotFound
from agentry.sandbox.store import Row
from agentry.sandbox.tracking.artifacts import credential
from agentry.sandbox.tracking.experiments import find_experiment
from agentry.sandbox.tracking.search import matches, ordered, parse
from agentry.sandbox.tracking.wire import ARTIFACTS, TRACKING_ROOT, page
from agentry.sandbox.web import AnyEntitled, Body, Caller, Json, Router, Sandbox, State, UserEntitled

if TYPE_CHECKING:
    from agentry.sandbox.tracking.search import Lookup

router = Router(prefix="/api")
LOCATION_TAG = "mlflow.artifactLocation"


@dataclass(frozen=True)
class Trace(Row):
    """A trace: its description in the form that the client sent it; its spans are a file."""

    TABLE = "traces"

    trace_id: str
    experiment_id: str
    info: dict[str, Any]

    @property
    def key(self) -> str:
        """The id."""
        return self.trace_id

    @property
    def parent(self) -> str:
        """The experiment."""
        return self.experiment_id

    @property
    def path(self) -> str:
        """Where its spans are in the Files API."""
        return f"{ARTIFACTS}/{self.experiment_id}/Traces/{self.trace_id}/artifacts"

    @property
    def milliseconds(self) -> int:
        """When it began."""
        return int(datetime.fromisoformat(_with_offset(str(self.info["request_time"]))).timestamp() * 1000)


class Started(Body):
    """POST body: a trace that ended, or is to be continued."""

    trace: dict[str, Any]


class Location(Body):
    """Where to search."""

    mlflow_experiment: dict[str, str] | None = None


class Search(Body):
    """Which traces are wanted."""

    locations: tuple[Location, ...] = ()
    filter: str = ""
    max_results: int | None = None
    page_token: str | None = None
    order_by: tuple[str, ...] = ()


class Deletion(Body):
    """Which traces to delete."""

    experiment_id: str
    max_timestamp_millis: int | None = None
    max_traces: int | None = None
    request_ids: tuple[str, ...] = ()


class Tag(Body):
    """A tag of a trace."""

    key: str
    value: str = ""


class Assessed(Body):
    """Feedback on a trace, or what was expected of it."""

    assessment: dict[str, Any]


def find_trace(state: State, caller: Caller, trace_id: str, level: str) -> Trace:
    """The trace, for a caller with at least this level on its experiment.

    Raises:
        NotFound: There is none.
    """
    found = state.store.get(Trace, trace_id)
    if found is None:
        raise NotFound(f"Trace with ID '{trace_id}' not found.")
    find_experiment(state, caller, found.experiment_id, level)
    return found


@router.post("/3.0/mlflow/traces")
async def start_trace(body: Started, caller: AnyEntitled, sandbox: Sandbox) -> Json:
    """Record a trace's description; where to put its spans is told in a tag."""
    info = dict(body.trace.get("trace_info") or {})
    location = (info.get("trace_location") or {}).get("mlflow_experiment") or {}
    experiment_id = str(location.get("experiment_id", ""))
    find_experiment(sandbox, caller, experiment_id, "CAN_EDIT")
    trace_id = str(info.get("trace_id") or f"tr-{uuid.uuid4().hex}")
    tags = {**info.get("tags", {}), LOCATION_TAG: f"{TRACKING_ROOT}/{experiment_id}/{trace_id}"}
    now = datetime.fromtimestamp(sandbox.clock.now(), tz=timezone.utc).isoformat()
    info |= {"trace_id": trace_id, "tags": tags, "request_time": info.get("request_time") or now}
    trace = sandbox.store.put(Trace(trace_id, experiment_id, info))
    return {"trace": {"trace_info": trace.info}}


@router.get("/3.0/mlflow/traces/get")
async def get_trace(trace_id: str, caller: AnyEntitled, sandbox: Sandbox) -> Json:
    """A trace with its spans."""
    return {"trace": _whole(sandbox, find_trace(sandbox, caller, trace_id, "CAN_READ"))}


@router.post("/3.0/mlflow/traces/search")
async def search_traces(body: Search, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """The traces of some experiments, narrowed by a filter; the latest first unless asked otherwise."""
    clauses = parse(body.filter)
    experiments = [(location.mlflow_experiment or {}).get("experiment_id", "") for location in body.locations]
    hits = [
        trace
        for experiment_id in experiments
        if find_experiment(sandbox, caller, experiment_id, "CAN_READ")
        for trace in sandbox.store.rows(Trace, parent=experiment_id)
        if matches(clauses, _lookup(trace))
    ]
    hits.sort(key=lambda trace: -trace.milliseconds)
    found, next_page = page(ordered(hits, body.order_by, _lookup), body.max_results, body.page_token)
    return {"traces": [trace.info for trace in found], **next_page}


@router.get("/3.0/mlflow/traces/{trace_id}")
async def get_trace_info(trace_id: str, caller: AnyEntitled, sandbox: Sandbox) -> Json:
    """A trace's description."""
    return {"trace": {"trace_info": find_trace(sandbox, caller, trace_id, "CAN_READ").info}}


@router.post("/2.0/mlflow/traces/delete-traces")
async def delete_traces(body: Deletion, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Remove traces by id, or the oldest up to a time."""
    find_experiment(sandbox, caller, body.experiment_id, "CAN_EDIT")
    traces = sandbox.store.rows(Trace, parent=body.experiment_id)
    latest = body.max_timestamp_millis
    chosen = [t for t in traces if t.trace_id in body.request_ids or (latest is not None and t.milliseconds <= latest)]
    for trace in chosen[: body.max_traces]:
        sandbox.store.delete(Trace, trace.trace_id)
        sandbox.tree.remove(trace.path)
    return {"traces_deleted": len(chosen[: body.max_traces])}


@router.patch("/{version}/mlflow/traces/{trace_id}/tags")
async def set_trace_tag(trace_id: str, body: Tag, caller: AnyEntitled, sandbox: Sandbox) -> Json:
    """Set a tag."""
    trace = find_trace(sandbox, caller, trace_id, "CAN_EDIT")
    _save(sandbox, trace, tags={**trace.info["tags"], body.key: body.value})
    return {}


@router.delete("/{version}/mlflow/traces/{trace_id}/tags")
async def delete_trace_tag(trace_id: str, body: Tag, caller: AnyEntitled, sandbox: Sandbox) -> Json:
    """Remove a tag."""
    trace = find_trace(sandbox, caller, trace_id, "CAN_EDIT")
    if body.key not in trace.info["tags"]:
        raise NotFound(f"No tag with key '{body.key}' for trace with ID '{trace_id}'.")
    _save(sandbox, trace, tags={k: v for k, v in trace.info["tags"].items() if k != body.key})
    return {}


@router.get("/2.0/mlflow/traces/{trace_id}/credentials-for-data-upload")
async def credentials_for_data_upload(
    trace_id: str, caller: AnyEntitled, sandbox: Sandbox, path: str = "traces.json"
) -> Json:
    """An address to put spans (or an attachment) to."""
    trace = find_trace(sandbox, caller, trace_id, "CAN_EDIT")
    return {"credential_info": credential(sandbox, "PUT", trace.path, path)}


@router.get("/2.0/mlflow/traces/{trace_id}/credentials-for-data-download")
async def credentials_for_data_download(
    trace_id: str, caller: AnyEntitled, sandbox: Sandbox, path: str = "traces.json"
) -> Json:
    """An address to read spans (or an attachment) from."""
    trace = find_trace(sandbox, caller, trace_id, "CAN_READ")
    return {"credential_info": credential(sandbox, "GET", trace.path, path)}


@router.post("/3.0/mlflow/traces/{trace_id}/assessments")
async def create_assessment(trace_id: str, body: Assessed, caller: AnyEntitled, sandbox: Sandbox) -> Json:
    """Add feedback or an expectation."""
    trace = find_trace(sandbox, caller, trace_id, "CAN_EDIT")
    now = datetime.fromtimestamp(sandbox.clock.now(), tz=timezone.utc).isoformat()
    assessment = {"create_time": now, "last_update_time": now} | body.assessment
    assessment |= {"assessment_id": f"a-{uuid.uuid4().hex}", "trace_id": trace_id}
    _save(sandbox, trace, assessments=[*trace.info.get("assessments", []), assessment])
    return {"assessment": assessment}


@router.get("/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}")
async def get_assessment(trace_id: str, assessment_id: str, caller: AnyEntitled, sandbox: Sandbox) -> Json:
    """One assessment."""
    trace = find_trace(sandbox, caller, trace_id, "CAN_READ")
    for assessment in trace.info.get("assessments", []):
        if assessment["assessment_id"] == assessment_id:
            return {"assessment": assessment}
    raise NotFound(f"Assessment with ID '{assessment_id}' not found for trace '{trace_id}'")


@router.delete("/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}")
async def delete_assessment(trace_id: str, assessment_id: str, caller: AnyEntitled, sandbox: Sandbox) -> Json:
    """Remove an assessment."""
    trace = find_trace(sandbox, caller, trace_id, "CAN_EDIT")
    left = [a for a in trace.info.get("assessments", []) if a["assessment_id"] != assessment_id]
    _save(sandbox, trace, assessments=left)
    return {}


def _save(sandbox: State, trace: Trace, **changed: Any) -> None:
    sandbox.store.put(replace(trace, info=trace.info | changed))


def _whole(sandbox: State, trace: Trace) -> Json:
    file = sandbox.tree.locate(f"{trace.path}/traces.json")
    spans = json.loads(file.read_text(encoding="utf-8")).get("spans", []) if file.is_file() else []
    return {"trace_info": trace.info, "spans": spans}


def _lookup(trace: Trace) -> Lookup:
    def lookup(entity: str, key: str) -> Any:
        if entity == "tags":
            return trace.info["tags"].get(key)
        if entity == "request_metadata":
            return trace.info.get("trace_metadata", {}).get(key)
        if key in ("timestamp_ms", "timestamp", "request_time"):
            return trace.milliseconds
        if key in ("status", "state"):
            return trace.info.get("state")
        if key in ("execution_time_ms", "execution_time", "execution_duration"):
            return _seconds(str(trace.info.get("execution_duration", ""))) * 1000
        return trace.info.get({"request_id": "trace_id"}.get(key, key))

    return lookup


def _seconds(duration: str) -> float:
    """`1.5s`, as protobuf's JSON writes a duration."""
    return float(duration.removesuffix("s") or 0)


def _with_offset(time: str) -> str:
    """Python 3.10 does not read the `Z` of protobuf's timestamps, nor any number of decimals."""
    whole, _, rest = time.replace("Z", "+00:00").partition(".")
    if not rest:
        return whole
    digits = rest[: next((i for i, c in enumerate(rest) if not c.isdigit()), len(rest))]
    return f"{whole}.{digits[:6]:<06}{rest[len(digits) :]}"
