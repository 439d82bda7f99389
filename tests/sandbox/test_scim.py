"""SCIM: filters, patches, and who may see and change whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.sandbox.principals import Principal
from agentry.sandbox.scim.resources import ScimInvalid, matches, patched

if TYPE_CHECKING:
    from tests.sandbox.inside import Inside

SCIM = "/api/2.0/preview/scim/v2"
ALICE: dict[str, Any] = {
    "id": "7",
    "userName": "Alice@sandbox.example",
    "active": True,
    "groups": [{"value": "1", "display": "analysts"}, {"value": "2", "display": "pilots"}],
}


@pytest.mark.parametrize(
    ("filter", "passes"),
    [
        ('userName eq "alice@sandbox.example"', True),
        ('USERNAME Eq "ALICE@sandbox.example"', True),
        ('userName eq "alice"', False),
        ('userName ne "bob"', True),
        ('userName co "@sandbox"', True),
        ('userName sw "alice"', True),
        ('userName ew ".example"', True),
        ('groups.display eq "pilots"', True),
        ('groups.display eq "cooks"', False),
        ('missing eq "x"', False),
        ('userName sw "a" and groups.display eq "cooks"', False),
        ('userName sw "a" or groups.display eq "cooks"', True),
        ('userName sw "b" or userName sw "a" and active eq "true"', True),
    ],
)
def test_filters(filter: str, passes: bool) -> None:
    assert matches(ALICE, filter) is passes


@pytest.mark.parametrize(
    "filter", ["", "userName", "userName eq alice", 'a eq "b" nor c eq "d"', "userName pr", 'a eq "b" and']
)
def test_a_filter_of_another_form_is_refused(filter: str) -> None:
    with pytest.raises(ScimInvalid):
        matches(ALICE, filter)


GROUP = Principal("1", "Group", "g", "g", members=["a", "b"])


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ({"op": "add", "path": "members", "value": [{"value": "c"}]}, ["a", "b", "c"]),
        ({"op": "add", "path": "members", "value": [{"value": "a"}]}, ["b", "a"]),
        ({"op": "Add", "value": {"members": [{"value": "c"}]}}, ["a", "b", "c"]),
        ({"op": "remove", "path": 'members[value eq "a"]'}, ["b"]),
        ({"op": "remove", "path": "members", "value": [{"value": "a"}]}, ["b"]),
        ({"op": "remove", "path": "members"}, []),
        ({"op": "replace", "path": "members", "value": [{"value": "z"}]}, ["z"]),
    ],
)
def test_patches_of_members(operation: dict[str, Any], members: list[str]) -> None:
    assert patched(GROUP, [operation]).members == members


@given(ids=st.lists(st.text(min_size=1, max_size=3), unique=True))
def test_what_is_added_and_removed_again_is_gone(ids: list[str]) -> None:
    value = [{"value": given} for given in ids]
    after = patched(GROUP, [{"op": "add", "path": "members", "value": value}])
    assert set(after.members) == {"a", "b", *ids}
    if ids:
        again = patched(after, [{"op": "remove", "path": "members", "value": value}])
        assert set(again.members) == {"a", "b"} - set(ids)


@pytest.mark.parametrize(
    "operation",
    [{"op": "move", "path": "members"}, {"op": "add", "path": "shoes", "value": 1}, {"op": "add", "value": 1}],
)
def test_a_patch_of_another_form_is_refused(operation: dict[str, Any]) -> None:
    with pytest.raises(ScimInvalid):
        patched(GROUP, [operation])


async def test_me_is_who_the_token_speaks_for(inside: Inside) -> None:
    me = await inside.done("asker", "GET", f"{SCIM}/Me")
    assert me["userName"] == "asker@sandbox.example"
    assert {group["display"] for group in me["groups"]} == {"users", "analysts"}
    assert me["entitlements"] == [{"value": "workspace-access"}]


async def test_a_served_version_is_a_principal_that_no_list_shows(inside: Inside) -> None:
    inside.serve("served", "deployer")
    me = await inside.done("served", "GET", f"{SCIM}/Me")
    listed = await inside.done("admin", "GET", f"{SCIM}/ServicePrincipals")
    assert me["applicationId"]
    assert listed["totalResults"] == 0
    assert (await inside.refused("served", "GET", f"{SCIM}/Users")).startswith("PERMISSION_DENIED")


async def test_lists_come_in_pages(inside: Inside) -> None:
    first = await inside.done("deployer", "GET", f"{SCIM}/Users", count=2)
    rest = await inside.done("deployer", "GET", f"{SCIM}/Users", count=2, startIndex=3)
    assert (first["totalResults"], first["itemsPerPage"], rest["itemsPerPage"]) == (3, 2, 1)
    names = [user["userName"] for page in (first, rest) for user in page["Resources"]]
    assert sorted(names) == ["admin@sandbox.example", "asker@sandbox.example", "deployer@sandbox.example"]


async def test_admins_make_change_and_remove_principals(inside: Inside) -> None:
    made = await inside.done("admin", "POST", f"{SCIM}/ServicePrincipals", {"displayName": "robot"})
    group = await inside.done("admin", "POST", f"{SCIM}/Groups", {"displayName": "robots"})
    add = {"Operations": [{"op": "add", "path": "members", "value": [{"value": made["id"]}]}]}
    changed = await inside.done("admin", "PATCH", f"{SCIM}/Groups/{group['id']}", add)
    assert [member["value"] for member in changed["members"]] == [made["id"]]
    await inside.done("admin", "DELETE", f"{SCIM}/ServicePrincipals/{made['id']}")
    left = await inside.done("admin", "GET", f"{SCIM}/Groups/{group['id']}")
    assert left["members"] == []


async def test_the_same_name_twice_is_refused(inside: Inside) -> None:
    again = {"userName": "asker@sandbox.example"}
    refused = await inside.refused("admin", "POST", f"{SCIM}/Users", again)
    assert refused == "RESOURCE_ALREADY_EXISTS: User with name asker@sandbox.example already exists."


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_others_change_nobody(inside: Inside, method: str) -> None:
    asker = inside.person("asker").id
    bodies: dict[str, Any] = {"PUT": {"userName": "x"}, "PATCH": {"Operations": []}, "DELETE": None}
    refused = await inside.refused("deployer", method, f"{SCIM}/Users/{asker}", bodies[method])
    assert refused.startswith("PERMISSION_DENIED: Only admins may change principals.")


async def test_what_is_not_there_is_said_as_scim_says_it(inside: Inside) -> None:
    answer = await inside.call("deployer", "GET", f"{SCIM}/Users/1")
    assert answer.status == 404
    assert answer.body["detail"] == "User with id 1 not found."
    assert (await inside.call("deployer", "GET", f"{SCIM}/Dragons")).status == 404


async def test_without_workspace_access_the_workspace_is_closed_but_not_the_catalog(inside: Inside) -> None:
    remove = {"Operations": [{"op": "remove", "path": 'entitlements[value eq "workspace-access"]'}]}
    await inside.done("admin", "PATCH", f"{SCIM}/Users/{inside.person('deployer').id}", remove)
    refused = await inside.refused("deployer", "GET", "/api/2.0/workspace/list", path="/")
    assert refused == (
        "PERMISSION_DENIED: This API is disabled for users without the workspace-access entitlement. "
        "[Principal: deployer@sandbox.example]"
    )
    inside.serve("served", "deployer", ("experiment", "1"))
    assert "entitlement" in await inside.refused("served", "GET", "/api/2.0/mlflow/experiments/get?experiment_id=1")
    await inside.done("deployer", "GET", f"{SCIM}/Me")
    await inside.done("deployer", "GET", "/api/2.1/unity-catalog/catalogs/local")


async def test_an_entitlement_of_a_group_counts(inside: Inside) -> None:
    asker = inside.person("asker")
    remove = {"Operations": [{"op": "remove", "path": "entitlements"}]}
    await inside.done("admin", "PATCH", f"{SCIM}/Users/{asker.id}", remove)
    group = inside.state.principals.named("analysts", "Group")
    assert group is not None
    give = {"Operations": [{"op": "add", "path": "entitlements", "value": [{"value": "workspace-access"}]}]}
    await inside.done("admin", "PATCH", f"{SCIM}/Groups/{group.id}", give)
    await inside.done("asker", "GET", "/api/2.0/workspace/list", path="/Shared")
