"""Agents put together from what a state holds, and what is said of them."""

from __future__ import annotations

from typing import Any

import pytest

from agentry.cli.chosen import ChosenStack
from agentry.cli.display.layout import text_of
from agentry.cli.recorded import RecordedAgent, agents, named, value
from agentry.cli.status import endpoint_state, lines, served, status_of
from agentry.deploy import RecordedResource
from agentry.errors import ConfigError
from agentry.stacks import Settings
from tests.cli.recordings import ROOT, component, node

MODEL = "local.agents.weather"
URL = "http://127.0.0.1:40000/serving-endpoints/agents_local-agents-weather/invocations"
LOCAL = ChosenStack("local", Settings())


def resource(urn: str, parent: str, *, leaving: bool = False, **values: Any) -> RecordedResource:
    kind = urn.split("::")[2].rpartition("$")[2]
    inputs = {key: one for key, one in values.items() if key not in ("url", "digest")}
    outputs = {key: one for key, one in values.items() if key in ("url", "digest")}
    name = urn.split("::")[3]
    return RecordedResource(
        urn=urn,
        type=kind,
        name=name,
        parent=parent,
        id="",
        custom=True,
        inputs=inputs,
        outputs=outputs,
        leaving=leaving,
    )


WEATHER, ECHO = component("weather"), component("echo")
STATE = (
    resource(WEATHER, ROOT),
    resource(node("ModelVersion", "weather"), WEATHER, leaving=True, model=MODEL, version="6"),
    resource(node("ModelVersion", "weather"), WEATHER, model=MODEL, version="7", digest="ab" * 32),
    resource(
        node("ServingEndpoint", "weather"),
        WEATHER,
        name="agents_local-agents-weather",
        model=MODEL,
        version="7",
        environmentVars="[secret]",
        url=URL,
    ),
    resource(node("ModelAlias", "weather-champion"), WEATHER, model=MODEL, alias="champion", version="7"),
    resource(ECHO, ROOT),
    resource(node("ServingEndpoint", "echo"), ECHO, name="e", model="a.b.echo", version="3"),
)


def weather() -> RecordedAgent:
    return agents(STATE)[0]


def test_agents_with_what_belongs_to_them() -> None:
    first, second = agents(STATE)
    assert (first.name, first.endpoint_name, first.url) == ("weather", "agents_local-agents-weather", URL)
    assert first.version is not None
    assert value(first.version, "version") == "7"
    assert [value(alias, "alias") for alias in first.aliases] == ["champion"]
    assert (second.name, second.version, second.aliases) == ("echo", None, ())


def test_an_agent_by_its_name() -> None:
    assert named(agents(STATE), "echo", LOCAL).endpoint_name == "e"


def test_an_unknown_agent_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="deployed there: weather, echo"):
        named(agents(STATE), "wether", LOCAL)


def test_nothing_deployed_says_what_to_type() -> None:
    with pytest.raises(ConfigError) as raised:
        named([], "weather", ChosenStack("dev", Settings(), on_sandbox=True))
    assert raised.value.fix == "agentry up --stack dev --sandbox"


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
    text = text_of(lines(status_of(weather(), ENDPOINT, asked=True)))
    assert text.splitlines() == [
        "weather  READY",
        "  version   local.agents.weather/7  digest abababababab",
        "  endpoint  agents_local-agents-weather  READY",
        "  serves    local.agents.weather/6  0 %  DEPLOYMENT_READY",
        "  serves    local.agents.weather/7  100 %",
        "  alias     champion → 7",
        f"  url       {URL}",
    ]


def test_an_external_model_has_a_provider_and_no_version() -> None:
    served_there = {"name": "gpt", "external_model": {"provider": "openai", "name": "gpt-4o"}}
    (gateway,) = agents([resource(node("ServingEndpoint", "gpt"), ROOT, name="gpt")])
    text = text_of(lines(status_of(gateway, {"config": {"served_entities": [served_there]}}, asked=True)))
    assert "serves    openai/gpt-4o  0 %" in text
    assert "version" not in text


def test_without_a_workspace_health_is_unknown() -> None:
    status = status_of(agents(STATE)[1], None, asked=False)
    assert (status.state, status.version, status.digest) == ("unknown", "3", "")
