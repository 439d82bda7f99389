"""Versions are found by their content: newest first, side by side, as few as it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.errors import NotFound
from agentry.workspace import model_versions
from agentry.workspace.model_versions import REGISTRY, Version
from tests.workspace.fake import FakeTransport, workspace

if TYPE_CHECKING:
    from agentry.workspace import Workspace

MODEL = "main.ai.weather"
OURS = "agents/dev"


def a_version(number: int, digest: str = "", status: str = "READY", owner: str = OURS) -> dict[str, Any]:
    tags = {"agentry_digest": digest or f"d{number}", "agentry_owner": owner}
    return {
        "name": MODEL,
        "version": str(number),
        "status": status,
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
    }


def registry(*versions: dict[str, Any], page: int = 1000) -> tuple[FakeTransport, Workspace]:
    """A registry that pages, and whose search leaves out the tags, as the platform's does."""
    held = {version["version"]: version for version in versions}

    def search(query: dict[str, Any]) -> dict[str, Any]:
        assert query["filter"] == f"name='{MODEL}'"
        start = int(query.get("page_token") or 0)
        found = [{k: v for k, v in one.items() if k != "tags"} for one in list(held.values())[start : start + page]]
        more = {"next_page_token": str(start + page)} if start + page < len(held) else {}
        return {"model_versions": found, **more}

    def get(query: dict[str, Any]) -> dict[str, Any]:
        if query["version"] not in held:
            raise NotFound("no such version")
        return {"model_version": held[query["version"]]}

    transport = FakeTransport(
        {("GET", f"{REGISTRY}/model-versions/search"): search, ("GET", f"{REGISTRY}/model-versions/get"): get}
    )
    return transport, workspace(transport)


async def test_numbers_come_newest_first_over_all_pages() -> None:
    transport, there = registry(*(a_version(number) for number in (1, 3, 2, 5, 4)), page=2)
    assert await model_versions.numbers(there, MODEL) == [5, 4, 3, 2, 1]
    assert len(transport.requests) == 3


async def test_a_model_that_does_not_exist_has_none() -> None:
    there = workspace(FakeTransport())
    assert await model_versions.numbers(there, MODEL) == []
    assert (await model_versions.holding(there, MODEL, "d", OURS)).ready is None


async def test_the_newest_ready_version_with_the_content_is_found() -> None:
    versions = [a_version(number, "same" if number in (2, 3) else "") for number in range(1, 6)]
    _, there = registry(*versions)
    held = await model_versions.holding(there, MODEL, "same", OURS)
    assert held.ready is not None
    assert (held.ready.number, held.ready.digest, held.ready.owner) == (3, "same", OURS)
    assert held.left == ()


async def test_it_is_used_whoever_made_it() -> None:
    _, there = registry(a_version(1, "same", owner="agents/prod"))
    held = await model_versions.holding(there, MODEL, "same", OURS)
    assert held.ready is not None
    assert held.ready.owner == "agents/prod"


async def test_leftovers_are_ours_alone_and_never_ready() -> None:
    _, there = registry(
        a_version(1, "same"),
        a_version(2, "same", "FAILED_REGISTRATION"),
        a_version(3, "same", "PENDING_REGISTRATION"),
        a_version(4, "same", "PENDING_REGISTRATION", owner="agents/prod"),
        a_version(5, "other", "PENDING_REGISTRATION"),
    )
    held = await model_versions.holding(there, MODEL, "same", OURS)
    assert held.ready is not None
    assert held.ready.number == 1
    assert sorted(version.number for version in held.left) == [2, 3]


async def test_only_as_many_are_asked_for_as_it_takes() -> None:
    versions = [a_version(number, "same" if number == 195 else "") for number in range(1, 201)]
    transport, there = registry(*versions)
    held = await model_versions.holding(there, MODEL, "same", OURS)
    assert held.ready is not None
    assert held.ready.number == 195
    assert len(transport.requests) == 1 + model_versions.AT_ONCE


async def test_a_version_that_goes_away_meanwhile_is_none() -> None:
    _, there = registry(a_version(1))
    assert await model_versions.get_all(there, MODEL, [1, 2]) == [await model_versions.get(there, MODEL, 1)]


async def test_what_an_endpoint_serves_or_is_about_to_serve() -> None:
    def entity(version: str, model: str = MODEL) -> dict[str, Any]:
        return {"served_entities": [{"entity_name": model, "entity_version": version}]}

    listed = [
        {"name": "settled", "state": {"config_update": "NOT_UPDATING"}, "config": entity("1")},
        {"name": "updating", "state": {"config_update": "IN_PROGRESS"}, "config": entity("2")},
        {"name": "other", "state": {"config_update": "NOT_UPDATING"}, "config": entity("9", "main.ai.other")},
        {"name": "gone", "state": {"config_update": "IN_PROGRESS"}, "config": entity("8")},
        {"name": "llm", "config": {"served_entities": [{"foundation_model": {"name": "x"}}]}},
    ]
    detail = {**listed[1], "pending_config": entity("3", MODEL.upper())}
    transport = FakeTransport(
        {
            ("GET", "/api/2.0/serving-endpoints"): {"endpoints": listed},
            ("GET", "/api/2.0/serving-endpoints/updating"): detail,
        }
    )
    assert await model_versions.served(workspace(transport), MODEL) == {1, 2, 3}


async def test_removing_what_is_gone_is_fine() -> None:
    transport = FakeTransport()
    await model_versions.delete(workspace(transport), MODEL, 1)
    assert transport.writes == [("DELETE", f"{REGISTRY}/model-versions/delete")]


def test_a_version_is_pending_until_it_is_ready_or_failed() -> None:
    states = ("READY", "FAILED_REGISTRATION", "PENDING_REGISTRATION", "MODEL_VERSION_STATUS_UNKNOWN")
    assert [Version(MODEL, 1, state).pending for state in states] == [False, False, True, True]
