from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest

from tests.provider.lifecycle import CheckFailed, Engine, provider
from tests.provider.sandboxed import admin, api, deployer, of
from tests.provider.test_registered_model import REGISTRY

if TYPE_CHECKING:
    from tests.sandbox.workspace import RunningSandbox

__all__ = ["admin", "deployer"]
pytestmark = pytest.mark.process
CATALOG = "/api/2.1/unity-catalog"
DEPLOYER = "deployer@sandbox.example"
ASKER = "asker@sandbox.example"


def item(type_: str, name: str, privilege: str) -> dict[str, str]:
    return {"securableType": type_, "securable": name, "privilege": privilege}


@pytest.fixture
def function(sandbox: RunningSandbox) -> str:
    """A function that the admin owns and that the deployer has no privilege on."""
    name = sandbox.unique("lookup")
    body = {"name": name, "catalog_name": "local", "schema_name": "agents"}
    api(sandbox, "POST", f"{CATALOG}/functions", json=body)
    return f"{sandbox.schema}.{name}"


@pytest.fixture
def model(sandbox: RunningSandbox) -> str:
    """A model that the deployer owns."""
    name = f"{sandbox.schema}.{sandbox.unique('granted')}"
    api(sandbox, "POST", f"{REGISTRY}/registered-models/create", "deployer", json={"name": name})
    return name


def granted(sandbox: RunningSandbox, name: str, principal: str) -> list[str]:
    found = api(sandbox, "GET", f"{CATALOG}/permissions/FUNCTION/{name}")["privilege_assignments"]
    return [privilege for row in found if row["principal"] == principal for privilege in row["privileges"]]


async def test_a_life(deployer: Engine, sandbox: RunningSandbox, model: str) -> None:
    grant = of(deployer, "Grant", "weather-access-asker")
    execute = item("FUNCTION", model, "EXECUTE")
    given = {"principal": f"user:{ASKER}", "privileges": [execute]}
    more = {**given, "privileges": [execute, item("FUNCTION", model, "CREATE MODEL VERSION")]}
    await grant.lives(given, more, given)
    assert granted(sandbox, model, ASKER) == ["EXECUTE"], "what is not declared any more was taken back"
    assert grant.id == f"{ASKER} on {model} (EXECUTE)"
    assert grant.outputs["added"] == [{**execute, "before": ""}]
    assert grant.inputs["resolvedPrincipal"]["name"] == ASKER
    state = dict(vars(grant))
    await grant.delete()
    assert granted(sandbox, model, ASKER) == []
    vars(grant).update(state)
    await grant.delete()


async def test_what_is_held_is_recorded_and_costs_no_write(deployer: Engine, sandbox: RunningSandbox) -> None:
    grant = of(deployer, "Grant", "weather-uses-serving_endpoint-sandbox-chat")
    chat = item("SERVING_ENDPOINT", "sandbox-chat", "CAN_QUERY")
    await grant.lives({"forEndpoint": sandbox.unique("none"), "privileges": [chat]})
    assert grant.inputs["resolvedPrincipal"]["name"] == DEPLOYER, "who runs: there is no such endpoint yet"
    assert grant.outputs["added"] == []
    assert [held["how"] for held in grant.outputs["held"]] == ["CAN_QUERY"]
    await grant.delete()
    await grant.up({"forEndpoint": "none", "privileges": [chat]})


async def test_a_privilege_held_by_a_group_or_as_owner(admin: Engine, sandbox: RunningSandbox, model: str) -> None:
    path = f"{CATALOG}/permissions/FUNCTION/{model}"
    api(sandbox, "PATCH", path, json={"changes": [{"principal": "analysts", "add": ["EXECUTE"]}]})
    asker = of(admin, "Grant")
    await asker.up({"principal": f"user:{ASKER}", "privileges": [item("FUNCTION", model, "EXECUTE")]})
    assert asker.outputs["held"][0]["how"] == "by group analysts"
    owner = of(admin, "Grant", "owner")
    await owner.up({"principal": f"user:{DEPLOYER}", "privileges": [item("FUNCTION", model, "EXECUTE")]})
    assert owner.outputs["held"][0]["how"] == f"owner of function {model}"
    inherited = of(admin, "Grant", "parents")
    parents = [item("CATALOG", "local", "USE CATALOG"), item("SCHEMA", "local.agents", "USE SCHEMA")]
    await inherited.up({"principal": f"user:{DEPLOYER}", "privileges": parents, "ensure": True})
    assert inherited.outputs["added"] == []


async def test_what_is_missing_and_not_ours_to_give_is_refused_at_preview(
    deployer: Engine, sandbox: RunningSandbox, function: str
) -> None:
    grant = of(deployer, "Grant")
    with pytest.raises(CheckFailed) as failed:
        await grant.preview({"forEndpoint": "none", "privileges": [item("FUNCTION", function, "EXECUTE")]})
    [(path, reason)] = failed.value.failures
    assert path == "privileges[0]"
    assert reason.startswith(f"{DEPLOYER} lacks EXECUTE on function {function}, and you may not give it\ncan give it: ")
    assert "admin" in reason


async def test_what_a_new_grant_gives_is_told_at_preview(admin: Engine, sandbox: RunningSandbox, function: str) -> None:
    grant = of(admin, "Grant")
    given = {"principal": f"user:{ASKER}", "privileges": [item("FUNCTION", function, "EXECUTE")]}
    await grant.preview(given)
    assert f"{ASKER} lacks EXECUTE on function {function}: it is given" in admin.infos
    await grant.up(given)
    admin.lines.clear()
    await grant.preview(given)
    assert admin.infos == []
    await grant.delete()


async def test_a_query_right_that_was_taken_away_is_refused_by_name(deployer: Engine, sandbox: RunningSandbox) -> None:
    grant = of(deployer, "Grant")
    given = {"forEndpoint": "none", "privileges": [item("SERVING_ENDPOINT", "sandbox-chat", "CAN_QUERY")]}
    await grant.up(given)
    endpoint = api(sandbox, "GET", "/api/2.0/serving-endpoints/sandbox-chat")["id"]
    path = f"/api/2.0/permissions/serving-endpoints/{endpoint}"
    before = api(sandbox, "GET", path)["access_control_list"]
    api(sandbox, "PUT", path, json={"access_control_list": []})
    try:
        with pytest.raises(
            CheckFailed, match=r"CAN_QUERY on endpoint sandbox-chat|endpoint sandbox-chat does not exist"
        ):
            await grant.preview(given)
    finally:
        entries = [{k: v for k, v in e.items() if k.endswith("_name")} | {"permission_level": p["permission_level"]}
                   for e in before for p in e["all_permissions"] if not p.get("inherited")]  # fmt: skip
        api(
            sandbox,
            "PUT",
            path,
            json={"access_control_list": [{k: v for k, v in e.items() if k != "display_name"} for e in entries]},
        )


async def test_parents_are_ensured_and_never_taken_back(admin: Engine, sandbox: RunningSandbox) -> None:
    catalog = sandbox.unique("shared")
    api(sandbox, "POST", f"{CATALOG}/catalogs", json={"name": catalog})
    given = {"principal": f"user:{ASKER}", "privileges": [item("CATALOG", catalog, "USE CATALOG")], "ensure": True}
    grant = of(admin, "Grant", "weather-uses-parents")
    await grant.up(given)
    other = of(admin, "Grant", "echo-uses-parents")
    before = len(admin.servicer.session.given)
    await other.up(given)
    assert len(admin.servicer.session.given) == before
    await grant.delete()
    await other.delete()
    found = api(sandbox, "GET", f"{CATALOG}/permissions/CATALOG/{catalog}")["privilege_assignments"]
    assert found == [{"principal": ASKER, "privileges": ["USE_CATALOG"]}]


async def test_grants_of_others_stay(admin: Engine, sandbox: RunningSandbox, function: str) -> None:
    path = f"{CATALOG}/permissions/FUNCTION/{function}"
    api(sandbox, "PATCH", path, json={"changes": [{"principal": ASKER, "add": ["EXECUTE"]}]})
    given = {"privileges": [item("FUNCTION", function, "EXECUTE")]}
    first, second = of(admin, "Grant", "asker"), of(admin, "Grant", "deployer")
    await first.up({**given, "principal": f"user:{ASKER}"})
    await second.up({**given, "principal": f"user:{DEPLOYER}"})
    await first.delete()
    await second.delete()
    assert granted(sandbox, function, ASKER) == ["EXECUTE"], "it was there before"
    assert granted(sandbox, function, DEPLOYER) == []


async def test_one_that_was_lost_is_given_again(admin: Engine, sandbox: RunningSandbox, function: str) -> None:
    grant = of(admin, "Grant")
    given = {"principal": f"user:{DEPLOYER}", "privileges": [item("FUNCTION", function, "EXECUTE")]}
    await grant.up(given)
    path = f"{CATALOG}/permissions/FUNCTION/{function}"
    api(sandbox, "PATCH", path, json={"changes": [{"principal": DEPLOYER, "remove": ["EXECUTE"]}]})
    planned = await grant.up(given)
    assert (planned.op, planned.changes) == ("update", {"privileges": "UPDATE"})
    assert granted(sandbox, function, DEPLOYER) == ["EXECUTE"]
    assert f"{DEPLOYER} no longer holds EXECUTE on function {function}" in admin.warnings
    api(sandbox, "PATCH", path, json={"changes": [{"principal": DEPLOYER, "remove": ["EXECUTE"]}]})
    assert not await grant.refresh(), "nothing is left of it"


async def test_a_principal_in_other_letters_is_no_difference_and_another_one_a_replacement(
    admin: Engine, sandbox: RunningSandbox, function: str
) -> None:
    grant = of(admin, "Grant")
    given = {"principal": f"user:{DEPLOYER}", "privileges": [item("FUNCTION", function, "EXECUTE")]}
    await grant.up(given)
    assert (await grant.preview({**given, "principal": "user:Deployer@Sandbox.Example"})).op == "same"
    assert (await grant.up({**given, "principal": "group:analysts"})).op == "replace"
    assert granted(sandbox, function, DEPLOYER) == []
    assert granted(sandbox, function, "analysts") == ["EXECUTE"]


async def test_the_order_of_privileges_means_nothing(deployer: Engine, model: str) -> None:
    pair = [item("FUNCTION", model, "EXECUTE"), item("FUNCTION", model, "MANAGE")]
    grant = of(deployer, "Grant")
    await grant.up({"principal": f"user:{ASKER}", "privileges": pair})
    assert (await grant.preview({"principal": f"user:{ASKER}", "privileges": pair[::-1]})).op == "same"


async def test_levels_of_an_endpoint_are_given_and_taken_back(admin: Engine, sandbox: RunningSandbox) -> None:
    endpoint = api(sandbox, "GET", "/api/2.0/serving-endpoints/sandbox-chat")["id"]
    path = f"/api/2.0/permissions/serving-endpoints/{endpoint}"

    def levels() -> dict[str, list[str]]:
        return {
            entry.get("user_name") or entry.get("group_name"): [
                one["permission_level"] for one in entry["all_permissions"] if not one.get("inherited")
            ]
            for entry in api(sandbox, "GET", path)["access_control_list"]
        }

    before = levels()
    assert not before.get("analysts")
    grant = of(admin, "Grant", "weather-access-analysts")
    await grant.lives(
        {"principal": "group:analysts", "privileges": [item("SERVING_ENDPOINT", "sandbox-chat", "CAN_QUERY")]}
    )
    assert levels()["analysts"] == ["CAN_QUERY"]
    assert {who: has for who, has in levels().items() if who != "analysts"} == before
    asker = of(admin, "Grant", "asker")
    await asker.up({"principal": f"user:{ASKER}", "privileges": [item("SERVING_ENDPOINT", "sandbox-chat", "CAN_VIEW")]})
    assert asker.outputs["held"][0]["how"] == "by group analysts (CAN_QUERY)"
    await grant.delete()
    assert levels() == before


async def test_two_agents_of_one_run_that_need_the_same_both_own_it(
    admin: Engine, sandbox: RunningSandbox, function: str
) -> None:
    given = {"principal": f"user:{DEPLOYER}", "privileges": [item("FUNCTION", function, "EXECUTE")]}
    first, second = of(admin, "Grant", "one"), of(admin, "Grant", "two")
    await first.up(given)
    await second.up(given)
    assert first.outputs["added"] == second.outputs["added"]


@pytest.mark.parametrize(
    ("given", "path", "reason"),
    [
        ({"principal": "user:nobody@sandbox.example"}, "principal", "there is no user 'nobody@sandbox.example'"),
        ({"principal": "asker"}, "principal", "'asker' is no principal"),
        ({}, "principal", "nobody is named whom to grant to"),
        ({"principal": f"user:{ASKER}", "privileges": []}, "privileges", "is empty"),
        (
            {"principal": f"user:{ASKER}", "privileges": [item("ENDPOINT", "x", "CAN_QUERY")]},
            "privileges[0].securableType",
            "'ENDPOINT' is none of CATALOG, SCHEMA",
        ),
        (
            {"principal": f"user:{ASKER}", "privileges": [item("SERVING_ENDPOINT", "x", "QUERY")]},
            "privileges[0].privilege",
            "'QUERY' is none of CAN_VIEW, CAN_QUERY, CAN_MANAGE",
        ),
        (
            {"principal": f"user:{ASKER}", "privileges": [item("CATALOG", "local", "USE_CATALOG")]},
            "privileges[0].privilege",
            "write 'USE CATALOG', as SQL does",
        ),
        (
            {"forEndpoint": "none", "privileges": [item("SERVING_ENDPOINT", "sandbox-chatt", "CAN_QUERY")]},
            "privileges[0]",
            "endpoint sandbox-chatt does not exist, or you may not see it",
        ),
        (
            {
                "forEndpoint": "none",
                "privileges": [item("GENIE_SPACE", "01ef", "CAN_RUN")],
                "reason": "agents/x/agent.py:7: GenieAgent()",
            },
            "privileges[0]",
            "Genie space 01ef does not exist, or you may not see it\nneeded by agents/x/agent.py:7: GenieAgent()",
        ),
    ],
)
async def test_what_can_not_be_is_refused_at_preview(
    deployer: Engine, given: dict[str, Any], path: str, reason: str
) -> None:
    with pytest.raises(CheckFailed, match=reason.replace("[", r"\[")) as failed:
        await of(deployer, "Grant").preview({"privileges": [item("CATALOG", "local", "USE CATALOG")], **given})
    assert path in failed.value.paths


async def test_access_to_an_endpoint_that_this_run_makes(deployer: Engine) -> None:
    given = {"privileges": [item("SERVING_ENDPOINT", "agents_to_come", "CAN_QUERY")]}
    assert (await of(deployer, "Grant").preview({**given, "principal": "group:analysts"})).op == "create"
    deployer.servicer.session.declared.add(("agentry:index:ServingEndpoint", "agents_to_come"))
    assert (await of(deployer, "Grant").preview({**given, "forEndpoint": "agents_other"})).op == "create"
    with pytest.raises(grpc.aio.AioRpcError, match="endpoint agents_to_come does not exist"):
        await of(deployer, "Grant").up({**given, "principal": "group:analysts"})


async def test_the_owner_that_a_stack_declares_has_to_be_who_runs(sandbox: RunningSandbox) -> None:
    from agentry.clock import RealClock
    from agentry.provider.kinds.registry import KINDS
    from agentry.workspace import connect

    given = {"forEndpoint": "none", "privileges": [item("CATALOG", "local", "USE CATALOG")]}
    settings = {"sandbox": "local", "owner": f"user:{ASKER}"}
    async with provider(KINDS, connect, clock=RealClock(), root=sandbox.root, settings=settings) as engine:
        with pytest.raises(CheckFailed, match=f"agentry:owner says that user:{ASKER} creates the endpoints"):
            await of(engine, "Grant").preview(given)
    async with provider(KINDS, connect, root=sandbox.root, settings={**settings, "offline": "true"}) as offline:
        planned = await of(offline, "Grant").preview(given)
        assert planned.inputs["resolvedPrincipal"] == {"kind": "user", "id": ASKER, "name": ASKER}
        assert any("holds what" in text for text in offline.warnings)


async def test_a_grant_can_not_be_imported(deployer: Engine) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match="a grant can not be imported"):
        await of(deployer, "Grant").take_over("x on y (z)")
