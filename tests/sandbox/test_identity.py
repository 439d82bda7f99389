"""Tokens: whom they speak for, what narrows them, when they stop."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from agentry.clock import FakeClock
from agentry.sandbox.errors import PermissionDenied, Unauthenticated
from agentry.sandbox.identity import Scope, Tokens
from agentry.sandbox.principals import Principals
from agentry.sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agentry.sandbox.principals import Principal


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store(":memory:")
    yield opened
    opened.close()


@pytest.fixture
def alice(store: Store) -> Principal:
    return Principals(store).create("User", "alice@sandbox.example")


def test_a_token_speaks_for_its_user(store: Store, alice: Principal) -> None:
    tokens = Tokens(store, FakeClock())
    caller = tokens.caller(f"Bearer {tokens.issue(alice)}")
    assert (caller.principal, caller.scopes) == (alice, None)
    assert caller.may_use("serving_endpoint", "anything")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer wrong", "wrong"])
def test_anything_else_is_nobody(store: Store, alice: Principal, header: str | None) -> None:
    tokens = Tokens(store, FakeClock())
    tokens.issue(alice)
    with pytest.raises(Unauthenticated):
        tokens.caller(header)


def test_a_served_version_reaches_what_it_declared_and_nothing_else(store: Store, alice: Principal) -> None:
    tokens = Tokens(store, FakeClock())
    token = tokens.issue_scoped(alice, "ep/v1", [Scope("serving_endpoint", "chat")], lifetime=60)
    caller = tokens.caller(f"Bearer {token}")
    caller.require_scope("serving_endpoint", "chat")
    with pytest.raises(PermissionDenied, match=r"'ep/v1' do not reach serving_endpoint 'other'"):
        caller.require_scope("serving_endpoint", "other")
    with pytest.raises(PermissionDenied):
        caller.require_scope("function", "chat")


def test_a_served_versions_token_expires(store: Store, alice: Principal) -> None:
    clock = FakeClock()
    tokens = Tokens(store, clock)
    token = tokens.issue_scoped(alice, "ep/v1", [], lifetime=60)
    clock.advance(59)
    assert tokens.caller(f"Bearer {token}").served == "ep/v1"
    clock.advance(1)
    with pytest.raises(Unauthenticated, match="expired"):
        tokens.caller(f"Bearer {token}")


def test_an_old_token_works_beside_the_new_one_until_both_are_revoked(store: Store, alice: Principal) -> None:
    """Clients keep a token for up to five minutes after it was rotated."""
    tokens = Tokens(store, FakeClock())
    both = [tokens.issue_scoped(alice, "ep/v1", [], lifetime=60) for _ in range(2)]
    other = tokens.issue_scoped(alice, "ep/v2", [], lifetime=60)
    assert [tokens.caller(f"Bearer {token}").served for token in both] == ["ep/v1", "ep/v1"]
    tokens.revoke("ep/v1")
    for token in both:
        with pytest.raises(Unauthenticated):
            tokens.caller(f"Bearer {token}")
    assert tokens.caller(f"Bearer {other}").served == "ep/v2"


def test_a_user_who_is_gone_is_nobody(store: Store, alice: Principal) -> None:
    tokens = Tokens(store, FakeClock())
    token = tokens.issue(alice)
    Principals(store).delete(alice)
    with pytest.raises(Unauthenticated, match="no longer active"):
        tokens.caller(f"Bearer {token}")


def test_the_database_does_not_hold_tokens(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    token = Tokens(store, FakeClock()).issue(Principals(store).create("User", "bob@sandbox.example"))
    store.close()
    with sqlite3.connect(tmp_path / "a.db") as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert "bob@sandbox.example" in dump
    assert token not in dump
