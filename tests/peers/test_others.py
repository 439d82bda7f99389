"""Rows 7 and 11: what others did to an endpoint, and who may ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.peers.peer import ENDPOINTS

if TYPE_CHECKING:
    from tests.peers.row import Row

pytestmark = pytest.mark.process


def serving(row: Row, version: str, more: str = "") -> str:
    return f'ServingEndpoint("e", name={row.name!r}, model={row.model!r}, version={version!r}, {more})'


def deploy(row: Row, version: str, percent: int) -> str:
    """What `agents.deploy()` 1.13.0 does to an endpoint that is there (observed); the name of its served entity.

    It gives the new version everything, keeps the old ones at 0 %, and repeats what only answers have.
    """
    live = row.workspace.endpoint(row.name)
    ours = live["config"]["served_entities"]
    name = f"{row.model.replace('.', '-')}_{version}"
    theirs = {"name": name, "entity_name": row.model, "entity_version": version, "scale_to_zero_enabled": True}
    shares = {name: percent, ours[0]["name"]: 100 - percent}
    body = {
        "served_entities": [{**theirs, "workload_size": "Small"}, *ours],
        "traffic_config": {"routes": [{"served_model_name": k, "traffic_percentage": v} for k, v in shares.items()]},
    }
    row.workspace.send("PATCH", f"{ENDPOINTS}/{row.name}/description", {"description": "deployed by hand"})
    row.workspace.send("PUT", f"{ENDPOINTS}/{row.name}/config", body, person="deployer")
    return name


def shares(row: Row) -> dict[str, int]:
    routes = row.workspace.endpoint(row.name)["config"]["traffic_config"]["routes"]
    return {one["served_model_name"]: one["traffic_percentage"] for one in routes}


async def test_row_07_what_agents_deploy_did_is_drift_and_its_entity_is_kept(row: Row) -> None:
    row.workspace.register(row.model)
    first, theirs, second = (row.workspace.version(row.model) for _ in range(3))
    row.program(serving(row, first, 'description="ours"'))
    (await row.up()).went_well()
    ours = (await row.state())["e"]["outputs"]["servedEntity"]
    name = deploy(row, theirs, 100)

    seen = await row.preview()
    assert seen.steps == {"update e"}
    assert any(line.startswith("traffic is not as declared") and f"{name} 100 %" in line for line in seen.lines)
    assert any("description is not as declared" in line and "deployed by hand" in line for line in seen.lines)
    (await row.up()).went_well()
    assert shares(row) == {ours: 100, name: 0}
    assert row.workspace.endpoint(row.name)["description"] == "ours"
    assert (await row.preview()).steps == set()

    row.program(serving(row, second, 'description="ours"'))
    (await row.up()).went_well()
    kept = {one["name"]: one for one in row.workspace.endpoint(row.name)["config"]["served_entities"]}
    assert kept[name]["entity_version"] == theirs
    assert ours not in kept, "our old version goes when the new one serves; nobody else's does"
    (await row.destroy()).went_well()


async def test_row_07_a_share_of_others_is_kept_and_said_and_ours_comes_back(row: Row) -> None:
    row.workspace.register(row.model)
    first, theirs, second = (row.workspace.version(row.model) for _ in range(3))
    row.program(serving(row, first))
    (await row.up()).went_well()
    name = deploy(row, theirs, 20)
    row.program(serving(row, second, 'description="deployed by hand"'))
    seen = (await row.up()).went_well()
    assert seen.steps == {"update e"}
    assert shares(row)[name] == 20
    assert any(f"served entities of others get questions: {name} 20 %" in line for line in (await row.preview()).lines)

    # What is declared of theirs goes before what they have.
    row.program(serving(row, second, f'description="deployed by hand", traffic={{{name!r}: 30}}'))
    seen = (await row.up()).went_well()
    ours = seen.done["e"]["servedEntity"]
    assert shares(row) == {ours: 70, name: 30}

    # They take ours out altogether.
    config = row.workspace.endpoint(row.name)["config"]
    body = {
        "served_entities": [one for one in config["served_entities"] if one["name"] == name],
        "traffic_config": {"routes": [{"served_model_name": name, "traffic_percentage": 100}]},
    }
    row.workspace.send("PUT", f"{ENDPOINTS}/{row.name}/config", body, person="deployer")
    seen = await row.preview()
    assert seen.steps == {"update e"}
    assert f"serves {name} instead of" in seen.said
    (await row.up()).went_well()
    assert shares(row) == {ours: 70, name: 30}


async def test_row_11_a_new_version_leaves_who_may_ask_as_it_is(row: Row) -> None:
    row.workspace.register(row.model)
    first, second = (row.workspace.version(row.model) for _ in range(2))
    access = f"""
        Grant("access", principal="group:analysts", privileges=[Privilege("SERVING_ENDPOINT", {row.name!r}, "CAN_QUERY")],
              opts=ResourceOptions(depends_on=[endpoint]))
    """
    row.program(f"endpoint = {serving(row, first)}\n{access.strip()}")
    (await row.up()).went_well()
    endpoint_id = row.workspace.endpoint(row.name)["id"]
    permissions = f"/api/2.0/permissions/serving-endpoints/{endpoint_id}"
    by_hand = {"user_name": "asker@sandbox.example", "permission_level": "CAN_MANAGE"}
    row.workspace.send("PATCH", permissions, {"access_control_list": [by_hand]})
    listed = row.workspace.send("GET", permissions)

    before = row.workspace.mark()
    row.program(f"endpoint = {serving(row, second)}\n{access.strip()}")
    seen = (await row.up()).went_well()
    assert seen.steps == {"update e"}
    assert row.workspace.writes(before, path="permissions") == []
    assert row.workspace.send("GET", permissions) == listed
