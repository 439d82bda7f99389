"""What a version's resources bring and its declaration lacks: asked from the sandbox, told on the version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentry.clock import FakeClock, RealClock
from agentry.errors import Unavailable
from agentry.inspector.uses import Use
from agentry.provider.kinds.kind import Context
from agentry.provider.kinds.model_version_implied import tell_implied
from agentry.report import Line, Reporter
from agentry.resources import Resource
from agentry.stacks import Settings
from agentry.workspace import Workspace, connect
from agentry.workspace.budget import Budget
from agentry.workspace.implied import FUNCTIONS, INDEXES, SPACES
from tests.provider.sandboxed import api
from tests.workspace.fake import FakeTransport, workspace

if TYPE_CHECKING:
    from tests.sandbox.workspace import RunningSandbox

SPACE, OTHER = Resource("genie_space", "01ef"), Resource("genie_space", "02ef")
WAREHOUSE, TABLE = Resource("sql_warehouse", "abc"), Resource("table", "main.crm.customers")
DEFINITION = json.dumps({"data_sources": {"tables": [{"identifier": "main.crm.customers"}]}})
FOUND = {"warehouse_id": "abc", "serialized_space": DEFINITION}
LACKS_TABLE = (
    "Genie space 01ef also needs table main.crm.customers, which resources lacks; "
    'add Resource("table", "main.crm.customers")'
)
LACKS_WAREHOUSE = (
    'Genie space 01ef also needs SQL warehouse abc, which resources lacks; add Resource("sql_warehouse", "abc")'
)


def fake() -> FakeTransport:
    return FakeTransport({("GET", f"{SPACES}/01ef"): FOUND, ("GET", f"{SPACES}/02ef"): FOUND})


async def told(
    where: Workspace | None, *resources: Resource, uses: list[Use] | None = None, idle: tuple[Resource, ...] = ()
) -> list[tuple[str, str]]:
    lines: list[Line] = []
    ctx = Context(
        workspace=where,
        report=Reporter("urn", lines.append),
        clock=FakeClock(),
        root=Path(),
        project="agents",
        stack="dev",
        urn="urn",
    )
    await tell_implied(resources, uses, ctx, idle)
    return [(line.severity, line.text) for line in lines]


async def test_what_is_lacking_is_told_with_the_line_to_add() -> None:
    assert await told(workspace(fake()), SPACE) == [("warning", LACKS_WAREHOUSE), ("warning", LACKS_TABLE)]


async def test_what_is_declared_is_not_told() -> None:
    table = Resource("table", "Main.CRM.Customers")
    assert await told(workspace(fake()), SPACE, WAREHOUSE, table) == []


async def test_ids_are_told_apart_by_capitals() -> None:
    assert await told(workspace(fake()), SPACE, Resource("sql_warehouse", "ABC"), TABLE) == [
        ("warning", LACKS_WAREHOUSE)
    ]


async def test_each_line_is_told_once() -> None:
    lines = await told(workspace(fake()), SPACE, OTHER, SPACE, WAREHOUSE)
    text = LACKS_TABLE.replace("also needs", "and Genie space 02ef also need")
    assert lines == [("warning", text)]


async def test_what_the_code_uses_is_complained_about_elsewhere() -> None:
    use = Use(TABLE, "agents/x/agent.py", 3, "spark.table()")
    assert await told(workspace(fake()), SPACE, uses=[use]) == [("warning", LACKS_WAREHOUSE)]


async def test_what_is_used_on_behalf_of_the_user_is_not_asked_for() -> None:
    transport = fake()
    assert await told(workspace(transport), Resource("genie_space", "01ef", on_behalf_of_user=True)) == []
    assert transport.requests == []


async def test_what_is_declared_for_the_user_is_lacking_for_the_agent() -> None:
    for_the_user = Resource(TABLE.type, TABLE.name, on_behalf_of_user=True)
    used = [Use(for_the_user, "agents/x/agent.py", 3, "spark.table()")]
    lines = await told(workspace(fake()), SPACE, WAREHOUSE, for_the_user, uses=used)
    assert lines == [("warning", LACKS_TABLE)]


async def test_nothing_costs_nothing() -> None:
    transport = fake()
    assert await told(workspace(transport), WAREHOUSE, TABLE) == []
    assert await told(workspace(transport)) == []
    assert transport.requests == []


async def test_offline_it_is_on_the_list_of_what_was_not_checked() -> None:
    assert await told(None, SPACE, TABLE, Resource("function", "main.tools.f")) == [
        ("warning", "not checked (agentry:offline): what Genie space 01ef needs besides"),
        ("warning", "not checked (agentry:offline): what function main.tools.f needs besides"),
    ]


async def test_what_can_not_be_seen_is_information() -> None:
    assert await told(workspace(FakeTransport()), SPACE) == [
        ("info", "not checked: what Genie space 01ef needs besides (it does not exist, or you may not see it)")
    ]


async def test_a_workspace_that_is_away_is_an_error_within_the_budget() -> None:
    transport = FakeTransport({("GET", f"{SPACES}/01ef"): Unavailable("away")})
    with pytest.raises(Unavailable):
        await told(workspace(transport, clock=FakeClock()).within(Budget()), SPACE)


async def test_what_a_function_reads_as_its_definer_is_information() -> None:
    depends = {
        "dependencies": [{"table": {"table_full_name": TABLE.name}}, {"connection": {"connection_name": "slack"}}]
    }
    found = {"routine_body": "EXTERNAL", "routine_dependencies": depends}
    transport = FakeTransport({("GET", f"{FUNCTIONS}/main.tools.f"): found})
    (about_table, first), (about_connection, second) = await told(
        workspace(transport), Resource("function", "main.tools.f")
    )
    assert (about_table, about_connection) == ("info", "warning")
    assert first.endswith(
        'add Resource("table", "main.crm.customers") if a call of it is denied: it runs as its definer'
    )
    assert second.endswith('add Resource("uc_connection", "slack")')


async def test_what_is_neither_used_nor_brought_is_unused() -> None:
    other = Resource("table", "main.crm.other")
    (line,) = await told(workspace(fake()), SPACE, WAREHOUSE, TABLE, other, idle=(WAREHOUSE, TABLE, other))
    assert line[0] == "warning"
    assert line[1].startswith("table main.crm.other is declared, and nothing in the code was seen to use it")


async def test_where_not_all_can_be_seen_nothing_is_called_unused() -> None:
    lines = await told(workspace(FakeTransport()), SPACE, TABLE, idle=(TABLE,))
    assert [severity for severity, _ in lines] == ["info"]


@pytest.fixture
def there(sandbox: RunningSandbox) -> dict[str, Resource]:
    """A space of the admin's with a function that searches an index; the deployer may run all of it and edit nothing."""
    name = sandbox.unique("implied")
    full_name = f"{sandbox.schema}.{name}"
    index = f"{full_name}_index"
    spec = {
        "source_table": f"{full_name}_source",
        "embedding_source_columns": [{"name": "text", "embedding_model_endpoint_name": "e5"}],
    }
    body = {"name": index, "endpoint_name": name, "primary_key": "id", "index_type": "DELTA_SYNC"}
    api(sandbox, "POST", INDEXES, json={**body, "delta_sync_index_spec": spec})
    function = {
        "name": name,
        "catalog_name": sandbox.name,
        "schema_name": "agents",
        "routine_body": "SQL",
        "routine_definition": f"SELECT * FROM vector_search(index => '{index}', query_text => q)",
        "routine_dependencies": {"dependencies": [{"connection": {"connection_name": "slack"}}]},
    }
    api(sandbox, "POST", FUNCTIONS, json={"function_info": function})
    definition = {
        "data_sources": {"tables": [{"identifier": f"{full_name}_table"}]},
        "instructions": {"sql_functions": [{"id": "1", "identifier": full_name}]},
    }
    made = api(sandbox, "POST", SPACES, json={"warehouse_id": "w1", "serialized_space": json.dumps(definition)})
    for type_, securable, privilege in (("TABLE", index, "SELECT"), ("FUNCTION", full_name, "EXECUTE")):
        changes = [{"principal": "deployer@sandbox.example", "add": [privilege]}]
        path = f"/api/2.1/unity-catalog/permissions/{type_}/{securable}"
        api(sandbox, "PATCH", path, json={"changes": changes})
    return {
        "space": Resource("genie_space", made["space_id"]),
        "index": Resource("vector_search_index", index),
        "function": Resource("function", full_name),
        "table": Resource("table", f"{full_name}_table"),
        "warehouse": Resource("sql_warehouse", "w1"),
        "endpoint": Resource("serving_endpoint", "e5"),
        "connection": Resource("uc_connection", "slack"),
    }


async def asking(sandbox: RunningSandbox, name: str) -> Workspace:
    found = await connect(Settings(root=sandbox.root, sandbox=name), clock=RealClock())
    return found.within(Budget())


def lacks(source: Resource, *resources: Resource) -> list[tuple[str, str]]:
    also = f"{source} also needs"
    return [("warning", f'{also} {r}, which resources lacks; add Resource("{r.type}", "{r.name}")') for r in resources]


@pytest.mark.process
async def test_who_may_edit_a_space_is_told_all_that_it_brings(
    sandbox: RunningSandbox, there: dict[str, Resource]
) -> None:
    where = await asking(sandbox, sandbox.name)
    level = {"user_name": "deployer@sandbox.example", "permission_level": "CAN_EDIT"}
    path = f"/api/2.0/permissions/genie/{there['space'].name}"
    api(sandbox, "PATCH", path, json={"access_control_list": [level]})
    assert await told(where, there["space"]) == [
        *lacks(there["space"], there["warehouse"], there["table"], there["function"]),
        *lacks(there["function"], there["connection"], there["index"]),
        *lacks(there["index"], there["endpoint"]),
    ]
    assert await told(where, *there.values()) == []


@pytest.mark.process
async def test_who_may_run_a_space_is_told_its_warehouse(sandbox: RunningSandbox, there: dict[str, Resource]) -> None:
    where = await asking(sandbox, sandbox.name)
    why = "its tables and functions are shown to those with CAN EDIT on it"
    hidden = f"not checked: what {there['space']} needs besides ({why})"
    level = {"user_name": "deployer@sandbox.example", "permission_level": "CAN_RUN"}
    path = f"/api/2.0/permissions/genie/{there['space'].name}"
    api(sandbox, "PATCH", path, json={"access_control_list": [level]})
    assert await told(where, there["space"]) == [*lacks(there["space"], there["warehouse"]), ("info", hidden)]


@pytest.mark.process
async def test_who_has_no_level_is_told_that_it_was_not_seen(
    sandbox: RunningSandbox, there: dict[str, Resource]
) -> None:
    where = await asking(sandbox, sandbox.name)
    hidden = Resource("function", f"{sandbox.schema}.{sandbox.unique('none')}")
    assert await told(where, there["space"], hidden) == [
        ("info", f"not checked: what {source} needs besides (it does not exist, or you may not see it)")
        for source in (there["space"], hidden)
    ]


@pytest.mark.process
async def test_a_privilege_that_lacks_is_named(sandbox: RunningSandbox, there: dict[str, Resource]) -> None:
    where = await asking(sandbox, sandbox.name)
    changes: list[dict[str, Any]] = [{"principal": "deployer@sandbox.example", "remove": ["SELECT"]}]
    path = f"/api/2.1/unity-catalog/permissions/TABLE/{there['index'].name}"
    api(sandbox, "PATCH", path, json={"changes": changes})
    ((severity, text),) = await told(where, there["index"])
    assert severity == "info"
    assert text.startswith(f"not checked: what {there['index']} needs besides (User does not have SELECT on Table")
