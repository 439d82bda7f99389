"""Which endpoints serve what, also what they are being updated to."""

from __future__ import annotations

from agentry.errors import NotFound
from agentry.workspace.serving import ENDPOINTS, endpoints, served, serves
from tests.workspace.fake import FakeTransport, workspace

SETTLED = {"name": "a", "config": {"served_entities": [{"entity_name": "main.ai.weather", "entity_version": "1"}]}}
BUSY = {"name": "b", "state": {"config_update": "IN_PROGRESS"}}
PENDING = {"pending_config": {"served_entities": [{"entity_name": "Main.AI.Weather", "entity_version": "2"}]}}


def asked(**routes: object) -> FakeTransport:
    transport = FakeTransport()
    transport.routes["GET", ENDPOINTS] = {"endpoints": [SETTLED, BUSY]}
    transport.routes["GET", f"{ENDPOINTS}/b"] = routes.get("b", BUSY | PENDING)
    return transport


async def test_what_an_endpoint_is_being_updated_to_counts() -> None:
    transport = asked()
    found = await endpoints(workspace(transport))
    assert [[one["entity_version"] for one in serves(endpoint, "main.ai.weather")] for endpoint in found] == [
        ["1"],
        ["2"],
    ]
    assert transport.requests == [("GET", ENDPOINTS), ("GET", f"{ENDPOINTS}/b")], "who is settled is not asked again"


async def test_one_that_went_meanwhile_is_none() -> None:
    found = await endpoints(workspace(asked(b=NotFound("it went"))))
    assert [endpoint["name"] for endpoint in found] == ["a"]


def test_other_models_are_not_meant() -> None:
    assert list(served(SETTLED)) != []
    assert list(serves(SETTLED, "main.ai.clouds")) == []
    assert list(served({"name": "new"})) == []
