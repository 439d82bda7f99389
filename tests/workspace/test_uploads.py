"""The worker: one import of MLflow, one child per upload, nothing of our environment, and an end to every hang."""

from __future__ import annotations

import asyncio
import os
import queue
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentry.errors import (
    ConfigError,
    Interrupted,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
    WaitTimeout,
    WorkspaceError,
)
from agentry.report import Reporter
from agentry.workspace import Bearer, uploads
from agentry.workspace.identity import ME
from agentry.workspace.uploads import Worker, running_worker, upload
from tests.package.environment import environment_with
from tests.workspace.fake import FakeTransport, workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agentry.workspace import Workspace
    from tests.sandbox.workspace import RunningSandbox

# What of MLflow is used beside its public interface: the class, the method and its parameters.
PRIVATE = """
import inspect
from mlflow.protos.databricks_uc_registry_messages_pb2 import ModelVersion
from mlflow.store._unity_catalog.registry.rest_store import UcModelRegistryStore
assert list(inspect.signature(UcModelRegistryStore).parameters) == ["store_uri", "tracking_uri"]
names = list(inspect.signature(UcModelRegistryStore._get_artifact_repo).parameters)
assert names[:3] == ["self", "model_version", "model_name"], names
ModelVersion(name="c.s.m", version="1", storage_location="s3://x")
"""


def at(address: str, token: str) -> Workspace:
    """A workspace of which only address and token matter."""
    transport = FakeTransport()
    transport.bearer = lambda: Bearer(address, token)  # type: ignore[method-assign]
    return replace(workspace(transport), host=address)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "model/code").mkdir(parents=True)
    (tmp_path / "model/MLmodel").write_text("flavors: {}\n")
    (tmp_path / "model/code/größe.bin").write_bytes(b"\0\r\n\xff")
    return tmp_path / "model"


@contextmanager
def nobody_answers() -> Iterator[str]:
    """An address that takes connections and says nothing: what MLflow's client waits on for minutes."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.process
@pytest.mark.parametrize("mlflow", ["3.11.1", "3.17.2"])
def test_either_mlflow_uploads_to_a_version_and_to_a_logged_model(
    sandbox: RunningSandbox, directory: Path, mlflow: str
) -> None:
    worker = Worker.start(str(environment_with(mlflow)))
    try:
        assert worker.version == mlflow
        model, version, storage, logged = new_version(sandbox)
        for where in ({"model": model, "version": version, "storage_location": storage}, {"logged_model": logged}):
            assert ask(worker, sandbox.address, sandbox.tokens["deployer"], directory, where) == {"done": {}}
        with sandbox.client() as client:
            listed = client.get(f"/api/2.0/fs/directories/Models/{model.replace('.', '/')}/{version}").json()[
                "contents"
            ]
            assert sorted(entry["name"] for entry in listed) == ["MLmodel", "code"]
            path = f"/api/2.0/fs/files/Models/{model.replace('.', '/')}/{version}/code/größe.bin"
            assert client.get(path).content == b"\0\r\n\xff"
            assert client.get(f"/api/2.0/mlflow/logged-models/{logged}/artifacts/directories").json()["files"]
    finally:
        worker.stop()


LEAN = """
import runpy, sys
runpy.run_path(sys.argv[1])
assert "databricks.sdk.service.files" in sys.modules and "databricks.sdk.service.jobs" not in sys.modules
import databricks.sdk
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
lean = WorkspaceClient(config=Config(host="http://127.0.0.1:9", token="t", retry_timeout_seconds=1))
assert type(lean.files).__name__ == "FilesExt" and lean.config.token == "t"
assert type(lean.jobs).__name__ == "JobsExt", type(lean.jobs)
from databricks.sdk import AccountClient, WorkspaceClient as whole
assert whole is not WorkspaceClient and databricks.sdk.AccountClient is AccountClient
"""


@pytest.mark.process
def test_the_worker_has_of_the_sdk_what_uploads_use_and_the_rest_when_asked() -> None:
    ran = subprocess.run(
        [sys.executable, "-I", "-c", LEAN, str(uploads.WORKER)],
        env={**os.environ, **uploads._SETTINGS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


BIG = 51 << 20
"""More than databricks-sdk sends in one piece; the limit is the client's own, no workspace can lower it."""


@pytest.mark.process
@pytest.mark.parametrize(
    ("storage", "passed"),
    [
        ("files", 2 * (r".*/fs/create-upload-part-urls",)),
        ("presigned", (r".*/fs/create-upload-url", r".*/logged-models/.*/credentials-for-upload")),
    ],
)
def test_a_big_file_arrives_by_either_route(
    request: pytest.FixtureRequest, directory: Path, storage: str, passed: tuple[str, ...]
) -> None:
    sandbox: RunningSandbox = request.getfixturevalue("sandbox" if storage == "files" else "presigned_sandbox")
    content = b"\0" * (BIG - 3) + b"end"
    (directory / "weights.bin").write_bytes(content)
    model, version, storage_location, logged = new_version(sandbox)
    token = sandbox.tokens["deployer"]
    with sandbox.passing(*passed):
        for where in (
            {"model": model, "version": version, "storage_location": storage_location},
            {"logged_model": logged},
        ):
            assert ask(running_worker(), sandbox.address, token, directory, where) == {"done": {}}
    with sandbox.client() as client:
        path = f"/Models/{model.replace('.', '/')}/{version}/weights.bin"
        url = client.post("/api/2.0/fs/create-download-url", json={"path": path}).json()["url"]
        assert client.get(url).content == content
        body = {"paths": ["weights.bin"]}
        found = client.post(f"/api/2.0/mlflow/logged-models/{logged}/artifacts/credentials-for-download", json=body)
        assert client.get(found.json()["credentials"][0]["credential_info"]["signed_uri"]).content == content


@pytest.mark.process
@pytest.mark.parametrize("python", [sys.executable, "3.11.1"])
def test_the_private_names_of_mlflow_that_are_used(python: str) -> None:
    interpreter = python if python == sys.executable else str(environment_with(python))
    done = subprocess.run([interpreter, "-c", PRIVATE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.process
async def test_what_the_workspace_refuses_has_its_class_and_no_token(sandbox: RunningSandbox, directory: Path) -> None:
    model, version, storage, _ = await asyncio.to_thread(new_version, sandbox)
    what = {"directory": str(directory), "model": model, "version": version, "storage_location": storage}
    with pytest.raises(PermissionDenied) as refused:
        await upload(at(sandbox.address, sandbox.tokens["asker"]), what, 60, Reporter())
    assert sandbox.tokens["asker"] not in str(refused.value)
    with pytest.raises(Unauthenticated) as unknown:
        await upload(at(sandbox.address, "not-a-token"), what, 60, Reporter())
    assert "not-a-token" not in str(unknown.value)


@pytest.mark.process
async def test_a_hang_ends_at_the_time_limit(directory: Path) -> None:
    with nobody_answers() as address, pytest.raises(WaitTimeout, match="took longer than 1 s"):
        await upload(at(address, "t"), {"directory": str(directory), "logged_model": "m-1"}, 1, Reporter())


@pytest.mark.process
@pytest.mark.parametrize("silent", [False, True])
async def test_a_workspace_that_went_away_is_said_before_the_client_gives_up(
    directory: Path, monkeypatch: pytest.MonkeyPatch, *, silent: bool
) -> None:
    """MLflow's client goes on for minutes; the workspace is asked beside it."""
    monkeypatch.setattr(uploads, "FIRST_LOOK", 0.01)
    monkeypatch.setattr(uploads, "SILENCE", 0.05)
    with nobody_answers() as address:
        there = at(address, "t")
        assert isinstance(there.transport, FakeTransport)
        there.transport.routes["GET", ME] = Unavailable("it is away")
        there.transport.silent = {ME} if silent else set()
        what = {"directory": str(directory), "logged_model": "m-1"}
        with pytest.raises(Unavailable, match="no answer from" if silent else "it is away"):
            await upload(there, what, 250, Reporter())
    assert there.transport.requests == [("GET", ME)] * 2, "once may be chance"


@pytest.mark.process
async def test_a_token_that_ran_out_is_asked_for_anew(sandbox: RunningSandbox, directory: Path) -> None:
    tokens = ["not-a-token", sandbox.tokens["deployer"]]
    there = at(sandbox.address, "")
    there.transport.bearer = lambda: Bearer(sandbox.address, tokens.pop(0))  # type: ignore[method-assign]
    with pytest.raises(WorkspaceError) as failed:
        await upload(there, {"directory": str(directory), "logged_model": "m-none"}, 60, Reporter())
    # There is no such logged model, which is told only to those who may ask.
    assert not isinstance(failed.value, Unauthenticated)
    assert tokens == []


@pytest.mark.process
async def test_a_cancel_ends_it_at_once_and_the_worker_serves_on(directory: Path) -> None:
    report = Reporter()
    with nobody_answers() as address:
        what = {"directory": str(directory), "logged_model": "m-1"}
        worker = await asyncio.to_thread(running_worker)
        before = children(worker)
        running = asyncio.ensure_future(upload(at(address, "t"), what, 600, report))
        await until(lambda: bool(children(worker) - before))
        report.cancelled.set()
        with pytest.raises(Interrupted):
            await running
        await until(lambda: not children(worker) - before)
    assert worker.alive
    assert await asyncio.to_thread(running_worker) is worker


@pytest.mark.process
def test_a_child_uploads_again_for_the_same_identity_and_never_for_another(
    sandbox: RunningSandbox, directory: Path
) -> None:
    worker = Worker.start()
    try:
        used = []
        for token in ("deployer", "deployer", "admin", "deployer"):
            model, version, storage, _ = new_version(sandbox)
            where = {"model": model, "version": version, "storage_location": storage}
            assert ask(worker, sandbox.address, sandbox.tokens[token], directory, where) == {"done": {}}
            used.append(len(children(worker)))
        assert used == [1, 1, 2, 2]
    finally:
        worker.stop()


@pytest.mark.process
def test_a_child_whose_upload_failed_ends(sandbox: RunningSandbox, directory: Path) -> None:
    worker = Worker.start()
    try:
        where = {"model": f"{sandbox.schema}.no", "version": "1", "storage_location": ""}
        assert "error" in ask(worker, sandbox.address, sandbox.tokens["deployer"], directory, where)
        for _ in range(1000):
            if not children(worker):
                return
        raise AssertionError("it is still there")
    finally:
        worker.stop()


@pytest.mark.process
def test_more_uploads_than_children_wait_for_their_turn(directory: Path) -> None:
    worker = Worker.start()
    answers: queue.Queue[dict[str, Any]] = queue.Queue()
    try:
        with nobody_answers() as address:
            what = {"limit": 1, "host": address, "token": "t", "directory": str(directory), "logged_model": "m-1"}
            for _ in range(30):
                worker.ask(what, answers.put)
            assert [answers.get(timeout=60)["ended"] for _ in range(30)] == ["time limit"] * (30)
    finally:
        worker.stop()


@pytest.mark.process
async def test_a_worker_that_died_is_replaced(directory: Path) -> None:
    worker = await asyncio.to_thread(running_worker)
    with nobody_answers() as address:
        what = {"directory": str(directory), "logged_model": "m-1"}
        before = children(worker)
        running = asyncio.ensure_future(upload(at(address, "t"), what, 600, Reporter()))
        await until(lambda: bool(children(worker) - before))
        os.kill(worker.process.pid, signal.SIGKILL)
        with pytest.raises(Unavailable, match="ended without an answer"):
            await running
    assert await asyncio.to_thread(running_worker) is not worker
    await asyncio.to_thread(worker.stop)
    assert not Path(worker.home).exists()


@pytest.mark.process
def test_nothing_of_our_environment_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_TOKEN", "ours")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://elsewhere.example")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    passed = uploads._passed_on({**os.environ, "https_proxy": "http://proxy.example"})
    assert passed["https_proxy"] == "http://proxy.example"
    assert not {"DATABRICKS_TOKEN", "MLFLOW_TRACKING_URI", "PYTHONPATH", "HOME"} & set(passed)


@pytest.mark.process
def test_a_worker_that_does_not_start_says_why(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no module named mlflow >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(ConfigError, match="no module named mlflow"):
        Worker.start(str(python))


def new_version(sandbox: RunningSandbox) -> tuple[str, str, str, str]:
    """A pending version and a pending logged model."""
    name = sandbox.unique("upload")
    with sandbox.client() as client:
        api = "/api/2.0/mlflow/unity-catalog"
        client.post(f"{api}/registered-models/create", json={"name": f"{sandbox.schema}.{name}"}).raise_for_status()
        made = client.post(
            f"{api}/model-versions/create", json={"name": f"{sandbox.schema}.{name}", "source": "x"}
        ).json()
        client.post("/api/2.0/workspace/mkdirs", json={"path": "/Shared"}).raise_for_status()
        experiment = client.post("/api/2.0/mlflow/experiments/create", json={"name": f"/Shared/{name}"}).json()
        logged = client.post("/api/2.0/mlflow/logged-models", json={**experiment, "name": "x"}).json()
    version = made["model_version"]
    return version["name"], version["version"], version["storage_location"], logged["model"]["info"]["model_id"]


def ask(worker: Worker, host: str, token: str, directory: Path, where: dict[str, Any]) -> dict[str, Any]:
    """What the worker answers to one request."""
    answers: queue.Queue[dict[str, Any]] = queue.Queue()
    worker.ask({"limit": 60, "host": host, "token": token, "directory": str(directory), **where}, answers.put)
    answer = answers.get(timeout=60)
    answer.pop("id")
    return answer


def children(worker: Worker) -> set[str]:
    """Processes that the worker has forked."""
    listed = subprocess.run(["ps", "-A", "-o", "ppid=,pid="], capture_output=True, text=True, check=True).stdout
    pairs = (line.split() for line in listed.splitlines())
    return {pid for parent, pid in pairs if parent == str(worker.process.pid)}


async def until(true: Callable[[], bool]) -> None:
    """Poll for what a process does, at most 10 s."""
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about")


async def test_a_watch_ends_also_where_its_answer_comes_together_with_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "FIRST_LOOK", 0)
    begun, answer = asyncio.Event(), asyncio.get_running_loop().create_future()

    class Slow(FakeTransport):
        async def send(self, *_: Any, **__: Any) -> dict[str, Any]:
            begun.set()
            await answer
            return {}

    watch = asyncio.ensure_future(uploads._gone(workspace(Slow())))
    await begun.wait()
    answer.set_result(None)
    await asyncio.sleep(0)
    watch.cancel()
    ended, _ = await asyncio.wait({watch}, timeout=5)
    assert ended
