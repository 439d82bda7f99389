from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.provider.kinds.kind import UNKNOWN
from tests.provider.lifecycle import CheckFailed, Engine, Resource
from tests.provider.sandboxed import api, deployer, of
from tests.provider.test_registered_model import REGISTRY, version

if TYPE_CHECKING:
    from tests.sandbox.workspace import RunningSandbox

__all__ = ["deployer"]
pytestmark = pytest.mark.process


@pytest.fixture
def model(sandbox: RunningSandbox) -> str:
    """A model with three versions."""
    name = f"{sandbox.schema}.{sandbox.unique('aliased')}"
    api(sandbox, "POST", f"{REGISTRY}/registered-models/create", "deployer", json={"name": name})
    for _ in range(3):
        made = version(sandbox, name)
        body = {"name": name, "version": made}
        api(sandbox, "POST", f"{REGISTRY}/model-versions/finalize", "deployer", json=body)
    return name


def points_at(sandbox: RunningSandbox, model: str) -> str | None:
    with sandbox.client("admin") as client:
        answer = client.get(f"{REGISTRY}/registered-models/alias", params={"name": model, "alias": "champion"})
    return str(answer.json()["model_version"]["version"]) if answer.status_code == 200 else None


def move(sandbox: RunningSandbox, model: str, version: str) -> None:
    body = {"name": model, "alias": "champion", "version": version}
    api(sandbox, "POST", f"{REGISTRY}/registered-models/alias", json=body)


def inputs(model: str, version: object) -> dict[str, object]:
    return {"model": model, "alias": "champion", "version": version}


def champion(engine: Engine) -> Resource:
    return of(engine, "ModelAlias", "weather-champion")


async def test_a_life(deployer: Engine, sandbox: RunningSandbox, model: str) -> None:
    alias = champion(deployer)
    await alias.lives(inputs(model, "1"), inputs(model, "2"))
    assert alias.id == f"{model}@champion"
    assert points_at(sandbox, model) == "2"
    assert await champion(deployer).take_over(alias.id)
    await alias.delete()
    assert points_at(sandbox, model) is None


async def test_a_version_that_is_not_known_yet(deployer: Engine, model: str) -> None:
    alias = champion(deployer)
    await alias.up(inputs(model, "1"))
    planned = await alias.preview(inputs(model, UNKNOWN))
    assert (planned.op, planned.changes) == ("update", {"version": "UPDATE"})


async def test_one_that_somebody_moved_is_shown_and_moved_back(
    deployer: Engine, sandbox: RunningSandbox, model: str
) -> None:
    alias = champion(deployer)
    await alias.up(inputs(model, "1"))
    move(sandbox, model, "3")
    planned = await alias.up(inputs(model, "1"))
    assert (planned.op, planned.changes) == ("update", {"version": "UPDATE"})
    assert f"alias {model}@champion points at version 3: somebody moved it" in deployer.warnings
    assert points_at(sandbox, model) == "1"
    assert (await alias.preview(inputs(model, "1"))).op == "same"


async def test_destroy_leaves_one_that_somebody_moved(deployer: Engine, sandbox: RunningSandbox, model: str) -> None:
    alias = champion(deployer)
    await alias.up(inputs(model, "1"))
    move(sandbox, model, "3")
    await alias.delete()
    assert points_at(sandbox, model) == "3"
    assert f"alias {model}@champion stays: somebody moved it to version 3" in deployer.warnings


async def test_a_refresh_takes_a_move_into_the_state(deployer: Engine, sandbox: RunningSandbox, model: str) -> None:
    alias = champion(deployer)
    await alias.up(inputs(model, "1"))
    move(sandbox, model, "3")
    await alias.refresh()
    assert alias.inputs["version"] == "3"
    assert (await alias.up(inputs(model, "1"))).op == "update"
    assert points_at(sandbox, model) == "1"


async def test_one_that_is_gone_is_set_again(deployer: Engine, sandbox: RunningSandbox, model: str) -> None:
    alias = champion(deployer)
    await alias.up(inputs(model, "1"))
    body = {"name": model, "alias": "champion"}
    api(sandbox, "DELETE", f"{REGISTRY}/registered-models/alias", json=body)
    assert (await alias.up(inputs(model, "1"))).op == "update"
    assert points_at(sandbox, model) == "1"
    api(sandbox, "DELETE", f"{REGISTRY}/registered-models/alias", json=body)
    assert not await champion(deployer).take_over(alias.id)
    await alias.delete()


@pytest.mark.parametrize(
    ("given", "path", "reason"),
    [
        ({"alias": "latest"}, "alias", "can not be an alias"),
        ({"alias": "v7"}, "alias", "can not be an alias"),
        ({"alias": "a b"}, "alias", "can not be an alias"),
        ({"version": "seven"}, "version", "is no number of a version"),
        ({"version": "9"}, "version", "has no version 9"),
        ({"model": "weather"}, "model", "is no three-level name"),
    ],
)
async def test_what_can_not_be_is_refused_at_preview(
    deployer: Engine, model: str, given: dict[str, str], path: str, reason: str
) -> None:
    with pytest.raises(CheckFailed, match=reason) as failed:
        await champion(deployer).preview({**inputs(model, "1"), **given})
    assert failed.value.paths == [path]
