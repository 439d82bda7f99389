"""The resource classes against the provider's tables of fields: one spelling of each property on both sides."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from agentry import components
from agentry.components import (
    Experiment,
    Grant,
    ModelAlias,
    ModelVersion,
    Privilege,
    RegisteredModel,
    Resource,
    ServingEndpoint,
)
from agentry.privileges import needed_for
from agentry.provider.fields import Does
from agentry.provider.kinds.registry import KINDS
from agentry.resources import RESOURCE_TYPES
from tests.components.program import run

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = (Experiment, RegisteredModel, ModelVersion, ModelAlias, ServingEndpoint, Grant)


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def outputs(cls: type) -> set[str]:
    return {name for name, member in vars(cls).items() if isinstance(member, property)}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_argument_and_property_is_documented(cls: type) -> None:
    arguments = set(inspect.signature(cls).parameters)
    doc = inspect.getdoc(cls) or ""
    assert [name for name in arguments if f"{name}: " not in doc] == []
    assert [name for name in outputs(cls) if not inspect.getdoc(getattr(cls, name))] == []


def test_every_argument_of_agent_is_documented() -> None:
    doc = inspect.getdoc(components.Agent) or ""
    assert [name for name in inspect.signature(components.Agent).parameters if f"{name}: " not in doc] == []


def made() -> list[pulumi.CustomResource]:
    return [
        Experiment("n", name="/Shared/n", tags={"a_b": "c"}, force_destroy=True),
        RegisteredModel("n", name="a.b.c", description="d", tags={}, force_destroy=False),
        ModelVersion("n", model="a.b.c", code="agents/n", resources=[Resource("app", "x")], experiment_id="1", keep=2),
        ModelAlias("n", model="a.b.c", alias="champion", version="7"),
        ServingEndpoint("n", name="n", source="models:/a.b.c/7", environment_vars={"A_B": "c"}, scale_to_zero=False),
        Grant("n", privileges=[Privilege("TABLE", "a.b.c", "SELECT")], for_endpoint="n", ensure=True),
    ]


def test_names_on_the_wire_are_camel_case_and_keys_of_maps_are_kept(tmp_path: Path) -> None:
    recorded = run(lambda: made() and None, tmp_path)
    assert recorded["Experiment/n"].inputs == {"name": "/Shared/n", "tags": {"a_b": "c"}, "forceDestroy": True}
    assert recorded["ServingEndpoint/n"].inputs["environmentVars"] == {"A_B": "c"}
    assert recorded["ModelVersion/n"].inputs["experimentId"] == "1"
    assert recorded["Grant/n"].inputs == {
        "privileges": [{"securableType": "TABLE", "securable": "a.b.c", "privilege": "SELECT"}],
        "forEndpoint": "n",
        "ensure": True,
    }


def test_outputs_arrive(tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    def program() -> None:
        endpoint = ServingEndpoint("n", name="n", source="models:/a.b.c/7")
        pulumi.Output.all(endpoint.url, endpoint.served_version, endpoint.name).apply(
            lambda values: seen.setdefault("values", values)
        )

    run(program, tmp_path)
    assert seen["values"] == ["https://w.example/serving-endpoints/e/invocations", "7", "n"]


@pytest.mark.parametrize("type", sorted(RESOURCE_TYPES))
def test_every_type_of_resource_can_be_granted(type: str) -> None:
    privilege = needed_for(Resource(type, "a.b.c"))
    assert privilege.privilege == RESOURCE_TYPES[type].privilege
    assert privilege.securable_type.replace("_", "").isupper()


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_class_takes_what_its_kind_takes(cls: type) -> None:
    arguments = set(inspect.signature(cls).parameters) - {"resource_name", "opts"}
    given = {field.name for field in KINDS[f"agentry:index:{cls.__name__}"].fields if field.is_given}
    assert {camel(argument) for argument in arguments} == given


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_class_has_what_its_kind_puts_out(cls: type) -> None:
    fields = KINDS[f"agentry:index:{cls.__name__}"].fields
    known = {camel(name) for name in outputs(cls)}
    assert known <= {field.name for field in fields}
    assert {field.name for field in fields if field.has(Does.OUTPUT)} - known == set()
