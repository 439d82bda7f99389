"""Levels on objects of the workspace: ladders, groups, containers, and their HTTP routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.sandbox.errors import InvalidParameter, NotFound, PermissionDenied
from agentry.sandbox.identity import Caller, Scope
from agentry.sandbox.permissions import Found, ObjectType, rank

if TYPE_CHECKING:
    from tests.sandbox.inside import Inside

ENDPOINTS = ("CAN_VIEW", "CAN_QUERY", "CAN_MANAGE")
KITES = {"k1": Found("k1", "red kite", (("shelves", "s1"),)), "k2": Found("k2", "blue kite")}
PATH = "/api/2.0/permissions/kites"


@pytest.fixture
def kites(inside: Inside) -> Inside:
    """A sandbox with objects of a type of its own: k1 lies in the shelf s1, k2 does not; the deployer manages both."""
    inside.state.permissions.register(ObjectType("kites", "kite", ENDPOINTS, KITES.get, scope="kite"))
    shelves = ObjectType("shelves", "shelf", ("CAN_READ", "CAN_MANAGE"), lambda shelf: Found(shelf, shelf))
    inside.state.permissions.register(shelves)
    for kite in KITES:
        inside.state.permissions.give("kites", kite, [(inside.person("deployer"), "CAN_MANAGE")])
    return inside


@pytest.mark.parametrize(
    ("level", "counts_as"),
    [("CAN_QUERY", 1), ("CAN_READ", 0), ("CAN_RUN", 1), ("CAN_EDIT", 1), ("CAN_MANAGE", 2), ("IS_OWNER", -1)],
)
def test_a_level_of_another_type_counts_as_the_next_lower(level: str, counts_as: int) -> None:
    assert rank(ENDPOINTS, level) == counts_as


@given(level=st.sampled_from(ENDPOINTS))
def test_an_own_level_is_itself(level: str) -> None:
    assert ENDPOINTS[rank(ENDPOINTS, level)] == level


def test_a_level_includes_the_lower_ones_and_not_the_higher(kites: Inside) -> None:
    permissions, asker = kites.state.permissions, Caller(kites.person("asker"))
    permissions.give("kites", "k2", [(asker.principal, "CAN_QUERY")])
    permissions.require(asker, "kites", "k2", "CAN_VIEW")
    permissions.require(asker, "kites", "k2", "CAN_QUERY")
    with pytest.raises(PermissionDenied) as raised:
        permissions.require(asker, "kites", "k2", "CAN_MANAGE")
    assert raised.value.message == (
        "asker@sandbox.example does not have CAN_MANAGE permission on kite 'blue kite' (held: CAN_QUERY)."
    )


def test_groups_and_containers_pass_levels_on(kites: Inside) -> None:
    permissions, asker = kites.state.permissions, kites.person("asker")
    group = kites.state.principals.named("analysts", "Group")
    assert group is not None
    assert permissions.level(asker, "kites", "k1") is None
    permissions.give("shelves", "s1", [(group, "CAN_MANAGE")])
    assert permissions.level(asker, "kites", "k1") == "CAN_MANAGE"
    assert permissions.level(asker, "kites", "k2") is None


def test_admins_manage_everything(kites: Inside) -> None:
    assert kites.state.permissions.level(kites.person("admin"), "kites", "k1") == "CAN_MANAGE"


def test_a_served_version_needs_the_declaration_and_the_creators_level(kites: Inside) -> None:
    permissions, deployer, asker = kites.state.permissions, kites.person("deployer"), kites.person("asker")
    declared = frozenset({Scope("kite", "red kite")})
    permissions.require(Caller(deployer, "ep/v1", declared), "kites", "k1", "CAN_QUERY")
    with pytest.raises(PermissionDenied, match="does not declare it"):
        permissions.require(Caller(deployer, "ep/v1", declared), "kites", "k2", "CAN_QUERY")
    with pytest.raises(PermissionDenied, match="held: none"):
        permissions.require(Caller(asker, "ep/v1", declared), "kites", "k1", "CAN_QUERY")


def test_what_does_not_exist_is_said(kites: Inside) -> None:
    with pytest.raises(NotFound, match="kite with id k9 does not exist"):
        kites.state.permissions.require(Caller(kites.person("deployer")), "kites", "k9", "CAN_VIEW")
    with pytest.raises(InvalidParameter, match="'dragons' is not a supported object type"):
        kites.state.permissions.type("dragons")
    with pytest.raises(InvalidParameter, match="CAN_FLY is not one of"):
        kites.state.permissions.give("kites", "k1", [(kites.person("asker"), "CAN_FLY")])


def entries(answer: dict[str, object]) -> dict[str, list[object]]:
    listed = answer["access_control_list"]
    assert isinstance(listed, list)
    return {
        entry.get("user_name") or entry.get("group_name"): [
            (level["permission_level"], level["inherited"]) for level in entry["all_permissions"]
        ]
        for entry in listed
    }


async def test_patch_merges_and_put_replaces(kites: Inside) -> None:
    asker = {"user_name": "asker@sandbox.example", "permission_level": "CAN_QUERY"}
    analysts = {"group_name": "analysts", "permission_level": "CAN_VIEW"}
    deployer = {"user_name": "deployer@sandbox.example", "permission_level": "CAN_MANAGE"}
    merged = await kites.done("deployer", "PATCH", f"{PATH}/k1", {"access_control_list": [asker]})
    assert entries(merged)["asker@sandbox.example"] == [("CAN_QUERY", False)]
    assert entries(merged)["deployer@sandbox.example"] == [("CAN_MANAGE", False)]
    replaced = await kites.done("deployer", "PUT", f"{PATH}/k1", {"access_control_list": [deployer, analysts]})
    assert entries(replaced) == {
        "deployer@sandbox.example": [("CAN_MANAGE", False)],
        "analysts": [("CAN_VIEW", False)],
        "admins": [("CAN_MANAGE", True)],
    }
    assert (replaced["object_id"], replaced["object_type"]) == ("/kites/k1", "kite")
    assert await kites.done("deployer", "GET", f"{PATH}/k1") == replaced


@pytest.mark.parametrize(
    ("entry", "refusal"),
    [
        (
            {"user_name": "nobody@sandbox.example", "permission_level": "CAN_VIEW"},
            "RESOURCE_DOES_NOT_EXIST: Principal: UserName(nobody@sandbox.example) does not exist",
        ),
        (
            {"group_name": "admins", "permission_level": "CAN_VIEW"},
            "INVALID_PARAMETER_VALUE: Cannot change permissions for group 'admins' to CAN_VIEW.",
        ),
        ({"permission_level": "CAN_VIEW"}, "INVALID_PARAMETER_VALUE: An entry names exactly one of"),
        ({"user_name": "asker@sandbox.example"}, "INVALID_PARAMETER_VALUE: Invalid request: access_control_list.0"),
    ],
)
async def test_an_entry_that_can_not_be_is_refused(kites: Inside, entry: dict[str, str], refusal: str) -> None:
    before = await kites.done("deployer", "GET", f"{PATH}/k1")
    refused = await kites.refused("deployer", "PUT", f"{PATH}/k1", {"access_control_list": [entry]})
    assert refused.startswith(refusal)
    assert await kites.done("deployer", "GET", f"{PATH}/k1") == before


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT"])
async def test_only_who_manages_sees_and_changes_the_list(kites: Inside, method: str) -> None:
    kites.state.permissions.give("kites", "k1", [(kites.person("asker"), "CAN_QUERY")])
    body: dict[str, object] | None = {"access_control_list": []} if method != "GET" else None
    refused = await kites.refused("asker", method, f"{PATH}/k1", body)
    assert refused.startswith("PERMISSION_DENIED: asker@sandbox.example does not have CAN_MANAGE permission on kite")


async def test_the_levels_of_a_type(kites: Inside) -> None:
    answer = await kites.done("deployer", "GET", f"{PATH}/k1/permissionLevels")
    assert [level["permission_level"] for level in answer["permission_levels"]] == list(ENDPOINTS)


@pytest.mark.parametrize("path", ["sql/warehouses/abc", "genie/abc", "apps/abc", "database-instances/abc"])
async def test_types_without_objects_here_are_known(inside: Inside, path: str) -> None:
    assert (await inside.refused("admin", "GET", f"/api/2.0/permissions/{path}")).startswith("RESOURCE_DOES_NOT_EXIST")
