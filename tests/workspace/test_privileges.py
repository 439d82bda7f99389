from __future__ import annotations

from typing import Any

import pytest

from agentry.errors import PermissionDenied
from agentry.workspace.door import Identity
from agentry.workspace.privileges import missing_in_schema, standing
from agentry.workspace.standing import Securable
from tests.workspace.fake import ME, FakeTransport, workspace

API = "/api/2.1/unity-catalog"
TABLE = Securable("TABLE", "main.ai.t")
ANN = Identity("7", "ann@company.example", "Ann", groups=frozenset({"analysts"}))


def world(*grants: tuple[str, str] | tuple[str, str, str, str], **owners: str) -> FakeTransport:
    """Grants on the table as (principal, privilege[, type, name of where it is inherited from]), and owners."""
    rows = [
        {
            "principal": principal,
            "privileges": [
                {"privilege": privilege}
                | ({"inherited_from_type": place[0], "inherited_from_name": place[1]} if place else {})
            ],
        }
        for principal, privilege, *place in grants
    ]
    routes: dict[tuple[str, str], Any] = {
        ("GET", f"{API}/effective-permissions/TABLE/main.ai.t"): {"privilege_assignments": rows},
        ("GET", "/api/2.0/preview/scim/v2/Groups"): {},
    }
    for collection, name in (("tables", "main.ai.t"), ("schemas", "main.ai"), ("catalogs", "main")):
        if collection in owners:
            routes["GET", f"{API}/{collection}/{name}"] = {"owner": owners[collection]}
    return FakeTransport(routes)


async def how(fake: FakeTransport, privilege: str = "SELECT", who: Identity = ME) -> str:
    return (await standing(workspace(fake), TABLE, privilege, who)).how


@pytest.mark.parametrize(
    ("fake", "expected"),
    [
        (world((ME.user_name, "SELECT")), "granted"),
        (world((ME.user_name.upper(), "SELECT")), "granted"),
        (world(("account users", "SELECT")), "by group account users"),
        (world((ME.user_name, "ALL_PRIVILEGES")), "granted"),
        (world((ME.user_name, "SELECT", "SCHEMA", "main.ai")), "granted on schema main.ai"),
        (world(tables=ME.user_name), "owner of table main.ai.t"),
        (world(catalogs=ME.user_name), ""),
        (world((ME.user_name, "MANAGE")), ""),
        (world((ME.user_name, "MODIFY")), ""),
        (world(("somebody@company.example", "SELECT")), ""),
    ],
    ids=["granted", "letters", "group", "all", "inherited", "owner", "owner of catalog", "manage", "other", "others"],
)
async def test_how_a_privilege_is_held(fake: FakeTransport, expected: str) -> None:
    assert await how(fake) == expected


async def test_the_owner_of_a_catalog_holds_what_is_no_data() -> None:
    assert await how(world(catalogs=ME.user_name), "APPLY TAG") == "owner of catalog main"


@pytest.mark.parametrize(
    ("fake", "may_give"),
    [
        (world(tables=ME.user_name), True),
        (world(schemas=ME.user_name), True),
        (world((ME.user_name, "MANAGE")), True),
        (world((ME.user_name, "SELECT")), False),
        (world(), False),
    ],
)
async def test_who_may_give_it(fake: FakeTransport, may_give: bool) -> None:
    found = await standing(workspace(fake), TABLE, "SELECT", ANN)
    assert found.may_give is may_give
    # Who does not manage an object sees nothing of what others hold there, so nothing is known of Ann.
    assert found.visible is may_give


async def test_what_we_hold_ourselves_is_ours_to_see() -> None:
    assert (await standing(workspace(world()), TABLE, "SELECT", ME)).visible


async def test_an_object_that_is_not_there() -> None:
    found = await standing(workspace(FakeTransport()), TABLE, "SELECT", ME)
    assert (found.exists, found.how) == (False, "")


async def test_who_can_give_it_is_named() -> None:
    fake = world(("boss@company.example", "MANAGE"), tables="owner@company.example")
    found = await standing(workspace(fake), TABLE, "SELECT", ME)
    assert (
        found.givers
        == "owner@company.example (owner of table main.ai.t), boss@company.example (MANAGE on table main.ai.t)"
    )
    unseen = await standing(workspace(world()), TABLE, "SELECT", ME)
    assert unseen.givers == "an owner of table main.ai.t, or a metastore admin"


async def test_what_is_missing_in_a_schema_is_named_one_by_one() -> None:
    denied = PermissionDenied("no")
    fake = FakeTransport(
        {
            ("GET", f"{API}/effective-permissions/CATALOG/main"): denied,
            ("GET", f"{API}/effective-permissions/SCHEMA/main.ai"): denied,
        }
    )
    found = await missing_in_schema(workspace(fake), "main.ai", "CREATE MODEL", "CREATE TABLE")
    assert [sentence.partition(";")[0] for sentence in found] == [
        "deployer@company.example lacks USE CATALOG on catalog main",
        "deployer@company.example lacks USE SCHEMA on schema main.ai",
        "deployer@company.example lacks CREATE MODEL on schema main.ai",
        "deployer@company.example lacks CREATE TABLE on schema main.ai",
    ]
