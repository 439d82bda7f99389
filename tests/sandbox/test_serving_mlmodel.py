from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentry.sandbox.errors import InvalidParameter
from agentry.sandbox.identity import Scope
from agentry.sandbox.serving.mlmodel import declared, read
from tests.sandbox.serving_workspace import write_model

if TYPE_CHECKING:
    from pathlib import Path

TABLE = {"table": [{"name": "a.b.c"}]}
DECLARED: dict[str, tuple[dict[str, Any], tuple[Scope, ...]]] = {
    "nothing": ({}, ()),
    "null": ({"resources": None}, ()),
    "an empty list": ({"resources": {"databricks": {"table": []}}}, ()),
    "two types": (
        {"resources": {"databricks": {**TABLE, "serving_endpoint": [{"name": "llm"}]}}},
        (Scope("table", "a.b.c"), Scope("serving_endpoint", "llm")),
    ),
    "one for the user": ({"resources": {"databricks": {"table": [{"name": "a.b.c", "on_behalf_of_user": True}]}}}, ()),
    "one twice": ({"resources": {"databricks": {"table": [{"name": "t"}, {"name": "t"}]}}}, (Scope("table", "t"),)),
    "a policy": (
        {"auth_policy": {"system_auth_policy": {"resources": {"databricks": TABLE}}}},
        (Scope(*("table", "a.b.c")),),
    ),
    "a policy beside resources": ({"auth_policy": {"user_auth_policy": {}}, "resources": {"databricks": TABLE}}, ()),
}


@pytest.mark.parametrize(("content", "scopes"), DECLARED.values(), ids=DECLARED)
def test_declared(content: dict[str, Any], scopes: tuple[Scope, ...]) -> None:
    assert declared(content) == scopes


def test_a_model_directory(tmp_path: Path) -> None:
    about = read(write_model(tmp_path, "", resources=TABLE, task="agent/v2/chat", python="3.12.1"))
    assert about.resources == (Scope("table", "a.b.c"),)
    assert (about.python, about.task) == ("3.12.1", "agent/v2/chat")


@pytest.mark.parametrize("content", ["", "flavors: {}", "[1", "flavors: {sklearn: {}}"])
def test_an_mlmodel_that_can_not_be_served(tmp_path: Path, content: str) -> None:
    (tmp_path / "MLmodel").write_text(content)
    with pytest.raises(InvalidParameter, match="no python_function flavor"):
        read(tmp_path)


def test_no_mlmodel(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="no MLmodel file"):
        read(tmp_path)
