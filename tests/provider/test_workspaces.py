"""Two workspaces of one metastore, and a stack in each: what they share, what is invisible, and what is refused."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest

from agentry.clock import RealClock
from agentry.provider.kinds.registry import KINDS
from agentry.sandbox import process
from agentry.sandbox.mode import Choice
from agentry.workspace import connect
from tests.package.agents import RESPONSES_AGENT, write_agent
from tests.provider.lifecycle import CheckFailed, Engine, provider
from tests.provider.sandboxed import api, of
from tests.sandbox.workspace import RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = pytest.mark.process

CATALOG, ENDPOINTS = "/api/2.1/unity-catalog", "/api/2.0/serving-endpoints"
NAMES = ("local", "dev")


@pytest.fixture(scope="module")
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningSandbox, ...]]:
    """`local` and `dev`, two workspaces of one project."""
    root = tmp_path_factory.mktemp("workspaces")
    try:
        yield tuple(running_sandbox(root, name, Choice(instant=True)) for name in NAMES)
    finally:
        for name in NAMES:
            process.stop(root, name)


@pytest.fixture
async def engines(sandboxes: tuple[RunningSandbox, ...]) -> AsyncIterator[tuple[Engine, ...]]:
    """A provider as the deployer in each of them."""
    async with AsyncExitStack() as stack:
        yield tuple(
            [
                await stack.enter_async_context(
                    provider(KINDS, connect, clock=RealClock(), root=one.root, settings={"sandbox": one.name})
                )
                for one in sandboxes
            ]
        )


@pytest.fixture
def name(sandboxes: tuple[RunningSandbox, ...]) -> str:
    return f"dev.agents.{sandboxes[0].unique('shared')}"


def given(sandbox: RunningSandbox, model: str, **more: Any) -> dict[str, Any]:
    """What a model version is made of, with an agent's directory of this test's own."""
    code = f"agents/{model.rpartition('.')[2]}"
    write_agent(sandbox.root, {"agent.py": RESPONSES_AGENT, "requirements.txt": "mlflow==3.17.2\n"}, code)
    return {"model": model, "code": code, **more}


def served(sandbox: RunningSandbox, name: str, model: str, version: int) -> None:
    """An endpoint of somebody else in this workspace."""
    entity = {"entity_name": model, "entity_version": str(version), "workload_size": "Small"}
    entity["scale_to_zero_enabled"] = True  # type: ignore[assignment]
    api(sandbox, "POST", ENDPOINTS, "deployer", json={"name": name, "config": {"served_entities": [entity]}})


async def test_a_model_of_a_stack_in_another_workspace_is_not_taken(engines: tuple[Engine, ...], name: str) -> None:
    here, there = engines
    await of(there, "RegisteredModel", stack="dev").up({"name": name})
    with pytest.raises(CheckFailed) as failed:
        await of(here, "RegisteredModel", stack="local").preview({"name": name})
    assert f"model {name} exists already\nit belongs to agents/dev" in str(failed.value)
    assert f"pulumi import agentry:index:RegisteredModel weather {name}" in str(failed.value)


async def test_versions_are_shared_and_the_owner_tag_decides_whose_they_are(
    engines: tuple[Engine, ...], sandboxes: tuple[RunningSandbox, ...], name: str
) -> None:
    here, there = engines
    model = of(there, "RegisteredModel", stack="dev")
    await model.up({"name": name})
    code = given(sandboxes[0], name)
    theirs, ours = of(there, "ModelVersion", stack="dev"), of(here, "ModelVersion", stack="local")
    await theirs.up(code)
    await ours.up(code)
    assert theirs.id == ours.id == f"{name}/1"
    await ours.up({**code, "requirements": ["mlflow==3.17.2", "attrs"]})
    assert ours.id == f"{name}/2"
    tags = {number: owner_of(sandboxes[1], name, number) for number in (1, 2)}
    assert tags == {1: "agents/dev", 2: "agents/local"}
    with pytest.raises(grpc.aio.AioRpcError, match="versions of others: 2"):
        await model.delete()
    await ours.delete()
    assert owner_of(sandboxes[1], name, 1) == "agents/dev"


async def test_endpoints_of_another_workspace_are_invisible(
    engines: tuple[Engine, ...], sandboxes: tuple[RunningSandbox, ...], name: str
) -> None:
    """What only another workspace serves holds no model back: from here nobody can know."""
    _, there = engines
    model, version = (of(there, kind, stack="dev") for kind in ("RegisteredModel", "ModelVersion"))
    await model.up({"name": name})
    await version.up(given(sandboxes[0], name))
    served(sandboxes[0], name.rpartition(".")[2], name, 1)
    names = [one["name"] for one in api(sandboxes[1], "GET", ENDPOINTS).get("endpoints") or ()]
    assert name.rpartition(".")[2] not in names
    await model.delete()
    with sandboxes[0].client("admin") as client:
        assert client.get(f"{CATALOG}/models/{name}").status_code == 404


async def test_a_stack_that_is_pointed_at_another_workspace_is_refused(engines: tuple[Engine, ...], name: str) -> None:
    here, there = engines
    model = of(there, "RegisteredModel", stack="dev")
    await model.up({"name": name})
    model.engine = here
    with pytest.raises(CheckFailed) as failed:
        await model.preview({"name": name})
    assert "stack dev belongs to workspace" in str(failed.value)
    assert "agentry:sandbox back; to move it here, destroy it first, which happens where it is" in str(failed.value)
    assert "copy its file stacks/Pulumi.dev.yaml" in str(failed.value)
    with pytest.raises(grpc.aio.AioRpcError, match="belongs to workspace"):
        await model.delete()
    model.engine = there
    assert (await model.preview({"name": name})).op == "same"


async def test_a_privilege_that_two_stacks_need_stays_when_one_goes(
    engines: tuple[Engine, ...], sandboxes: tuple[RunningSandbox, ...], name: str
) -> None:
    """One gave it, the other found it held; the endpoint of the other lives on it."""
    here, sandbox = engines[0], sandboxes[0]
    function = f"local.agents.{sandbox.unique('tool')}"
    api(sandbox, "POST", f"{CATALOG}/functions", json=function_of(function))
    async with provider(
        KINDS, connect, clock=RealClock(), root=sandbox.root, settings={"sandbox": "local-admin"}
    ) as admin:
        needs: dict[str, Any] = {
            "principal": "user:deployer@sandbox.example",
            "privileges": [{"securableType": "FUNCTION", "securable": function, "privilege": "EXECUTE"}],
        }
        first, second = of(admin, "Grant", stack="one"), of(here, "Grant", stack="two")
        await first.up({**needs, "forEndpoint": None})
        await second.up(needs)
        assert (len(first.outputs["added"]), len(second.outputs["held"])) == (1, 1)
        model, version = (of(here, kind, stack="two") for kind in ("RegisteredModel", "ModelVersion"))
        local_name = name.replace("dev.", "local.")
        await model.up({"name": local_name})
        await version.up(given(sandbox, local_name, resources=[{"type": "function", "name": function}]))
        served(sandbox, local_name.rpartition(".")[2], local_name, 1)
        await first.delete()
        assert (await second.preview(needs)).op == "same"
        assert any("lives on it too" in line for line in admin.infos)


def function_of(full_name: str) -> dict[str, Any]:
    catalog, schema, name = full_name.split(".")
    return {"function_info": {"name": name, "catalog_name": catalog, "schema_name": schema}}


def owner_of(sandbox: RunningSandbox, model: str, number: int) -> str:
    """The stack that a version says it is of."""
    found = api(sandbox, "GET", f"{CATALOG}/models/{model}/versions/{number}")
    return str({tag["key"]: tag["value"] for tag in found["tags"]}["agentry_owner"])
