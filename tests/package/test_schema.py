"""Signatures are read strictly, and come out as MLflow writes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from agentry.errors import AgentCodeError
from agentry.package import AgentSpec, read_package
from agentry.package.signature import Signature, read_signature
from tests.package.agents import PYTHON_MODEL, write_agent
from tests.package.python_models import ANY, COLUMNS, NAMED_TENSORS, NESTED, PARAMS, PIXELS

if TYPE_CHECKING:
    from pathlib import Path

COLUMN = {"name": "amount", "type": "double"}


def read(inputs: Any, params: Any = None) -> Signature:
    return read_signature({"inputs": inputs, "outputs": ANY, "params": params}, "signature of agents/x")


@pytest.mark.parametrize("schema", [COLUMNS, NESTED, PIXELS, NAMED_TENSORS, ANY])
def test_what_mlflow_writes_is_read_as_it_is(schema: list[dict[str, Any]]) -> None:
    assert read(schema).mlmodel()["inputs"] == json.dumps(read(json.dumps(schema)).inputs)
    assert read(schema).inputs == schema


def test_what_is_left_out_is_required() -> None:
    nested = {"name": "o", "type": "object", "properties": {"b": {"type": "long"}, "a": {"type": "string"}}}
    assert read([COLUMN, nested]).inputs == [
        {"type": "double", "name": "amount", "required": True},
        {
            "type": "object",
            "properties": {"a": {"type": "string", "required": True}, "b": {"type": "long", "required": True}},
            "name": "o",
            "required": True,
        },
    ]


def test_params_are_in_the_order_of_mlflow() -> None:
    assert json.loads(str(read(ANY, PARAMS).mlmodel()["params"])) == PARAMS
    old = read(ANY, [{"name": "k", "dtype": "double", "default": 3}])
    assert old.mlmodel()["params"] == '[{"name": "k", "default": 3.0, "shape": null, "type": "double"}]'
    assert read(ANY).mlmodel()["params"] is None


REFUSED: dict[str, tuple[Any, str, str]] = {
    "no list": ({"amount": "double"}, "inputs", "this is no list"),
    "no JSON": ("[{", "inputs", "this is not JSON"),
    "nothing": ([], "inputs", "a schema has one column or tensor at least"),
    "a name alone": (["amount"], "inputs[0]", "a column is a mapping"),
    "no type": ([{"name": "amount"}], "inputs[0].type", "it has no type"),
    "a type of Python": ([{"type": "int"}], "inputs[0].type", "'int' is no type of MLflow"),
    "a key too many": ([{**COLUMN, "nullable": True}], "inputs[0]", "nullable is not known here"),
    "a number as a name": ([{**COLUMN, "name": 3}], "inputs[0].name", "3 is no name"),
    "required as a text": ([{**COLUMN, "required": "no"}], "inputs[0].required", "required is true or false"),
    "some names": ([COLUMN, {"type": "long"}], "inputs", "some have a name and some have none"),
    "a name twice": ([COLUMN, COLUMN], "inputs", "'amount' is there twice"),
    "optional, without a name": (
        [{"type": "long", "required": False}],
        "inputs",
        "what has no name can not be optional",
    ),
    "columns and tensors": ([*PIXELS, {"type": "long"}], "inputs", "a schema has columns or tensors, not both"),
    "tensors without names": (PIXELS * 2, "inputs", "several tensors need a name each"),
    "an array of nothing": ([{"type": "array"}], "inputs[0].items", "array needs items, a mapping"),
    "items as a text": ([{"type": "array", "items": "string"}], "inputs[0].items", "array needs items, a mapping"),
    "an empty object": (
        [{"type": "object", "properties": {}}],
        "inputs[0].properties",
        "object needs properties, a mapping",
    ),
    "a property as a text": (
        [{"type": "object", "properties": {"a": "long"}}],
        "inputs[0].properties.a",
        "a property is a mapping",
    ),
    "deep down": (
        [{"type": "map", "values": {"type": "array", "items": {"type": "text"}}}],
        "inputs[0].values.items.type",
        "'text' is no type of MLflow",
    ),
    "a dtype of Python": (
        [{"type": "tensor", "tensor-spec": {"dtype": "float", "shape": [-1]}}],
        "inputs[0].tensor-spec.dtype",
        "'float' is not the name of a type of numpy",
    ),
    "no shape": (
        [{"type": "tensor", "tensor-spec": {"dtype": "bool"}}],
        "inputs[0].tensor-spec",
        "a tensor has a dtype and a shape",
    ),
    "a shape with None": (
        [{"type": "tensor", "tensor-spec": {"dtype": "bool", "shape": [None, 2]}}],
        "inputs[0].tensor-spec.shape",
        "[None, 2] is no shape",
    ),
}


@pytest.mark.parametrize(("inputs", "at", "what"), REFUSED.values(), ids=REFUSED)
def test_refused(inputs: Any, at: str, what: str) -> None:
    with pytest.raises(AgentCodeError) as refused:
        read(inputs)
    assert refused.value.where == f"signature of agents/x: {at}"
    assert refused.value.what == what
    assert refused.value.fix


@pytest.mark.parametrize(
    ("param", "at", "what"),
    [
        ({"name": "k", "type": "long"}, "params[0]", "a parameter has a default"),
        ({"name": "k", "type": "binary", "default": ""}, "params[0].type", "a parameter can not be of type binary"),
        ({"name": "k", "type": "long", "default": 0.5}, "params[0].default", "0.5 is no long"),
        ({"name": "k", "type": "long", "default": True}, "params[0].default", "True is no long"),
        ({"name": "k", "type": "integer", "default": 2**31}, "params[0].default", "2147483648 is no integer"),
        ({"name": "k", "type": "datetime", "default": None}, "params[0].default", "None is no datetime"),
        (
            {"name": "k", "type": "string", "default": "a", "shape": [-1]},
            "params[0].default",
            "'a' is no list of string",
        ),
        (
            {"name": "k", "type": "string", "default": ["a"], "shape": [1]},
            "params[0].shape",
            "[1] can not be the shape",
        ),
        ({"type": "string", "default": "a"}, "params[0].name", "None is no name"),
        ({**PARAMS[-1], "default": {"town": "Bern"}}, "params[0].default", "'town' is not in the signature"),
        ({**PARAMS[-1], "default": {}}, "params[0].default", "'city' is missing"),
    ],
)
def test_refused_params(param: dict[str, Any], at: str, what: str) -> None:
    with pytest.raises(AgentCodeError) as refused:
        read(ANY, [param])
    assert refused.value.where == f"signature of agents/x: {at}"
    assert refused.value.what.startswith(what)


@pytest.mark.parametrize("given", [[COLUMN], "amount: double"])
def test_a_program_of_another_language_may_give_anything(tmp_path: Path, given: Any) -> None:
    write_agent(tmp_path, {"agent.py": PYTHON_MODEL, "requirements.txt": "mlflow==3.17.2"})
    with pytest.raises(AgentCodeError, match="this is no mapping") as refused:
        read_package(AgentSpec("agents/x", signature=given), tmp_path)
    assert refused.value.where == "signature of agents/x"


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"outputs": ANY}, "the signature has no inputs"),
        ({"inputs": ANY}, "the signature has no outputs"),
        ({"inputs": ANY, "outputs": None}, "the signature has no outputs"),
        ({"inputs": ANY, "outputs": ANY, "output": ANY}, "a signature has no 'output'"),
    ],
)
def test_unity_catalog_wants_both(given: dict[str, Any], what: str) -> None:
    with pytest.raises(AgentCodeError) as refused:
        read_signature(given, "signature of agents/x")
    assert refused.value.what == what
    assert refused.value.fix.startswith('{"inputs"')
