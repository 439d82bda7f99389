"""The table of resource types, and what MLflow's own classes say of them."""

from __future__ import annotations

import inspect

import pytest
from mlflow.models import resources as mlflow_resources

from agentry.privileges import Privilege, needed
from agentry.resources import MLFLOW_CLASSES, RESOURCE_TYPES, Resource


@pytest.mark.parametrize("about", RESOURCE_TYPES.values(), ids=lambda about: about.key)
def test_mlflow_calls_it_so(about: object) -> None:
    cls, argument = about.mlflow  # type: ignore[attr-defined]
    made = getattr(mlflow_resources, cls)("a.b.c")
    assert made.to_dict() == {about.key: [{"name": "a.b.c"}]}  # type: ignore[attr-defined]
    assert next(iter(inspect.signature(type(made)).parameters)) == argument


def test_every_class_of_mlflow_is_known() -> None:
    theirs = {
        name
        for name, cls in vars(mlflow_resources).items()
        if inspect.isclass(cls) and issubclass(cls, mlflow_resources.DatabricksResource)
    } - {"DatabricksResource"}
    assert theirs == set(MLFLOW_CLASSES)


def test_the_line_that_declares_it() -> None:
    space = Resource("genie_space", "01ef", on_behalf_of_user=True)
    assert space.in_program == 'Resource("genie_space", "01ef", on_behalf_of_user=True)'
    assert space.in_mlflow == 'DatabricksGenieSpace(genie_space_id="01ef", on_behalf_of_user=True)'
    assert eval(space.in_program, {"Resource": Resource}) == space


def test_names_of_unity_catalog_are_the_same_in_capitals_and_ids_are_not() -> None:
    assert Resource("table", "A.b.C").key == Resource("table", "a.B.c").key
    assert Resource("genie_space", "01EF").key != Resource("genie_space", "01ef").key


def test_what_the_owner_of_the_endpoint_needs() -> None:
    table = Resource("table", "main.crm.customers")
    caller = Resource("genie_space", "01ef", on_behalf_of_user=True)
    assert needed([table, caller, table, Resource("serving_endpoint", "chat")]) == [
        Privilege("CATALOG", "main", "USE CATALOG"),
        Privilege("SCHEMA", "main.crm", "USE SCHEMA"),
        Privilege("TABLE", "main.crm.customers", "SELECT"),
        Privilege("SERVING_ENDPOINT", "chat", "CAN_QUERY"),
    ]
