"""The sandbox answers for models of every interface as `mlflow models serve` does, with the same status and body."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentry.package import AgentSpec, read_package
from agentry.sandbox.serving import runner
from tests.package.agents import CHAT_MODEL, PYTHON_MODEL, hinted, write_agent
from tests.package.environment import environment_with
from tests.package.python_models import ANY, COLUMNS, MESSAGES, NESTED, NESTED_VALUE, PARAMS, PIXELS, of

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.process
FAILING = PYTHON_MODEL.replace("return [type", "raise ValueError('no luck')\n        return [type")
CHAT_STREAM = CHAT_MODEL.replace(
    "import ChatChoice,", "import ChatChoice, ChatChoiceDelta, ChatChunkChoice, ChatCompletionChunk,"
).replace(
    "\n\nset_model",
    """
    def predict_stream(self, context, messages, params):
        for word in messages[-1].content.split():
            delta = ChatChoiceDelta(role="assistant", content=word)
            yield ChatCompletionChunk(choices=[ChatChunkChoice(delta=delta)])


set_model""",
)
ROW = {"dataframe_split": {"columns": ["amount", "note"], "data": [[1, "x"], [2.5, "é"]]}}
HELLO = {"messages": [{"role": "user", "content": "hello there"}]}
Model = tuple[str, dict[str, Any] | None, list[Any]]
MODELS: dict[str, Model] = {
    "columns and params": (
        PYTHON_MODEL,
        of(COLUMNS, ANY, PARAMS[:2]),
        [
            ROW,
            {"dataframe_records": [{"amount": 1}]},
            {"inputs": [{"amount": 0.5}]},
            {"instances": [{"amount": 0.5, "note": "x"}]},
            {**ROW, "params": {"limit": 7}},
            {**ROW, "params": {"limit": "x"}},
            {**ROW, "params": {"unknown": 1}},
            {"dataframe_records": [{"note": "x"}]},
            {"dataframe_records": [{"amount": "x"}]},
            {"dataframe_split": {"data": 3}},
            {"inputs": [], "instances": []},
            {"question": "What?"},
            HELLO,
            "{",
            "[1]",
            "3",
        ],
    ),
    "nested": (PYTHON_MODEL, of(NESTED), [{"inputs": [NESTED_VALUE]}, {"inputs": [{"order": {"zip": 1}}]}]),
    "tensors": (PYTHON_MODEL, of(PIXELS), [{"inputs": [[1, 2]]}, {"instances": [[1, 2]]}, {"inputs": [[1, 2, 3]]}]),
    "a column of messages": (
        PYTHON_MODEL,
        of(MESSAGES, ANY, PARAMS[:1]),
        [{"messages": [{"content": "a"}], "limit": 4}],
    ),
    "type hints": (
        hinted("list[Order]"),
        None,
        [
            {"inputs": [{"id": 1, "prices": {}}]},
            {"inputs": [{"id": 1, "prices": {}, "at": "2026-01-31T12:00:00"}]},
            {"inputs": [{"id": "x", "prices": {}}]},
            {"dataframe_split": {"data": []}},
        ],
    ),
    "chat": (CHAT_MODEL, None, [HELLO, {**HELLO, "temperature": 0.5}, {"messages": "hello"}, {"input": "hello"}]),
}


def ask(directory: Path, models: Mapping[str, Model]) -> dict[str, list[Any]]:
    packaged = []
    for number, (code, signature, requests) in enumerate(models.values()):
        name = f"agents/m{number}"
        write_agent(directory, {"agent.py": code, "requirements.txt": "mlflow==3.17.2"}, name)
        read_package(AgentSpec(name, signature=signature), directory).write(directory / f"model{number}")
        packaged.append([str(directory / f"model{number}"), requests])
    environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "MLFLOW_DISABLE_TELEMETRY": "true"}
    environment["MLFLOW_TRACKING_URI"] = f"sqlite:///{directory}/mlflow.db"
    python, script = environment_with("3.17.2"), Path(__file__).with_name("scoring_servers.py")
    done = subprocess.run(
        [str(python), str(script), str(directory / "said.json")],
        check=False,
        input=json.dumps({"runner": runner.__file__, "models": packaged}),
        env=environment,
        cwd=directory,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    said: list[Any] = json.loads((directory / "said.json").read_text())
    return dict(zip(models, said, strict=True))


def same(said: list[Any]) -> list[Any]:
    """Without the moment of an answer, and where in the code an error was raised."""
    status, body = said
    if isinstance(body, dict):
        body = {key: value for key, value in body.items() if key not in {"stack_trace", "created"}}
    return [status, body]


def test_what_mlflow_serves_the_sandbox_serves_alike(tmp_path: Path) -> None:
    for name, answers in ask(tmp_path, MODELS).items():
        for request, (mlflows, ours) in zip(MODELS[name][2], answers, strict=True):
            assert same(ours) == same(mlflows), (name, request)
        assert answers[0][1][0] == 200, name


def test_an_exception_of_the_model_has_the_words_of_the_platform(tmp_path: Path) -> None:
    models: dict[str, Model] = {"failing": (FAILING, of(COLUMNS), [ROW, {**ROW, "stream": True}])}
    (mlflows, ours), (_, streamed) = ask(tmp_path, models)["failing"]
    assert (ours[0], ours[1]["error_code"]) == (mlflows[0], mlflows[1]["error_code"]) == (400, "BAD_REQUEST")
    assert ours[1]["message"].endswith("Error 'ValueError: no luck'")
    assert "ValueError: no luck" in ours[1]["stack_trace"]
    assert streamed[0] == 500  # MLflow's own status for it
    assert "does not support predict_stream" in streamed[1]["message"]


def test_a_chat_model_streams(tmp_path: Path) -> None:
    asked: dict[str, Model] = {
        "streams": (CHAT_STREAM, None, [{**HELLO, "stream": True}]),
        "does not": (CHAT_MODEL, None, [{**HELLO, "stream": True}]),
    }
    said = ask(tmp_path, asked)
    status, text = said["streams"][0][1]
    events = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert status == 200
    assert [json.loads(event)["choices"][0]["delta"]["content"] for event in events[:-1]] == ["hello", "there"]
    assert events[-1] == "[DONE]"
    assert said["does not"][0][1][0] == 400
