"""From what was found to the call and the imports: what is said, what is left to others, what is shown to nobody."""

from __future__ import annotations

import ast
import json
from typing import Any

from agentry.adopt.declaration import Adoption, adoption_of, import_file
from agentry.adopt.program import block
from agentry.adopt.reading import Version
from agentry.privileges import Privilege
from agentry.resources import Resource
from tests.adopt.seen import CANARY, CHAT, ENDPOINT, MODEL, live, seen

OWNER = "agents/dev"


def adopted(
    endpoint: dict[str, Any] | None = None, *, name: str | None = None, held: list[str] | None = None, **changes: Any
) -> Adoption:
    return adoption_of(seen(endpoint, **changes), name=name, owner=OWNER, held=held or ())


def call(adoption: Adoption) -> str:
    """The call; it has to be Python."""
    text = block(adoption, "", "__main__.py")
    ast.parse(text)
    return text


def test_the_call_of_what_agents_deploy_made() -> None:
    assert (
        call(adopted())
        == """\
import pulumi
from agentry.components import Agent, Endpoint, Resource

weather = Agent(
    "weather",
    source="models:/main.ai.weather/7",
    model="main.ai.weather",
    resources=[
        Resource("serving_endpoint", "claude"),
        Resource("vector_search_index", "main.docs.index"),
    ],
    endpoint=Endpoint(tags={"team": "sky"}),
    aliases=("champion",),
    access={"group:analysts": "CAN_QUERY"},
    experiment="/Users/maker@company.example/notebook",
)

pulumi.export("weather", weather.url)
"""
    )


def test_the_imports_are_the_nodes_that_the_call_makes() -> None:
    assert [(one.type.rpartition(":")[2], one.name, one.id) for one in adopted().imports] == [
        ("Experiment", "weather", "12"),
        ("RegisteredModel", "weather", MODEL),
        ("Grant", "weather-uses-serving_endpoint-claude", f"endpoint:{ENDPOINT}|SERVING_ENDPOINT|claude|CAN_QUERY"),
        (
            "Grant",
            "weather-uses-vector_search_index-main.docs.index",
            f"endpoint:{ENDPOINT}|TABLE|main.docs.index|SELECT",
        ),
        (
            "Grant",
            "weather-uses-parents",
            f"ensure:endpoint:{ENDPOINT}|CATALOG|main|USE CATALOG|SCHEMA|main.docs|USE SCHEMA",
        ),
        ("ServingEndpoint", "weather", ENDPOINT),
        ("ModelAlias", "weather-champion", f"{MODEL}@champion"),
        ("Grant", "weather-access-group:analysts", f"group:analysts|SERVING_ENDPOINT|{ENDPOINT}|CAN_QUERY"),
    ]


def test_a_name_is_there_once_in_the_file_of_pulumi() -> None:
    resources = import_file(adopted())["resources"]
    names = [one["name"] for one in resources]
    assert len(set(names)) == len(names)
    assert resources[0] == {
        "type": "agentry:components:Agent",
        "name": "Agent weather",
        "logicalName": "weather",
        "component": True,
    }
    assert {one["parent"] for one in resources[1:]} == {"Agent weather"}


def test_no_credential_is_shown_anywhere() -> None:
    """By its name, by its form, or because nobody can read it; a reference of the platform's stays as it is."""
    opaque = "q7Xb2".ljust(24, "k")
    endpoint = live(
        variables={
            "API_TOKEN": CANARY,
            "STORE": f"postgres://me:{CANARY}@db.example/x",
            "SALT": opaque,
            "LLM": "databricks-claude-sonnet-4-5",
            "WAREHOUSE": "a1b2c3d4e5f60718",
            "UNITS": "metric",
            "KEY": "{{secrets/keys/one}}",
        }
    )
    found = adopted(endpoint)
    assert found.environment_vars == {
        "UNITS": "metric",
        "KEY": "{{secrets/keys/one}}",
        "LLM": "databricks-claude-sonnet-4-5",
        "WAREHOUSE": "a1b2c3d4e5f60718",
    }
    assert found.secrets == {
        "API_TOKEN": "weather_api_token",
        "SALT": "weather_salt",
        "STORE": "weather_store",
    }
    assert '"API_TOKEN": pulumi.Config().require_secret("weather_api_token")' in call(found)
    shown = call(found) + repr(found) + json.dumps(import_file(found))
    assert CANARY not in shown
    assert opaque not in shown
    assert found.values["API_TOKEN"] == CANARY


def test_an_endpoint_of_another_make() -> None:
    """By hand: another name, no variables of ours, no experiment, no table; each is said, none is changed."""
    endpoint = live(
        name="ask-weather",
        tags=[],
        description="The weather, by mail",
        ai_gateway={},
        entity={
            "name": "current",
            "environment_vars": {"UNITS": "metric"},
            "workload_size": None,
            "min_provisioned_concurrency": 4,
            "max_provisioned_concurrency": 8,
            "scale_to_zero_enabled": False,
        },
    )
    endpoint["email_notifications"] = {"on_update_failure": ["ops@company.example"]}
    text = call(adopted(endpoint, name="mail", experiment="", access={}, aliases={}, version=Version()))
    assert (
        text
        == """\
import pulumi
from agentry.components import Agent, Endpoint

mail = Agent(
    "mail",
    source="models:/main.ai.weather/7",
    model="main.ai.weather",
    environment_vars={"UNITS": "metric"},
    endpoint=Endpoint(
        name="ask-weather",
        scale_to_zero=False,
        min_concurrency=4,
        max_concurrency=8,
        inference_table={"enabled": False},
        email_notifications={"on_update_failure": ["ops@company.example"]},
        agent_variables=False,
        description="The weather, by mail",
    ),
    aliases=(),
    experiment=False,
)

pulumi.export("mail", mail.url)
"""
    )


def test_what_others_own_stays_and_is_said() -> None:
    endpoint = live()
    other = {"name": "main-ai-weather_6", "entity_name": MODEL, "entity_version": "6"}
    endpoint["config"]["served_entities"].insert(0, other)
    found = adopted(endpoint)
    assert found.source == f"models:/{MODEL}/7"
    assert "served entity main-ai-weather_6 (version 6, 0 %) stays as it is" in found.notes
    assert "alias challenger points to version 9 and stays there" in found.notes
    assert found.aliases == ("champion",)


def test_a_model_of_another_stack_is_used_and_not_taken() -> None:
    for changes, said in [
        ({"model": {"name": MODEL, "tags": [{"key": "agentry_owner", "value": "agents/ci"}]}}, "belongs to agents/ci"),
        ({"held": [MODEL]}, "is in this stack already"),
    ]:
        found = adopted(**changes)  # type: ignore[arg-type]
        assert found.model == ""
        assert "model=" not in call(found)
        assert "RegisteredModel" not in str(found.imports)
        assert said in found.notes[0]


def test_a_model_that_may_not_be_seen_is_left() -> None:
    assert adopted(model=None, aliases={}).model == ""


def test_a_privilege_that_the_creator_lacks_is_no_import() -> None:
    lacking = (Privilege("SERVING_ENDPOINT", "claude", "CAN_QUERY"),)
    found = adopted(lacking=lacking)
    assert "weather-uses-serving_endpoint-claude" not in {one.name for one in found.imports}
    assert any("maker@company.example lacks CAN_QUERY on SERVING_ENDPOINT claude" in note for note in found.notes)


def test_whose_privileges_it_keeps_is_said_to_somebody_else() -> None:
    said = "the agent keeps the privileges of maker@company.example"
    assert any(note.startswith(said) for note in adopted(me="me@company.example").notes)
    assert not any(note.startswith(said) for note in adopted(me="maker@company.example").notes)


def test_what_is_done_as_the_caller_needs_no_grant() -> None:
    caller = Resource("serving_endpoint", "claude", on_behalf_of_user=True)
    found = adopted(version=Version((caller,)))
    assert found.resources == (caller,)
    assert not [one for one in found.imports if "uses" in one.name]


def test_every_resource_of_the_version_is_in_the_call() -> None:
    found = adopted(version=Version((CHAT,)))
    assert 'resources=[Resource("serving_endpoint", "claude")]' in call(found)
