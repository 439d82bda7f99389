from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.provider.lifecycle import CheckFailed, Engine
from tests.provider.sandboxed import api, deployer, of

if TYPE_CHECKING:
    from tests.sandbox.workspace import RunningSandbox

__all__ = ["deployer"]
pytestmark = pytest.mark.process
API = "/api/2.0/mlflow/experiments"


@pytest.fixture
def path(sandbox: RunningSandbox) -> str:
    return f"/Shared/agentry/tests/{sandbox.unique('experiment')}"


def live(sandbox: RunningSandbox, path: str) -> dict[str, str]:
    return dict(api(sandbox, "GET", f"{API}/get-by-name", params={"experiment_name": path})["experiment"])


def tags(sandbox: RunningSandbox, path: str) -> dict[str, str]:
    found = live(sandbox, path)
    return {tag["key"]: tag["value"] for tag in found["tags"] if not tag["key"].startswith("mlflow.")}  # type: ignore[index]


async def test_a_life(deployer: Engine, sandbox: RunningSandbox, path: str) -> None:
    experiment = of(deployer, "Experiment")
    await experiment.lives({"name": path, "tags": {"team": "a"}}, {"name": path, "tags": {"team": "b", "x.y": "z"}})
    assert experiment.id == experiment.outputs["experimentId"] == live(sandbox, path)["experiment_id"]
    assert tags(sandbox, path) == {"team": "b", "x.y": "z", "agentry_owner": "agents/dev"}
    await experiment.up({"name": path})
    assert tags(sandbox, path) == {"agentry_owner": "agents/dev"}


async def test_it_stays_on_destroy_and_is_taken_up_again(deployer: Engine, sandbox: RunningSandbox, path: str) -> None:
    experiment = of(deployer, "Experiment")
    await experiment.up({"name": path})
    before = experiment.id
    await experiment.delete()
    assert live(sandbox, path)["lifecycle_stage"] == "active"
    assert f"experiment {path} stays with its traces (forceDestroy is not set)" in deployer.infos
    await experiment.up({"name": path, "tags": {"a": "1"}})
    assert experiment.id == before
    assert tags(sandbox, path)["a"] == "1"


async def test_force_destroy_moves_it_to_the_trash_out_of_which_it_is_taken_up(
    deployer: Engine, sandbox: RunningSandbox, path: str
) -> None:
    experiment = of(deployer, "Experiment")
    await experiment.up({"name": path, "forceDestroy": True})
    before, state = experiment.id, dict(vars(experiment))
    await experiment.delete()
    assert live(sandbox, path)["lifecycle_stage"] == "deleted"
    vars(experiment).update(state)
    await experiment.delete()
    await experiment.up({"name": path, "forceDestroy": True})
    assert (experiment.id, live(sandbox, path)["lifecycle_stage"]) == (before, "active")


async def test_one_of_another_stack_is_not_taken_and_import_is_offered(
    deployer: Engine, sandbox: RunningSandbox, path: str
) -> None:
    theirs = of(deployer, "Experiment", stack="prod")
    await theirs.up({"name": path})
    ours = of(deployer, "Experiment")
    with pytest.raises(CheckFailed) as failed:
        await ours.preview({"name": path})
    assert failed.value.paths == ["name"]
    assert f"experiment {path} exists already\nit belongs to agents/prod" in str(failed.value)
    assert f"pulumi import agentry:index:Experiment weather {theirs.id}" in str(failed.value)


async def test_import(deployer: Engine, sandbox: RunningSandbox, path: str) -> None:
    api(sandbox, "POST", "/api/2.0/workspace/mkdirs", json={"path": path.rpartition("/")[0]})
    body = {"name": path, "tags": [{"key": "team", "value": "a"}]}
    made = api(sandbox, "POST", f"{API}/create", "deployer", json=body)
    experiment = of(deployer, "Experiment")
    assert await experiment.take_over(made["experiment_id"])
    assert {k: experiment.inputs[k] for k in ("name", "tags")} == {"name": path, "tags": {"team": "a"}}
    assert not await of(deployer, "Experiment").take_over("4711")


async def test_tags_of_others_stay_and_are_no_difference(deployer: Engine, sandbox: RunningSandbox, path: str) -> None:
    experiment = of(deployer, "Experiment")
    await experiment.up({"name": path, "tags": {"a": "1"}})
    body = {"experiment_id": experiment.id, "key": "theirs", "value": "x"}
    api(sandbox, "POST", f"{API}/set-experiment-tag", json=body)
    await experiment.refresh()
    assert (await experiment.preview({"name": path, "tags": {"a": "1"}})).op == "same"
    await experiment.up({"name": path, "tags": {"a": "2"}})
    assert tags(sandbox, path) == {"a": "2", "theirs": "x", "agentry_owner": "agents/dev"}


async def test_what_was_deleted_out_of_band_is_made_again(deployer: Engine, sandbox: RunningSandbox, path: str) -> None:
    experiment = of(deployer, "Experiment")
    await experiment.up({"name": path})
    before = experiment.id
    api(sandbox, "POST", f"{API}/delete", json={"experiment_id": before})
    assert not await experiment.refresh()
    assert (await experiment.up({"name": path})).op == "create"
    assert experiment.id == before, "out of the trash"


@pytest.mark.parametrize("name", ["weather", "/Shared/a/", "/Shared/../x", "/"])
async def test_a_name_is_a_path(deployer: Engine, name: str) -> None:
    with pytest.raises(CheckFailed, match="is no path in the workspace"):
        await of(deployer, "Experiment").preview({"name": name})


async def test_our_own_tags_can_not_be_declared(deployer: Engine, path: str) -> None:
    with pytest.raises(CheckFailed, match="keys that begin with agentry_ are Agentry's own"):
        await of(deployer, "Experiment").preview({"name": path, "tags": {"agentry_owner": "me"}})
