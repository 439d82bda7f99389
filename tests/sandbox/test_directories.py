"""Folders of the workspace, and the levels that they pass on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.sandbox.directories import normal
from agentry.sandbox.errors import InvalidParameter

if TYPE_CHECKING:
    from tests.sandbox.inside import Inside

WS = "/api/2.0/workspace"
ML = "/api/2.0/mlflow"


@pytest.mark.parametrize(
    ("path", "kept"),
    [("/", "/"), ("/a//b/", "/a/b"), ("/Workspace/Shared/x", "/Shared/x"), ("/Workspace", "/"), ("/Shared", "/Shared")],
)
def test_a_path_is_kept_in_one_form(path: str, kept: str) -> None:
    assert normal(path) == kept


@pytest.mark.parametrize("path", ["", "a/b", "/a/../b", "/./a"])
def test_a_path_that_is_not_absolute_is_refused(path: str) -> None:
    with pytest.raises(InvalidParameter):
        normal(path)


async def test_folders_are_made_with_those_around_them(inside: Inside) -> None:
    for _ in range(2):
        await inside.done("deployer", "POST", f"{WS}/mkdirs", {"path": "/Shared/agentry/agents/local"})
    status = await inside.done("asker", "GET", f"{WS}/get-status", path="/Workspace/Shared/agentry")
    listed = await inside.done("asker", "GET", f"{WS}/list", path="/Shared/agentry")
    assert (status["path"], status["object_type"]) == ("/Shared/agentry", "DIRECTORY")
    assert [entry["path"] for entry in listed["objects"]] == ["/Shared/agentry/agents"]


async def test_a_home_is_its_users_alone(inside: Inside) -> None:
    home = "/Users/deployer@sandbox.example"
    await inside.done("deployer", "POST", f"{WS}/mkdirs", {"path": f"{home}/mine"})
    refused = await inside.refused("asker", "GET", f"{WS}/list", path=f"{home}/mine")
    assert refused == (
        "PERMISSION_DENIED: asker@sandbox.example does not have CAN_READ permission on directory "
        f"'{home}/mine' (held: none)."
    )
    assert "does not have CAN_EDIT" in await inside.refused("asker", "POST", f"{WS}/mkdirs", {"path": f"{home}/x"})
    assert (await inside.done("admin", "GET", f"{WS}/list", path=home))["objects"]


async def test_users_have_no_folder_but_their_own(inside: Inside) -> None:
    refused = await inside.refused("admin", "POST", f"{WS}/mkdirs", {"path": "/Users/nobody/x"})
    assert refused == "DIRECTORY_PROTECTED: Folder Users is protected"


@pytest.mark.parametrize("path", ["/", "/Shared", "/Users", "/Users/deployer@sandbox.example"])
async def test_folders_that_every_workspace_has_are_not_removed(inside: Inside, path: str) -> None:
    refused = await inside.refused("admin", "POST", f"{WS}/delete", {"path": path, "recursive": True})
    assert refused.startswith("DIRECTORY_PROTECTED")


async def test_empty_folders_are_removed(inside: Inside) -> None:
    await inside.done("deployer", "POST", f"{WS}/mkdirs", {"path": "/Shared/a/b"})
    assert "DIRECTORY_NOT_EMPTY" in await inside.refused("deployer", "POST", f"{WS}/delete", {"path": "/Shared/a"})
    await inside.done("deployer", "POST", f"{WS}/delete", {"path": "/Shared/a", "recursive": True})
    assert (await inside.refused("deployer", "GET", f"{WS}/get-status", path="/Shared/a/b")) == (
        "RESOURCE_DOES_NOT_EXIST: Path (/Shared/a/b) doesn't exist."
    )


async def test_a_folder_with_an_experiment_is_kept(inside: Inside) -> None:
    await inside.done("deployer", "POST", f"{WS}/mkdirs", {"path": "/Shared/a"})
    await inside.done("deployer", "POST", f"{ML}/experiments/create", {"name": "/Shared/a/e"})
    refused = await inside.refused("deployer", "POST", f"{WS}/delete", {"path": "/Shared/a", "recursive": True})
    assert refused == "DIRECTORY_NOT_EMPTY: Folder (/Shared/a) is not empty"
    status = await inside.done("deployer", "GET", f"{WS}/get-status", path="/Shared/a/e")
    assert status["object_type"] == "MLFLOW_EXPERIMENT"
    assert (await inside.refused("deployer", "POST", f"{WS}/mkdirs", {"path": "/Shared/a/e"})).startswith(
        "RESOURCE_ALREADY_EXISTS"
    )


async def test_levels_of_a_folder_hold_in_the_folders_inside(inside: Inside) -> None:
    home = "/Users/deployer@sandbox.example"
    await inside.done("deployer", "POST", f"{WS}/mkdirs", {"path": f"{home}/a/b"})
    status = await inside.done("deployer", "GET", f"{WS}/get-status", path=f"{home}/a")
    levels = {"access_control_list": [{"group_name": "analysts", "permission_level": "CAN_READ"}]}
    await inside.done("deployer", "PATCH", f"/api/2.0/permissions/directories/{status['object_id']}", levels)
    await inside.done("asker", "GET", f"{WS}/list", path=f"{home}/a/b")
    assert "CAN_EDIT" in await inside.refused("asker", "POST", f"{WS}/mkdirs", {"path": f"{home}/a/b/c"})
