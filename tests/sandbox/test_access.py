"""Privileges of Unity Catalog: how they are held, what they need around them, who may give them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.sandbox.access import GRANTABLE, Access, Change, Securable, normal
from agentry.sandbox.errors import InvalidParameter, PermissionDenied, PrincipalNotFound
from agentry.sandbox.identity import Caller, Scope
from agentry.sandbox.principals import ADMINS, Principal, Principals
from agentry.sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

CATALOG = Securable("CATALOG", "main")
SCHEMA = Securable("SCHEMA", "main.ai")
MODEL = Securable("FUNCTION", "main.ai.weather")
ALICE = "alice@sandbox.example"


class World(NamedTuple):
    store: Store
    access: Access
    principals: Principals
    alice: Principal


def make_world() -> World:
    store = Store(":memory:")
    principals = Principals(store)
    alice = principals.create("User", ALICE)
    for owner in ("owner@sandbox.example", "root@sandbox.example"):
        principals.create("User", owner)
    access = Access(store, principals)
    for securable in (CATALOG, SCHEMA, MODEL):
        access.set_owner(securable, "owner@sandbox.example")
    return World(store, access, principals, alice)


@pytest.fixture
def world() -> Iterator[World]:
    made = make_world()
    yield made
    made.store.close()


def give(world: World, securable: Securable, *privileges: str, to: str = ALICE) -> None:
    world.access.change(securable, [Change(to, add=list(privileges))])


def test_nothing_is_held_at_first(world: World) -> None:
    assert world.access.holds(world.alice, MODEL, "EXECUTE") is None


def test_a_grant_on_a_container_holds_inside(world: World) -> None:
    give(world, CATALOG, "EXECUTE")
    assert world.access.holds(world.alice, MODEL, "EXECUTE") == ("direct", ALICE, CATALOG)


def test_a_grant_on_one_object_does_not_hold_on_another(world: World) -> None:
    give(world, MODEL, "EXECUTE")
    assert world.access.holds(world.alice, Securable("FUNCTION", "main.ai.weather2"), "EXECUTE") is None


def test_a_group_in_a_group_passes_its_privileges_on(world: World) -> None:
    inner = world.principals.create("Group", "inner")
    outer = world.principals.create("Group", "outer")
    world.principals.save(Principal(inner.id, "Group", "inner", "inner", members=[world.alice.id]))
    world.principals.save(Principal(outer.id, "Group", "outer", "outer", members=[inner.id]))
    give(world, MODEL, "EXECUTE", to="outer")
    assert world.access.holds(world.alice, MODEL, "EXECUTE") == ("group", "outer", MODEL)


def test_account_users_are_everybody(world: World) -> None:
    give(world, MODEL, "EXECUTE", to="account users")
    assert world.access.holds(world.alice, MODEL, "EXECUTE") == ("group", "account users", MODEL)


def test_all_privileges_are_all_but_manage(world: World) -> None:
    give(world, MODEL, "ALL PRIVILEGES")
    assert world.access.holds(world.alice, MODEL, "EXECUTE")
    assert not world.access.manages(world.alice, MODEL)


def test_an_owner_holds_all_on_the_object_but_reads_nothing_inside(world: World) -> None:
    world.access.set_owner(SCHEMA, ALICE)
    assert world.access.holds(world.alice, SCHEMA, "CREATE MODEL") == ("owner", ALICE, SCHEMA)
    assert world.access.holds(world.alice, MODEL, "EXECUTE") is None
    assert world.access.manages(world.alice, MODEL)


def test_admins_manage_everything_and_still_need_grants_to_read(world: World) -> None:
    group = world.principals.create("Group", ADMINS)
    world.principals.save(Principal(group.id, "Group", ADMINS, ADMINS, members=[world.alice.id]))
    assert world.access.manages(world.alice, MODEL)
    assert world.access.holds(world.alice, MODEL, "EXECUTE") is None


@pytest.mark.parametrize(
    ("held", "lacking"),
    [
        ([], "USE CATALOG on Catalog 'main'"),
        ([(CATALOG, "USE CATALOG")], "USE SCHEMA on Schema 'main.ai'"),
        ([(CATALOG, "USE CATALOG"), (SCHEMA, "USE SCHEMA")], "EXECUTE on Routine or Model 'main.ai.weather'"),
        ([(SCHEMA, "USE SCHEMA"), (MODEL, "EXECUTE")], "USE CATALOG on Catalog 'main'"),
        ([(CATALOG, "USE CATALOG"), (MODEL, "EXECUTE")], "USE SCHEMA on Schema 'main.ai'"),
    ],
)
def test_the_outermost_privilege_that_is_lacking_is_named(
    world: World, held: list[tuple[Securable, str]], lacking: str
) -> None:
    for securable, privilege in held:
        give(world, securable, privilege)
    with pytest.raises(PermissionDenied) as raised:
        world.access.require(Caller(world.alice), MODEL, "EXECUTE")
    assert raised.value.message == f"User does not have {lacking}. [Principal: {ALICE}]"
    assert raised.value.body()["details"][0]["metadata"]["resourceName"] in lacking


def test_with_all_three_it_passes(world: World) -> None:
    for securable, privilege in ((CATALOG, "USE CATALOG"), (SCHEMA, "USE SCHEMA"), (MODEL, "EXECUTE")):
        give(world, securable, privilege)
    world.access.require(Caller(world.alice), MODEL, "EXECUTE")
    assert world.access.holds(world.alice, MODEL, "EXECUTE") == ("direct", ALICE, MODEL)


def test_a_served_version_needs_the_declaration_too(world: World) -> None:
    give(world, CATALOG, "USE CATALOG", "USE SCHEMA", "EXECUTE")
    declared = Caller(world.alice, "ep/v1", frozenset({Scope("function", MODEL.name)}))
    world.access.require(declared, MODEL, "EXECUTE")
    with pytest.raises(PermissionDenied, match="does not declare it"):
        world.access.require(Caller(world.alice, "ep/v1", frozenset()), MODEL, "EXECUTE")


def test_a_declaration_is_worth_what_the_creator_holds(world: World) -> None:
    declared = Caller(world.alice, "ep/v1", frozenset({Scope("function", MODEL.name)}))
    with pytest.raises(PermissionDenied, match="USE CATALOG"):
        world.access.require(declared, MODEL, "EXECUTE")


@pytest.mark.parametrize("name", ["nobody@sandbox.example", "admins", "users"])
def test_a_grant_to_nobody_or_to_a_workspace_group_is_refused(world: World, name: str) -> None:
    with pytest.raises(PrincipalNotFound, match=f"Could not find principal with name {name}"):
        give(world, MODEL, "EXECUTE", to=name)


def test_a_privilege_of_another_type_is_refused_and_nothing_is_granted(world: World) -> None:
    changes = [Change(ALICE, add=["EXECUTE"]), Change(ALICE, add=["SELECT"])]
    with pytest.raises(InvalidParameter, match="SELECT is not applicable"):
        world.access.change(MODEL, changes)
    assert world.access.grants(MODEL) == []


def test_what_is_forgotten_is_not_inherited_by_the_next_of_the_name(world: World) -> None:
    give(world, MODEL, "EXECUTE")
    world.access.forget(MODEL)
    assert (world.access.owner(MODEL), world.access.grants(MODEL)) == ("", [])


def test_a_new_name_carries_owner_and_grants_over(world: World) -> None:
    give(world, MODEL, "EXECUTE")
    world.access.rename(MODEL, "main.ai.storm")
    storm = Securable("FUNCTION", "main.ai.storm")
    assert world.access.owner(storm) == "owner@sandbox.example"
    assert world.access.holds(world.alice, storm, "EXECUTE") == ("direct", ALICE, storm)
    assert world.access.grants(MODEL) == []


privileges = st.sets(st.sampled_from(sorted(GRANTABLE["SCHEMA"])))


@given(before=privileges, added=privileges, removed=privileges)
def test_a_change_adds_then_removes(before: set[str], added: set[str], removed: set[str]) -> None:
    world = make_world()
    give(world, SCHEMA, *before)
    world.access.change(SCHEMA, [Change(ALICE, add=sorted(added), remove=sorted(removed))])
    held = {privilege for grant in world.access.grants(SCHEMA) for privilege in grant.privileges}
    assert held == (before | added) - removed
    world.store.close()


@given(privilege=st.sampled_from(sorted(GRANTABLE["CATALOG"])))
def test_both_spellings_of_a_privilege_are_one(privilege: str) -> None:
    assert normal(privilege.replace(" ", "_")) == normal(privilege.lower()) == privilege
