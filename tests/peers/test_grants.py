"""Rows 20 to 25: grants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.peers.peer import ENDPOINTS

if TYPE_CHECKING:
    from tests.peers.row import Row

pytestmark = pytest.mark.process
CATALOG = "/api/2.1/unity-catalog"
PERMISSIONS = "/api/2.0/permissions/serving-endpoints"
SCIM = "/api/2.0/preview/scim/v2"
DEPLOYER, ASKER = "deployer@sandbox.example", "asker@sandbox.example"


def privilege(name: str, held: str, type_: str = "FUNCTION") -> str:
    """One privilege, as a program writes it."""
    return f'Privilege("{type_}", "{name}", "{held}")'


def grants(row: Row, text: str) -> None:
    """A program of grants."""
    row.program(f"from agentry.components import Privilege\n{text}")


def held(row: Row, name: str, type_: str = "FUNCTION") -> dict[str, set[str]]:
    """Who holds what on an object of Unity Catalog, given on the object itself."""
    found = row.workspace.send("GET", f"{CATALOG}/permissions/{type_}/{name}").get("privilege_assignments") or []
    return {one["principal"]: set(one["privileges"]) for one in found}


def give(row: Row, name: str, who: str, *what: str, type_: str = "FUNCTION") -> None:
    """What another team grants."""
    changes = {"changes": [{"principal": who, "add": list(what)}]}
    row.workspace.send("PATCH", f"{CATALOG}/permissions/{type_}/{name}", changes)


def levels(row: Row) -> dict[str, str]:
    """Who has which level on the endpoint itself."""
    id_ = row.workspace.endpoint(row.name)["id"]
    found = row.workspace.send("GET", f"{PERMISSIONS}/{id_}")["access_control_list"]
    return {
        next(str(one[key]) for key in one if key.endswith("_name")): level["permission_level"]
        for one in found
        for level in one["all_permissions"]
        if not level.get("inherited")
    }


def other_endpoint(row: Row) -> str:
    """An endpoint that the deployer made by hand; its id."""
    model = row.workspace.register(row.model)
    entity = {"entity_name": model, "entity_version": row.workspace.version(model), "scale_to_zero_enabled": True}
    body = {"name": row.name, "config": {"served_entities": [{**entity, "workload_size": "Small"}]}}
    return str(row.workspace.send("POST", ENDPOINTS, body, person="deployer")["id"])


async def test_row_20_what_another_team_granted_stays(row: Row) -> None:
    id_ = other_endpoint(row)
    theirs = {"access_control_list": [{"group_name": "analysts", "permission_level": "CAN_VIEW"}]}
    row.workspace.send("PATCH", f"{PERMISSIONS}/{id_}", theirs)
    give(row, row.model, "analysts", "APPLY_TAG")
    before = levels(row), held(row, row.model)
    grants(
        row,
        f"""
Grant("g", principal="user:{ASKER}", privileges=[{privilege(row.model, "EXECUTE")}])
Grant("q", principal="user:{ASKER}", privileges=[{privilege(row.name, "CAN_QUERY", "SERVING_ENDPOINT")}])
""",
    )
    (await row.up()).went_well()
    assert held(row, row.model) == {**before[1], ASKER: {"EXECUTE"}}
    assert levels(row) == {**before[0], ASKER: "CAN_QUERY"}

    give(row, row.model, "account users", "EXECUTE")
    give(row, row.model, ASKER, "APPLY_TAG")
    mark = row.workspace.mark()
    assert (await row.up()).went_well().steps == set(), "what others granted since is no difference"
    assert row.workspace.writes(mark) == []

    (await row.destroy()).went_well()
    assert held(row, row.model) == {**before[1], "account users": {"EXECUTE"}, ASKER: {"APPLY_TAG"}}
    assert levels(row) == before[0]


async def test_row_21_a_grant_that_is_declared_no_more_is_revoked_and_seen_to_be_gone(row: Row) -> None:
    model = row.workspace.register(row.model)
    execute, tag = privilege(model, "EXECUTE"), privilege(model, "APPLY TAG")
    declared = 'Grant("g", principal="group:analysts", privileges=[{}], opts=ResourceOptions(custom_timeouts={}))'
    short = 'pulumi.CustomTimeouts(delete="1s", update="1s")'
    grants(row, declared.format(f"{execute}, {tag}", short))
    (await row.up()).went_well()
    assert held(row, model) == {"analysts": {"EXECUTE", "APPLY_TAG"}}

    mark = row.workspace.mark()
    grants(row, declared.format(execute, short))
    assert (await row.up()).went_well().steps == {"update g"}
    assert held(row, model) == {"analysts": {"EXECUTE"}}
    asked = row.workspace.requests(after=mark, path=f"/permissions/FUNCTION/{model}")
    changing = [str(one.method) for one in asked if "effective" not in one.path]
    assert changing[:2] == ["PATCH", "GET"], "after the revoke it is looked whether it is gone"

    # A workspace that answers well and goes on showing the grant.
    shown = {"privilege_assignments": [{"principal": "analysts", "privileges": ["EXECUTE"]}]}
    row.fault({"method": "GET", "path": f"{CATALOG}/permissions/FUNCTION/{model}", "times": None, "merge": shown})
    grants(row, "")
    refused = await row.up()
    assert f"the revoke of EXECUTE on function {model} from analysts does not show" in refused.said
    assert "analysts still holds it" in refused.said
    assert "g" in await row.state(), "what is not gone is not forgotten"
    row.fault()
    assert (await row.up()).went_well().steps == {"delete g"}
    assert held(row, model) == {}
    assert "g" not in await row.state()


def own_catalog(row: Row, *given: str) -> str:
    """A function in a catalog of another team, who lets the deployer do this much there; its name."""
    catalog = row.name
    row.workspace.send("POST", f"{CATALOG}/catalogs", {"name": catalog})
    row.workspace.send("POST", f"{CATALOG}/schemas", {"name": "tools", "catalog_name": catalog})
    row.workspace.send(
        "POST", f"{CATALOG}/functions", {"name": "lookup", "catalog_name": catalog, "schema_name": "tools"}
    )
    if given:
        give(row, catalog, DEPLOYER, *given, type_="CATALOG")
    return f"{catalog}.tools.lookup"


def agent_that_uses(row: Row, function: str) -> str:
    """A program of an agent of an existing version, which calls a function."""
    model = row.workspace.register(row.model)
    return f"""
from agentry.components import Resource
Agent(
    "agent", source="models:/{model}/{row.workspace.version(model)}", endpoint=Endpoint(name={row.name!r}),
    resources=[Resource("function", {function!r})], aliases=(), experiment="/Shared/{row.name}",
)
"""


def used_by(row: Row, function: str) -> dict[str, set[str]]:
    """What the deployer holds on the function, and on what contains it."""
    catalog, schema, _ = function.split(".")
    places = {"CATALOG": catalog, "SCHEMA": f"{catalog}.{schema}", "FUNCTION": function}
    return {type_: held(row, name, type_).get(DEPLOYER, set()) for type_, name in places.items()}


async def test_row_22_the_catalog_and_schema_above_are_seen_to_and_stay(row: Row) -> None:
    function = own_catalog(row, "MANAGE")
    row.program(agent_that_uses(row, function))
    (await row.up()).went_well()
    needed = {"CATALOG": {"MANAGE", "USE_CATALOG"}, "SCHEMA": {"USE_SCHEMA"}, "FUNCTION": {"EXECUTE"}}
    assert used_by(row, function) == needed
    assert (await row.up()).went_well().steps == set()
    (await row.destroy()).went_well()
    assert used_by(row, function) == {**needed, "FUNCTION": set()}


async def test_row_23_a_preview_says_what_the_identity_behind_the_agent_lacks(row: Row) -> None:
    function = own_catalog(row)
    catalog = function.split(".")[0]
    row.program(agent_that_uses(row, function))
    refused = await row.preview()
    # The CLI ends at the first that is refused, and which one that is nothing orders.
    lacking = (f"EXECUTE on function {function}", f"USE CATALOG on catalog {catalog}")
    assert any(f"{DEPLOYER} lacks {one}, and you may not give it" in refused.said for one in lacking)
    assert "can give it: " in refused.said
    mark = row.workspace.mark()
    assert (await row.up()).error is not None
    assert row.workspace.writes(mark, "permissions") + row.workspace.writes(mark, ENDPOINTS) == [], "nothing is given"

    give(row, catalog, DEPLOYER, "MANAGE", type_="CATALOG")
    seen = (await row.preview()).went_well()
    assert {"create agent-uses-parents", f"create agent-uses-function-{function}"} <= seen.steps
    assert all(f"{DEPLOYER} lacks {one}: it is given" in seen.said for one in lacking)


async def test_row_24_what_an_agent_needs_is_granted_before_its_endpoint_is_made(row: Row) -> None:
    function = own_catalog(row, "MANAGE")
    row.program(agent_that_uses(row, function))
    mark = row.workspace.mark()
    (await row.up()).went_well()
    writes = row.workspace.writes(mark)
    made = writes.index(f"POST {ENDPOINTS}")
    given = [number for number, write in enumerate(writes) if write.startswith(f"PATCH {CATALOG}/permissions/")]
    assert len(given) == 3
    assert max(given) < made


async def test_row_25_who_is_meant_is_looked_up_once_and_compared_by_id(row: Row) -> None:
    model = row.workspace.register(row.model)
    robot = row.workspace.send("POST", f"{SCIM}/ServicePrincipals", {"displayName": row.name})
    team = row.workspace.send("POST", f"{SCIM}/Groups", {"displayName": f"{row.name}-Team"})
    application = str(robot["applicationId"])

    def declared(user: str, group: str, sp: str) -> None:
        privileges = f"privileges=[{privilege(model, 'EXECUTE')}]"
        named = {"u": f"user:{user}", "g": f"group:{group}", "s": f"sp:{sp}"}
        grants(row, "\n".join(f'Grant("{name}", principal={who!r}, {privileges})' for name, who in named.items()))

    declared(ASKER, f"{row.name}-Team", application)
    (await row.up()).went_well()
    assert set(held(row, model)) == {ASKER, f"{row.name}-Team", application}
    state = await row.state()
    ids: dict[str, Any] = {name: one["outputs"]["resolvedPrincipal"]["id"] for name, one in state.items()}
    assert (ids["s"], ids["g"]) == (robot["id"], team["id"])

    mark = row.workspace.mark()
    assert (await row.up()).went_well().steps == set()
    declared(ASKER.upper(), f"{row.name}-TEAM", application.upper())
    assert (await row.up()).went_well().steps == set(), "in other letters it is the same one"
    asked = [str(one) for one in row.workspace.requests(after=mark, path=SCIM)]
    assert asked.count(f"GET {SCIM}/ServicePrincipals") == 2, "once a run"
    assert row.workspace.writes(mark) == []
    (await row.destroy()).went_well()
    assert held(row, model) == {}
