"""PythonModels for the contract test: signatures, examples and type hints of every form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.package.agents import PYTHON_MODEL, hinted

FUNCTION = """\
from mlflow.models import set_model
from mlflow.pyfunc.utils import pyfunc


@pyfunc
def predict(model_input: list[str]) -> list[str]:
    return [text.upper() for text in model_input]


set_model(predict)
"""
STREAMING = PYTHON_MODEL.replace(
    "\n\nset_model", "\n    def predict_stream(self, context, model_input): ...\n\n\nset_model"
)
FRAME_HINT = PYTHON_MODEL.replace("model_input,", "model_input: pandas.DataFrame,").replace(
    "from", "import pandas\nfrom", 1
)

ANY = [{"type": "any", "required": True}]
COLUMNS = [
    {"name": "amount", "type": "double", "required": True},
    {"name": "note", "type": "string", "required": False},
]
EVERY_SCALAR = [
    {"name": name, "type": name, "required": True}
    for name in ("boolean", "integer", "long", "float", "double", "string", "binary", "datetime")
]
SCALAR_VALUES = [True, 7, 2**40, 0.1, 1, "é", "aGVsbG8=", "2026-01-31T12:00:00"]
NESTED = [
    {
        "name": "order",
        "type": "object",
        "properties": {
            "zip": {"type": "string", "required": True},
            "items": {"type": "array", "items": {"type": "map", "values": {"type": "double"}}, "required": True},
            "at": {"type": "datetime", "required": False},
            "more": {"type": "any", "required": False},
        },
        "required": True,
    },
    {"name": "scores", "type": "array", "items": {"type": "double"}, "required": False},
    {"name": "vector", "type": "sparkml_vector", "required": False},
    {"name": "open", "type": "map", "values": {"type": "array", "items": {"type": "long"}}, "required": False},
]
NESTED_VALUE = {
    "order": {"zip": "8001", "items": [{"a": 1, "b": 0.5}], "more": [None, {"x": 1}]},
    "scores": [1, 2.5],
}
PARAMS: list[dict[str, Any]] = [
    {"name": "limit", "type": "long", "default": 3, "shape": None},
    {"name": "words", "type": "string", "default": ["a"], "shape": [-1]},
    {"name": "heat", "type": "double", "default": 1, "shape": None},
    {"name": "none", "type": "string", "default": None, "shape": None},
    {"name": "since", "type": "datetime", "default": "2026-01-31", "shape": None},
    {
        "name": "filter",
        "type": "object",
        "properties": {"city": {"type": "string", "required": True}, "near": {"type": "double", "required": False}},
        "default": {"city": "Bern", "near": 2.5},
        "shape": None,
    },
]
PIXELS = [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]
NAMED_TENSORS = [
    {"name": "ids", "type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1, 2]}},
    {"name": "text", "type": "tensor", "tensor-spec": {"dtype": "str", "shape": [-1]}},
]
MESSAGES = [
    {
        "name": "messages",
        "type": "array",
        "items": {"type": "object", "properties": {"content": {"type": "string", "required": True}}},
        "required": True,
    }
]


@dataclass(frozen=True)
class PythonModel:
    """A model, what is declared of it, and what it answers to a question."""

    name: str
    signature: dict[str, Any] | None
    question: dict[str, Any]
    answer: Any
    example: dict[str, Any] | None = None
    code: str = PYTHON_MODEL


def of(inputs: Any, outputs: Any = ANY, params: Any = None) -> dict[str, Any]:
    return {"inputs": inputs, "outputs": outputs, "params": params}


ONE_ROW = {"dataframe_split": {"columns": ["amount"], "data": [[0.5]]}}
PYTHON_MODELS = (
    PythonModel("columns", of(COLUMNS), ONE_ROW, ["DataFrame", None]),
    PythonModel(
        "columns as JSON text, with an example",
        of(json.dumps(COLUMNS), json.dumps(ANY)),
        {"dataframe_records": [{"amount": 1, "note": "x"}]},
        ["DataFrame", None],
        {"dataframe_split": {"columns": ["note", "amount"], "data": [["x", 1], ["é", 2.5]]}},
    ),
    PythonModel(
        "records become a split frame",
        of(COLUMNS),
        {"instances": [{"amount": 1.5}]},
        ["DataFrame", None],
        {"dataframe_records": [{"note": "x", "amount": 1}, {"note": "y", "amount": 2}]},
    ),
    PythonModel(
        "every scalar type",
        of(EVERY_SCALAR, [{"type": "double", "required": True}]),
        {"dataframe_split": {"columns": [column["name"] for column in EVERY_SCALAR], "data": [SCALAR_VALUES]}},
        ["DataFrame", None],
        {"dataframe_split": {"columns": [column["name"] for column in EVERY_SCALAR], "data": [SCALAR_VALUES]}},
    ),
    PythonModel(
        "objects, arrays, maps, vectors, optional ones",
        of(NESTED),
        {"inputs": [NESTED_VALUE]},
        ["DataFrame", None],
        {"inputs": NESTED_VALUE},
    ),
    PythonModel(
        "params",
        of(COLUMNS, params=PARAMS[:2]),
        {**ONE_ROW, "params": {"limit": 5}},
        ["DataFrame", {"limit": 5, "words": ["a"]}],
        {"inputs": [{"amount": 1}], "params": {"limit": 4, "words": ["b", "c"]}},
    ),
    PythonModel(
        "every kind of params",
        of(COLUMNS, params=PARAMS),
        {**ONE_ROW, "params": {"filter": {"city": "Chur"}, "since": "2026-02-01"}},
        [
            "DataFrame",
            {"limit": 3, "words": ["a"], "heat": 1.0, "none": None, "since": "2026-02-01", "filter": {"city": "Chur"}},
        ],
    ),
    PythonModel(
        "unnamed columns",
        of([{"type": "double", "required": True}, {"type": "string", "required": True}]),
        {"dataframe_split": {"data": [[0.5, "x"]]}},
        ["DataFrame", None],
        {"dataframe_split": {"data": [[1, "x"]]}},
    ),
    PythonModel(
        "texts",
        of([{"type": "string", "required": True}]),
        {"inputs": ["a"]},
        ["DataFrame", None],
        {"inputs": ["a", "b"]},
    ),
    PythonModel(
        "a tensor", of(PIXELS, PIXELS), {"inputs": [[1, 0.1]]}, ["ndarray", None], {"inputs": [[1, 0.1], [2, 3]]}
    ),
    PythonModel(
        "named tensors, with params",
        of(NAMED_TENSORS, PIXELS, PARAMS[:1]),
        {"inputs": {"ids": [[1, 2]], "text": ["a"]}},
        ["dict", {"limit": 3}],
        {"inputs": {"ids": [[1, 2], [3, 4]], "text": ["a", "b"]}, "params": {"limit": 9}},
    ),
    PythonModel(
        "a bare object, with params",
        of(MESSAGES, ANY, PARAMS[:1]),
        {"inputs": [{"messages": [{"content": "hi"}]}]},
        ["DataFrame", {"limit": 3}],
        {"messages": [{"content": "hi"}], "limit": 7},
    ),
    PythonModel("a stream", of(COLUMNS), ONE_ROW, ["DataFrame", None], code=STREAMING),
    PythonModel("a hint that says nothing", of(COLUMNS), ONE_ROW, ["DataFrame", None], code=FRAME_HINT),
    PythonModel("a function", None, {"inputs": ["a"]}, ["A"], {"inputs": ["b"]}, FUNCTION),
    PythonModel("a hint of texts", None, {"inputs": ["a"]}, ["str"], code=hinted("list[str]")),
    PythonModel(
        "a hint of texts, and the same signature",
        of([{"type": "string", "required": True}], [{"type": "string", "required": True}]),
        {"inputs": ["a"]},
        ["str"],
        code=hinted("list[str]"),
    ),
    PythonModel(
        "a hint of models",
        None,
        {"inputs": [{"id": 1, "prices": {"a": 0.5}}]},
        ["Order"],
        {"inputs": [{"id": 1, "tags": ["x"], "prices": {"a": 1}, "extra": None}]},
        hinted("list[Order]"),
    ),
    PythonModel(
        "a hint of anything, with params",
        None,
        {"inputs": [1, "a"]},
        ["int", "str"],
        {"inputs": [1, {"a": None}], "params": {"limit": 3, "words": ["a"], "share": 0.5, "on": True}},
        hinted("list[Any]", "Any"),
    ),
    PythonModel(
        "nested hints",
        None,
        {"inputs": [[[{"a": 1}]]]},
        ["list"],
        code=hinted("list[list[list[dict[str, Optional[int]]]]]"),
    ),
    PythonModel("a union", None, {"inputs": [1]}, ["int"], code=hinted("list[int | str]", "Order | None")),
    PythonModel(
        "an output that MLflow can not use", None, {"inputs": [1]}, ["int"], code=hinted("list[int]", "set[str]")
    ),
    PythonModel("a hint of no list leaves the signature", of(COLUMNS), ONE_ROW, ["str"], code=hinted("dict[str, int]")),
)
