from __future__ import annotations

from typing import TYPE_CHECKING

import grpc.aio
import pytest

from tests.provider.lifecycle import CheckFailed, Engine
from tests.provider.sandboxed import admin, api, deployer, of

if TYPE_CHECKING:
    from tests.sandbox.workspace import RunningSandbox

__all__ = ["admin", "deployer"]
pytestmark = pytest.mark.process
REGISTRY = "/api/2.0/mlflow/unity-catalog"


@pytest.fixture
def name(sandbox: RunningSandbox) -> str:
    return f"{sandbox.schema}.{sandbox.unique('model')}"


def live(sandbox: RunningSandbox, name: str) -> dict[str, object]:
    return dict(api(sandbox, "GET", f"{REGISTRY}/registered-models/get", params={"name": name})["registered_model"])


def tags(sandbox: RunningSandbox, name: str) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in live(sandbox, name)["tags"]}  # type: ignore[attr-defined]


def version(sandbox: RunningSandbox, name: str, owner: str = "") -> str:
    body = {"name": name, "source": "dbfs:/x", "tags": [{"key": "agentry_owner", "value": owner}] if owner else []}
    made = api(sandbox, "POST", f"{REGISTRY}/model-versions/create", "deployer", json=body)
    return str(made["model_version"]["version"])


async def test_a_life(deployer: Engine, sandbox: RunningSandbox, name: str) -> None:
    model = of(deployer, "RegisteredModel")
    await model.lives(
        {"name": name, "description": "An agent", "tags": {"team": "a"}},
        {"name": name, "description": "Another", "tags": {"team": "b"}},
        {"name": name},
    )
    assert model.id == name
    assert model.outputs["owner"] == "deployer@sandbox.example"
    assert live(sandbox, name)["description"] == ""
    assert tags(sandbox, name) == {"agentry_owner": "agents/dev"}
    await model.delete()
    assert not await of(deployer, "RegisteredModel").take_over(name)


async def test_one_that_somebody_removed_is_made_again(deployer: Engine, sandbox: RunningSandbox, name: str) -> None:
    model = of(deployer, "RegisteredModel")
    wanted = {"name": name, "description": "An agent"}
    await model.up(wanted)
    api(sandbox, "DELETE", f"{REGISTRY}/registered-models/delete", "deployer", json={"name": name})
    assert (await model.preview(wanted)).op == "update"
    assert f"model {name} was removed outside of this stack, and is made again" in deployer.warnings
    await model.up(wanted)
    assert live(sandbox, name)["description"] == "An agent"
    assert (await model.preview(wanted)).op == "same"


async def test_one_of_another_stack_is_not_taken_and_import_is_offered(deployer: Engine, name: str) -> None:
    await of(deployer, "RegisteredModel", stack="prod").up({"name": name})
    with pytest.raises(CheckFailed) as failed:
        await of(deployer, "RegisteredModel").preview({"name": name})
    assert f"model {name} exists already\nit belongs to agents/prod" in str(failed.value)
    assert f"pulumi import agentry:index:RegisteredModel weather {name}" in str(failed.value)


async def test_one_that_an_interrupted_run_made_is_taken_up(
    deployer: Engine, sandbox: RunningSandbox, name: str
) -> None:
    await of(deployer, "RegisteredModel").up({"name": name, "description": "old"})
    model = of(deployer, "RegisteredModel")
    assert (await model.up({"name": name, "description": "new", "tags": {"a": "1"}})).op == "create"
    assert live(sandbox, name)["description"] == "new"
    assert tags(sandbox, name) == {"a": "1", "agentry_owner": "agents/dev"}


async def test_destroy_removes_our_versions_and_then_the_model(
    deployer: Engine, sandbox: RunningSandbox, name: str
) -> None:
    model = of(deployer, "RegisteredModel")
    await model.up({"name": name})
    numbers = [version(sandbox, name, "agents/dev") for _ in range(2)]
    body = {"name": name, "alias": "champion", "version": numbers[0]}
    api(sandbox, "POST", f"{REGISTRY}/registered-models/alias", "deployer", json=body)
    state = dict(vars(model))
    await model.delete()
    assert not await of(deployer, "RegisteredModel").take_over(name)
    vars(model).update(state)
    await model.delete()


async def test_destroy_is_refused_while_others_have_versions(
    deployer: Engine, sandbox: RunningSandbox, name: str
) -> None:
    model = of(deployer, "RegisteredModel")
    await model.up({"name": name})
    version(sandbox, name, "agents/dev")
    theirs = version(sandbox, name)
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await model.delete()
    assert str(failed.value.details()).startswith(f"model {name} stays\nversions of others: {theirs}\n→ ")
    query = {"filter": f"name='{name}'"}
    found = api(sandbox, "GET", f"{REGISTRY}/model-versions/search", params=query)["model_versions"]
    assert len(found) == 2, "nothing was removed"
    await model.up({"name": name, "forceDestroy": True})
    await model.delete()
    assert not await of(deployer, "RegisteredModel").take_over(name)


async def test_a_rename_is_refused_while_others_have_versions(
    deployer: Engine, sandbox: RunningSandbox, name: str
) -> None:
    model = of(deployer, "RegisteredModel")
    await model.up({"name": name})
    theirs = version(sandbox, name)
    for more in ({}, {"forceDestroy": True}):
        with pytest.raises(CheckFailed) as failed:
            await model.preview({"name": f"{name}_new", **more})
        assert failed.value.paths == ["name"]
        assert f"model {name} stays\nversions of others: {theirs}" in str(failed.value)
    await model.up({"name": name, "forceDestroy": True})
    assert (await model.preview({"name": f"{name}_new"})).op == "replace", "the state allows it"


async def test_the_same_name_in_other_letters_is_no_other_model(
    deployer: Engine, sandbox: RunningSandbox, name: str
) -> None:
    model = of(deployer, "RegisteredModel")
    await model.up({"name": name})
    number = version(sandbox, name, "agents/dev")
    assert (await model.up({"name": name.upper()})).op == "same"
    alias = of(deployer, "ModelAlias", "champion")
    await alias.up({"model": name, "alias": "champion", "version": number})
    assert (await alias.up({"model": name.upper(), "alias": "champion", "version": number})).op == "same"


async def test_a_rename_takes_versions_of_this_stack_away(deployer: Engine, sandbox: RunningSandbox, name: str) -> None:
    model = of(deployer, "RegisteredModel")
    await model.up({"name": name})
    version(sandbox, name, "agents/dev")
    assert (await model.up({"name": f"{name}_new"})).op == "replace"
    assert not await of(deployer, "RegisteredModel").take_over(name)
    assert live(sandbox, f"{name}_new")


async def test_a_name_has_three_levels(deployer: Engine) -> None:
    with pytest.raises(CheckFailed, match=r"'main.weather' is no three-level name: write catalog.schema.model"):
        await of(deployer, "RegisteredModel").preview({"name": "main.weather"})


async def test_unity_catalog_takes_no_dots_in_keys(deployer: Engine, name: str) -> None:
    with pytest.raises(CheckFailed) as failed:
        await of(deployer, "RegisteredModel").preview({"name": name, "tags": {"cost.center": "1"}})
    assert failed.value.failures == [
        ('tags["cost.center"]', "Unity Catalog takes no . in the key of a tag; write cost_center")
    ]


@pytest.mark.parametrize(
    ("type_", "securable", "privilege"),
    [
        ("CATALOG", "local", "USE_CATALOG"),
        ("SCHEMA", "local.agents", "USE_SCHEMA"),
        ("SCHEMA", "local.agents", "CREATE_MODEL"),
    ],
)
async def test_each_missing_privilege_is_named_at_preview(
    deployer: Engine, sandbox: RunningSandbox, name: str, type_: str, securable: str, privilege: str
) -> None:
    path = f"/api/2.1/unity-catalog/permissions/{type_}/{securable}"
    me = "deployer@sandbox.example"
    api(sandbox, "PATCH", path, json={"changes": [{"principal": me, "remove": [privilege]}]})
    try:
        with pytest.raises(CheckFailed) as failed:
            await of(deployer, "RegisteredModel").preview({"name": name})
    finally:
        api(sandbox, "PATCH", path, json={"changes": [{"principal": me, "add": [privilege]}]})
    [(where, reason)] = failed.value.failures
    words = privilege.replace("_", " ")
    assert where == "name"
    assert f"{me} lacks {words} on {type_.lower()} {securable}" in reason
    assert "admins (metastore admin) can give it" in reason
    assert f"GRANT {words} ON {type_} {securable} TO `{me}`" in reason


async def test_a_catalog_that_is_not_there(deployer: Engine) -> None:
    with pytest.raises(CheckFailed, match="catalog nowhere does not exist in http"):
        await of(deployer, "RegisteredModel").preview({"name": "nowhere.agents.weather"})


async def test_import_and_refresh(deployer: Engine, sandbox: RunningSandbox, name: str) -> None:
    body = {"name": name, "description": "d", "tags": [{"key": "a", "value": "1"}]}
    api(sandbox, "POST", f"{REGISTRY}/registered-models/create", "deployer", json=body)
    model = of(deployer, "RegisteredModel")
    assert await model.take_over(name)
    model.inputs["forceDestroy"] = False
    assert (await model.preview({"name": name, "description": "d", "tags": {"a": "1"}})).op == "same"
    api(sandbox, "PATCH", f"{REGISTRY}/registered-models/update", json={"name": name, "description": "by hand"})
    await model.refresh()
    assert (await model.preview({"name": name, "description": "d", "tags": {"a": "1"}})).changes == {
        "description": "UPDATE"
    }
