from __future__ import annotations

from agentry.inspector import gains_and_losses, scopes_gained_and_lost
from agentry.resources import RESOURCE_TYPES, Resource

CHAT = Resource("serving_endpoint", "chat")
TABLE = Resource("table", "main.crm.customers")


def test_gains_come_before_losses() -> None:
    assert gains_and_losses([CHAT], [TABLE]) == [
        "now also reads table main.crm.customers",
        "no longer asks serving endpoint chat",
    ]


def test_nothing_changes() -> None:
    assert gains_and_losses([CHAT, TABLE], [TABLE, CHAT]) == []


def test_who_it_acts_as_is_a_change() -> None:
    caller = Resource("table", "main.crm.customers", on_behalf_of_user=True)
    assert gains_and_losses([TABLE], [caller]) == [
        "now also reads table main.crm.customers as its caller",
        "no longer reads table main.crm.customers",
    ]


def test_scopes() -> None:
    assert scopes_gained_and_lost(["sql"], ["genie"]) == [
        "may now act as its caller within genie",
        "may no longer act as its caller within sql",
    ]


def test_every_type_has_a_verb() -> None:
    assert all(about.verb for about in RESOURCE_TYPES.values())
