"""Who we are, who is meant and what contains the things of a run: looked up once, however many ask at once."""

from __future__ import annotations

import asyncio

import pytest

from agentry.errors import Unavailable
from agentry.workspace import privileges
from agentry.workspace.identity import ME, SCIM, groups_of, resolve
from agentry.workspace.looks import Once
from agentry.workspace.standing import Securable
from tests.workspace.fake import FakeTransport, workspace

CATALOG = "/api/2.1/unity-catalog"
AGENTS = 50


def world() -> FakeTransport:
    return FakeTransport(
        {
            ("GET", f"{CATALOG}/catalogs/main"): {"owner": "admins"},
            ("GET", f"{CATALOG}/schemas/main.ai"): {"owner": "admins"},
            ("GET", f"{CATALOG}/effective-permissions/CATALOG/main"): {},
            ("GET", f"{CATALOG}/effective-permissions/SCHEMA/main.ai"): {},
            ("GET", f"{SCIM}/Groups"): {"Resources": [{"displayName": "analysts", "id": "7"}]},
            ("PATCH", f"{CATALOG}/permissions/CATALOG/main"): {},
            ("PATCH", f"{CATALOG}/permissions/TABLE/main.ai.t"): {},
        }
    )


async def test_fifty_agents_of_a_schema_ask_once_for_what_contains_them() -> None:
    fake = world()
    door = workspace(fake)
    analysts = await resolve(door, "group:analysts")

    async def agent() -> None:
        await privileges.missing_in_schema(door, "main.ai", "CREATE MODEL")
        await privileges.standing(door, Securable("CATALOG", "main"), "USE CATALOG", analysts)
        await privileges.change(door, Securable("TABLE", "main.ai.t"), analysts, add=["SELECT"], remove=[])
        await privileges.standing(door, Securable("SCHEMA", "main.ai"), "USE SCHEMA", analysts)

    await asyncio.gather(*(agent() for _ in range(AGENTS)))
    reads = [path for method, path in fake.requests if method == "GET" and path.startswith(CATALOG)]
    assert sorted(reads) == sorted(path for method, path in world().routes if method == "GET" and CATALOG in path)
    assert ("GET", ME) not in fake.requests


async def test_a_change_of_ours_on_a_parent_is_seen() -> None:
    fake = world()
    door = workspace(fake)
    catalog, analysts = Securable("CATALOG", "main"), await resolve(door, "group:analysts")
    asked = ("GET", f"{CATALOG}/effective-permissions/CATALOG/main")
    assert (await privileges.standing(door, catalog, "USE CATALOG", analysts)).how == ""
    await privileges.change(door, catalog, analysts, add=["USE CATALOG"], remove=[])
    given = {"principal": "analysts", "privileges": [{"privilege": "USE_CATALOG"}]}
    fake.routes[asked] = {"privilege_assignments": [given]}
    assert (await privileges.standing(door, catalog, "USE CATALOG", analysts)).how == "granted"
    assert fake.requests.count(asked) == 2


async def test_a_principal_is_looked_up_once_however_it_is_written() -> None:
    fake = world()
    door = workspace(fake)
    found = await asyncio.gather(*(resolve(door, name) for name in ("group:analysts", "group:Analysts") * AGENTS))
    assert {one.id for one in found} == {"7"}
    await asyncio.gather(*(groups_of(door, found[0]) for _ in range(AGENTS)))
    assert fake.requests.count(("GET", f"{SCIM}/Groups")) == 1


async def test_a_look_that_failed_is_not_kept() -> None:
    once = Once()
    answers: list[int | Exception] = [Unavailable("away"), 7]

    async def ask() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(Unavailable):
        await once.get("x", ask)
    assert [await once.get("x", ask) for _ in range(3)] == [7, 7, 7]
    once.forget("y")
    assert await once.get("x", ask) == 7
