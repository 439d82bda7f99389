from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.inspector.entrypoints import addresses, readers, statements
from agentry.inspector.evaluation.values import HOLE

part = st.from_regex(r"[a-z][a-z0-9]{0,8}(_[a-z0-9]{1,4})?", fullmatch=True)


@given(part, part, part)
def test_a_function_is_read_from_its_address_and_from_its_tool_name(catalog: str, schema: str, name: str) -> None:
    full = f"{catalog}.{schema}.{name}"
    assert addresses.mcp(f"https://w.example/api/2.0/mcp/functions/{catalog}/{schema}/{name}") == [("function", full)]
    assert readers.tool_names(full) == [("function", full)]
    assert readers.tool_names(f"{catalog}__{schema}__{name}") == [("function", full)]


@pytest.mark.parametrize(
    ("address", "named"),
    [
        (f"{HOLE}/api/2.0/mcp/genie/01f0", [("genie_space", "01f0")]),
        (f"{HOLE}/api/2.0/mcp/ai-search/a/b/c?x=1", [("vector_search_index", "a.b.c")]),
        ("/api/2.0/mcp/external/github", [("uc_connection", "github")]),
        ("https://my-app-123.aws.databricksapps.com/mcp", [("app", "my-app")]),
        ("https://my-app-123.7.azure.databricksapps.com/mcp", [("app", "my-app")]),
        ("https://mcp.example/sse", None),
    ],
)
def test_addresses_of_mcp_servers(address: str, named: readers.Named | None) -> None:
    assert addresses.mcp(address) == named


@pytest.mark.parametrize("address", ["/api/2.0/mcp/functions/a/b", "/api/2.0/mcp/sql", HOLE, "/api/2.0/mcp/genie"])
def test_an_address_that_can_not_be_decided(address: str) -> None:
    with pytest.raises(readers.Unreadable):
        addresses.mcp(address)


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/serving-endpoints/chat/invocations", [("serving_endpoint", "chat")]),
        ("/serving-endpoints/chat/served-models/a-1/invocations", [("serving_endpoint", "chat")]),
        (f"{HOLE}/api/2.0/genie/spaces/01f0/start-conversation", [("genie_space", "01f0")]),
        ("https://helper-1.aws.databricksapps.com/invocations", [("app", "helper")]),
        ("https://weather.example/today", None),
    ],
)
def test_paths_of_the_workspace(path: str, named: readers.Named | None) -> None:
    assert addresses.workspace_path(path) == named


@pytest.mark.parametrize(
    ("path", "named"),
    [("/sql/1.0/warehouses/abc", "abc"), ("sql/1.0/endpoints/abc?o=1", "abc"), (f"{HOLE}/warehouses/a-b", "a-b")],
)
def test_the_warehouse_of_a_path(path: str, named: str) -> None:
    assert addresses.http_path(path) == [("sql_warehouse", named)]


@pytest.mark.parametrize("path", ["sql/protocolv1/o/1/0101-abc", "", HOLE])
def test_a_path_that_is_of_no_warehouse(path: str) -> None:
    with pytest.raises(readers.Unreadable):
        addresses.http_path(path)


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("SELECT * FROM main.a.b", ["main.a.b"]),
        ("select x from `main`.`a`.`b-c` join main.a.d using (x)", ["main.a.b-c", "main.a.d"]),
        ("WITH t AS (SELECT * FROM main.a.b), u AS (SELECT 1) SELECT * FROM t JOIN u", ["main.a.b"]),
        ("WITH RECURSIVE t (n) AS (SELECT n FROM main.a.b) SELECT * FROM t", ["main.a.b"]),
        ("INSERT INTO main.a.b VALUES (1)", ["main.a.b"]),
        ("INSERT OVERWRITE TABLE main.a.b SELECT * FROM main.a.c", ["main.a.b", "main.a.c"]),
        ("SELECT * FROM main.a.b x, main.a.c AS y WHERE x.id = y.id", ["main.a.b", "main.a.c"]),
        ("DELETE FROM main.a.b WHERE day < '2026-01-01' -- from main.a.c", ["main.a.b"]),
        ("SELECT extract(day FROM t), trim(BOTH FROM u) FROM main.a.b", ["main.a.b"]),
        ("SELECT 'it''s from main.a.c' FROM main.a.b", ["main.a.b"]),
        ("MERGE INTO main.a.b USING main.a.c ON 1 = 1 WHEN MATCHED THEN UPDATE SET *", ["main.a.b", "main.a.c"]),
        ("SELECT * FROM range(5) JOIN explode(xs)", []),
        ("SELECT * FROM delta.`/Volumes/a/b/c`", []),
        ("SELECT 1", []),
        ("SELECT * FROM orders", ["orders"]),
        ("SELECT * FROM " + HOLE + ".a.b WHERE id = " + HOLE, [HOLE + ".a.b"]),
        (f"SELECT * FROM main.a.b WHERE day BETWEEN '{HOLE}' AND {HOLE} LIMIT {HOLE}", ["main.a.b"]),
    ],
)
def test_the_tables_of_a_statement(statement: str, tables: list[str]) -> None:
    assert statements.sql(statement) == [("table", table) for table in tables]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("SELECT main.a.f(x) FROM main.a.b", [("function", "main.a.f"), ("table", "main.a.b")]),
        ("SELECT * FROM main.a.f('x')", [("function", "main.a.f")]),
        ("SELECT ai_query('chat', 'x')", [("serving_endpoint", "chat")]),
        ("SELECT ai_query(endpoint => 'chat', request => 'x')", [("serving_endpoint", "chat")]),
        ("SELECT * FROM vector_search(query => 'x', index => 'main.a.i')", [("vector_search_index", "main.a.i")]),
        ("SELECT http_request(method => 'GET', conn => 'slack')", [("uc_connection", "slack")]),
    ],
)
def test_what_the_functions_of_a_statement_reach(statement: str, found: readers.Named) -> None:
    assert statements.sql(statement) == found


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (HOLE, []),
        (f"{HOLE} FROM main.a.b", [("table", "main.a.b")]),
        (f"SELECT * FROM main.a.b {HOLE}", [("table", "main.a.b")]),
        (f"SELECT * FROM main.a.b WHERE x = 'y' {HOLE}", [("table", "main.a.b")]),
        ("SELECT * FROM :table", []),
        ("SELECT * FROM IDENTIFIER(:table)", []),
        (f"SELECT ai_query({HOLE}, 'x')", []),
    ],
)
def test_a_statement_of_which_a_part_is_not_known(statement: str, found: readers.Named) -> None:
    with pytest.raises(readers.Unreadable) as caught:
        statements.sql(statement)
    assert caught.value.found == found


def test_prefixes_say_whose_a_model_is() -> None:
    read = readers.prefixed("databricks/")
    assert read("databricks/chat") == [("serving_endpoint", "chat")]
    assert read("openai/gpt-5") is None
    with pytest.raises(readers.Unreadable):
        read(f"{HOLE}/chat")


def test_models_of_the_agents_sdk() -> None:
    assert readers.agent_model("chat") == [("serving_endpoint", "chat")]
    assert readers.agent_model("openai/chat") == [("serving_endpoint", "chat")]
    assert readers.agent_model("apps/helper") == [("app", "helper")]
    assert readers.agent_model("litellm/anthropic/claude") is None


def test_the_gateway_is_asked_for_model_services() -> None:
    assert readers.gateway("system.ai.claude") == [("uc_model_service", "system.ai.claude")]
    with pytest.raises(readers.Unreadable):
        readers.gateway("databricks-claude")
    with pytest.raises(readers.Unreadable):
        readers.endpoint("system.ai.claude")


def test_what_a_registry_holds_is_not_declarable() -> None:
    assert readers.registered("model") is None
    for address in ("models:/main.ml.a/1", "runs:/0a/model", HOLE):
        with pytest.raises(readers.Unreadable, match="not declarable"):
            readers.registered(address)


@given(st.text(max_size=60) | st.text("abfrom .`'(),/\0", max_size=60))
def test_no_reader_breaks(text: str) -> None:
    for read in (
        addresses.app,
        addresses.http_path,
        addresses.mcp,
        addresses.workspace_path,
        readers.agent_model,
        readers.gateway,
        readers.model,
        readers.prefixed("databricks/"),
        readers.registered,
        readers.tool_names,
        statements.sql,
        statements.table,
    ):
        try:
            named = read(text)
        except readers.Unreadable as error:
            named = error.found
        assert named is None or all(len(pair) == 2 for pair in named)
