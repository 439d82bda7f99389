"""Unity Catalog without its models: names, privileges over HTTP, who sees what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sandbox.inside import Inside

UC = "/api/2.1/unity-catalog"
DEPLOYER, ASKER = "deployer@sandbox.example", "asker@sandbox.example"


async def test_a_new_sandbox_has_a_catalog_with_a_schema(inside: Inside) -> None:
    catalogs = await inside.done("deployer", "GET", f"{UC}/catalogs")
    schemas = await inside.done("deployer", "GET", f"{UC}/schemas", catalog_name="local")
    assert [(c["name"], c["owner"]) for c in catalogs["catalogs"]] == [("local", "admin@sandbox.example")]
    assert [schema["full_name"] for schema in schemas["schemas"]] == ["local.agents"]


async def test_the_deployer_holds_what_deploying_takes(inside: Inside) -> None:
    for securable, privileges in {
        "CATALOG/local": ["USE_CATALOG"],
        "SCHEMA/local.agents": ["CREATE_MODEL", "CREATE_TABLE", "USE_SCHEMA"],
    }.items():
        answer = await inside.done("deployer", "GET", f"{UC}/permissions/{securable}")
        assert answer == {"privilege_assignments": [{"principal": DEPLOYER, "privileges": privileges}]}


async def test_workspace_and_metastore_are_named(inside: Inside) -> None:
    summary = await inside.done("asker", "GET", f"{UC}/metastore_summary")
    assignment = await inside.done("asker", "GET", f"{UC}/current-metastore-assignment")
    answer = await inside.call("asker", "GET", f"{UC}/metastore_summary")
    assert summary["metastore_id"] == assignment["metastore_id"]
    assert answer.headers["x-databricks-org-id"] == str(assignment["workspace_id"])


async def test_what_one_may_not_use_one_does_not_see(inside: Inside) -> None:
    assert await inside.done("asker", "GET", f"{UC}/catalogs") == {"catalogs": []}
    refused = await inside.refused("asker", "GET", f"{UC}/schemas", catalog_name="local")
    assert refused == f"PERMISSION_DENIED: User does not have USE CATALOG on Catalog 'local'. [Principal: {ASKER}]"


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("catalogs/none", "CATALOG_DOES_NOT_EXIST: Catalog 'none' does not exist."),
        ("schemas/none.x", "CATALOG_DOES_NOT_EXIST: Catalog 'none' does not exist."),
        ("schemas/local.none", "SCHEMA_DOES_NOT_EXIST: Schema 'local.none' does not exist."),
        ("tables/local.agents.none", "TABLE_DOES_NOT_EXIST: Table 'local.agents.none' does not exist."),
        ("tables/local.none.x/exists", "SCHEMA_DOES_NOT_EXIST: Schema 'local.none' does not exist."),
        ("connections/none", "CONNECTION_DOES_NOT_EXIST: Connection 'none' does not exist."),
        ("dragons/none", "ENDPOINT_NOT_FOUND: No API found for /api/2.1/unity-catalog/dragons"),
        ("permissions/SCHEMA/local.none", "SCHEMA_DOES_NOT_EXIST: Schema 'local.none' does not exist."),
        ("permissions/DRAGON/x", "INVALID_PARAMETER_VALUE: 'DRAGON' is not a securable type"),
    ],
)
async def test_what_does_not_exist_is_said(inside: Inside, path: str, refusal: str) -> None:
    assert (await inside.refused("admin", "GET", f"{UC}/{path}")).startswith(refusal)


async def test_tables_are_made_by_who_may(inside: Inside) -> None:
    body = {"name": "Notes", "catalog_name": "local", "schema_name": "agents"}
    made = await inside.done("deployer", "POST", f"{UC}/tables", body)
    assert (made["full_name"], made["owner"]) == ("local.agents.notes", DEPLOYER)
    assert await inside.done("deployer", "GET", f"{UC}/tables/local.agents.notes/exists") == {"table_exists": True}
    assert (await inside.refused("deployer", "POST", f"{UC}/tables", body)).startswith("TABLE_ALREADY_EXISTS")
    refused = await inside.refused("deployer", "POST", f"{UC}/functions", body)
    assert refused.startswith("PERMISSION_DENIED: User does not have CREATE FUNCTION on Schema 'local.agents'.")


async def test_a_catalog_and_its_schemas_are_made_and_removed_by_an_admin(inside: Inside) -> None:
    await inside.done("admin", "POST", f"{UC}/catalogs", {"name": "prod"})
    await inside.done("admin", "POST", f"{UC}/schemas", {"name": "ai", "catalog_name": "prod"})
    assert "USE CATALOG" in await inside.refused(
        "deployer", "POST", f"{UC}/schemas", {"name": "b", "catalog_name": "prod"}
    )
    assert "not empty" in await inside.refused("admin", "DELETE", f"{UC}/catalogs/prod")
    await inside.done("admin", "DELETE", f"{UC}/catalogs/prod", force="true")
    assert "does not exist" in await inside.refused("admin", "GET", f"{UC}/schemas/prod.ai")


@pytest.mark.parametrize("name", ["a.b", "a b", "a/b", ""])
async def test_a_name_that_can_not_be_is_refused(inside: Inside, name: str) -> None:
    assert "is not a valid name" in await inside.refused("admin", "POST", f"{UC}/catalogs", {"name": name})


async def test_a_new_owner_manages(inside: Inside) -> None:
    change = {"changes": [{"principal": "analysts", "add": ["USE_SCHEMA"]}]}
    where = f"{UC}/permissions/schema/local.agents"
    assert "is not an owner of Schema 'local.agents'" in await inside.refused("deployer", "PATCH", where, change)
    await inside.done("admin", "PATCH", f"{UC}/schemas/local.agents", {"owner": DEPLOYER})
    await inside.done("deployer", "PATCH", where, change)
    assert "Could not find principal" in await inside.refused(
        "admin", "PATCH", f"{UC}/schemas/local.agents", {"owner": "x"}
    )


async def test_manage_is_enough_to_grant(inside: Inside) -> None:
    await inside.grant("SCHEMA", "local.agents", DEPLOYER, "MANAGE")
    change = {"changes": [{"principal": ASKER, "add": ["USE_SCHEMA"]}]}
    answer = await inside.done("deployer", "PATCH", f"{UC}/permissions/SCHEMA/local.agents", change)
    assert {"principal": ASKER, "privileges": ["USE_SCHEMA"]} in answer["privilege_assignments"]


async def test_effective_permissions_say_where_they_come_from(inside: Inside) -> None:
    await inside.grant("CATALOG", "local", "analysts", "USE_SCHEMA", "USE_CATALOG")
    answer = await inside.done("admin", "GET", f"{UC}/effective-permissions/SCHEMA/local.agents", principal="analysts")
    inherited = {"inherited_from_type": "CATALOG", "inherited_from_name": "local"}
    assert answer == {
        "privilege_assignments": [{"principal": "analysts", "privileges": [{"privilege": "USE_SCHEMA"} | inherited]}]
    }


async def test_others_see_their_own_grants_and_those_of_their_groups(inside: Inside) -> None:
    await inside.grant("SCHEMA", "local.agents", "analysts", "USE_SCHEMA")
    for route in ("permissions", "effective-permissions"):
        answer = await inside.done("asker", "GET", f"{UC}/{route}/SCHEMA/local.agents")
        assert [entry["principal"] for entry in answer["privilege_assignments"]] == ["analysts"]
        everything = await inside.done("admin", "GET", f"{UC}/{route}/SCHEMA/local.agents")
        assert [entry["principal"] for entry in everything["privilege_assignments"]] == [DEPLOYER, "analysts"]


async def test_grants_end_with_the_object(inside: Inside) -> None:
    body = {"name": "notes", "catalog_name": "local", "schema_name": "agents"}
    await inside.done("deployer", "POST", f"{UC}/tables", body)
    await inside.grant("TABLE", "local.agents.notes", ASKER, "SELECT")
    await inside.done("deployer", "DELETE", f"{UC}/tables/local.agents.notes")
    await inside.done("deployer", "POST", f"{UC}/tables", body)
    answer = await inside.done("deployer", "GET", f"{UC}/permissions/TABLE/local.agents.notes")
    assert answer == {"privilege_assignments": []}


async def test_a_function_is_as_it_was_made(inside: Inside) -> None:
    await inside.grant("SCHEMA", "local.agents", DEPLOYER, "CREATE FUNCTION")
    about = {
        "routine_body": "SQL",
        "routine_definition": "SELECT 1",
        "routine_dependencies": {"dependencies": [{"table": {"table_full_name": "local.agents.t"}}]},
        "is_null_call": False,
    }
    place = {"name": "F", "catalog_name": "local", "schema_name": "agents", "comment": "c"}
    made = await inside.done("deployer", "POST", f"{UC}/functions", {"function_info": {**place, **about}})
    found = await inside.done("deployer", "GET", f"{UC}/functions/local.agents.f")
    assert made == found
    assert about.items() <= found.items()
    assert (found["full_name"], found["comment"], found["securable_type"]) == ("local.agents.f", "c", "FUNCTION")
    assert "data_type" not in found


async def test_a_function_that_is_not_made_of_anything_is_a_name(inside: Inside) -> None:
    body = {"name": "g", "catalog_name": "local", "schema_name": "agents"}
    made = await inside.done("admin", "POST", f"{UC}/functions", body)
    assert made["full_name"] == "local.agents.g"
    assert not [key for key in made if key.startswith("routine")]


async def test_a_function_without_a_name_is_refused(inside: Inside) -> None:
    refused = await inside.refused("admin", "POST", f"{UC}/functions", {"function_info": {"comment": "c"}})
    assert refused == "INVALID_PARAMETER_VALUE: Invalid request: function_info.name: Field required"


async def test_what_a_function_is_made_of_is_for_who_may_run_it(inside: Inside) -> None:
    place = {"name": "f", "catalog_name": "local", "schema_name": "agents", "routine_definition": "SELECT 1"}
    await inside.done("admin", "POST", f"{UC}/functions", {"function_info": place})
    refused = await inside.refused("deployer", "GET", f"{UC}/functions/local.agents.f")
    assert refused.startswith("PERMISSION_DENIED: User does not have EXECUTE")
    await inside.grant("FUNCTION", "local.agents.f", DEPLOYER, "EXECUTE")
    found = await inside.done("deployer", "GET", f"{UC}/functions/local.agents.f")
    assert found["routine_definition"] == "SELECT 1"
