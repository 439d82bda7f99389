from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.proto import alias_pb2, resource_pb2

from agentry.engine import requests, values
from agentry.engine.urn import Alias
from agentry.errors import ProgramError, Unsupported


def request(**fields: Any) -> resource_pb2.RegisterResourceRequest:
    return resource_pb2.RegisterResourceRequest(type="world:index:Thing", name="a", custom=True, **fields)


def test_a_request_becomes_a_goal() -> None:
    sent = request(
        parent="urn:parent",
        object=values.encode({"value": values.secret("x"), "count": 2.0}),
        protect=True,
        dependencies=["urn:b"],
        propertyDependencies={"value": {"urns": ["urn:c", "urn:b"]}},
        ignoreChanges=["value"],
        importId="there",
        customTimeouts={"create": "1h30m", "delete": "90s"},
        hooks={},
        supportsResultReporting=True,
    )
    goal = requests.goal(sent)
    assert goal.inputs == {"value": values.secret("x"), "count": 2}
    assert goal.protect is True
    assert goal.retain_on_delete is None
    assert goal.delete_before_replace is None
    assert goal.dependencies == ("urn:b",)
    assert goal.property_dependencies == {"value": ("urn:b", "urn:c"), "count": ()}
    assert goal.custom_timeouts == {"create": 5400.0, "delete": 90.0}
    assert goal.import_id == "there"


def test_what_a_request_depends_on_every_input_depends_on_unless_it_says_more() -> None:
    goal = requests.goal(request(object=values.encode({"a": 1, "b": 2}), dependencies=["urn:x"]))
    assert goal.property_dependencies == {"a": ("urn:x",), "b": ("urn:x",)}


def test_an_output_value_is_plain_and_its_dependencies_are_kept() -> None:
    output = {values.SIGNATURE: values.OUTPUT, "value": 1, "secret": True, "dependencies": ["urn:x"]}
    goal = requests.goal(request(object=values.encode({"a": output}), propertyDependencies={"a": {"urns": []}}))
    assert goal.inputs == {"a": values.secret(1)}
    assert goal.property_dependencies == {"a": ("urn:x",)}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"deleteBeforeReplace": True}, True),
        ({"deleteBeforeReplaceDefined": True}, False),
        ({}, None),
    ],
)
def test_delete_before_replace_says_nothing_unless_defined(fields: dict[str, bool], *, expected: bool | None) -> None:
    assert requests.goal(request(**fields)).delete_before_replace is expected


def test_aliases_are_read_in_all_their_forms() -> None:
    spec = alias_pb2.Alias.Spec
    sent = request(
        aliasURNs=["urn:old"],
        aliases=[
            alias_pb2.Alias(urn="urn:older"),
            alias_pb2.Alias(spec=spec(name="b", parentUrn="urn:p")),
            alias_pb2.Alias(spec=spec(type="t", noParent=True)),
        ],
    )
    assert requests.goal(sent).aliases == (
        Alias(urn="urn:old"),
        Alias(urn="urn:older"),
        Alias(name="b", parent="urn:p"),
        Alias(type="t", no_parent=True),
    )


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"remote": True}, "remote"),
        ({"packageRef": "x"}, "parameterized"),
        ({"hooks": {"before_create": ["x"]}}, "hooks"),
        ({"envVarMappings": {"A": "B"}}, "env_var_mappings"),
        ({"snippetId": "x"}, "snippetId of RegisterResourceRequest"),
    ],
)
def test_a_field_that_is_not_implemented_is_refused_by_name(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(Unsupported, match=named):
        requests.goal(request(**fields))


def test_a_field_that_only_a_newer_sdk_knows_is_refused() -> None:
    newer = request().SerializeToString() + b"\xd0\x3e\x01"  # field 1002, a number
    with pytest.raises(Unsupported, match="field 1002"):
        requests.goal(resource_pb2.RegisterResourceRequest.FromString(newer))


def test_every_field_of_the_protocol_is_implemented_refused_or_about_answers() -> None:
    """A new SDK with a new field fails here, before it is refused at somebody's desk."""

    def refused(message: Any, known: frozenset[str]) -> set[str]:
        return {field.name for field in message.DESCRIPTOR.fields} - known

    assert refused(resource_pb2.ReadResourceRequest, requests.READ) == {"packageRef", "pluginChecksums"}
    assert refused(resource_pb2.ResourceInvokeRequest, requests.INVOKE) == {"packageRef", "pluginChecksums", "parent"}
    assert refused(resource_pb2.RegisterResourceRequest, requests.REGISTER) == {
        "remote",
        "hooks",
        "transforms",
        "state_migrations",
        "packageRef",
        "pluginChecksums",
        "envVarMappings",
        "snippetId",
    }


@pytest.mark.parametrize(
    ("text", "expected"), [("5m", 300.0), ("1h30m", 5400.0), ("90s", 90.0), ("1.5h", 5400.0), ("250ms", 0.25)]
)
def test_durations(text: str, expected: float) -> None:
    assert requests.seconds(text, "here") == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "5d", "-5m"])
def test_what_is_no_duration_is_said(text: str) -> None:
    with pytest.raises(ProgramError, match="is no duration"):
        requests.seconds(text, "here")


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_a_duration_is_the_sum_of_its_parts(hours: int, minutes: int, seconds: int) -> None:
    assert requests.seconds(f"{hours}h{minutes}m{seconds}s", "here") == pytest.approx(
        hours * 3600 + minutes * 60 + seconds
    )
