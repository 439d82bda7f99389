"""Vector search indexes: what they are made of, and who sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.inside import Inside

VS, UC = "/api/2.0/vector-search/indexes", "/api/2.1/unity-catalog"
ASKER = "asker@sandbox.example"
NAME = "local.agents.faq"
SPEC = {
    "source_table": "local.agents.docs",
    "pipeline_type": "TRIGGERED",
    "embedding_source_columns": [{"name": "text", "embedding_model_endpoint_name": "e5"}],
}
INDEX: dict[str, Any] = {
    "name": NAME,
    "endpoint_name": "docs",
    "primary_key": "id",
    "index_type": "DELTA_SYNC",
    "delta_sync_index_spec": SPEC,
}


@pytest.fixture
async def index(inside: Inside) -> Inside:
    """A sandbox with an index of the deployer's."""
    await inside.done("deployer", "POST", VS, INDEX)
    return inside


async def let_in(inside: Inside, person: str = ASKER) -> None:
    await inside.grant("CATALOG", "local", person, "USE CATALOG")
    await inside.grant("SCHEMA", "local.agents", person, "USE SCHEMA")


async def test_an_index_is_as_it_was_made(inside: Inside) -> None:
    made = await inside.done("deployer", "POST", VS, INDEX)
    found = await inside.done("deployer", "GET", f"{VS}/{NAME}")
    pipeline = made["delta_sync_index_spec"]["pipeline_id"]
    assert made == found
    assert found == {
        "name": NAME,
        "endpoint_name": "docs",
        "primary_key": "id",
        "index_type": "DELTA_SYNC",
        "creator": "deployer@sandbox.example",
        "delta_sync_index_spec": {**SPEC, "pipeline_id": pipeline},
        "status": {
            "ready": True,
            "indexed_row_count": 0,
            "index_url": f"{inside.state.address}/api/2.0/vector-search/endpoints/docs/indexes/{NAME}",
        },
    }


async def test_a_direct_index_has_no_pipeline(inside: Inside) -> None:
    spec = {"embedding_vector_columns": [{"name": "v", "embedding_dimension": 3}]}
    body = INDEX | {"index_type": "DIRECT_ACCESS", "direct_access_index_spec": spec, "index_subtype": "HYBRID"}
    made = await inside.done("deployer", "POST", VS, body)
    assert (made["direct_access_index_spec"], made["index_subtype"]) == (spec, "HYBRID")
    assert "delta_sync_index_spec" not in made


async def test_an_index_is_a_table_to_unity_catalog(index: Inside) -> None:
    table = await index.done("deployer", "GET", f"{UC}/tables/{NAME}")
    assert (table["full_name"], table["owner"]) == (NAME, "deployer@sandbox.example")
    await let_in(index)
    assert "does not have SELECT on Table 'local.agents.faq'" in await index.refused("asker", "GET", f"{VS}/{NAME}")
    await index.grant("TABLE", NAME, ASKER, "SELECT")
    assert (await index.done("asker", "GET", f"{VS}/{NAME.upper()}"))["name"] == NAME


async def test_nobody_learns_what_is_behind_a_catalog(index: Inside) -> None:
    for name in (NAME, "local.agents.none"):
        assert "does not have USE CATALOG on Catalog 'local'" in await index.refused("asker", "GET", f"{VS}/{name}")


async def test_what_is_not_there_is_said(inside: Inside) -> None:
    await inside.done(
        "deployer", "POST", f"{UC}/tables", {"name": "t", "catalog_name": "local", "schema_name": "agents"}
    )
    for name in ("local.agents.none", "local.agents.t"):
        refused = await inside.refused("deployer", "GET", f"{VS}/{name}")
        assert refused == f"RESOURCE_DOES_NOT_EXIST: Index '{name}' does not exist."


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"name": "faq"}, "INVALID_PARAMETER_VALUE: Invalid index name. Must specify the full index name"),
        ({"name": "local.agents.f-q"}, "INVALID_PARAMETER_VALUE: Invalid index name."),
        ({"index_type": "OTHER"}, "INVALID_PARAMETER_VALUE: Invalid request: index_type"),
        ({"index_type": "DIRECT_ACCESS"}, "INVALID_PARAMETER_VALUE: direct_access_index_spec is required"),
        (
            {"delta_sync_index_spec": {"pipeline_type": "X"}},
            "INVALID_PARAMETER_VALUE: delta_sync_index_spec.source_table",
        ),
        ({"name": "local.none.faq"}, "SCHEMA_DOES_NOT_EXIST"),
    ],
)
async def test_an_index_that_can_not_be_is_refused(inside: Inside, change: dict[str, Any], refusal: str) -> None:
    assert (await inside.refused("deployer", "POST", VS, INDEX | change)).startswith(refusal)
    assert await inside.done("deployer", "GET", VS, endpoint_name="docs") == {"vector_indexes": []}


async def test_a_name_is_taken_once(index: Inside) -> None:
    assert "already exists" in await index.refused("deployer", "POST", VS, INDEX)


async def test_making_one_takes_the_right_to_make_tables(inside: Inside) -> None:
    await let_in(inside)
    assert "does not have CREATE TABLE" in await inside.refused("asker", "POST", VS, INDEX)


async def test_a_list_has_what_one_may_see(index: Inside) -> None:
    listed = await index.done("deployer", "GET", VS, endpoint_name="docs")
    assert [(i["name"], "status" in i) for i in listed["vector_indexes"]] == [(NAME, False)]
    assert await index.done("deployer", "GET", VS, endpoint_name="other") == {"vector_indexes": []}
    assert await index.done("asker", "GET", VS, endpoint_name="docs") == {"vector_indexes": []}
    await let_in(index)
    assert await index.done("asker", "GET", VS, endpoint_name="docs") == {"vector_indexes": []}
    await index.grant("TABLE", NAME, ASKER, "SELECT")
    assert len((await index.done("asker", "GET", VS, endpoint_name="docs"))["vector_indexes"]) == 1


async def test_the_owner_removes_it(index: Inside) -> None:
    await let_in(index)
    await index.grant("TABLE", NAME, ASKER, "SELECT")
    assert "is not an owner" in await index.refused("asker", "DELETE", f"{VS}/{NAME}")
    await index.done("deployer", "DELETE", f"{VS}/{NAME}")
    assert "does not exist" in await index.refused("deployer", "GET", f"{VS}/{NAME}")
    assert "TABLE_DOES_NOT_EXIST" in await index.refused("deployer", "GET", f"{UC}/tables/{NAME}")
    await index.done("deployer", "POST", VS, INDEX)


async def test_a_table_that_takes_the_name_is_no_index(index: Inside) -> None:
    await index.done("deployer", "DELETE", f"{UC}/tables/{NAME}")
    body = {"name": "faq", "catalog_name": "local", "schema_name": "agents"}
    await index.done("deployer", "POST", f"{UC}/tables", body)
    assert "RESOURCE_DOES_NOT_EXIST" in await index.refused("deployer", "GET", f"{VS}/{NAME}")
    assert await index.done("deployer", "GET", VS, endpoint_name="docs") == {"vector_indexes": []}


async def test_it_can_not_be_searched(index: Inside) -> None:
    answer = await index.call("deployer", "POST", f"{VS}/{NAME}/query", {"query_text": "x"})
    assert answer.status == 501
    assert answer.error == (
        "NOT_IMPLEMENTED: Index 'local.agents.faq' can not be searched: the sandbox keeps indexes without data."
    )
    assert "PERMISSION_DENIED" in await index.refused("asker", "POST", f"{VS}/{NAME}/query", {"query_text": "x"})


async def test_a_served_version_looks_at_what_it_declared(index: Inside) -> None:
    index.serve("declared", "deployer", ("vector_search_index", NAME))
    index.serve("other", "deployer", ("vector_search_index", "local.agents.other"))
    assert (await index.done("declared", "GET", f"{VS}/{NAME}"))["name"] == NAME
    assert "does not declare it" in await index.refused("other", "GET", f"{VS}/{NAME}")
    assert "do not reach" in await index.refused("declared", "DELETE", f"{VS}/{NAME}")
