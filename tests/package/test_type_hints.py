"""Type hints of predict: the signature that MLflow takes from them, or why it can not be decided here.

tests/package/test_contract.py compares with MLflow itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentry.errors import AgentCodeError
from agentry.package import AgentSpec, Package, read_package
from tests.package.agents import PYTHON_MODEL, hinted, write_agent
from tests.package.python_models import ANY, COLUMNS, of

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [{"type": "string", "required": True}]


def package(root: Path, code: str, **files: str) -> Package:
    return read_package(AgentSpec("agents/x"), _written(root, code, files))


def _written(root: Path, code: str, files: dict[str, str]) -> Path:
    write_agent(root, {"agent.py": code, "requirements.txt": "mlflow==3.17.2", **files})
    return root


def inputs(made: Package) -> Any:
    return made.content.signature.inputs[0]


@pytest.mark.parametrize(
    ("code", "files", "kind", "reason"),
    [
        (hinted("'list[str]'"), {}, {"type": "string"}, "in quotes"),
        (
            hinted("Texts").replace("class Base", "Texts = list[str]\n\n\nclass Base"),
            {},
            {"type": "string"},
            "an alias",
        ),
        (hinted("list[Text]"), {"kinds.py": "Text = str"}, {"type": "string"}, "an alias of another file"),
        (hinted("list[Annotated[int, 'note']]"), {}, {"type": "long"}, "what is noted beside it"),
        (
            hinted("list[dict[str, list[float]]]"),
            {},
            {"type": "map", "values": {"type": "array", "items": {"type": "double"}}},
            "nested",
        ),
        (
            hinted("list[Address]"),
            {
                "kinds.py": "from pydantic import BaseModel\nclass Address(BaseModel):\n    _x: int = 1\n    zip: str = ...\n"
            },
            {"type": "object", "properties": {"zip": {"type": "string", "required": True}}},
            "a model of another file",
        ),
    ],
)
def test_the_signature_of_a_hint(tmp_path: Path, code: str, files: dict[str, str], kind: Any, reason: str) -> None:
    imports = (
        "from typing import Annotated\nfrom kinds import Address, Text\n" if files else "from typing import Annotated\n"
    )
    code = code.replace("from datetime", imports + "from datetime")
    made = package(tmp_path, code, **files)
    assert inputs(made) == {**kind, "required": True}, reason
    assert made.content.signature.from_type_hint
    assert made.content.signature.outputs == TEXTS


def test_the_hint_after_a_context_counts(tmp_path: Path) -> None:
    code = PYTHON_MODEL.replace("context, model_input", "ctx: dict, model_input: list[bool]")
    assert inputs(package(tmp_path, code)) == {"type": "boolean", "required": True}


@pytest.mark.parametrize(
    "hint", ["dict[str, int]", "str", "set[str]", "list[set[str]]", "polars.DataFrame", "list[np.ndarray]"]
)
def test_a_hint_that_says_nothing_to_mlflow_leaves_the_signature(tmp_path: Path, hint: str) -> None:
    code = hinted(hint).replace("from datetime", "import numpy as np\nimport polars\nfrom datetime")
    _written(tmp_path, code, {})
    made = read_package(AgentSpec("agents/x", signature=of(COLUMNS)), tmp_path)
    assert made.content.signature.inputs == COLUMNS
    assert not made.content.signature.from_type_hint
    with pytest.raises(AgentCodeError, match="a PythonModel needs a signature"):
        read_package(AgentSpec("agents/x"), tmp_path)


REFUSED = {
    "list": "a list has one element type",
    "list[str, int]": "a list has one element type",
    "list[dict[int, str]]": "the keys of a dict are of type str",
    "list[dict[str]]": "a dict has two element types",
    "list[Optional[str]]": "its rows can not be optional",
    "list[Late]": "Late.note is optional and has no default",
    "TypeFromExample": "TypeFromExample takes the type from running the model",
}


@pytest.mark.parametrize(("hint", "why"), REFUSED.items(), ids=REFUSED)
def test_what_mlflow_refuses(tmp_path: Path, hint: str, why: str) -> None:
    code = hinted(hint).replace("from pydantic", "from mlflow.types.type_hints import TypeFromExample\nfrom pydantic")
    code = code.replace("class Teller", "class Late(Base):\n    note: str | None\n\n\nclass Teller")
    with pytest.raises(AgentCodeError) as refused:
        package(tmp_path, code)
    assert refused.value.what == f"MLflow refuses the type hint {hint}"
    assert why in refused.value.why
    line = next(number for number, text in enumerate(code.split("\n"), start=1) if "def predict" in text)
    assert refused.value.where == f"agents/x/agent.py:{line}"


@pytest.mark.parametrize(
    ("hint", "result"), [("list[Item]", "list[str]"), ("list[Mine]", "list[str]"), ("list[str]", "openai.Item")]
)
def test_a_class_of_a_package_can_not_be_seen(tmp_path: Path, hint: str, result: str) -> None:
    code = hinted(hint, result).replace("from pydantic", "import openai\nfrom openai.types import Item\nfrom pydantic")
    code = code.replace("class Teller", "class Mine(Item): ...\n\n\nclass Teller")
    with pytest.raises(AgentCodeError, match=r"what (openai\.)?Item stands for can not be seen") as refused:
        package(tmp_path, code)
    assert "give signature=" in refused.value.fix


def test_another_signature_beside_a_hint_is_refused_with_the_one_that_mlflow_takes(tmp_path: Path) -> None:
    _written(tmp_path, hinted("list[str]"), {})
    with pytest.raises(AgentCodeError, match="not the signature of predict's type hints") as refused:
        read_package(AgentSpec("agents/x", signature=of(COLUMNS)), tmp_path)
    assert '{"inputs": [{"type": "string", "required": true}]' in refused.value.why
    assert refused.value.where == "signature of agents/x"


def test_params_beside_a_hint_are_those_of_the_example(tmp_path: Path) -> None:
    _written(tmp_path, hinted("list[str]", "Any"), {})
    example = {"inputs": ["a"], "params": {"heat": 1, "on": True}}
    made = read_package(AgentSpec("agents/x", input_example=example), tmp_path)
    assert [(param["name"], param["type"], param["default"]) for param in made.content.signature.params] == [
        ("heat", "long", 1),
        ("on", "boolean", True),
    ]
    heat = {"name": "heat", "type": "double", "default": 1}
    on = {"name": "on", "type": "boolean", "default": True}
    spec = AgentSpec("agents/x", input_example=example, signature=of(TEXTS, ANY, [heat, on]))
    assert read_package(spec, tmp_path).content.signature.params[0]["default"] == 1.0
    with pytest.raises(AgentCodeError, match="not the signature of predict's type hints"):
        read_package(AgentSpec("agents/x", input_example={"inputs": ["a"]}, signature=of(TEXTS, ANY, [heat])), tmp_path)
    with pytest.raises(AgentCodeError, match="which type this parameter has can not be seen"):
        read_package(AgentSpec("agents/x", input_example={"inputs": ["a"], "params": {"o": {}}}), tmp_path)


def test_a_model_that_can_not_be_seen_has_the_signature_that_is_given(tmp_path: Path) -> None:
    _written(tmp_path, "from mlflow.models import set_model\nimport elsewhere\nset_model(elsewhere.Model())\n", {})
    made = read_package(AgentSpec("agents/x", interface="PythonModel", signature=of(COLUMNS)), tmp_path)
    assert made.content.signature.inputs == COLUMNS
