"""Starting, stopping and resetting the server process, as `agentry sandbox` does it."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from agentry.errors import ConfigError, SandboxError
from agentry.sandbox import process
from agentry.sandbox.mode import Choice, Mode
from agentry.sandbox.places import Places, read_profiles
from agentry.sandbox.server import listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.process

CATALOG, REGISTRY = "/api/2.1/unity-catalog", "/api/2.0/mlflow/unity-catalog"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project directory; what was started in it is stopped."""
    yield tmp_path
    for name in process.names(tmp_path):
        process.stop(tmp_path, name)


def client(running: process.Running, profile: str) -> httpx.Client:
    """Speaks for one of a sandbox's profiles."""
    token = read_profiles(running.config_file)[profile]["token"]
    headers = {"authorization": f"Bearer {token}"}
    return httpx.Client(base_url=running.address, headers=headers, trust_env=False, timeout=30)


def me(running: process.Running, profile: str) -> httpx.Response:
    token = read_profiles(running.config_file)[profile]["token"]
    headers = {"authorization": f"Bearer {token}"}
    return httpx.get(f"{running.address}/api/2.0/preview/scim/v2/Me", headers=headers, trust_env=False)


def test_start_answers_on_loopback_with_three_private_profiles(project: Path) -> None:
    running = process.start(project)
    assert running.address.startswith("http://127.0.0.1:")
    assert process.answers(running)
    assert set(read_profiles(running.config_file)) == {"local", "local-admin", "local-asker"}
    assert running.config_file.stat().st_mode & 0o777 == 0o600
    assert running.config_file == project / ".agentry" / "databrickscfg"
    assert me(running, "local").json()["userName"] == "deployer@sandbox.example"


def test_the_head_of_an_answer_does_not_wait_for_its_body_to_be_acknowledged(project: Path) -> None:
    """asyncio sets TCP_NODELAY on a connection only where its listener names the protocol."""
    with listening(Places(project, "local"), 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_starting_twice_is_one_sandbox(project: Path) -> None:
    assert process.start(project) == process.start(project) == process.status(project)


def test_a_restart_keeps_address_tokens_and_state(project: Path) -> None:
    first = process.start(project)
    before = me(first, "local").json()
    assert process.stop(project)
    assert process.status(project) is None
    second = process.start(project)
    assert second.address == first.address
    assert me(second, "local").json() == before


def test_a_restart_keeps_what_was_made(project: Path) -> None:
    first = process.start(project)
    token = read_profiles(first.config_file)["local"]["token"]
    headers = {"authorization": f"Bearer {token}"}
    registry, files = "/api/2.0/mlflow/unity-catalog", "/api/2.0/fs/files/Models/local/agents/kept/1"

    with httpx.Client(base_url=first.address, headers=headers, trust_env=False) as http:
        http.post("/api/2.0/mlflow/experiments/create", json={"name": "/Shared/kept"}).raise_for_status()
        http.post(f"{registry}/registered-models/create", json={"name": "local.agents.kept"}).raise_for_status()
        http.post(f"{registry}/model-versions/create", json={"name": "local.agents.kept"}).raise_for_status()
        http.put(f"{files}/MLmodel", content=b"{}").raise_for_status()
    os.kill(first.pid, signal.SIGKILL)
    second = process.start(project)
    assert second.pid != first.pid
    with httpx.Client(base_url=second.address, headers=headers, trust_env=False) as http:
        found = http.get("/api/2.0/mlflow/experiments/get-by-name", params={"experiment_name": "/Shared/kept"})
        assert found.json()["experiment"]["lifecycle_stage"] == "active"
        body = {"name": "local.agents.kept", "version": "1"}
        assert http.post(f"{registry}/model-versions/finalize", json=body).json()["model_version"]["status"] == "READY"
        assert http.get(f"{files}/MLmodel").content == b"{}"
        made = http.post(f"{registry}/model-versions/create", json={"name": "local.agents.kept"}).json()
        assert made["model_version"]["version"] == "2"


def test_a_restart_takes_another_port_when_the_last_one_is_taken(project: Path) -> None:
    first = process.start(project)
    process.stop(project)
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(first.address.rpartition(":")[2])))
        other.listen()
        second = process.start(project)
    assert second.address != first.address
    assert read_profiles(second.config_file)["local"]["host"] == second.address


def test_a_port_that_is_asked_for_and_taken_is_said(project: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(SandboxError) as raised:
            process.start(project, port=other.getsockname()[1])
    assert "is taken" in raised.value.why


def test_reset_forgets_what_was_made_and_stays_the_same_workspace(project: Path) -> None:
    """A stack knows its workspace by its id: after a reset it finds it empty, not another one."""
    first = process.start(project)
    old = me(first, "local")
    with httpx.Client(base_url=first.address, headers=old.request.headers, trust_env=False) as http:
        http.post("/api/2.0/workspace/mkdirs", json={"path": "/Shared/made"}).raise_for_status()
    second = process.reset(project)
    assert second is not None
    assert (second.address, second.pid) != (first.address, first.pid)
    assert second.address == first.address
    new = me(second, "local")
    assert new.headers["x-databricks-org-id"] == old.headers["x-databricks-org-id"]
    with httpx.Client(base_url=second.address, trust_env=False) as http:
        status = "/api/2.0/workspace/get-status?path=/Shared/made"
        assert http.get(status, headers=old.request.headers).status_code == 401
        assert http.get(status, headers=new.request.headers).status_code == 404


def test_a_mode_is_decided_at_the_start_and_stays(project: Path) -> None:
    first = process.start(project, choice=Choice(instant=True, latency=1))
    assert first.mode == Mode(instant=True, latency=1)
    with pytest.raises(SandboxError, match="another mode"):
        process.start(project, choice=Choice(latency=2))
    assert process.start(project) == first
    second = process.reset(project)
    assert second is not None
    assert second.mode == first.mode
    process.stop(project)
    assert process.start(project, choice=Choice(instant=False)).mode == Mode(latency=1)


def test_reset_of_a_stopped_sandbox_leaves_it_stopped(project: Path) -> None:
    process.start(project)
    process.stop(project)
    assert process.reset(project) is None
    assert process.status(project) is None
    assert not (Places(project, "local").directory / "sandbox.db").exists()
    assert process.reset(project / "elsewhere") is None


def test_stopping_what_does_not_run_is_nothing(project: Path) -> None:
    assert process.stop(project) is False


def test_two_sandboxes_of_a_project_have_one_metastore_and_nothing_else_in_common(project: Path) -> None:
    one, two = process.start(project), process.start(project, "other")
    assert one.address != two.address
    assert {"local", "other", "other-asker"} <= set(read_profiles(one.config_file))
    assert process.names(project) == ["local", "other"]
    with client(one, "local") as here, client(two, "other") as there:
        ids = [http.get(f"{CATALOG}/current-metastore-assignment").json() for http in (here, there)]
        assert ids[0]["metastore_id"] == ids[1]["metastore_id"]
        assert ids[0]["workspace_id"] != ids[1]["workspace_id"]
        for http in (here, there):
            assert [c["name"] for c in http.get(f"{CATALOG}/catalogs").json()["catalogs"]] == ["local", "other"]
        here.post(f"{REGISTRY}/registered-models/create", json={"name": "other.agents.shared"}).raise_for_status()
        assert there.get(f"{CATALOG}/models/other.agents.shared").json()["owner"] == "deployer@sandbox.example"
        here.post("/api/2.0/workspace/mkdirs", json={"path": "/Shared/own"}).raise_for_status()
        assert there.get("/api/2.0/workspace/get-status?path=/Shared/own").status_code == 404
        token = here.headers["authorization"]
        assert there.get(f"{CATALOG}/catalogs", headers={"authorization": token}).status_code == 401


def test_a_reset_empties_the_workspace_and_its_own_catalog_only(project: Path) -> None:
    one, two = process.start(project), process.start(project, "other")
    with client(one, "local") as here, client(two, "other") as there:
        for http, model in ((here, "local.agents.a"), (here, "other.agents.b"), (there, "local.agents.c")):
            http.post(f"{REGISTRY}/registered-models/create", json={"name": model}).raise_for_status()
        for http in (here, there):
            http.post("/api/2.0/workspace/mkdirs", json={"path": "/Shared/own"}).raise_for_status()
    assert process.reset(project) is not None
    with client(one, "local") as here, client(two, "other") as there:
        answers = [there.get(f"{CATALOG}/models/{m}").status_code for m in ("local.agents.a", "local.agents.c")]
        assert answers == [404, 404]
        assert here.get(f"{CATALOG}/models/other.agents.b").status_code == 200
        assert here.get(f"{CATALOG}/schemas/local.agents").status_code == 200
        assert here.get("/api/2.0/workspace/get-status?path=/Shared/own").status_code == 404
        assert there.get("/api/2.0/workspace/get-status?path=/Shared/own").status_code == 200
    assert [each.name for each in process.reset_all(project)] == ["local", "other"]
    with client(one, "local") as here:
        assert here.get(f"{CATALOG}/models/other.agents.b").status_code == 404


def test_versions_that_two_workspaces_make_at_once_are_numbered_without_gaps(project: Path) -> None:
    one, two = process.start(project), process.start(project, "other")
    model = {"name": "local.agents.busy"}
    with client(one, "local") as here, client(two, "other") as there:
        here.post(f"{REGISTRY}/registered-models/create", json=model).raise_for_status()

        def make(http: httpx.Client) -> list[int]:
            made = [http.post(f"{REGISTRY}/model-versions/create", json=model).json() for _ in range(20)]
            return [int(version["model_version"]["version"]) for version in made]

        with ThreadPoolExecutor() as pool:
            numbers = [number for found in pool.map(make, (here, there)) for number in found]
    assert sorted(numbers) == list(range(1, 41))


def test_one_that_is_killed_in_the_middle_leaves_the_metastore_whole(project: Path) -> None:
    """Its transaction is undone, the other goes on, and no number is given twice."""
    one, two = process.start(project), process.start(project, "other")
    model = {"name": "local.agents.killed"}
    with client(one, "local") as here, client(two, "other") as there:
        there.post(f"{REGISTRY}/registered-models/create", json=model).raise_for_status()

        def make(http: httpx.Client) -> int:
            made = http.post(f"{REGISTRY}/model-versions/create", json=model).json()["model_version"]
            return int(made["version"])

        def make_until_it_dies() -> list[int]:
            made: list[int] = []
            try:
                while True:
                    made.append(make(here))
                    begun.set()
            except httpx.HTTPError:
                return made

        begun = threading.Event()
        with ThreadPoolExecutor() as pool:
            dying = pool.submit(make_until_it_dies)
            assert begun.wait(30)
            numbers = [make(there) for _ in range(10)]
            os.kill(one.pid, signal.SIGKILL)
            numbers += [make(there) for _ in range(10)]
            answered = numbers + dying.result()
        assert len(set(answered)) == len(answered)
        # A version whose answer was lost may be there besides; none that was answered is missing.
        kept = there.get(f"{CATALOG}/models/local.agents.killed/versions?max_results=1000").json()["model_versions"]
        assert set(answered) <= {int(version["version"]) for version in kept}
    again = process.start(project)
    with client(again, "local") as here:
        assert make(here) == max(int(version["version"]) for version in kept) + 1


def test_sandboxes_that_start_at_the_same_time_share_a_metastore(project: Path) -> None:
    with ThreadPoolExecutor() as pool:
        started = list(pool.map(lambda name: process.start(project, name), ("local", "dev", "prod_eu")))
    ids = set()
    for running in started:
        with client(running, running.name) as http:
            ids.add(http.get(f"{CATALOG}/metastore_summary").json()["metastore_id"])
    assert len(ids) == 1


def test_a_process_id_that_somebody_else_has_meanwhile_is_left_alone(project: Path) -> None:
    """After a power cut the file names a process id that may be anybody's: here, ours."""
    places = Places(project, "local")
    process.start(project)
    process.stop(project)
    places.running_file.write_text(json.dumps({"address": "http://127.0.0.1:1", "pid": os.getpid()}))
    assert process.status(project) is None
    assert process.stop(project) is False


def test_why_it_does_not_start_is_said(project: Path) -> None:
    places = Places(project, "local")
    places.directory.mkdir(parents=True)
    (places.directory / "sandbox.db").write_text("this is no database" * 100)
    with pytest.raises(SandboxError) as raised:
        process.start(project)
    assert "not a database" in raised.value.why
    assert "reset" in raised.value.fix


def test_a_name_that_can_not_be_a_catalog_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can not name a sandbox"):
        process.start(tmp_path, "My-Sandbox")


def test_the_environment_does_not_lead_the_server_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_HOST", "https://elsewhere.example")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://elsewhere.example")
    assert "https://elsewhere.example" not in process._environment().values()


def test_a_proxy_is_not_asked_for_loopback(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert process.answers(process.start(project))
