"""Genie spaces: their definitions, and who sees what of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.inside import Inside

SPACES, LEVELS = "/api/2.0/genie/spaces", "/api/2.0/permissions/genie"
DEFINITION = json.dumps({"version": 2, "data_sources": {"tables": [{"identifier": "local.agents.t"}]}})
SPACE = {"warehouse_id": "abc", "serialized_space": DEFINITION, "title": "Sales", "description": "d"}


async def made(inside: Inside, person: str = "deployer", **more: Any) -> str:
    return str((await inside.done(person, "POST", SPACES, SPACE | more))["space_id"])


async def give(inside: Inside, space: str, level: str, person: str = "asker") -> None:
    entry = {"user_name": f"{person}@sandbox.example", "permission_level": level}
    await inside.done("deployer", "PATCH", f"{LEVELS}/{space}", {"access_control_list": [entry]})


async def test_a_space_is_as_it_was_made(inside: Inside) -> None:
    answer = await inside.done("deployer", "POST", SPACES, SPACE)
    space = answer["space_id"]
    assert len(space) == 32
    assert answer | {"create_time": "", "update_time": ""} == {
        "space_id": space,
        "title": "Sales",
        "description": "d",
        "warehouse_id": "abc",
        "parent_path": "/Users/deployer@sandbox.example",
        "serialized_space": DEFINITION,
        "create_time": "",
        "update_time": "",
    }
    query = {"include_serialized_space": "true"}
    assert await inside.done("deployer", "GET", f"{SPACES}/{space}", **query) == answer


async def test_the_definition_comes_only_when_asked_for(inside: Inside) -> None:
    space = await made(inside)
    found = await inside.done("deployer", "GET", f"{SPACES}/{space}")
    assert found["warehouse_id"] == "abc"
    assert "serialized_space" not in found


@pytest.mark.parametrize("level", ["CAN_VIEW", "CAN_RUN"])
async def test_the_definition_is_for_who_may_edit(inside: Inside, level: str) -> None:
    space = await made(inside)
    await give(inside, space, level)
    assert (await inside.done("asker", "GET", f"{SPACES}/{space}"))["title"] == "Sales"
    query = {"include_serialized_space": "true"}
    refused = await inside.refused("asker", "GET", f"{SPACES}/{space}", **query)
    assert refused.startswith("PERMISSION_DENIED: asker@sandbox.example does not have CAN_EDIT permission")
    await give(inside, space, "CAN_EDIT")
    assert (await inside.done("asker", "GET", f"{SPACES}/{space}", **query))["serialized_space"] == DEFINITION


async def test_a_space_of_others_does_not_exist(inside: Inside) -> None:
    space = await made(inside)
    for id_ in (space, "01ef"):
        assert await inside.refused("asker", "GET", f"{SPACES}/{id_}") == (
            f"RESOURCE_DOES_NOT_EXIST: Unable to get space [{id_}]. Caused by Node with resource name "
            f"Some(datarooms/{id_}) does not exist."
        )
    assert (await inside.done("admin", "GET", f"{SPACES}/{space}"))["space_id"] == space


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"warehouse_id": ""}, "INVALID_PARAMETER_VALUE: warehouse_id is required."),
        ({"serialized_space": "{"}, "INVALID_PARAMETER_VALUE: serialized_space is not a JSON object."),
        ({"serialized_space": "[]"}, "INVALID_PARAMETER_VALUE: serialized_space is not a JSON object."),
        ({"serialized_space": None}, "INVALID_PARAMETER_VALUE: Invalid request: serialized_space"),
    ],
)
async def test_a_space_that_can_not_be_is_refused(inside: Inside, change: dict[str, Any], refusal: str) -> None:
    assert (await inside.refused("deployer", "POST", SPACES, SPACE | change)).startswith(refusal)
    assert await inside.done("admin", "GET", SPACES) == {"spaces": []}


async def test_a_list_has_what_one_may_see_page_by_page(inside: Inside) -> None:
    spaces = [await made(inside, title=str(number)) for number in range(3)]
    first = await inside.done("deployer", "GET", SPACES, page_size=2)
    second = await inside.done("deployer", "GET", SPACES, page_size=2, page_token=first["next_page_token"])
    assert [space["space_id"] for space in first["spaces"] + second["spaces"]] == spaces
    assert "next_page_token" not in second
    assert "serialized_space" not in first["spaces"][0]
    await give(inside, spaces[1], "CAN_VIEW")
    assert [space["title"] for space in (await inside.done("asker", "GET", SPACES))["spaces"]] == ["1"]


async def test_who_manages_a_space_trashes_it(inside: Inside) -> None:
    space = await made(inside)
    assert "RESOURCE_DOES_NOT_EXIST" in await inside.refused("asker", "DELETE", f"{SPACES}/{space}")
    await give(inside, space, "CAN_EDIT")
    assert "does not have CAN_MANAGE" in await inside.refused("asker", "DELETE", f"{SPACES}/{space}")
    await inside.done("deployer", "DELETE", f"{SPACES}/{space}")
    assert "RESOURCE_DOES_NOT_EXIST" in await inside.refused("deployer", "GET", f"{SPACES}/{space}")
    assert "RESOURCE_DOES_NOT_EXIST" in await inside.refused("deployer", "GET", f"{LEVELS}/{space}")


async def test_nobody_answers_in_it(inside: Inside) -> None:
    space = await made(inside)
    path = f"{SPACES}/{space}/start-conversation"
    answer = await inside.call("deployer", "POST", path, {"content": "?"})
    assert (answer.status, answer.body["error_code"]) == (501, "NOT_IMPLEMENTED")
    await give(inside, space, "CAN_VIEW")
    assert "does not have CAN_RUN" in await inside.refused("asker", "POST", path, {"content": "?"})


async def test_a_served_version_reaches_the_space_that_it_declared(inside: Inside) -> None:
    space, other = await made(inside), await made(inside)
    inside.serve("served", "deployer", ("genie_space", space))
    assert (await inside.done("served", "GET", f"{SPACES}/{space}"))["space_id"] == space
    assert "does not declare it" in await inside.refused("served", "GET", f"{SPACES}/{other}")
    assert "do not reach" in await inside.refused("served", "GET", SPACES)
