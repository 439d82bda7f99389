"""Every field of databricks-sdk's request classes is a row of our table, or has a reason not to be.

A new field of a newer SDK fails here, by name.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import typing
from typing import Any, Union

import pytest
from databricks.sdk.service import serving

from agentry.provider.fields import Does, Shape, Type
from agentry.provider.kinds.endpoint_fields import BY_NAME
from agentry.provider.kinds.endpoint_places import (
    CREATION,
    ENTITY,
    GATEWAY,
    PLACES,
    SIDE_CALLS,
    TRAFFIC,
    Place,
    snake,
)
from agentry.provider.kinds.endpoint_reasons import REFUSED, SAID_OTHERWISE

CALLS = (
    "create",
    "create_provisioned_throughput_endpoint",
    "update_config",
    "update_provisioned_throughput_endpoint_config",
    "put_ai_gateway",
    "update_notifications",
    "patch_telemetry_config",
    "patch",
    "put",
)
REASONS = {**SAID_OTHERWISE, **REFUSED}


def bare(annotation: Any) -> Any:
    """The class behind Optional and List; of a map, the map."""
    while typing.get_origin(annotation) in (Union, list):
        annotation = next(one for one in typing.get_args(annotation) if one is not type(None))
    return annotation


def arguments(call: str) -> dict[str, Any]:
    hints = typing.get_type_hints(getattr(serving.ServingEndpointsAPI, call), vars(serving))
    return {
        name: bare(hint)
        for name, hint in hints.items()
        if name in inspect.signature(getattr(serving.ServingEndpointsAPI, call)).parameters
    }


def members(cls: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(cls, vars(serving))
    return {one.name: bare(hints[one.name]) for one in dataclasses.fields(cls)}


def requests() -> dict[str, Any]:
    """Every `call.argument` and `Class.field` that a request can hold, with its class."""
    found: dict[str, Any] = {f"{call}.{name}": cls for call in CALLS for name, cls in arguments(call).items()}
    todo = list(found.values())
    while todo:
        cls = todo.pop()
        if isinstance(cls, type) and dataclasses.is_dataclass(cls):
            mine = {f"{cls.__name__}.{name}": inner for name, inner in members(cls).items()}
            todo += [inner for key, inner in mine.items() if key not in found]
            found |= mine
    return found


def ours(type_: Type, cls: Any) -> dict[str, Type]:
    """What an object of our table has of an SDK class, by `Class.field`."""
    found = {}
    for field in type_.fields:
        found[f"{cls.__name__}.{snake(field.name)}"] = field.type
        inner = members(cls).get(snake(field.name))
        of = field.type.item if field.type.shape is Shape.LIST else field.type
        if of is not None and of.fields and dataclasses.is_dataclass(inner):
            found |= ours(of, inner)
    return found


def behind(place: Place, cls: Any) -> tuple[dict[str, Type], Any]:
    """The fields on the way to a place from a class, and what is at its end."""
    found = {}
    for step in place.path.split(".") if place.path else ():
        found[f"{cls.__name__}.{step}"] = place.declared.type
        cls = members(cls)[step]
    return found, cls


def table() -> dict[str, Type]:
    """Everything that our table has, by the SDK's names."""
    found: dict[str, Type] = {}
    roots = {ENTITY: [serving.ServedEntityInput], GATEWAY: [serving.AiGatewayConfig]}
    for place in PLACES:
        type_ = place.declared.type.item if place.declared.type.shape is Shape.LIST else place.declared.type
        assert type_ is not None
        for call in CALLS:
            names = {place.part.key, place.part.key.rpartition(".")[2]}
            if place.part is CREATION or (place.part, call) == (GATEWAY, "put_ai_gateway"):
                names.add(place.path.split(".")[0])
            found |= {f"{call}.{name}": type_ for name in names if name in arguments(call)}
        for root in roots.get(place.part, ()):
            way, end = behind(place, root)
            found |= way
            if dataclasses.is_dataclass(end):
                found |= ours(type_, end)
        if place.part in SIDE_CALLS and place.part is not GATEWAY:
            cls = arguments("create").get(place.part.key)
            if dataclasses.is_dataclass(cls):
                found |= ours(type_, cls)
        if place.part is ENTITY and place.path in members(serving.PtServedModel):
            found[f"PtServedModel.{place.path}"] = type_
        if place.part is TRAFFIC:
            found |= {"EndpointCoreConfigInput.traffic_config": type_, "PtEndpointCoreConfig.traffic_config": type_}
            found["TrafficConfig.routes"] = type_
    return found


SKIPPED = ("ServedModelInput", "RateLimit", "AutoCaptureConfigInput")
"""Classes that only what is refused holds."""


def forgotten() -> list[str]:
    known = table()
    return [
        key for key in requests() if key not in known and key not in REASONS and key.partition(".")[0] not in SKIPPED
    ]


def test_every_field_of_the_sdks_requests_is_supported_or_has_its_reason() -> None:
    assert forgotten() == []


@pytest.mark.parametrize(
    ("row", "missed"),
    [
        ("fallback", "FallbackConfig.enabled"),
        ("burstScaling", "ServedEntityInput.burst_scaling_enabled"),
        ("telemetry", "UnityCatalogTableNames.annotations_table"),
        ("externalModel", "OpenAiConfig.openai_api_key_plaintext"),
        ("routeOptimized", "create.route_optimized"),
        ("guardrails", "AiGatewayGuardrailPiiBehavior.behavior"),
    ],
)
def test_a_row_that_is_taken_away_is_missed(row: str, missed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "PLACES", [place for place in PLACES if place.field != row])
    assert missed in forgotten()


def test_what_is_skipped_is_only_reached_through_what_is_refused() -> None:
    doors = {key: cls for key, cls in requests().items() if isinstance(cls, type)}
    for name in SKIPPED:
        by = [key for key, cls in doors.items() if cls.__name__ == name]
        assert by
        assert all(key in REFUSED or key.startswith("ServedModelInput.") for key in by), by


def test_no_reason_is_left_over_or_contradicts_the_table() -> None:
    asked = requests()
    assert [key for key in REASONS if key not in asked] == []
    assert [key for key in REFUSED if key in table()] == []
    assert all(REASONS.values())


def test_a_row_for_something_that_the_sdk_does_not_have_is_none() -> None:
    asked = requests()
    assert [key for key in table() if key not in asked] == []


def test_choices_are_those_of_the_sdk() -> None:
    asked, checked = requests(), 0
    for key, type_ in table().items():
        cls = asked[key]
        if isinstance(cls, type) and issubclass(cls, enum.Enum):
            choices = type_.item.choices if type_.item else type_.choices
            assert set(choices) == {one.value for one in cls}, key
            checked += 1
    assert checked >= 7


def test_every_field_that_a_program_may_give_has_a_place() -> None:
    beside = {
        "name",
        "source",
        "experimentId",
        "agentVariables",
    }  # the address itself; a way to say model and version; a variable and a tag; whether ours are among the variables
    given = {field.name for field in BY_NAME.values() if field.is_given}
    assert given - beside == {place.field for place in PLACES}


def test_what_is_refused_says_why_and_what_to_give() -> None:
    refused = [field for field in BY_NAME.values() if field.has(Does.REFUSED)]
    assert {field.name for field in refused} == {"autoCaptureConfig", "servedModels", "servedEntities"}
    for field in refused:
        behaviour = field.behaviour(Does.REFUSED)
        assert behaviour is not None
        assert "give" in behaviour.reason or "others" in behaviour.reason
