"""What a resource brings, asked from a workspace in memory; and what a function's body names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentry.errors import InvalidRequest, PermissionDenied, Unauthenticated
from agentry.resources import RESOURCE_TYPES, Resource
from agentry.workspace.function_body import named_in
from agentry.workspace.implied import FUNCTIONS, INDEXES, MOST, SPACES, Implied, closure, implied_by, implies
from tests.workspace.fake import FakeTransport, workspace

INDEX, SPACE = Resource("vector_search_index", "main.docs.faq"), Resource("genie_space", "01ef")
FUNCTION = Resource("function", "main.tools.f")
ENDPOINT = Resource("serving_endpoint", "e5")
WAREHOUSE = Resource("sql_warehouse", "abc")
HIDDEN = "its tables and functions are shown to those with CAN EDIT on it"


async def asked(resource: Resource, path: str, answer: Any) -> Implied:
    fake = FakeTransport({("GET", path): answer})
    return await implied_by(workspace(fake), resource)


async def of_index(**specs: Any) -> Implied:
    return await asked(INDEX, f"{INDEXES}/main.docs.faq", {"name": "main.docs.faq", **specs})


async def of_space(answer: Any) -> Implied:
    return await asked(SPACE, f"{SPACES}/01ef", answer)


async def of_function(**found: Any) -> Implied:
    return await asked(FUNCTION, f"{FUNCTIONS}/main.tools.f", {"full_name": "main.tools.f", **found})


def columns(*rows: dict[str, str]) -> dict[str, Any]:
    return {"embedding_source_columns": list(rows)}


@pytest.mark.parametrize("kind", ["delta_sync_index_spec", "direct_access_index_spec"])
async def test_an_index_brings_the_endpoint_of_its_embeddings(kind: str) -> None:
    column = {"name": "text", "embedding_model_endpoint_name": "e5"}
    assert await of_index(**{kind: columns(column)}) == Implied((ENDPOINT,))


async def test_the_endpoint_for_queries_is_the_one_that_is_asked() -> None:
    column = {"embedding_model_endpoint_name": "big", "model_endpoint_name_for_query": "e5"}
    assert await of_index(delta_sync_index_spec=columns(column)) == Implied((ENDPOINT,))


async def test_each_endpoint_is_named_once() -> None:
    column = {"embedding_model_endpoint_name": "e5"}
    assert await of_index(delta_sync_index_spec=columns(column, column)) == Implied((ENDPOINT,))


@pytest.mark.parametrize(
    "specs",
    [
        {},
        {"delta_sync_index_spec": {"embedding_vector_columns": [{"name": "v", "embedding_dimension": 3}]}},
        {"delta_sync_index_spec": columns({"name": "text"})},
        {"direct_access_index_spec": None},
    ],
    ids=["full text", "own vectors", "no endpoint named", "none"],
)
async def test_an_index_with_vectors_of_its_own_brings_nothing(specs: dict[str, Any]) -> None:
    assert await of_index(**specs) == Implied()


def space(**parts: Any) -> dict[str, Any]:
    return {"space_id": "01ef", "warehouse_id": "abc", "serialized_space": json.dumps({"version": 2, **parts})}


async def test_a_space_brings_warehouse_tables_and_functions() -> None:
    found = await of_space(
        space(
            data_sources={
                "tables": [{"identifier": "main.crm.customers", "description": ["who"]}],
                "metric_views": [{"identifier": "main.crm.revenue"}],
            },
            instructions={"sql_functions": [{"id": "1", "identifier": "main.tools.f"}], "text_instructions": []},
        )
    )
    tables = (Resource("table", "main.crm.customers"), Resource("table", "main.crm.revenue"))
    assert found == Implied((WAREHOUSE, *tables, FUNCTION))


async def test_the_definition_of_a_space_is_asked_for() -> None:
    asked_with: list[Any] = []

    def route(query: Any) -> dict[str, Any]:
        asked_with.append(query)
        return space()

    await of_space(route)
    assert asked_with == [{"include_serialized_space": "true"}]


async def test_who_may_not_edit_a_space_sees_its_warehouse() -> None:
    answers: list[Any] = [PermissionDenied("you need CAN EDIT"), {"space_id": "01ef", "warehouse_id": "abc"}]
    assert await of_space(answers) == Implied((WAREHOUSE,), HIDDEN)


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        (None, HIDDEN),
        ("", HIDDEN),
        ("{", "its definition can not be read"),
        ("[]", ""),
        ('{"data_sources": [1], "instructions": {"sql_functions": [2, {}]}}', ""),
    ],
)
async def test_a_definition_that_is_not_there_or_not_as_expected(text: str | None, unknown: str) -> None:
    found = await of_space({"warehouse_id": "abc", "serialized_space": text})
    assert found == Implied((WAREHOUSE,), unknown)


async def test_a_function_brings_what_it_depends_on() -> None:
    depends = [
        {"table": {"table_full_name": "main.crm.t"}},
        {"function": {"function_full_name": "main.tools.g"}},
        {"connection": {"connection_name": "slack"}},
        {"credential": {"credential_name": "aws"}},
        {"volume": {"volume_full_name": "main.crm.v"}},
    ]
    found = await of_function(routine_definition="SELECT 1", routine_dependencies={"dependencies": depends})
    assert found == Implied(
        (Resource("table", "main.crm.t"), Resource("function", "main.tools.g"), Resource("uc_connection", "slack"))
    )


async def test_an_index_in_a_body_is_no_table() -> None:
    found = await of_function(
        routine_body="SQL",
        routine_definition="SELECT * FROM vector_search(index => 'main.docs.faq', query_text => q)",
        routine_dependencies={"dependencies": [{"table": {"table_full_name": "Main.docs.faq"}}]},
    )
    assert found == Implied((INDEX,))


async def test_a_name_that_is_no_constant_is_unknown() -> None:
    found = await of_function(routine_definition="SELECT ai_query(model, q), http_request(conn => c)")
    assert found == Implied((), "the name in its call of ai_query and of http_request is no constant")


async def test_a_body_that_is_not_shown_is_unknown() -> None:
    assert await of_function(routine_body="SQL") == Implied((), "its body is not shown to you")


async def test_a_body_in_python_names_nothing() -> None:
    code = "def f():\n    return ai_query('e5')\n"
    assert await of_function(routine_body="EXTERNAL", routine_definition=code) == Implied()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (None, "it does not exist, or you may not see it"),
        (PermissionDenied("User does not have EXECUTE on Routine 'f'."), "User does not have EXECUTE on Routine 'f'"),
        (InvalidRequest("not a space id"), "not a space id"),
    ],
)
@pytest.mark.parametrize("resource", [INDEX, SPACE, FUNCTION])
async def test_what_can_not_be_seen_is_said(resource: Resource, error: Exception | None, reason: str) -> None:
    paths = (f"{INDEXES}/main.docs.faq", f"{SPACES}/01ef", f"{FUNCTIONS}/main.tools.f")
    fake = FakeTransport({("GET", path): error for path in paths} if error else {})
    assert await implied_by(workspace(fake), resource) == Implied((), reason)


async def test_other_errors_are_the_callers() -> None:
    with pytest.raises(Unauthenticated):
        await of_space(Unauthenticated("no"))


async def test_other_types_cost_no_request() -> None:
    fake = FakeTransport()
    others = [
        Resource(type_, "main.a.b") for type_ in RESOURCE_TYPES if type_ not in (INDEX.type, SPACE.type, "function")
    ]
    assert len(others) == len(RESOURCE_TYPES) - 3
    assert {await implied_by(workspace(fake), other) for other in others} == {Implied()}
    assert not any(map(implies, others))
    assert await closure(workspace(fake), others) == {}
    assert fake.requests == []


async def test_a_name_is_one_part_of_the_path() -> None:
    fake = FakeTransport()
    await implied_by(workspace(fake), Resource("function", "main.tools.a/b?c"))
    assert fake.requests == [("GET", f"{FUNCTIONS}/main.tools.a%2Fb%3Fc")]


async def test_what_is_brought_is_asked_for_in_turn_and_once() -> None:
    body = "SELECT * FROM vector_search(index => 'main.docs.faq', query_text => q)"
    back = {"routine_definition": body, "routine_dependencies": {"dependencies": [
        {"function": {"function_full_name": "main.tools.f"}}]}}  # fmt: skip
    fake = FakeTransport(
        {
            ("GET", f"{SPACES}/01ef"): space(instructions={"sql_functions": [{"identifier": "main.tools.f"}]}),
            ("GET", f"{FUNCTIONS}/main.tools.f"): back,
            ("GET", f"{INDEXES}/main.docs.faq"): {
                "delta_sync_index_spec": columns({"embedding_model_endpoint_name": "e5"})
            },
        }
    )
    found = await closure(workspace(fake), [SPACE, WAREHOUSE, SPACE, FUNCTION])
    assert found == {
        SPACE: Implied((WAREHOUSE, FUNCTION)),
        FUNCTION: Implied((FUNCTION, INDEX)),
        INDEX: Implied((ENDPOINT,)),
    }
    assert len(fake.requests) == 3


async def test_there_is_a_bound() -> None:
    fake = FakeTransport()
    many = [Resource("function", f"main.tools.f{number}") for number in range(MOST + 2)]
    found = await closure(workspace(fake), many)
    assert len(fake.requests) == MOST
    assert list(found) == many
    assert [found[late].unknown for late in many[MOST:]] == [f"only {MOST} objects are asked for"] * 2


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("SELECT ai_query('e5', q)", ["e5"]),
        ('SELECT AI_QUERY ( "e5", request => q )', ["e5"]),
        ("SELECT ai_query(request => q, endpoint => 'e5')", ["e5"]),
        ("SELECT `ai_query`('e5', q)", ["e5"]),
        ("SELECT * FROM VECTOR_SEARCH(INDEX => 'a.b.c', query_text => f(x, 'd'), num_results => 2)", ["a.b.c"]),
        ("SELECT http_request(method => 'POST', conn => 'slack', path => '/x').text", ["slack"]),
        ("SELECT ai_query('a', ai_query('b', q)), ai_query('a', q)", ["b", "a"]),
        ("SELECT ai_query('a', /* ai_query('b', q) */ q) -- ai_query('c')\n, ai_query('d', q)", ["a", "d"]),
        ("SELECT 'ai_query(''b'', q)', \"ai_query('c')\"", []),
        ("SELECT main.tools.ai_query('b'), my_ai_query('c'), ai_query", []),
        ("SELECT 'it''s' || ai_query('e5', '\\'')", ["e5"]),
        ("", []),
        ("SELECT 'open", []),
    ],
)
def test_constants_in_a_body(body: str, names: list[str]) -> None:
    found, unclear = named_in(body)
    assert [resource.name for resource in found] == names
    assert unclear == []


@pytest.mark.parametrize(
    "argument",
    [
        "model",
        "'a' || b",
        "concat('a', 'b')",
        "'a' 'b'",
        "r'a'",
        "'a\\nb'",
        "'a''b'",
        "''",
        "",
        "request => q",
        "'open",
    ],
)
def test_a_name_that_is_no_plain_constant(argument: str) -> None:
    assert named_in(f"SELECT ai_query({argument}, q)") == ([], ["ai_query"])


def test_types_of_what_is_named() -> None:
    body = "ai_query('e') vector_search(index => 'a.b.c') http_request(conn => 'k')"
    types = {resource.name: resource.type for resource in named_in(body)[0]}
    assert types == {"e": "serving_endpoint", "a.b.c": "vector_search_index", "k": "uc_connection"}


@pytest.mark.parametrize("piece", ["'", "\\'", "''\\", "`", "/*", "((", "]", "ai_query(", "ai_query(x,"])
def test_a_hostile_body_names_nothing(piece: str) -> None:
    """Each would take minutes if a part of it were read twice."""
    found, unclear = named_in(piece * 20_000)
    assert found == []
    assert unclear == (["ai_query"] if piece.startswith("ai") else [])
