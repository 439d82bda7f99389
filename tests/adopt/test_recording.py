"""What a proof recorded, put into a stack's state: nothing of the stack is lost, nothing is there twice."""

from __future__ import annotations

from typing import Any

import pytest

from agentry.adopt.recording import merged, settled
from agentry.engine.values import SECRET, SIGNATURE
from agentry.errors import StateError

STACK = "urn:pulumi:dev::agents::pulumi:pulumi:Stack::agents-dev"
PROVIDER = "urn:pulumi:dev::agents::pulumi:providers:agentry::default"
AGENT = "urn:pulumi:dev::agents::agentry:components:Agent::weather"
ENDPOINT = "urn:pulumi:dev::agents::agentry:components:Agent$agentry:index:ServingEndpoint::weather"
MODEL = "urn:pulumi:dev::agents::agentry:components:Agent$agentry:index:RegisteredModel::weather"


def record(urn: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn, "type": urn.split("::")[2].rpartition("$")[2], **more}


def deployment(*records: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": list(records)}}


def urns(found: dict[str, Any]) -> list[str]:
    return [one["urn"] for one in found["deployment"]["resources"]]


PROOF = deployment(
    record(STACK, outputs={"weather": "https://w.example"}),
    record(PROVIDER, id="p-of-the-proof"),
    record(AGENT, parent=STACK),
    record(ENDPOINT, parent=AGENT, provider=f"{PROVIDER}::p-of-the-proof", id="e"),
)


def test_a_stack_that_was_never_brought_up() -> None:
    found = merged({"version": 3, "deployment": {"manifest": {}}}, PROOF)
    assert urns(found) == [STACK, PROVIDER, AGENT, ENDPOINT]
    assert found["deployment"]["manifest"] == {}


def test_a_stack_with_agents_keeps_them_and_its_provider() -> None:
    other = record("urn:pulumi:dev::agents::agentry:index:Experiment::x", provider=f"{PROVIDER}::p1")
    before = deployment(record(STACK, outputs={"other": "o"}), record(PROVIDER, id="p1"), other)
    found = merged(before, PROOF)
    assert urns(found) == [STACK, PROVIDER, other["urn"], AGENT, ENDPOINT]
    records = found["deployment"]["resources"]
    assert records[0]["outputs"] == {"other": "o", "weather": "https://w.example"}
    assert records[-1]["provider"] == f"{PROVIDER}::p1"
    assert before["deployment"]["resources"][0]["outputs"] == {"other": "o"}


def test_what_is_there_already_is_refused() -> None:
    with pytest.raises(StateError, match="holds"):
        merged(deployment(record(AGENT)), PROOF)


def test_what_nobody_declares_is_not_recorded_as_declared() -> None:
    model = record(
        MODEL,
        importID="m",
        ignoreChanges=["tags"],
        inputs={"tags": {"a": "b"}, "description": "d", "name": "m"},
        outputs={},
    )
    (found,) = settled(deployment(model))["deployment"]["resources"]
    assert found["inputs"] == {"tags": {}, "name": "m"}
    assert not {"importID", "ignoreChanges"} & found.keys()


def test_a_variable_that_is_kept_as_a_secret_is_one_in_the_state_too() -> None:
    given = {"environmentVars": {"SALT": "opaque", "UNITS": "metric"}}
    endpoint = record(ENDPOINT, inputs=given, outputs=given)
    (found,) = settled(deployment(endpoint), ["SALT"])["deployment"]["resources"]
    hidden = {SIGNATURE: SECRET, "plaintext": '"opaque"'}
    for properties in (found["inputs"], found["outputs"]):
        assert properties["environmentVars"] == {"SALT": hidden, "UNITS": "metric"}
