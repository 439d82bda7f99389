"""Scopes for what is used on behalf of the user: what lacks, what nobody needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.api_scopes import EVERYTHING, SCOPES, MissingScopes, missing_scopes, unused_scopes
from agentry.resources import RESOURCE_TYPES, Resource

ENDPOINTS, INDEXES = "vectorsearch.vector-search-endpoints", "vectorsearch.vector-search-indexes"
SERVING = "serving.serving-endpoints"
REACHED = [type_ for type_, choices in SCOPES.items() if choices]
OUT_OF_REACH = [type_ for type_, choices in SCOPES.items() if not choices]
KNOWN = sorted({scope for choices in SCOPES.values() for choice in choices for scope in choice})


def user(type_: str, name: str = "a.b.c") -> Resource:
    return Resource(type_, name, on_behalf_of_user=True)


def lacking(type_: str, *scopes: str) -> tuple[str, ...] | None:
    """The scopes to add for one resource; None when it is covered."""
    found = missing_scopes([user(type_)], scopes)
    assert [one.resource for one in found] == [user(type_)][: len(found)]
    return found[0].scopes if found else None


def test_every_type_has_a_row() -> None:
    assert list(SCOPES) != []
    assert set(SCOPES) == set(RESOURCE_TYPES)


@pytest.mark.parametrize(
    ("type_", "recommended"),
    [
        ("serving_endpoint", (SERVING,)),
        ("vector_search_index", (SERVING, ENDPOINTS, INDEXES)),
        ("sql_warehouse", ("sql.statement-execution", "sql.warehouses")),
        ("genie_space", ("dashboards.genie",)),
        ("uc_connection", ("catalog.connections",)),
        ("function", ("mcp.functions",)),
        ("table", ("sql.statement-execution", "sql.warehouses")),
    ],
)
def test_what_is_recommended(type_: str, recommended: tuple[str, ...]) -> None:
    assert lacking(type_) == recommended


@pytest.mark.parametrize("type_", OUT_OF_REACH)
def test_what_no_scope_reaches_is_said(type_: str) -> None:
    assert lacking(type_) == ()
    assert lacking(type_, EVERYTHING, *KNOWN) == ()


@pytest.mark.parametrize(("type_", "choice"), [(t, c) for t in REACHED for c in SCOPES[t]])
def test_any_choice_is_enough_and_a_part_of_it_is_not(type_: str, choice: tuple[str, ...]) -> None:
    assert lacking(type_, "x", *choice) is None
    for scope in choice:
        rest = [other for other in choice if other != scope]
        assert lacking(type_, *rest) is not None, rest


@pytest.mark.parametrize("type_", REACHED)
def test_the_scope_of_everything_covers_what_can_be_reached(type_: str) -> None:
    assert lacking(type_, EVERYTHING) is None


@pytest.mark.parametrize(
    ("held", "add"),
    [
        ([INDEXES], (SERVING, ENDPOINTS)),
        ([SERVING, INDEXES], (ENDPOINTS,)),
        (["dashboards.genie"], (SERVING, ENDPOINTS, INDEXES)),
    ],
)
def test_what_was_begun_is_finished(held: list[str], add: tuple[str, ...]) -> None:
    assert lacking("vector_search_index", *held) == add


def test_only_what_is_used_on_behalf_of_the_user_needs_scopes() -> None:
    own = Resource("genie_space", "01ef")
    assert missing_scopes([own], []) == []
    assert unused_scopes([own], ["dashboards.genie"]) == ["dashboards.genie"]


def test_each_resource_is_told_once_in_order() -> None:
    space, endpoint = user("genie_space"), user("serving_endpoint")
    assert missing_scopes([space, endpoint, space, user("lakebase")], ["sql"]) == [
        MissingScopes(space, ("dashboards.genie",)),
        MissingScopes(endpoint, (SERVING,)),
        MissingScopes(user("lakebase"), ()),
    ]


def test_what_nobody_needs() -> None:
    scopes = ["genie", "sql", "genie", SERVING]
    assert unused_scopes([user("serving_endpoint")], scopes) == ["genie", "sql"]
    assert unused_scopes([user("table"), user("serving_endpoint")], scopes) == []
    assert unused_scopes([], scopes) == ["genie", "sql", SERVING]


@pytest.mark.parametrize("scope", ["iam.current-user:read", "offline_access", "files", "", EVERYTHING])
def test_a_scope_that_is_not_known_is_never_unused(scope: str) -> None:
    assert unused_scopes([], [scope]) == []


@given(
    types=st.lists(st.sampled_from(list(SCOPES))),
    scopes=st.lists(st.sampled_from([*KNOWN, "iam.current-user:read"])),
)
def test_what_is_added_is_enough_and_never_unused(types: list[str], scopes: list[str]) -> None:
    resources = [user(type_) for type_ in types]
    missing = missing_scopes(resources, scopes)
    added = [scope for one in missing for scope in one.scopes]
    assert not set(added) & set(scopes)
    assert [one.resource.type in OUT_OF_REACH for one in missing_scopes(resources, scopes + added)].count(False) == 0
    assert not set(unused_scopes(resources, scopes + added)) & set(added)
