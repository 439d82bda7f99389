"""Each privilege that a deployer or a reader needs, taken away in turn: what fails then, and by which name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.sandbox.test_registry import FILES, ML, MODEL, UC, make_model, make_version

if TYPE_CHECKING:
    from tests.sandbox.inside import Inside

READER = {"CATALOG": "USE_CATALOG", "SCHEMA": "USE_SCHEMA", "FUNCTION": "EXECUTE"}
NAMES = {"CATALOG": "local", "SCHEMA": "local.agents", "FUNCTION": MODEL}
LACKING = {
    "CATALOG": "USE CATALOG on Catalog 'local'",
    "SCHEMA": "USE SCHEMA on Schema 'local.agents'",
    "FUNCTION": f"EXECUTE or CREATE MODEL VERSION on Routine or Model '{MODEL}'",
}


class Request(NamedTuple):
    """Something that a client does."""

    method: str
    path: str
    body: Any = None


READS = [
    Request("GET", f"{ML}/registered-models/get?name={MODEL}"),
    Request("GET", f"{ML}/model-versions/get?name={MODEL}&version=1"),
    Request("GET", f"{ML}/model-versions/search?filter=name='{MODEL}'"),
    Request("GET", f"{ML}/registered-models/alias?name={MODEL}&alias=champion"),
    Request("POST", f"{ML}/model-versions/emit-lineage", {"name": MODEL, "version": "1"}),
    Request("GET", f"{UC}/models/{MODEL}"),
    Request("GET", f"{UC}/models/{MODEL}/versions"),
    Request("GET", f"{UC}/models/{MODEL}/versions/1"),
    Request("GET", f"{UC}/models/{MODEL}/aliases/champion"),
    Request("GET", f"{FILES}/1/MLmodel"),
    Request("POST", "/api/2.0/fs/create-download-url?path=/Models/local/agents/weather/1/MLmodel"),
]
WRITES = [
    Request("PATCH", f"{ML}/registered-models/update", {"name": MODEL, "description": "d"}),
    Request("POST", f"{ML}/registered-models/alias", {"name": MODEL, "alias": "a", "version": "1"}),
    Request("DELETE", f"{ML}/registered-models/alias", {"name": MODEL, "alias": "champion"}),
    Request("POST", f"{ML}/registered-models/set-tag", {"name": MODEL, "key": "k", "value": "v"}),
    Request("POST", f"{ML}/model-versions/set-tag", {"name": MODEL, "version": "1", "key": "k", "value": "v"}),
    Request("PATCH", f"{ML}/model-versions/update", {"name": MODEL, "version": "1", "description": "d"}),
    Request("PATCH", f"{UC}/models/{MODEL}", {"comment": "d"}),
    Request("PUT", f"{UC}/models/{MODEL}/aliases/a", {"version_num": 1}),
    Request("PATCH", f"{UC}/models/{MODEL}/versions/1", {"comment": "d"}),
    Request("PATCH", f"{UC}/permissions/FUNCTION/{MODEL}", {"changes": []}),
    Request("DELETE", f"{UC}/models/{MODEL}/versions/1"),
    Request("DELETE", f"{ML}/model-versions/delete", {"name": MODEL, "version": "1"}),
]


@pytest.fixture
async def weather(inside: Inside) -> Inside:
    """The deployer's model with one version; the asker may read it."""
    await make_model(inside)
    await make_version(inside)
    alias = {"name": MODEL, "alias": "champion", "version": "1"}
    await inside.done("deployer", "POST", f"{ML}/registered-models/alias", alias)
    for type_, privilege in READER.items():
        await inside.grant(type_, NAMES[type_], "analysts", privilege)
    return inside


@pytest.mark.parametrize("request_", READS, ids=lambda r: f"{r.method} {r.path}")
async def test_a_reader_reads(weather: Inside, request_: Request) -> None:
    await weather.done("asker", *request_)


@pytest.mark.parametrize("lost", READER)
@pytest.mark.parametrize("request_", READS, ids=lambda r: f"{r.method} {r.path}")
async def test_a_reader_who_lost_a_privilege_is_told_which(weather: Inside, request_: Request, lost: str) -> None:
    await weather.revoke(lost, NAMES[lost], "analysts", READER[lost])
    refused = await weather.refused("asker", *request_)
    assert refused == (f"PERMISSION_DENIED: User does not have {LACKING[lost]}. [Principal: asker@sandbox.example]")


@pytest.mark.parametrize("request_", WRITES, ids=lambda r: f"{r.method} {r.path}")
async def test_a_reader_writes_nothing(weather: Inside, request_: Request) -> None:
    refused = await weather.refused("asker", *request_)
    assert refused.startswith(f"PERMISSION_DENIED: User is not an owner of Routine or Model '{MODEL}'")


@pytest.mark.parametrize("request_", WRITES, ids=lambda r: f"{r.method} {r.path}")
async def test_the_owner_writes(weather: Inside, request_: Request) -> None:
    await weather.done("deployer", *request_)


@pytest.mark.parametrize(
    ("type_", "privilege", "lacking"),
    [
        ("CATALOG", "USE_CATALOG", "USE CATALOG on Catalog 'local'"),
        ("SCHEMA", "USE_SCHEMA", "USE SCHEMA on Schema 'local.agents'"),
        ("SCHEMA", "CREATE_MODEL", "CREATE MODEL on Schema 'local.agents'"),
    ],
)
async def test_making_a_model_takes_three_privileges(inside: Inside, type_: str, privilege: str, lacking: str) -> None:
    await inside.revoke(type_, NAMES[type_], "deployer@sandbox.example", privilege)
    refused = await inside.refused("deployer", "POST", f"{ML}/registered-models/create", {"name": MODEL})
    assert refused == f"PERMISSION_DENIED: User does not have {lacking}. [Principal: deployer@sandbox.example]"


async def test_a_version_of_somebody_elses_model_takes_create_model_version(weather: Inside) -> None:
    body = {"name": MODEL, "source": "x"}
    refused = await weather.refused("asker", "POST", f"{ML}/model-versions/create", body)
    assert "does not have CREATE MODEL VERSION on Routine or Model" in refused
    await weather.grant("FUNCTION", MODEL, "asker@sandbox.example", "CREATE_MODEL_VERSION")
    made = await weather.done("asker", "POST", f"{ML}/model-versions/create", body)
    assert made["model_version"]["version"] == "2"
    await weather.done("asker", "PUT", f"{FILES}/2/MLmodel", b"{}")
    await weather.done("asker", "POST", f"{ML}/model-versions/finalize", {"name": MODEL, "version": "2"})
    alias = {"name": MODEL, "alias": "champion", "version": "2"}
    assert "is not an owner" in await weather.refused("asker", "POST", f"{ML}/registered-models/alias", alias)


async def test_nobody_else_fills_a_version_that_is_pending(weather: Inside) -> None:
    await make_version(weather, ready=False)
    assert "is not an owner" in await weather.refused("asker", "PUT", f"{FILES}/2/MLmodel", b"{}")
    assert "is not an owner" in await weather.refused(
        "asker", "POST", f"{ML}/model-versions/finalize", {"name": MODEL, "version": "2"}
    )


async def test_a_stranger_finds_nothing(weather: Inside) -> None:
    await weather.revoke("FUNCTION", MODEL, "analysts", "EXECUTE")
    for path in (f"{ML}/registered-models/search", f"{UC}/models"):
        assert (await weather.done("asker", "GET", path))["registered_models"] == []


@pytest.mark.parametrize("request_", [*READS, *WRITES], ids=lambda r: f"{r.method} {r.path}")
async def test_a_served_version_has_no_business_here(weather: Inside, request_: Request) -> None:
    weather.serve("served", "deployer", ("function", MODEL), ("serving_endpoint", "chat"))
    refused = await weather.refused("served", *request_)
    assert refused.startswith("PERMISSION_DENIED: The credentials of served model 'served' do not reach")
