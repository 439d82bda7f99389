"""The model registry: versions and their states, aliases, tags, and that both dialects speak of one store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.sandbox.errors import InvalidParameter
from agentry.sandbox.registry.rows import checked_tags

if TYPE_CHECKING:
    from tests.sandbox.inside import Inside

ML, UC, FS = "/api/2.0/mlflow/unity-catalog", "/api/2.1/unity-catalog", "/api/2.0/fs"
MODEL = "local.agents.weather"
DEPLOYER, ASKER = "deployer@sandbox.example", "asker@sandbox.example"
FILES = f"{FS}/files/Models/local/agents/weather"


async def make_model(inside: Inside, name: str = MODEL, **more: Any) -> dict[str, Any]:
    return await inside.done("deployer", "POST", f"{ML}/registered-models/create", {"name": name, **more})


async def make_version(inside: Inside, *, ready: bool = True, **more: Any) -> dict[str, Any]:
    body = {"name": MODEL, "source": "models:/m-1", **more}
    made = (await inside.done("deployer", "POST", f"{ML}/model-versions/create", body))["model_version"]
    if ready:
        await inside.done("deployer", "PUT", f"{FILES}/{made['version']}/MLmodel", b"{}")
        await inside.done(
            "deployer", "POST", f"{ML}/model-versions/finalize", {"name": MODEL, "version": made["version"]}
        )
    return dict(made)


async def get_version(inside: Inside, version: str, person: str = "deployer") -> dict[str, Any]:
    query = {"name": MODEL, "version": version}
    return dict((await inside.done(person, "GET", f"{ML}/model-versions/get", **query))["model_version"])


async def test_a_version_is_pending_until_it_is_finalized(inside: Inside) -> None:
    await make_model(inside)
    made = await make_version(inside, ready=False)
    assert (made["version"], made["status"]) == ("1", "PENDING_REGISTRATION")
    await inside.done("deployer", "PUT", f"{FILES}/1/MLmodel", b"{}")
    assert (await get_version(inside, "1"))["status"] == "PENDING_REGISTRATION"
    await inside.done("deployer", "POST", f"{ML}/model-versions/finalize", {"name": MODEL, "version": "1"})
    assert (await get_version(inside, "1"))["status"] == "READY"


async def test_a_version_without_files_fails(inside: Inside) -> None:
    await make_model(inside)
    await make_version(inside, ready=False)
    body = {"name": MODEL, "version": "1"}
    finalized = await inside.done("deployer", "POST", f"{ML}/model-versions/finalize", body)
    assert finalized["model_version"]["status"] == "FAILED_REGISTRATION"
    assert finalized["model_version"]["status_message"] == "The version has no file MLmodel."
    assert (await inside.refused("deployer", "POST", f"{ML}/model-versions/finalize", body)).startswith("INVALID_STATE")


async def test_a_version_that_is_ready_does_not_change(inside: Inside) -> None:
    await make_model(inside)
    await make_version(inside)
    refused = await inside.refused("deployer", "PUT", f"{FILES}/1/MLmodel", b"other", overwrite="true")
    assert refused == f"INVALID_STATE: Model version '{MODEL}' version 1 is READY: it can not change."
    assert (await inside.call("deployer", "GET", f"{FILES}/1/MLmodel")).content == b"{}"


async def test_numbers_are_never_used_again(inside: Inside) -> None:
    await make_model(inside)
    assert [(await make_version(inside))["version"] for _ in range(2)] == ["1", "2"]
    await inside.done("deployer", "DELETE", f"{ML}/model-versions/delete", {"name": MODEL, "version": "2"})
    assert (await make_version(inside))["version"] == "3"


async def test_creating_a_model_twice_says_so_before_anything_else(inside: Inside) -> None:
    """Every `register_model` creates the model first, also where only CREATE MODEL VERSION is held."""
    await make_model(inside)
    await inside.revoke("SCHEMA", "local.agents", DEPLOYER, "CREATE_MODEL")
    refused = await inside.refused("deployer", "POST", f"{ML}/registered-models/create", {"name": MODEL})
    assert refused == f"RESOURCE_ALREADY_EXISTS: Routine or Model '{MODEL}' already exists."


async def test_aliases_move_and_go(inside: Inside) -> None:
    await make_model(inside)
    for _ in range(2):
        await make_version(inside)
    alias = {"name": MODEL, "alias": "champion"}
    for version in ("1", "2"):
        await inside.done("deployer", "POST", f"{ML}/registered-models/alias", {**alias, "version": version})
        found = await inside.done("deployer", "GET", f"{ML}/registered-models/alias", **alias)
        assert found["model_version"]["version"] == version
    assert (await get_version(inside, "1"))["aliases"] == []
    assert (await get_version(inside, "2"))["aliases"] == [{"alias": "champion", "version": "2"}]
    await inside.done("deployer", "DELETE", f"{ML}/registered-models/alias", alias)
    for method in ("GET", "DELETE"):
        body, query = (alias, {}) if method == "DELETE" else (None, alias)
        refused = await inside.refused("deployer", method, f"{ML}/registered-models/alias", body, **query)
        assert refused == f"RESOURCE_DOES_NOT_EXIST: Alias 'champion' of Routine or Model '{MODEL}' does not exist."


async def test_an_alias_goes_with_its_version(inside: Inside) -> None:
    await make_model(inside)
    await make_version(inside)
    await inside.done(
        "deployer", "POST", f"{ML}/registered-models/alias", {"name": MODEL, "alias": "a", "version": "1"}
    )
    await inside.done("deployer", "DELETE", f"{ML}/model-versions/delete", {"name": MODEL, "version": "1"})
    model = await inside.done("deployer", "GET", f"{ML}/registered-models/get", name=MODEL)
    assert model["registered_model"]["aliases"] == []
    assert not inside.state.tree.locate("/Models/local/agents/weather/1").exists()


@pytest.mark.parametrize("alias", ["v1", "V22", "latest", "Latest", "a b", "", "a.b"])
async def test_an_alias_that_reads_like_a_version_is_refused(inside: Inside, alias: str) -> None:
    await make_model(inside)
    await make_version(inside)
    body = {"name": MODEL, "alias": alias, "version": 1}
    assert "Invalid alias name" in await inside.refused("deployer", "POST", f"{ML}/registered-models/alias", body)


async def test_tags_are_read_with_get_and_dropped_by_search(inside: Inside) -> None:
    await make_model(inside, tags=[{"key": "team", "value": "sky"}])
    await make_version(inside, tags=[{"key": "agentry_digest", "value": "abc"}])
    await inside.done(
        "deployer", "POST", f"{ML}/model-versions/set-tag", {"name": MODEL, "version": 1, "key": "k", "value": "v"}
    )
    assert (await get_version(inside, "1"))["tags"] == [
        {"key": "agentry_digest", "value": "abc"},
        {"key": "k", "value": "v"},
    ]
    found = await inside.done("deployer", "GET", f"{ML}/model-versions/search", filter=f"name='{MODEL}'")
    assert [(hit["version"], "tags" in hit, "aliases" in hit) for hit in found["model_versions"]] == [
        ("1", False, False)
    ]
    models = await inside.done("deployer", "GET", f"{ML}/registered-models/search")
    assert [("tags" in hit) for hit in models["registered_models"]] == [False]
    await inside.done(
        "deployer", "DELETE", f"{ML}/model-versions/delete-tag", {"name": MODEL, "version": 1, "key": "k"}
    )
    assert [tag["key"] for tag in (await get_version(inside, "1"))["tags"]] == ["agentry_digest"]


async def test_versions_are_found_newest_first_page_by_page(inside: Inside) -> None:
    await make_model(inside)
    for _ in range(5):
        await make_version(inside)
    numbers: list[str] = []
    token = ""
    for _ in range(3):
        query = {"filter": f"name = '{MODEL}'", "max_results": 2, "page_token": token}
        page = await inside.done("deployer", "GET", f"{ML}/model-versions/search", **query)
        numbers += [version["version"] for version in page["model_versions"]]
        token = page["next_page_token"]
    assert (numbers, token) == (["5", "4", "3", "2", "1"], "")


@pytest.mark.parametrize("filter", ["", "run_id = 'x'", "name LIKE '%'", f"name='{MODEL}' and tags.a = 'b'"])
async def test_versions_are_found_by_name_only(inside: Inside, filter: str) -> None:
    await make_model(inside)
    refused = await inside.refused("deployer", "GET", f"{ML}/model-versions/search", filter=filter)
    assert refused.startswith("INVALID_PARAMETER_VALUE: Unsupported filter")


@given(key=st.text(min_size=1, max_size=5), bad=st.sampled_from(".,-=/:"), at=st.integers(0, 5))
def test_tag_keys_of_unity_catalog(key: str, bad: str, at: int) -> None:
    with pytest.raises(InvalidParameter):
        checked_tags({key[:at] + bad + key[at:]: "v"})


@pytest.mark.parametrize(
    "tags", [{"": "v"}, {" a": "v"}, {"a" * 256: "v"}, {"a": "v" * 1001}, dict.fromkeys(map(str, range(51)), "")]
)
def test_tags_that_are_too_much(tags: dict[str, str]) -> None:
    with pytest.raises(InvalidParameter):
        checked_tags(tags)


def test_our_own_tag_keys_pass() -> None:
    tags = {"agentry_digest": "f" * 64, "agentry_owner": "agents/local"}
    assert checked_tags(tags) == tags


async def test_a_tag_that_unity_catalog_refuses_is_refused_everywhere(inside: Inside) -> None:
    bad = {"key": "a.b", "value": "v"}
    assert "Tag key 'a.b'" in await inside.refused(
        "deployer", "POST", f"{ML}/registered-models/create", {"name": MODEL, "tags": [bad]}
    )
    await make_model(inside)
    await make_version(inside)
    for route, body in {
        f"{ML}/model-versions/create": {"name": MODEL, "tags": [bad]},
        f"{ML}/registered-models/set-tag": {"name": MODEL, **bad},
        f"{ML}/model-versions/set-tag": {"name": MODEL, "version": "1", **bad},
    }.items():
        assert "Tag key 'a.b'" in await inside.refused("deployer", "POST", route, body)


async def test_a_model_with_versions_is_kept(inside: Inside) -> None:
    await make_model(inside)
    await make_version(inside)
    for method, path, body in (
        ("DELETE", f"{ML}/registered-models/delete", {"name": MODEL}),
        ("DELETE", f"{UC}/models/{MODEL}", None),
    ):
        refused = await inside.refused("deployer", method, path, body)
        assert refused == f"INVALID_STATE: Function '{MODEL}' is not empty. The function has 1 model versions(s)"
    await inside.done("deployer", "DELETE", f"{UC}/models/{MODEL}/versions/1")
    await inside.done("deployer", "DELETE", f"{UC}/models/{MODEL}")
    assert "does not exist" in await inside.refused("deployer", "GET", f"{UC}/models/{MODEL}")


async def test_a_new_model_of_an_old_name_begins_anew(inside: Inside) -> None:
    await make_model(inside)
    await make_version(inside)
    await inside.grant("FUNCTION", MODEL, ASKER, "EXECUTE")
    await inside.done("deployer", "DELETE", f"{UC}/models/{MODEL}/versions/1")
    await inside.done("deployer", "DELETE", f"{UC}/models/{MODEL}")
    await make_model(inside)
    assert (await make_version(inside))["version"] == "1"
    assert (await inside.done("deployer", "GET", f"{UC}/permissions/FUNCTION/{MODEL}"))["privilege_assignments"] == []


@pytest.mark.parametrize("name", ["weather", "agents.weather", "a.b.c.d", "local.agents.a b", "local.agents."])
async def test_a_name_that_is_not_three_level_is_refused(inside: Inside, name: str) -> None:
    refused = await inside.refused("deployer", "POST", f"{ML}/registered-models/create", {"name": name})
    assert refused.startswith("INVALID_PARAMETER_VALUE")


async def test_names_are_kept_in_lower_case(inside: Inside) -> None:
    made = await make_model(inside, "Local.Agents.Weather")
    assert made["registered_model"]["name"] == MODEL
    found = await inside.done("deployer", "GET", f"{ML}/registered-models/get", name="LOCAL.agents.WEATHER")
    assert found["registered_model"]["name"] == MODEL


async def test_both_dialects_speak_of_one_store(inside: Inside) -> None:
    body = {"catalog_name": "local", "schema_name": "agents", "name": "weather", "comment": "c"}
    await inside.done("deployer", "POST", f"{UC}/models", body)
    version = await make_version(inside, description="first", model_id="m-1", run_tracking_server_id="12")
    await inside.done("deployer", "PUT", f"{UC}/models/{MODEL}/aliases/champion", {"version_num": 1})
    plain = await inside.done("deployer", "GET", f"{UC}/models/{MODEL}/versions/1")
    told = await inside.done("deployer", "GET", f"{UC}/models/{MODEL}/versions/1", include_aliases="true")
    assert "aliases" not in plain
    assert told["aliases"] == [{"alias_name": "champion", "version_num": 1}]
    assert (plain["version"], plain["status"], plain["comment"], plain["run_workspace_id"]) == (1, "READY", "first", 12)
    assert version["model_id"] == plain["model_id"] == "m-1"
    listed = await inside.done("deployer", "GET", f"{UC}/models/{MODEL}/versions")
    assert [entry["version"] for entry in listed["model_versions"]] == [1]
    legacy = await inside.done("deployer", "GET", f"{ML}/registered-models/get", name=MODEL)
    assert legacy["registered_model"]["description"] == "c"


async def test_a_new_name_takes_everything_along(inside: Inside) -> None:
    await make_model(inside)
    await make_version(inside)
    await inside.grant("FUNCTION", MODEL, ASKER, "EXECUTE")
    await inside.done("deployer", "PATCH", f"{UC}/models/{MODEL}", {"new_name": "storm"})
    storm = "local.agents.storm"
    assert (await inside.done("deployer", "GET", f"{UC}/models/{storm}/versions/1"))["status"] == "READY"
    assert (await inside.call("deployer", "GET", f"{FS}/files/Models/local/agents/storm/1/MLmodel")).content == b"{}"
    grants = await inside.done("deployer", "GET", f"{UC}/permissions/FUNCTION/{storm}")
    assert grants["privilege_assignments"] == [{"principal": ASKER, "privileges": ["EXECUTE"]}]
    assert "does not exist" in await inside.refused("deployer", "GET", f"{UC}/models/{MODEL}")


async def test_what_a_version_depends_on_is_kept_as_far_as_each_dialect_knows_it(inside: Inside) -> None:
    await make_model(inside)
    dependencies = [
        {"type": "DATABRICKS_MODEL_ENDPOINT", "name": "chat"},
        {"type": "DATABRICKS_TABLE", "name": "a.b.c"},
    ]
    await make_version(inside, model_version_dependencies=dependencies)
    native = await inside.done("deployer", "GET", f"{UC}/models/{MODEL}/versions/1")
    assert native["model_version_dependencies"] == {"dependencies": [{"table": {"table_full_name": "a.b.c"}}]}
    unknown = [{"type": "DATABRICKS_DRAGON", "name": "x"}]
    body = {"name": MODEL, "model_version_dependencies": unknown}
    assert "Unknown model version dependency" in await inside.refused(
        "deployer", "POST", f"{ML}/model-versions/create", body
    )


async def test_temporary_credentials_lead_to_the_files_api(inside: Inside) -> None:
    await make_model(inside)
    await make_version(inside)
    body = {"name": MODEL, "version": "1", "operation": "MODEL_VERSION_OPERATION_READ"}
    answer = await inside.done("deployer", "POST", f"{ML}/model-versions/generate-temporary-credentials", body)
    assert answer["credentials"]["storage_mode"] == "DEFAULT_STORAGE"
    writing = {**body, "operation": "MODEL_VERSION_OPERATION_READ_WRITE"}
    refused = await inside.refused("deployer", "POST", f"{ML}/model-versions/generate-temporary-credentials", writing)
    assert "can not change" in refused
