"""MLflow tracking: experiments in folders, runs, logged models, traces of served versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.inside import Inside

ML = "/api/2.0/mlflow"
NAME = "/Shared/weather"


async def make_experiment(inside: Inside, name: str = NAME, person: str = "deployer", **more: Any) -> str:
    made = await inside.done(person, "POST", f"{ML}/experiments/create", {"name": name, **more})
    return str(made["experiment_id"])


async def experiment(inside: Inside, id: str, person: str = "deployer") -> dict[str, Any]:
    return dict((await inside.done(person, "GET", f"{ML}/experiments/get", experiment_id=id))["experiment"])


async def test_an_experiment_is_found_by_id_and_by_name(inside: Inside) -> None:
    experiment_id = await make_experiment(inside, tags=[{"key": "agentry_owner", "value": "agents/local"}])
    found = await inside.done("deployer", "GET", f"{ML}/experiments/get-by-name", experiment_name=NAME)
    assert found["experiment"] == await experiment(inside, experiment_id)
    tags = {tag["key"]: tag["value"] for tag in found["experiment"]["tags"]}
    assert tags["agentry_owner"] == "agents/local"
    assert tags["mlflow.ownerEmail"] == "deployer@sandbox.example"
    assert found["experiment"]["lifecycle_stage"] == "active"


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("weather", "INVALID_PARAMETER_VALUE: Got an invalid experiment name 'weather'."),
        ("/Shared/weather/", "INVALID_PARAMETER_VALUE: Got an invalid experiment name"),
        ("/Shared/none/x", "RESOURCE_DOES_NOT_EXIST: Parent directory /Shared/none does not exist."),
        ("/Shared/taken", "RESOURCE_ALREADY_EXISTS: Node named 'taken' already exists."),
        ("/Workspace/Shared/taken", "RESOURCE_ALREADY_EXISTS: Node named 'taken' already exists."),
        ("/Shared", "RESOURCE_ALREADY_EXISTS: Node named 'Shared' already exists."),
        ("/Users/asker@sandbox.example/x", "PERMISSION_DENIED: deployer@sandbox.example does not have CAN_EDIT"),
    ],
)
async def test_a_name_that_can_not_be_is_refused(inside: Inside, name: str, refusal: str) -> None:
    await make_experiment(inside, "/Shared/taken")
    if name == "/Shared":
        # The root is nobody's but the admins'.
        assert (await inside.refused("admin", "POST", f"{ML}/experiments/create", {"name": name})) == refusal
        return
    assert (await inside.refused("deployer", "POST", f"{ML}/experiments/create", {"name": name})).startswith(refusal)


async def test_a_deleted_experiment_frees_its_name_and_can_come_back(inside: Inside) -> None:
    first = await make_experiment(inside)
    await inside.done("deployer", "POST", f"{ML}/experiments/delete", {"experiment_id": first})
    by_name = await inside.done("deployer", "GET", f"{ML}/experiments/get-by-name", experiment_name=NAME)
    assert (by_name["experiment"]["experiment_id"], by_name["experiment"]["lifecycle_stage"]) == (first, "deleted")
    refused = await inside.refused("deployer", "POST", f"{ML}/runs/create", {"experiment_id": first})
    assert refused.startswith("INVALID_STATE: The experiment")
    second = await make_experiment(inside)
    by_name = await inside.done("deployer", "GET", f"{ML}/experiments/get-by-name", experiment_name=NAME)
    assert by_name["experiment"]["experiment_id"] == second
    assert "already exists" in await inside.refused(
        "deployer", "POST", f"{ML}/experiments/restore", {"experiment_id": first}
    )
    await inside.done("deployer", "POST", f"{ML}/experiments/delete", {"experiment_id": second})
    await inside.done("deployer", "POST", f"{ML}/experiments/restore", {"experiment_id": first})
    assert (await experiment(inside, first))["lifecycle_stage"] == "active"


async def test_tags_and_names_of_experiments_change(inside: Inside) -> None:
    experiment_id = await make_experiment(inside)
    tag = {"experiment_id": experiment_id, "key": "a.b", "value": "c"}
    await inside.done("deployer", "POST", f"{ML}/experiments/set-experiment-tag", tag)
    assert {"key": "a.b", "value": "c"} in (await experiment(inside, experiment_id))["tags"]
    for expected in (200, 404):
        answer = await inside.call("deployer", "POST", f"{ML}/experiments/delete-experiment-tag", tag)
        assert answer.status == expected
    await inside.done(
        "deployer", "POST", f"{ML}/experiments/update", {"experiment_id": experiment_id, "new_name": "/Shared/b"}
    )
    assert (await experiment(inside, experiment_id))["name"] == "/Shared/b"


async def test_experiments_are_searched(inside: Inside) -> None:
    one = await make_experiment(inside, "/Shared/one", tags=[{"key": "k", "value": "v"}])
    await make_experiment(inside, "/Shared/two")
    gone = await make_experiment(inside, "/Shared/three")
    await inside.done("deployer", "POST", f"{ML}/experiments/delete", {"experiment_id": gone})

    async def names(**body: Any) -> list[str]:
        found = await inside.done("deployer", "POST", f"{ML}/experiments/search", body)
        return [hit["name"] for hit in found["experiments"]]

    assert await names(filter="tags.k = 'v'") == ["/Shared/one"]
    assert await names(order_by=["name ASC"]) == ["/Shared/one", "/Shared/two"]
    assert await names(view_type="DELETED_ONLY") == ["/Shared/three"]
    assert await names(view_type="ALL", filter="name LIKE '/Shared/t%'") == ["/Shared/three", "/Shared/two"]
    assert await experiment(inside, one)


async def test_an_experiment_in_a_home_is_its_owners(inside: Inside) -> None:
    experiment_id = await make_experiment(inside, "/Users/deployer@sandbox.example/e")
    refused = await inside.refused("asker", "GET", f"{ML}/experiments/get", experiment_id=experiment_id)
    assert "does not have CAN_READ permission on mlflowExperiment '/Users/deployer@sandbox.example/e'" in refused
    assert (await inside.done("asker", "POST", f"{ML}/experiments/search", {"max_results": 10}))["experiments"] == []
    level = {"access_control_list": [{"user_name": "asker@sandbox.example", "permission_level": "CAN_READ"}]}
    await inside.done("deployer", "PATCH", f"/api/2.0/permissions/experiments/{experiment_id}", level)
    await inside.done("asker", "GET", f"{ML}/experiments/get", experiment_id=experiment_id)
    assert "CAN_EDIT" in await inside.refused("asker", "POST", f"{ML}/runs/create", {"experiment_id": experiment_id})


async def make_run(inside: Inside, experiment_id: str, **more: Any) -> str:
    made = await inside.done("deployer", "POST", f"{ML}/runs/create", {"experiment_id": experiment_id, **more})
    return str(made["run"]["info"]["run_id"])


async def test_a_run_from_start_to_end(inside: Inside) -> None:
    experiment_id = await make_experiment(inside)
    run = await make_run(inside, experiment_id, start_time="5", run_name="first")
    batch = {
        "run_id": run,
        "metrics": [{"key": "loss", "value": v, "timestamp": "7", "step": s} for s, v in ((1, 0.5), (0, 0.9))],
        "params": [{"key": "depth", "value": "3"}],
        "tags": [{"key": "t", "value": "u"}],
    }
    await inside.done("deployer", "POST", f"{ML}/runs/log-batch", batch)
    await inside.done("deployer", "POST", f"{ML}/runs/update", {"run_id": run, "status": "FINISHED", "end_time": 9})
    got = (await inside.done("deployer", "GET", f"{ML}/runs/get", run_id=run, run_uuid=run))["run"]
    assert (got["info"]["status"], got["info"]["start_time"], got["info"]["end_time"]) == ("FINISHED", 5, 9)
    assert got["info"]["artifact_uri"] == f"dbfs:/databricks/mlflow-tracking/{experiment_id}/{run}/artifacts"
    assert [(m["key"], m["value"], m["step"]) for m in got["data"]["metrics"]] == [("loss", 0.5, 1)]
    assert got["data"]["params"] == [{"key": "depth", "value": "3"}]
    history = await inside.done("deployer", "GET", f"{ML}/metrics/get-history", run_id=run, metric_key="loss")
    assert [point["value"] for point in history["metrics"]] == [0.5, 0.9]


async def test_a_parameter_never_changes(inside: Inside) -> None:
    run = await make_run(inside, await make_experiment(inside))
    param = {"run_id": run, "key": "depth", "value": "3"}
    for _ in range(2):
        await inside.done("deployer", "POST", f"{ML}/runs/log-parameter", param)
    refused = await inside.refused("deployer", "POST", f"{ML}/runs/log-parameter", {**param, "value": "4"})
    assert refused.startswith("INVALID_PARAMETER_VALUE: Changing param values is not allowed.")


async def test_runs_are_searched(inside: Inside) -> None:
    experiment_id = await make_experiment(inside)
    runs = [
        await make_run(inside, experiment_id, start_time=n, tags=[{"key": "n", "value": str(n)}]) for n in range(1, 4)
    ]
    for number, run in enumerate(runs):
        metric = {"run_id": run, "key": "m", "value": number / 2, "timestamp": 1}
        await inside.done("deployer", "POST", f"{ML}/runs/log-metric", metric)
    await inside.done("deployer", "POST", f"{ML}/runs/delete", {"run_id": runs[0]})

    async def found(**body: Any) -> list[int]:
        answer = await inside.done("deployer", "POST", f"{ML}/runs/search", {"experiment_ids": [experiment_id], **body})
        return [runs.index(run["info"]["run_id"]) for run in answer["runs"]]

    assert await found() == [2, 1]
    assert await found(order_by=["metrics.m ASC"]) == [1, 2]
    assert await found(filter="metrics.m > 0.5") == [2]
    assert await found(filter="tags.n = '2' AND attributes.status = 'RUNNING'") == [1]
    assert await found(run_view_type="ALL", max_results=1) == [2]


async def make_logged_model(inside: Inside, experiment_id: str, **more: Any) -> dict[str, Any]:
    body = {"experiment_id": experiment_id, "name": "agent", **more}
    return dict((await inside.done("deployer", "POST", f"{ML}/logged-models", body))["model"])


async def test_a_logged_model_from_upload_to_ready(inside: Inside) -> None:
    experiment_id = await make_experiment(inside)
    made = await make_logged_model(inside, experiment_id, params=[{"key": "p", "value": "q"}])
    model = made["info"]["model_id"]
    assert made["info"]["status"] == "LOGGED_MODEL_PENDING"
    assert made["info"]["artifact_uri"] == f"dbfs:/databricks/mlflow-tracking/{experiment_id}/logged_models/{model}"
    path = f"/api/2.0/fs/files/WorkspaceInternal/Mlflow/Artifacts/{experiment_id}/LoggedModels/{model}"
    await inside.done("deployer", "PUT", f"{path}/MLmodel", b"{}", overwrite="true")
    await inside.done(
        "deployer", "PATCH", f"{ML}/logged-models/{model}", {"model_id": model, "status": "LOGGED_MODEL_READY"}
    )
    await inside.done("deployer", "PATCH", f"{ML}/logged-models/{model}/tags", {"tags": [{"key": "a/b", "value": "c"}]})
    await inside.done(
        "deployer", "POST", f"{ML}/logged-models/{model}/params", {"params": [{"key": "r", "value": "s"}]}
    )
    got = (await inside.done("deployer", "GET", f"{ML}/logged-models/{model}"))["model"]
    assert (got["info"]["status"], got["info"]["tags"]) == ("LOGGED_MODEL_READY", [{"key": "a/b", "value": "c"}])
    assert [param["key"] for param in got["data"]["params"]] == ["p", "r"]
    await inside.done("deployer", "DELETE", f"{ML}/logged-models/{model}/tags/a/b")
    await inside.done("deployer", "DELETE", f"{ML}/logged-models/{model}")
    assert "not found" in await inside.refused("deployer", "GET", f"{ML}/logged-models/{model}")
    assert (await inside.call("deployer", "GET", f"{path}/MLmodel")).status == 404


async def test_files_of_a_logged_model_also_move_by_presigned_addresses(inside: Inside) -> None:
    model = (await make_logged_model(inside, await make_experiment(inside)))["info"]["model_id"]
    where, body = f"{ML}/logged-models/{model}/artifacts", {"paths": ["code/agent.py"]}
    up = await inside.done("deployer", "POST", f"{where}/credentials-for-upload", body)
    assert (
        await inside.http.put(up["credentials"][0]["credential_info"]["signed_uri"], content=b"x")
    ).status_code == 200
    down = await inside.done("deployer", "POST", f"{where}/credentials-for-download", body)
    assert (await inside.http.get(down["credentials"][0]["credential_info"]["signed_uri"])).content == b"x"
    top = await inside.done("deployer", "GET", f"{where}/directories", artifact_directory_path="")
    assert top["files"] == [{"path": "code", "is_dir": True}]
    inner = await inside.done("deployer", "GET", f"{where}/directories", artifact_directory_path="code")
    assert inner["files"] == [{"path": "code/agent.py", "is_dir": False, "file_size": 1}]


async def test_logged_models_are_searched(inside: Inside) -> None:
    experiment_id = await make_experiment(inside)
    run = await make_run(inside, experiment_id)
    one = (await make_logged_model(inside, experiment_id, source_run_id=run))["info"]["model_id"]
    await make_logged_model(inside, experiment_id, name="other")
    body = {"experiment_ids": [experiment_id], "filter": f"source_run_id = '{run}' AND name = 'agent'"}
    found = await inside.done("deployer", "POST", f"{ML}/logged-models/search", body)
    assert [model["info"]["model_id"] for model in found["models"]] == [one]


async def test_a_status_that_can_not_be_is_refused(inside: Inside) -> None:
    model = (await make_logged_model(inside, await make_experiment(inside)))["info"]["model_id"]
    refused = await inside.refused(
        "deployer", "PATCH", f"{ML}/logged-models/{model}", {"status": "LOGGED_MODEL_PENDING"}
    )
    assert refused.startswith("INVALID_PARAMETER_VALUE: Invalid model status")


def trace_of(experiment_id: str, **more: Any) -> dict[str, Any]:
    location = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment_id}}
    info = {"trace_id": "tr-1", "trace_location": location, "request_time": "2026-01-02T03:04:05.678901234Z"}
    return {"trace": {"trace_info": {**info, "state": "OK", "execution_duration": "1.5s", **more}}}


async def test_a_served_version_traces_into_the_experiment_of_its_endpoint(inside: Inside) -> None:
    experiment_id = await make_experiment(inside, "/Users/deployer@sandbox.example/traces")
    inside.serve("served", "deployer", ("experiment", experiment_id))
    body = trace_of(experiment_id, tags={"mlflow.traceName": "predict"})
    made = (await inside.done("served", "POST", "/api/3.0/mlflow/traces", body))["trace"]["trace_info"]
    assert made["tags"]["mlflow.artifactLocation"] == f"dbfs:/databricks/mlflow-tracking/{experiment_id}/tr-1"
    where = await inside.done("served", "GET", f"{ML}/traces/tr-1/credentials-for-data-upload")
    spans = b'{"spans": [{"name": "predict"}]}'
    assert (await inside.http.put(where["credential_info"]["signed_uri"], content=spans)).status_code == 200
    await inside.done("served", "PATCH", f"{ML}/traces/tr-1/tags", {"key": "a", "value": "b"})
    whole = (await inside.done("deployer", "GET", "/api/3.0/mlflow/traces/get", trace_id="tr-1"))["trace"]
    assert whole["spans"] == [{"name": "predict"}]
    assert whole["trace_info"]["tags"]["a"] == "b"


async def test_a_served_version_traces_nowhere_else(inside: Inside) -> None:
    mine, other = [await make_experiment(inside, f"/Shared/{name}") for name in ("mine", "other")]
    inside.serve("served", "deployer", ("experiment", mine))
    refused = await inside.refused("served", "POST", "/api/3.0/mlflow/traces", trace_of(other))
    assert refused.startswith("PERMISSION_DENIED: The credentials of served model 'served' do not reach experiment")
    assert (await inside.refused("served", "POST", f"{ML}/runs/create", {"experiment_id": mine})).startswith(
        "PERMISSION_DENIED"
    )
    assert (await experiment(inside, mine, "served"))["name"] == "/Shared/mine"


async def test_traces_are_searched_and_deleted(inside: Inside) -> None:
    experiment_id = await make_experiment(inside)
    for number in range(3):
        extra = {"trace_id": f"tr-{number}", "request_time": f"2026-01-02T03:04:0{number}Z", "tags": {"n": str(number)}}
        await inside.done("deployer", "POST", "/api/3.0/mlflow/traces", trace_of(experiment_id, **extra))

    async def found(**body: Any) -> list[str]:
        locations = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment_id}}]
        answer = await inside.done(
            "deployer", "POST", "/api/3.0/mlflow/traces/search", {"locations": locations, **body}
        )
        return [trace["trace_id"] for trace in answer["traces"]]

    assert await found() == ["tr-2", "tr-1", "tr-0"]
    assert await found(order_by=["timestamp_ms ASC"], max_results=1) == ["tr-0"]
    assert await found(filter="tags.n = '1' AND trace.status = 'OK' AND execution_time_ms > 1000") == ["tr-1"]
    gone = await inside.done(
        "deployer", "POST", f"{ML}/traces/delete-traces", {"experiment_id": experiment_id, "request_ids": ["tr-1"]}
    )
    assert gone == {"traces_deleted": 1}
    assert await found() == ["tr-2", "tr-0"]


async def test_feedback_is_kept_with_the_trace(inside: Inside) -> None:
    experiment_id = await make_experiment(inside)
    await inside.done("deployer", "POST", "/api/3.0/mlflow/traces", trace_of(experiment_id))
    path = "/api/3.0/mlflow/traces/tr-1/assessments"
    body = {"assessment": {"assessment_name": "good", "feedback": {"value": True}}}
    made = (await inside.done("deployer", "POST", path, body))["assessment"]
    assert (await inside.done("deployer", "GET", f"{path}/{made['assessment_id']}"))["assessment"] == made
    info = await inside.done("deployer", "GET", "/api/3.0/mlflow/traces/tr-1")
    assert info["trace"]["trace_info"]["assessments"] == [made]
    await inside.done("deployer", "DELETE", f"{path}/{made['assessment_id']}")
    assert "not found" in await inside.refused("deployer", "GET", f"{path}/{made['assessment_id']}")


async def test_files_of_an_experiment_are_its_readers_and_writers(inside: Inside) -> None:
    experiment_id = await make_experiment(inside, "/Users/deployer@sandbox.example/e")
    path = f"/api/2.0/fs/files/WorkspaceInternal/Mlflow/Artifacts/{experiment_id}/Runs/r/artifacts/a"
    await inside.done("deployer", "PUT", path, b"x")
    assert "does not have CAN_READ" in await inside.refused("asker", "GET", path)
    assert "does not have CAN_EDIT" in await inside.refused("asker", "PUT", path, b"y", overwrite="true")
    assert (await inside.refused("deployer", "GET", path.replace(experiment_id, "77"))).startswith("NOT_FOUND")


async def test_usage_telemetry_is_taken_and_dropped(inside: Inside) -> None:
    assert await inside.done("asker", "POST", f"{ML}/client-telemetry/ingest", {"records": []}) == {}
