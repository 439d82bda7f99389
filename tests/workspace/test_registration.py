"""Registration against a sandbox: what is made, what is left by a run that died, and what is never sent twice."""

from __future__ import annotations

import asyncio
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentry.clock import RealClock
from agentry.errors import Unavailable
from agentry.package import AgentSpec, read_package
from agentry.report import Reporter
from agentry.resources import Resource
from agentry.stacks import Settings
from agentry.workspace import connect, model_versions
from agentry.workspace.model_versions import REGISTRY
from agentry.workspace.registration import LOGGED_MODELS, VERSIONS_TAG, Registration, finalize, register
from tests.package.agents import small_agent
from tests.package.environment import environment_with
from tests.workspace.fake import FakeTransport, workspace

if TYPE_CHECKING:
    from pathlib import Path

    from agentry.package import Package
    from agentry.workspace import Workspace
    from tests.sandbox.workspace import RunningSandbox

OWNER = "agents/dev"


class Place:
    """A model and an experiment of a test's own."""

    def __init__(self, there: Workspace, model: str, experiment_id: str, package: Package, directory: Path) -> None:
        self.there, self.model, self.experiment_id, self.package = there, model, experiment_id, package
        self.directory = directory
        self.lines: list[str] = []

    def request(self, **changed: Any) -> Registration:
        out = self.directory / f"model-{len(list(self.directory.iterdir()))}"
        self.package.write(out)
        said: dict[str, Any] = {
            "model": self.model,
            "directory": out,
            "digest": self.package.digest,
            "owner": OWNER,
            "report": Reporter("", lambda line: self.lines.append(line.text)),
            "dependencies": self.package.dependencies,
            "experiment_id": self.experiment_id,
        }
        return Registration(**{**said, **changed})

    async def logged_models(self) -> dict[str, Any]:
        found = await self.there.search(f"{LOGGED_MODELS}/search", {"experiment_ids": [self.experiment_id]})
        return {model["info"]["model_id"]: model["info"] for model in found.get("models") or ()}


@pytest.fixture
async def place(sandbox: RunningSandbox, tmp_path: Path) -> Place:
    return await place_in(sandbox, tmp_path)


async def place_in(sandbox: RunningSandbox, tmp_path: Path) -> Place:
    there = await connect(Settings(root=sandbox.root, sandbox=sandbox.name), clock=RealClock())
    name = sandbox.unique("registration")
    model = f"{sandbox.schema}.{name}"
    await there.post(f"{REGISTRY}/registered-models/create", {"name": model})
    await there.post("/api/2.0/workspace/mkdirs", {"path": "/Shared"})
    made = await there.post("/api/2.0/mlflow/experiments/create", {"name": f"/Shared/{name}"})
    small_agent(tmp_path, **{"lib/tool.py": "x = 1\n"})
    used = [Resource("serving_endpoint", "llm"), Resource("sql_warehouse", "w"), Resource("table", "c.s.t", True)]
    package = read_package(AgentSpec("agents/x", resources=used), tmp_path)
    return Place(there, model, str(made["experiment_id"]), package, tmp_path / "models")


@pytest.fixture(autouse=True)
def models(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()


@pytest.mark.process
async def test_a_version_with_its_logged_model(place: Place, sandbox: RunningSandbox) -> None:
    request = place.request(tags={"team": "weather"}, description="Says the weather.")
    made = await register(place.there, request)
    version = await model_versions.get(place.there, place.model, int(made.version))
    assert version is not None
    assert (version.status, version.model_id, version.description) == ("READY", made.model_id, "Says the weather.")
    assert version.tags == {"agentry_digest": place.package.digest, "agentry_owner": OWNER, "team": "weather"}
    logged = (await place.logged_models())[made.model_id]
    assert logged["status"] == "LOGGED_MODEL_READY"
    tags = {tag["key"]: tag["value"] for tag in logged["tags"]}
    assert json.loads(tags[VERSIONS_TAG]) == [{"name": place.model, "version": made.version}]
    registered = f"/Models/{place.model.replace('.', '/')}/{made.version}"
    with sandbox.client() as client:
        for name, data in place.package.model_files.items():
            there = client.get(f"/api/2.0/fs/files{registered}/{name}")
            if name != "MLmodel":
                assert there.content == data, name
                continue
            noted = yaml.safe_load(there.content)
            assert (noted.pop("model_id"), noted.pop("model_uuid")) == (made.model_id, made.model_id)
            assert noted.pop("artifact_path") == logged["artifact_uri"]
            assert noted.items() <= yaml.safe_load(data).items()
    assert [line.split(" ")[0] for line in place.lines] == ["uploading", "uploading"]


@pytest.mark.process
async def test_the_same_where_files_move_by_presigned_addresses(
    presigned_sandbox: RunningSandbox, tmp_path: Path
) -> None:
    place = await place_in(presigned_sandbox, tmp_path)
    made = await register(place.there, place.request())
    version = await model_versions.get(place.there, place.model, int(made.version))
    assert version is not None
    assert (version.status, version.model_id) == ("READY", made.model_id)
    assert (await place.logged_models())[made.model_id]["status"] == "LOGGED_MODEL_READY"
    with presigned_sandbox.client() as client:
        listed = client.get(f"/api/2.0/fs/directories/Models/{place.model.replace('.', '/')}/{made.version}").json()
        assert "MLmodel" in {entry["name"] for entry in listed["contents"]}
        direct = client.get(f"/api/2.0/fs/files/Models/{place.model.replace('.', '/')}/{made.version}/MLmodel")
        assert direct.status_code == 403


@pytest.mark.process
async def test_without_an_experiment_there_is_no_logged_model(place: Place) -> None:
    made = await register(place.there, place.request(experiment_id=None))
    assert made.model_id == ""
    assert await place.logged_models() == {}


@pytest.mark.process
async def test_what_a_run_that_died_left_is_taken_up_or_removed(place: Place) -> None:
    """It died after the logged model, before the version; and once before, in the middle of the upload."""
    first = await register(place.there, place.request())
    await model_versions.delete(place.there, place.model, int(first.version))
    await place.there.delete(f"{LOGGED_MODELS}/{first.model_id}/tags/{VERSIONS_TAG}")
    tags = [{"key": "agentry_digest", "value": place.package.digest}, {"key": "agentry_owner", "value": OWNER}]
    half = {"experiment_id": place.experiment_id, "name": "half", "tags": tags}
    await place.there.post(LOGGED_MODELS, half)
    theirs = await place.there.post(
        LOGGED_MODELS, {**half, "tags": [tags[0], {"key": "agentry_owner", "value": "x/y"}]}
    )
    second = await register(place.there, place.request())
    assert second.model_id == first.model_id
    assert set(await place.logged_models()) == {first.model_id, theirs["model"]["info"]["model_id"]}
    version = await model_versions.get(place.there, place.model, int(second.version))
    assert version is not None
    assert (version.number, version.status, version.model_id) == (2, "READY", first.model_id)


@pytest.mark.process
async def test_a_logged_model_that_has_a_version_is_not_used_again(place: Place) -> None:
    first = await register(place.there, place.request())
    second = await register(place.there, place.request())
    assert first.model_id != second.model_id
    assert len(await place.logged_models()) == 2


@pytest.mark.process
async def test_mlflow_loads_and_asks_what_was_registered(place: Place, sandbox: RunningSandbox) -> None:
    """Unmodified, from the registry, with address and token alone."""
    made = await register(place.there, place.request())
    question = {"input": [{"role": "user", "content": "hi"}]}
    code = f"import mlflow; print(mlflow.pyfunc.load_model('models:/{place.model}/{made.version}').predict({question}))"
    done = await asyncio.to_thread(
        subprocess.run,
        [str(environment_with("3.17.2")), "-c", code],
        cwd=place.directory,
        env=sandbox.environment(),
        capture_output=True,
        text=True,
    )
    assert "hello" in done.stdout, done.stderr


@pytest.mark.process
async def test_unity_catalog_is_told_what_it_knows_of_the_resources(place: Place) -> None:
    """As MLflow tells it: no SQL warehouse, and nothing that is used as the caller."""
    assert place.package.dependencies == [{"type": "DATABRICKS_MODEL_ENDPOINT", "name": "llm"}]
    made = await register(place.there, place.request())
    assert made.version == "1"


@pytest.mark.parametrize(
    ("status", "finalized", "reason"),
    [
        ("READY", 1, "it was heard, and the answer was lost"),
        ("PENDING_REGISTRATION", 2, "it was not heard"),
    ],
)
async def test_finalize_is_sent_again_only_where_it_was_not_heard(status: str, finalized: int, reason: str) -> None:
    version = {"name": "c.s.m", "version": "1", "status": status}
    path = f"{REGISTRY}/model-versions/finalize"
    transport = FakeTransport(
        {
            ("POST", path): [Unavailable("no answer"), {}],
            ("GET", f"{REGISTRY}/model-versions/get"): {"model_version": version},
        }
    )
    await finalize(workspace(transport), "c.s.m", "1")
    assert transport.requests.count(("POST", path)) == finalized, reason


@pytest.mark.process
@pytest.mark.parametrize("what", [f"{REGISTRY}/model-versions/create", LOGGED_MODELS])
async def test_a_create_whose_answer_is_lost_is_found_and_not_sent_again(
    place: Place, sandbox: RunningSandbox, what: str
) -> None:
    fault = {"path": what, "method": "POST", "status": 503, "after": True}
    with sandbox.client("admin") as admin:
        admin.put("/sandbox/faults", json={"faults": [fault]}).raise_for_status()
        made = await register(place.there, place.request())
    assert await model_versions.numbers(place.there, place.model) == [int(made.version)]
    assert list(await place.logged_models()) == [made.model_id]
