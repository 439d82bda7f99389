from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.inspector.entrypoints import readers
from agentry.inspector.evaluation.values import HOLE

part = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)


@given(part, part, part)
def test_a_function_is_read_from_its_address_and_from_its_tool_name(catalog: str, schema: str, name: str) -> None:
    full = f"{catalog}.{schema}.{name}"
    assert readers.mcp(f"https://w.example/api/2.0/mcp/functions/{catalog}/{schema}/{name}") == [("function", full)]
    assert readers.tool_names(full) == [("function", full)]


@pytest.mark.parametrize(
    ("address", "named"),
    [
        (f"{HOLE}/api/2.0/mcp/genie/01f0", [("genie_space", "01f0")]),
        (f"{HOLE}/api/2.0/mcp/ai-search/a/b/c?x=1", [("vector_search_index", "a.b.c")]),
        ("https://my-app-123.aws.databricksapps.com/mcp", [("app", "my-app")]),
        ("https://mcp.example/sse", None),
    ],
)
def test_addresses_of_mcp_servers(address: str, named: readers.Named | None) -> None:
    assert readers.mcp(address) == named


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("SELECT * FROM main.a.b", ["main.a.b"]),
        ("select x from `main`.`a`.`b-c` join main.a.d using (x)", ["main.a.b-c", "main.a.d"]),
        ("WITH t AS (SELECT * FROM main.a.b), u AS (SELECT 1) SELECT * FROM t JOIN u", ["main.a.b"]),
        ("INSERT INTO main.a.b VALUES (1)", ["main.a.b"]),
        ("SELECT 1", []),
        ("SELECT * FROM " + HOLE + ".a.b", [HOLE + ".a.b"]),
    ],
)
def test_the_tables_of_a_statement(statement: str, tables: list[str]) -> None:
    assert readers.sql(statement) == [("table", table) for table in tables]


@pytest.mark.parametrize("statement", ["SELECT * FROM orders", "SELECT * FROM a.orders", HOLE])
def test_a_statement_that_can_not_be_decided(statement: str) -> None:
    with pytest.raises(readers.Unreadable):
        readers.sql(statement)


@given(st.text(max_size=60))
def test_no_reader_breaks(text: str) -> None:
    for read in (
        readers.mcp,
        readers.sql,
        readers.workspace_path,
        readers.http_path,
        readers.model,
        readers.tool_names,
    ):
        try:
            named = read(text)
        except readers.Unreadable:
            continue
        assert named is None or all(len(pair) == 2 for pair in named)
