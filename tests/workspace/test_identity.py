from __future__ import annotations

import pytest

from agentry.errors import ConfigError, PermissionDenied
from agentry.workspace.identity import SCIM, groups_of, identity_of, resolve
from tests.workspace.fake import ME, FakeTransport, workspace

USERS = ("GET", f"{SCIM}/Users")
GROUPS = ("GET", f"{SCIM}/Groups")
PRINCIPALS = ("GET", f"{SCIM}/ServicePrincipals")
ANN = {"id": "7", "userName": "Ann@company.example", "displayName": "Ann", "groups": [{"display": "analysts"}]}


def test_me_is_a_user_or_a_service_principal() -> None:
    ann = identity_of({**ANN, "groups": [{"display": "admins"}]})
    assert (ann.kind, ann.name, ann.admin) == ("user", "Ann@company.example", True)
    assert ann.principal == "user:Ann@company.example"
    robot = identity_of({"id": "8", "userName": "c0ffee00-0000-0000-0000-000000000001", "displayName": "robot"})
    assert (robot.kind, robot.name, robot.display_name) == ("sp", "c0ffee00-0000-0000-0000-000000000001", "robot")


async def test_a_principal_is_looked_up_once_and_found_in_any_letters() -> None:
    fake = FakeTransport({USERS: {"Resources": [ANN]}})
    where = workspace(fake)
    ann = await resolve(where, "user:ann@company.example")
    assert (ann.id, ann.name) == ("7", "Ann@company.example")
    assert await resolve(where, "user:ann@company.example") is ann
    assert len(fake.requests) == 1


async def test_who_we_are_needs_no_question() -> None:
    fake = FakeTransport()
    assert await resolve(workspace(fake), "user:Deployer@company.example") == ME
    assert fake.requests == []


async def test_a_filter_that_finds_too_much_is_not_believed() -> None:
    fake = FakeTransport({GROUPS: {"Resources": [{"id": "1", "displayName": "analysts of emea"}]}})
    with pytest.raises(ConfigError, match=r"there is no group 'analysts' in https://workspace.example"):
        await resolve(workspace(fake), "group:analysts")


async def test_nobody_of_that_name() -> None:
    with pytest.raises(ConfigError, match="there is no service principal 'x'"):
        await resolve(workspace(FakeTransport({PRINCIPALS: {}})), "sp:x")


@pytest.mark.parametrize("principal", ["ann@company.example", "users:ann", "user:", ""])
async def test_a_principal_says_what_it_is(principal: str) -> None:
    with pytest.raises(ConfigError, match="is no principal"):
        await resolve(workspace(FakeTransport()), principal)


async def test_who_may_not_list_principals_takes_the_name() -> None:
    fake = FakeTransport({USERS: PermissionDenied("no")})
    found = await resolve(workspace(fake), "user:ann@company.example")
    assert (found.id, found.name) == ("", "ann@company.example")


async def test_groups_are_followed_into_groups() -> None:
    def groups(query: dict[str, str]) -> dict[str, object]:
        inner = {"analysts": ["emea"], "emea": ["company"], "company": ["analysts"]}
        name = query["filter"].split('"')[1]
        return {"Resources": [{"id": name, "displayName": name, "groups": [{"display": g} for g in inner[name]]}]}

    where = workspace(FakeTransport({GROUPS: groups, USERS: {"Resources": [ANN]}}))
    ann = await resolve(where, "user:ann@company.example")
    assert await groups_of(where, ann) == {"analysts", "emea", "company", "users", "account users"}
