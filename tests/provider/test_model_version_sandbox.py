"""Model versions in the sandbox: real requests, MLflow's uploads, permissions; and how long it takes at 200 versions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest

from agentry.clock import RealClock
from agentry.provider import wire
from agentry.stacks import Settings
from agentry.workspace import connect, model_versions
from tests.package.agents import CHAT_AGENT, RESPONSES_AGENT, write_agent
from tests.provider.sandboxed import admin, api, deployer, of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.provider.lifecycle import Engine
    from tests.sandbox.workspace import RunningSandbox

__all__ = ["admin", "deployer"]
pytestmark = pytest.mark.process
REGISTRY = "/api/2.0/mlflow/unity-catalog"


@pytest.fixture
def name(sandbox: RunningSandbox) -> str:
    """A model of this test's own, and an agent's directory that is called like it."""
    name = sandbox.unique("version")
    write_agent(sandbox.root, {"agent.py": RESPONSES_AGENT, "requirements.txt": "mlflow==3.17.2\n"}, f"agents/{name}")
    body = {"name": f"{sandbox.schema}.{name}"}
    api(sandbox, "POST", f"{REGISTRY}/registered-models/create", "deployer", json=body)
    return name


def given(sandbox: RunningSandbox, name: str, **more: Any) -> dict[str, Any]:
    return {"model": f"{sandbox.schema}.{name}", "code": f"agents/{name}", **more}


def numbers(sandbox: RunningSandbox, name: str) -> list[int]:
    query = {"filter": f"name='{sandbox.schema}.{name}'"}
    found = api(sandbox, "GET", f"{REGISTRY}/model-versions/search", params=query)["model_versions"]
    return [int(version["version"]) for version in found]


def write(sandbox: RunningSandbox, name: str, text: str) -> Path:
    path = sandbox.root / "agents" / name / "agent.py"
    path.write_text(text)
    return path


async def test_a_life(deployer: Engine, sandbox: RunningSandbox, name: str) -> None:
    version = of(deployer, "ModelVersion")
    resources = [{"type": "serving_endpoint", "name": "sandbox-chat"}]
    await version.lives(
        given(sandbox, name, description="An agent", tags={"team": "a"}, resources=resources),
        given(sandbox, name, description="Another", tags={"team": "b"}, resources=resources),
        given(sandbox, name),
        given(sandbox, name, modelConfig={"a": 1}),
    )
    assert version.id == f"{sandbox.schema}.{name}/3"
    assert version.outputs["storageLocation"].startswith("s3://")


async def test_an_edit_makes_one_version_and_its_revert_none(
    deployer: Engine, sandbox: RunningSandbox, name: str
) -> None:
    experiment = of(deployer, "Experiment")
    await experiment.up({"name": f"/Shared/{name}"})
    wanted = given(sandbox, name, experimentId=experiment.id)
    version = of(deployer, "ModelVersion")
    await version.up(wanted)
    first = dict(version.outputs)
    assert first["modelId"].startswith("m-")
    write(sandbox, name, RESPONSES_AGENT + "# edited\n")
    assert (await version.up(wanted)).op == "replace"
    write(sandbox, name, RESPONSES_AGENT)
    assert (await version.up(wanted)).op == "replace"
    assert version.outputs == first
    assert numbers(sandbox, name) == [2, 1]


async def test_a_version_that_somebody_removed_is_replaced_by_another(
    deployer: Engine, sandbox: RunningSandbox, name: str
) -> None:
    version = of(deployer, "ModelVersion")
    wanted = given(sandbox, name)
    await version.up(wanted)
    removed = version.id
    body = {"name": f"{sandbox.schema}.{name}", "version": "1"}
    api(sandbox, "DELETE", f"{REGISTRY}/model-versions/delete", "deployer", json=body)
    planned = await version.preview(wanted)
    # Its number is not known before: an endpoint that serves it is not held against the one that is gone.
    assert planned.op == "replace"
    assert wire.has_unknown(planned.outputs["version"])
    assert f"version {removed} was removed outside of this stack: another one is made" in deployer.warnings
    await version.up(wanted)
    assert version.id == f"{sandbox.schema}.{name}/2"
    assert (await version.preview(wanted)).op == "same"


async def test_keep_retires_but_not_what_an_alias_names(deployer: Engine, sandbox: RunningSandbox, name: str) -> None:
    version = of(deployer, "ModelVersion")
    for edit in range(4):
        write(sandbox, name, CHAT_AGENT + f"# {edit}\n")
        await version.up(given(sandbox, name, keep=2))
        if edit == 0:
            body = {"name": f"{sandbox.schema}.{name}", "alias": "champion", "version": "1"}
            api(sandbox, "POST", f"{REGISTRY}/registered-models/alias", "deployer", json=body)
    assert numbers(sandbox, name) == [4, 3, 1]


async def test_who_may_not_make_versions_is_told_so(deployer: Engine, sandbox: RunningSandbox, name: str) -> None:
    other = sandbox.unique("admins")
    write_agent(sandbox.root, {"agent.py": RESPONSES_AGENT, "requirements.txt": "mlflow==3.17.2\n"}, f"agents/{other}")
    api(sandbox, "POST", f"{REGISTRY}/registered-models/create", json={"name": f"{sandbox.schema}.{other}"})
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await of(deployer, "ModelVersion").up(given(sandbox, other))
    assert f"{sandbox.schema}.{other}" in str(refused.value.details())


async def test_the_content_is_found_among_200_versions(sandbox: RunningSandbox, name: str) -> None:
    """The oldest is the worst case: every version is asked for, side by side. `make bench` shows the number."""
    model = f"{sandbox.schema}.{name}"
    with sandbox.client() as client:
        for number in range(200):
            tags = [{"key": "agentry_digest", "value": f"d{number}"}, {"key": "agentry_owner", "value": "agents/dev"}]
            body = {"name": model, "tags": tags}
            client.post(f"{REGISTRY}/model-versions/create", json=body).raise_for_status()
    there = await connect(Settings(root=sandbox.root, sandbox=sandbox.name), clock=RealClock())
    started = time.monotonic()
    held = await model_versions.holding(there, model, "d0", "agents/dev")
    assert time.monotonic() - started < 20
    assert [version.number for version in held.left] == [1]
    assert len(await model_versions.numbers(there, model)) == 200
