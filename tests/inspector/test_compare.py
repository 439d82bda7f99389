from __future__ import annotations

from pathlib import Path

import pytest

from agentry.inspector import Undecided, Use, compare
from agentry.inspector.inspection import Inspection
from agentry.resources import Resource

CHAT = Resource("serving_endpoint", "chat")
TABLE = Resource("table", "main.a.b")
ASKS = Use(CHAT, "agents/x/agent.py", 5, "ChatDatabricks(model=)", "config.yaml: llm")
READS = Use(TABLE, "agents/x/tools.py", 9, "spark.table(tableName=)")
DYNAMIC = Undecided("ChatDatabricks(model=)", "input()", "agents/x/agent.py", 7, "input() is known only when it runs")


def found(*uses: Use, undecided: tuple[Undecided, ...] = ()) -> Inspection:
    return Inspection(uses, undecided, frozenset())


def test_without_a_declaration_what_is_found_is_declared() -> None:
    comparison = compare(found(ASKS, READS, ASKS), None)
    assert comparison.resources == (CHAT, TABLE)
    assert comparison.complaint() is None


def test_without_a_declaration_everything_has_to_be_decided() -> None:
    complaint = compare(found(ASKS, undecided=(DYNAMIC,)), None).complaint()
    assert complaint is not None
    assert str(complaint).splitlines() == [
        "agents/x/agent.py:7: what ChatDatabricks(model=) uses can not be decided from `input()`",
        "input() is known only when it runs",
        "→ write # agentry: uses <type> <name> (or: nothing) on that line, or declare it, with what was found:",
        "resources=[",
        '    Resource("serving_endpoint", "chat"),  # agents/x/agent.py:5',
        '    Resource("<type>", "<name>"),  # agents/x/agent.py:7: ChatDatabricks(model=)',
        "],",
    ]


def test_a_declaration_decides_what_the_code_does_not() -> None:
    assert compare(found(ASKS, undecided=(DYNAMIC,)), [CHAT]).complaint() is None


def test_what_the_declaration_lacks() -> None:
    comparison = compare(found(ASKS, READS), [])
    assert comparison.missing == (ASKS, READS)
    complaint = comparison.complaint()
    assert complaint is not None
    assert complaint.where == "agents/x/agent.py:5"
    assert complaint.what == "ChatDatabricks(model=) uses serving endpoint chat, which `resources` lacks"
    assert complaint.why.splitlines() == [
        "a served agent has credentials only for what is declared; its name comes from config.yaml: llm",
        "also agents/x/tools.py:9: spark.table(tableName=) uses table main.a.b",
    ]
    assert complaint.fix.startswith(
        'add Resource("serving_endpoint", "chat"), Resource("table", "main.a.b") to resources'
    )


def test_a_resource_counts_on_whosever_behalf_it_is_used() -> None:
    caller = Resource("serving_endpoint", "chat", on_behalf_of_user=True)
    assert compare(found(ASKS), [caller]).missing == ()


SPACE = Resource("genie_space", "01ef", on_behalf_of_user=True)
ASKS_AS_CALLER = Use(SPACE, "agents/x/agent.py", 6, "GenieAgent()")


@pytest.mark.parametrize("scopes", [["dashboards.genie"], ["genie"], ["all-apis"]])
def test_what_is_done_as_the_caller_needs_a_scope_and_no_resource(scopes: list[str]) -> None:
    comparison = compare(found(ASKS_AS_CALLER), [], scopes)
    assert comparison.missing == ()
    assert comparison.findings() == []


@pytest.mark.parametrize(("scopes", "level"), [(None, "error"), (["sql"], "error"), (["new.scope"], "warning")])
def test_a_scope_that_is_lacking(scopes: list[str] | None, level: str) -> None:
    """One that the table does not know may cover it, so then it is not certain."""
    finding = compare(found(ASKS_AS_CALLER), [], scopes).findings()[0]
    assert (finding.rule, finding.level, finding.where) == ("scope", level, "agents/x/agent.py:6")
    assert finding.fix == "add 'dashboards.genie' to api_scopes of the user_auth_policy in auth_policy"


def test_what_can_not_be_done_as_the_caller_at_all() -> None:
    app = Use(Resource("app", "helper", on_behalf_of_user=True), "agents/x/agent.py", 6, "create()")
    complaint = compare(found(app), [], ["all-apis"]).complaint()
    assert complaint is not None
    assert "which Model Serving has no API scope for" in complaint.what


@pytest.mark.parametrize(("undecided", "unused"), [((), ("sql",)), ((DYNAMIC,), ())])
def test_a_scope_that_nothing_needs(undecided: tuple[Undecided, ...], unused: tuple[str, ...]) -> None:
    comparison = compare(found(ASKS_AS_CALLER, undecided=undecided), [], ["genie", "sql", "new.scope"])
    assert comparison.unused_scopes == unused


def test_what_something_used_may_bring_is_not_called_unused() -> None:
    space = Use(Resource("genie_space", "01ef"), "agents/x/agent.py", 6, "GenieAgent()")
    chat = Resource("serving_endpoint", "other")
    comparison = compare(found(space), [space.resource, TABLE, chat])
    assert (comparison.unused, comparison.brought) == ((chat,), (TABLE,))


def test_names_of_unity_catalog_are_the_same_in_capitals() -> None:
    assert compare(found(READS), [Resource("table", "MAIN.a.B")]).missing == ()
    assert compare(found(ASKS), [Resource("serving_endpoint", "Chat")]).missing == (ASKS,)


def test_findings_say_where_and_what_to_do() -> None:
    comparison = compare(found(ASKS, READS, undecided=(DYNAMIC,)), [CHAT])
    told = [(finding.rule, finding.level, finding.file, finding.line) for finding in comparison.findings()]
    assert told == [
        ("undeclared", "error", "agents/x/tools.py", 9),
        ("undecided", "warning", "agents/x/agent.py", 7),
    ]
    assert [finding.level for finding in comparison.findings(strict=True)] == ["error", "error"]
    assert comparison.findings(mlflow=True)[0].fix == 'add DatabricksTable(table_name="main.a.b")'


@pytest.mark.parametrize(("undecided", "unused"), [((), (TABLE,)), ((DYNAMIC,), ())])
def test_what_is_declared_and_not_used(undecided: tuple[Undecided, ...], unused: tuple[Resource, ...]) -> None:
    comparison = compare(found(ASKS, undecided=undecided), [CHAT, TABLE])
    assert comparison.unused == unused
    assert comparison.complaint() is None


def test_where_is_what_an_editor_opens() -> None:
    assert (ASKS.where, DYNAMIC.where) == ("agents/x/agent.py:5", "agents/x/agent.py:7")
    assert Path(ASKS.file).suffix == ".py"
