"""All kinds as one graph, as an agent has them: what holds for each holds for the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.matrix.ground import NAME as CATALOG
from tests.matrix.ground import SCHEMA
from tests.matrix.kinds.grant import ASKER
from tests.matrix.kinds.model_version import REQUIREMENTS
from tests.matrix.stage import Declared, Of
from tests.matrix.test_invariants import foreseen, settled
from tests.package.agents import RESPONSES_AGENT, write_agent

if TYPE_CHECKING:
    from tests.matrix.ground import Ground
    from tests.matrix.stage import Stage

MODEL = f"{SCHEMA}.weather"
NAMES = ["experiment", "model", "version", "parents", "endpoint", "alias", "access"]


def kind(name: str) -> str:
    return f"agentry:index:{name}"


def item(type_: str, name: str, privilege: str) -> dict[str, str]:
    return {"securableType": type_, "securable": name, "privilege": privilege}


def graph() -> list[Declared]:
    """An agent's."""
    parents = [item("CATALOG", CATALOG, "USE CATALOG"), item("SCHEMA", SCHEMA, "USE SCHEMA")]
    asking = {"principal": f"user:{ASKER}", "privileges": [item("SERVING_ENDPOINT", "weather", "CAN_QUERY")]}
    version = {"model": Of("model", "name"), "code": "agents/weather", "experimentId": Of("experiment", "experimentId")}
    served = {"name": "weather", "model": MODEL, "version": Of("version", "version")}
    pointing = {"model": MODEL, "alias": "champion", "version": Of("version", "version")}
    return [
        Declared(kind("Experiment"), {"name": "/Shared/agents/weather", "tags": {"team": "sky"}}, "experiment"),
        Declared(kind("RegisteredModel"), {"name": MODEL, "description": "asks the sky"}, "model"),
        Declared(kind("ModelVersion"), version, "version", ("model", "experiment")),
        Declared(kind("Grant"), {"forEndpoint": "weather", "privileges": parents, "ensure": True}, "parents"),
        Declared(
            kind("ServingEndpoint"),
            {**served, "experimentId": Of("experiment", "experimentId")},
            "endpoint",
            ("version", "parents"),
        ),
        Declared(kind("ModelAlias"), pointing, "alias", ("endpoint",)),
        Declared(kind("Grant"), asking, "access", ("endpoint",)),
    ]


@pytest.fixture
def agent(ground: Ground) -> None:
    write_agent(ground.root, {"agent.py": RESPONSES_AGENT, "requirements.txt": REQUIREMENTS}, "agents/weather")


async def whole(ground: Ground) -> dict[str, Any]:
    """What the workspace has of it, without ids that another one of the same would not have."""
    registry = "/api/2.0/mlflow/unity-catalog"
    experiment = await ground.found("/api/2.0/mlflow/experiments/get-by-name", experiment_name="/Shared/agents/weather")
    versions = await ground.found(f"{registry}/model-versions/search", filter=f"name='{MODEL}'") or {}
    endpoint = await ground.found("/api/2.0/serving-endpoints/weather")
    asked = endpoint and await ground.found(f"/api/2.0/permissions/serving-endpoints/{endpoint['id']}")
    return {
        "experiment": experiment and experiment["experiment"]["lifecycle_stage"],
        "model": bool(await ground.found(f"{registry}/registered-models/get", name=MODEL)),
        "versions": [one["version"] for one in versions.get("model_versions") or ()],
        "endpoint": endpoint and [one["name"] for one in endpoint["config"]["served_entities"]],
        "ready": endpoint and endpoint["state"]["ready"],
        "alias": (await ground.found(f"/api/2.1/unity-catalog/models/{MODEL}/aliases/champion") or {}).get("version"),
        "asker": endpoint
        and [
            level["permission_level"]
            for row in asked["access_control_list"]
            if row.get("user_name") == ASKER
            for level in row["all_permissions"]
        ],
    }


@pytest.mark.usefixtures("agent")
async def test_an_agent_lives(ground: Ground, stage: Stage) -> None:
    assert (await foreseen(stage, ground, *graph())).changes == {f"create {name}": 1 for name in NAMES}
    there = await whole(ground)
    assert all(there.values()), there
    await settled(stage, ground, *graph())
    (await stage.destroy()).well()
    gone = await whole(ground)
    assert {key for key, value in gone.items() if value} == {"experiment"}, "traces are production records"
    (await stage.destroy()).well()
    (await stage.up(*graph())).well()
    assert await whole(ground) == there
    await settled(stage, ground, *graph())


@pytest.mark.usefixtures("agent")
async def test_a_plain_up_brings_back_all_that_a_reset_of_the_sandbox_took(ground: Ground, stage: Stage) -> None:
    (await stage.up(*graph())).well()
    there = await whole(ground)
    await ground.reset()
    assert not any((await whole(ground)).values()), "the reset left something"
    (await stage.preview(*graph())).well()
    (await stage.up(*graph())).well()
    assert await whole(ground) == there
    await settled(stage, ground, *graph())
    (await stage.destroy()).well()
    assert not stage.records()


@pytest.mark.usefixtures("agent")
async def test_a_refresh_after_a_reset_forgets_all_and_an_up_makes_it(ground: Ground, stage: Stage) -> None:
    (await stage.up(*graph())).well()
    there = await whole(ground)
    await ground.reset()
    refreshed = (await stage.refresh()).well()
    kept = {name for name in NAMES if f"delete {name}" not in refreshed.steps}
    assert kept == {"parents"}, "who runs owns its catalog, with or without a state"
    (await stage.up(*graph())).well()
    assert await whole(ground) == there
    await settled(stage, ground, *graph())


@pytest.mark.usefixtures("agent")
async def test_a_destroy_after_a_reset_is_nothing(ground: Ground, stage: Stage) -> None:
    (await stage.up(*graph())).well()
    await ground.reset()
    (await stage.destroy()).well()
    assert not stage.records()
    assert not any((await whole(ground)).values())
