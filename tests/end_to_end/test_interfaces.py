"""A ChatModel and two PythonModels, from the program to the answer: deployed, asked, refused, changed."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.package.agents import CHAT_MODEL, hinted

if TYPE_CHECKING:
    from tests.end_to_end.project import Project

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

PROGRAM = """\
from components import Agent

for name in ("chat", "hints"):
    Agent(name, code=f"agents/{name}", model=f"local.agents.{name}")
Agent(
    "churn",
    code="agents/churn",
    model="local.agents.churn",
    signature={
        "inputs": [{"name": "amount", "type": "double"}, {"name": "note", "type": "string", "required": False}],
        "outputs": [{"type": "double"}],
        "params": [{"name": "times", "type": "long", "default": 2}],
    },
)
"""
CHURN = """\
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


class Churn(PythonModel):
    def predict(self, context, model_input, params=None):
        return (model_input["amount"] * params["times"]).tolist()


set_model(Churn())
"""


def test_they_are_deployed_and_asked(project: Project) -> None:
    (project.root / "__main__.py").write_text(PROGRAM)
    for name, code in (("chat", CHAT_MODEL), ("churn", CHURN), ("hints", hinted("list[str]"))):
        directory = project.root / "agents" / name
        directory.mkdir()
        (directory / "agent.py").write_text(code)
        shutil.copy2(project.root / "agents/echo/requirements.txt", directory)
    up = project.run("up")
    assert up.code == 0, up.err + up.out
    assert project.run("ask", "chat", "hello").out == "hello at 1.0\n"
    asked = json.dumps({"dataframe_records": [{"amount": 0.5}, {"amount": 1}], "params": {"times": 3}})
    assert project.run("ask", "churn", asked, "--json").json == {"predictions": [1.5, 3.0]}
    (project.root / "request.json").write_text('{"inputs": ["a"]}')
    assert project.run("ask", "hints", "@request.json", "--json").json == {"predictions": ["str"]}

    text = project.run("ask", "churn", "Will they stay?")
    assert text.code == 1
    assert 'agentry ask churn \'{"dataframe_records": [{"amount": 0.5, "note": "text"}]}\', or @file.json' in text.err
    assert "churn takes no text: it is a PythonModel" in text.err
    wrong = project.run("ask", "churn", '{"inputs": [{"amount": "much"}]}')
    assert wrong.code == 1
    assert "could not convert string to float: 'much'" in wrong.err

    project.edit("__main__.py", '"default": 2', '"default": 5')
    changed = project.run("up", "--json")
    assert changed.code == 0, changed.err
    assert project.run("ask", "churn", '{"inputs": [{"amount": 1.5}]}', "--json").json == {"predictions": [7.5]}
