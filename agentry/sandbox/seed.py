"""What a new sandbox has: three users, their groups, one catalog with one schema, and the deployer's privileges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agentry.sandbox.access import Change, Securable
from agentry.sandbox.principals import ADMINS, USERS, WORKSPACE_ACCESS

if TYPE_CHECKING:
    from agentry.sandbox.principals import Principal
    from agentry.sandbox.state import State

DOMAIN = "sandbox.example"
PEOPLE = ("deployer", "admin", "asker")
ANALYSTS = "analysts"
SCHEMA = "agents"
DEPLOYER_PRIVILEGES = {
    "CATALOG": ["USE CATALOG"],
    "SCHEMA": ["USE SCHEMA", "CREATE MODEL", "CREATE TABLE"],
}


def user_name(person: str) -> str:
    """`deployer@sandbox.example` for `deployer`; the domain is reserved (RFC 2606)."""
    return f"{person}@{DOMAIN}"


def seed_people(state: State) -> None:
    """Make the users and groups, unless they are there."""
    principals = state.principals
    if principals.named(user_name("admin"), "User") is not None:
        return
    with state.store.transaction():
        people: dict[str, Principal] = {
            person: principals.create("User", user_name(person), person.title(), (WORKSPACE_ACCESS,))
            for person in PEOPLE
        }
        members = {ADMINS: [people["admin"].id], USERS: [p.id for p in people.values()], ANALYSTS: [people["asker"].id]}
        for name, ids in members.items():
            principals.save(replace(principals.create("Group", name), members=ids))


def token_of(state: State, person: str) -> str:
    """A new token of one of the three people."""
    principal = state.principals.named(user_name(person), "User")
    assert principal is not None, f"{person} was seeded"
    return state.tokens.issue(principal)


def deployer_grants(catalog: str) -> list[tuple[Securable, Change]]:
    """What the deployer holds in a new sandbox."""
    deployer = user_name("deployer")
    return [
        (Securable("CATALOG", catalog), Change(deployer, add=DEPLOYER_PRIVILEGES["CATALOG"])),
        (Securable("SCHEMA", f"{catalog}.{SCHEMA}"), Change(deployer, add=DEPLOYER_PRIVILEGES["SCHEMA"])),
    ]
