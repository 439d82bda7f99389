"""An input example is a request that fits the signature, and says where it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from agentry.errors import AgentCodeError
from agentry.package import AgentSpec, Package, read_package
from tests.package.agents import CHAT_MODEL, PYTHON_MODEL, hinted, write_agent
from tests.package.python_models import ANY, COLUMNS, MESSAGES, NAMED_TENSORS, NESTED, NESTED_VALUE, PARAMS, PIXELS, of

if TYPE_CHECKING:
    from pathlib import Path

PIN = "mlflow==3.17.2"


def package(root: Path, inputs: Any, example: Any, params: Any = None, code: str = PYTHON_MODEL) -> Package:
    write_agent(root, {"agent.py": code, "requirements.txt": PIN})
    signature = None if inputs is None else of(inputs, ANY, params)
    return read_package(AgentSpec("agents/x", signature=signature, input_example=example), root)


MOMENTS = [{"name": "at", "type": "datetime"}]
REFUSED: dict[str, tuple[Any, Any, str, str]] = {
    "no request": (COLUMNS, {"amount": 1}, "", "an input example is a request"),
    "two forms": (COLUMNS, {"inputs": [], "dataframe_records": []}, "", "an input example is a request"),
    "the form that MLflow turns": (COLUMNS, {"instances": [{"amount": 1}]}, "", "an input example is a request"),
    "a column is missing": (COLUMNS, {"inputs": [{"note": "x"}]}, "inputs[0]", "'amount' is missing"),
    "a column too many": (COLUMNS, {"inputs": [{"amount": 1, "b": 1}]}, "inputs[0]", "'b' is not in the signature"),
    "a text for a number": (COLUMNS, {"inputs": [{"amount": "1"}]}, "inputs[0].amount", "'1' is no double"),
    "null": (COLUMNS, {"inputs": [{"amount": None}]}, "inputs[0].amount", "None is no double"),
    "no record": (COLUMNS, {"inputs": [1]}, "inputs[0]", "1 is no object"),
    "records of different keys": (
        COLUMNS,
        {"inputs": [{"amount": 1}, {"amount": 1, "note": "x"}]},
        "inputs",
        "its records have different keys",
    ),
    "a frame without columns": (
        COLUMNS,
        {"dataframe_split": {"data": [[1]]}},
        "dataframe_split",
        "a data frame has columns and data",
    ),
    "a frame with an index": (
        COLUMNS,
        {"dataframe_split": {"columns": ["amount"], "index": [0], "data": [[1]]}},
        "dataframe_split",
        "a data frame has columns and data",
    ),
    "a column twice": (
        COLUMNS,
        {"dataframe_split": {"columns": ["amount", "amount"], "data": []}},
        "dataframe_split.columns",
        "['amount', 'amount'] is no list of different names",
    ),
    "a short row": (
        COLUMNS,
        {"dataframe_split": {"columns": ["amount", "note"], "data": [[1]]}},
        "dataframe_split.data[0]",
        "[1] is no row of 2 values",
    ),
    "no records": (COLUMNS, {"dataframe_records": []}, "dataframe_records", "[] is no list of records"),
    "a frame for tensors": (
        PIXELS,
        {"dataframe_split": {"data": [[1, 2]]}},
        "dataframe_split",
        "dataframe_split is not taken",
    ),
    "a tensor of another shape": (PIXELS, {"inputs": [[1, 2, 3]]}, "inputs[0]", "[1, 2, 3] is no tensor of shape [2]"),
    "a tensor of texts": (PIXELS, {"inputs": [["a", 1]]}, "inputs[0][0]", "'a' is no float32"),
    "rows of different sizes": (
        [{"type": "tensor", "tensor-spec": {"dtype": "int8", "shape": [-1, -1]}}],
        {"inputs": [[1], [1, 2]]},
        "inputs",
        "its rows have different sizes",
    ),
    "too large for its type": (
        [{"type": "tensor", "tensor-spec": {"dtype": "uint8", "shape": [-1]}}],
        {"inputs": [256]},
        "inputs[0]",
        "256 is no uint8",
    ),
    "a tensor is missing": (NAMED_TENSORS, {"inputs": {"text": ["a"]}}, "inputs", "'ids' is missing"),
    "nested": (
        NESTED,
        {"inputs": {**NESTED_VALUE, "order": {"zip": 1, "items": []}}},
        "inputs.order.zip",
        "1 is no string",
    ),
    "a moment with a zone": (
        MOMENTS,
        {"inputs": [{"at": "2026-01-31T12:00:00+01:00"}]},
        "inputs[0].at",
        "'2026-01-31T12:00:00+01:00' is no datetime",
    ),
    "a moment in a form of later Pythons": (
        MOMENTS,
        {"inputs": [{"at": "20260131"}]},
        "inputs[0].at",
        "'20260131' is no datetime",
    ),
    "a moment that is none": (
        MOMENTS,
        {"inputs": [{"at": "2026-13-31"}]},
        "inputs[0].at",
        "'2026-13-31' is no datetime",
    ),
    "no object": (COLUMNS, [1], "", "this is no mapping"),
    "bytes": ([{"name": "b", "type": "binary"}], {"inputs": [{"b": "?"}]}, "inputs[0].b", "'?' is no binary"),
    "bare, of another column": (COLUMNS, {"messages": []}, "", "'messages' is not in the signature"),
    "bare, of tensors": (PIXELS, {"messages": []}, "", "the signature has no column of that name"),
    "bare": (MESSAGES, {"messages": [{"content": 1}]}, ".messages[0].content", "1 is no string"),
    "objects without names": (
        [{"type": "map", "values": {"type": "long"}}],
        {"inputs": [{"a": 1}]},
        "inputs",
        "an example of such columns is a data frame",
    ),
    "a record that MLflow takes for columns": (
        [{"name": "m", "type": "map", "values": {"type": "long"}}],
        {"inputs": {"m": {"a": 1}}},
        "inputs",
        "MLflow would not read this as one record",
    ),
    "an unknown param": (
        COLUMNS,
        {"inputs": [{"amount": 1}], "params": {"top": 1}},
        "params",
        "'top' is not in the signature",
    ),
    "a param of another type": (
        COLUMNS,
        {"inputs": [{"amount": 1}], "params": {"limit": "1"}},
        "params.limit",
        "'1' is no long",
    ),
}


@pytest.mark.parametrize(("inputs", "example", "at", "what"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path: Path, inputs: Any, example: Any, at: str, what: str) -> None:
    with pytest.raises(AgentCodeError) as refused:
        package(tmp_path, inputs, example, PARAMS[:1])
    assert refused.value.what == what
    separator = "" if not at or at.startswith(".") else ": "
    assert refused.value.where == f"input_example of agents/x{separator}{at}"
    assert refused.value.fix


def test_a_python_model_needs_no_example(tmp_path: Path) -> None:
    made = package(tmp_path, COLUMNS, None)
    assert "input_example.json" not in made.model_files
    assert "saved_input_example_info" not in made.model_files["MLmodel"].decode()


def test_it_needs_a_signature_without_type_hints(tmp_path: Path) -> None:
    with pytest.raises(AgentCodeError, match="a PythonModel needs a signature") as refused:
        package(tmp_path, None, None)
    assert refused.value.where == "signature of agents/x"
    assert refused.value.fix.startswith('signature={"inputs"')


@pytest.mark.parametrize(
    "change",
    [
        of(COLUMNS[:1]),
        of(COLUMNS, [{"type": "double"}]),
        of(COLUMNS, params=PARAMS[:1]),
    ],
)
def test_the_signature_decides_the_digest(tmp_path: Path, change: dict[str, Any]) -> None:
    before = package(tmp_path, COLUMNS, None)
    spec = AgentSpec("agents/x", signature=of(COLUMNS))
    assert read_package(spec, tmp_path).digest == before.digest
    assert read_package(replace(spec, signature=change), tmp_path).digest != before.digest


def test_the_form_of_the_signature_does_not(tmp_path: Path) -> None:
    bare = {"inputs": [{"name": "amount", "type": "double"}, COLUMNS[1]], "outputs": '[{"type": "any"}]'}
    before = package(tmp_path, COLUMNS, None).digest
    assert read_package(AgentSpec("agents/x", signature=bare), tmp_path).digest == before


CHAT_REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a parameter that MLflow would drop": ({"seed": 1}, "", "'seed' is not in the signature"),
    "a text for a number": ({"temperature": "hot"}, ": temperature", "'hot' is no double"),
    "a message without content": ({"messages": [{"role": "user"}]}, ": messages[0]", "a message has content"),
    "a message without role": ({"messages": [{"content": "x"}]}, ": messages[0]", "'role' is missing"),
    "no messages": ({"messages": []}, "", "a request to a ChatModel has messages, a list of messages"),
}


@pytest.mark.parametrize(("change", "at", "what"), CHAT_REFUSED.values(), ids=CHAT_REFUSED)
def test_a_chat_example_is_checked_too(tmp_path: Path, change: dict[str, Any], at: str, what: str) -> None:
    example = {"messages": [{"role": "user", "content": "Hi"}], **change}
    with pytest.raises(AgentCodeError) as refused:
        package(tmp_path, None, example, code=CHAT_MODEL)
    assert (refused.value.what, refused.value.where) == (what, f"input_example of agents/x{at}")


def test_a_chat_model_can_not_be_given_a_signature(tmp_path: Path) -> None:
    with pytest.raises(AgentCodeError, match="a ChatModel can not be given a signature"):
        package(tmp_path, COLUMNS, None, code=CHAT_MODEL)


def test_a_model_with_hints_is_asked_with_inputs(tmp_path: Path) -> None:
    with pytest.raises(AgentCodeError, match="dataframe_split is not taken") as refused:
        package(tmp_path, None, {"dataframe_split": {"data": [["a"]]}}, code=hinted("list[str]"))
    assert refused.value.why == "predict has a type hint"
