"""The state as commands read it: without its passphrase, agents put together from their nodes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentry.cli.display.layout import text_of
from agentry.cli.recorded import Recorded, parse
from agentry.cli.status import endpoint_state, lines, served, status_of
from agentry.engine.values import SECRET, SIGNATURE
from agentry.errors import ConfigError, StateError
from tests.cli.recordings import ROOT, component, node

CIPHER = {SIGNATURE: SECRET, "ciphertext": "v1:x"}
MODEL = "local.agents.weather"
URL = "http://127.0.0.1:40000/serving-endpoints/agents_local-agents-weather/invocations"


def resource(urn: str, parent: str = "", inputs: dict[str, Any] | None = None, **outputs: Any) -> dict[str, Any]:
    kind = urn.split("::")[2].rpartition("$")[2]
    return {"urn": urn, "type": kind, "parent": parent, "inputs": inputs or {}, "outputs": outputs}


def checkpoint(*resources: dict[str, Any]) -> bytes:
    return json.dumps({"version": 3, "checkpoint": {"latest": {"resources": resources}}}).encode()


def weather() -> bytes:
    parent = component("weather")
    old = {**resource(node("ModelVersion", "weather"), parent, model=MODEL, version="6"), "delete": True}
    return checkpoint(
        resource(ROOT, weather=URL, key=CIPHER),
        resource(parent, ROOT),
        old,
        resource(
            node("ModelVersion", "weather"),
            parent,
            {"code": "agents/weather", "interface": "ChatAgent"},
            model=MODEL,
            version="7",
            digest="ab" * 32,
        ),
        resource(
            node("ServingEndpoint", "weather"),
            parent,
            {"name": "agents_local-agents-weather", "model": MODEL, "version": "7", "environmentVars": CIPHER},
            url=URL,
        ),
        resource(node("ModelAlias", "weather-champion"), parent, {"model": MODEL, "alias": "champion", "version": "7"}),
        resource(component("echo"), ROOT),
        resource(
            node("ServingEndpoint", "echo"), component("echo"), {"name": "e", "model": "a.b.echo", "version": "3"}
        ),
    )


def recorded() -> Recorded:
    return parse(weather(), "local", "state.json")


def test_agents_with_what_belongs_to_them() -> None:
    first, second = recorded().agents()
    assert (first.name, first.endpoint_name, first.url) == ("weather", "agents_local-agents-weather", URL)
    assert first.version is not None
    assert first.version.get("version") == "7"
    assert [alias.get("alias") for alias in first.aliases] == ["champion"]
    assert (second.name, second.version, second.aliases) == ("echo", None, ())


def test_secrets_stay_closed() -> None:
    state = recorded()
    assert state.outputs == {"weather": URL, "key": "[secret]"}
    assert state.agent("weather").endpoint.get("environmentVars") == "[secret]"


def test_an_unknown_agent_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="deployed there: weather, echo"):
        recorded().agent("wether")


def test_nothing_deployed_says_what_to_type() -> None:
    with pytest.raises(ConfigError) as raised:
        Recorded("dev").agent("weather")
    assert raised.value.fix == "agentry up --stack dev"


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"checkpoint": {"latest": {"resources": [{}]}}}'])
def test_what_is_no_state_is_said(data: bytes) -> None:
    with pytest.raises(StateError, match=r"state\.json: is no checkpoint"):
        parse(data, "local", "state.json")


def test_an_empty_state() -> None:
    assert parse(b'{"checkpoint": {"latest": null}}', "local", "x").agents() == []


ENDPOINT = {
    "state": {"ready": "READY", "config_update": "NOT_UPDATING"},
    "config": {
        "served_entities": [
            {"name": "a_6", "entity_name": MODEL, "entity_version": "6", "state": {"deployment": "DEPLOYMENT_READY"}},
            {"name": "a_7", "entity_name": MODEL, "entity_version": "7"},
        ],
        "traffic_config": {"routes": [{"served_model_name": "a_7", "traffic_percentage": 100}]},
    },
}


def test_who_serves_what() -> None:
    assert [(one.version, one.traffic, one.state) for one in served(ENDPOINT)] == [
        ("6", 0, "DEPLOYMENT_READY"),
        ("7", 100, ""),
    ]


@pytest.mark.parametrize(
    ("ready", "update", "word"),
    [
        ("READY", "NOT_UPDATING", "READY"),
        ("READY", "IN_PROGRESS", "READY, updating"),
        ("NOT_READY", "IN_PROGRESS", "updating"),
        ("NOT_READY", "UPDATE_FAILED", "update failed"),
        ("NOT_READY", "NOT_UPDATING", "NOT_READY"),
    ],
)
def test_the_state_of_an_endpoint_in_a_word(ready: str, update: str, word: str) -> None:
    assert endpoint_state({"state": {"ready": ready, "config_update": update}}) == word


def test_an_endpoint_that_is_gone() -> None:
    assert endpoint_state({}) == "gone"


def test_an_agent_as_a_person_reads_it() -> None:
    text = text_of(lines(status_of(recorded().agent("weather"), ENDPOINT, asked=True)))
    assert text.splitlines() == [
        "weather  READY",
        "  version   local.agents.weather/7  digest abababababab",
        "  endpoint  agents_local-agents-weather  READY",
        "  serves    local.agents.weather/6  0 %  DEPLOYMENT_READY",
        "  serves    local.agents.weather/7  100 %",
        "  alias     champion → 7",
        f"  url       {URL}",
    ]


def test_without_a_workspace_health_is_unknown() -> None:
    status = status_of(recorded().agent("echo"), None, asked=False)
    assert (status.state, status.version, status.digest) == ("unknown", "3", "")
