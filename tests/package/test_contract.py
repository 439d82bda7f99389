"""The model directory is what MLflow writes, byte for byte but for a closed list, and loads under the agent's MLflow."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agentry.package import AgentSpec, Package, read_package
from agentry.resources import RESOURCE_TYPES, Resource
from tests.package.agents import CHAT_AGENT, CHAT_MODEL, RESPONSES_AGENT, write_agent
from tests.package.environment import environment_with
from tests.package.python_models import PYTHON_MODELS

SAVE_MODELS = Path(__file__).with_name("save_models.py")

# File, what differs there, why. Nothing else may: it is cut out on both sides before the bytes are compared.
VOLATILE = (
    ("MLmodel", r"^model_uuid: .*\n", "random in MLflow; ours is the head of the digest"),
    ("MLmodel", r"^utc_time_created: .*\n", "the moment of saving"),
    (
        "MLmodel",
        r"^    model_code_path: .*\n(?:      .*\n)*",
        "the path on the saving machine; loading uses its last part",
    ),
    ("MLmodel", r"^    python_version: .*\n", "the saving Python's patch; ours is the agent's Python"),
    ("MLmodel", r"^    cloudpickle_version: .*\n", "the saving environment's; ours is what the requirements pin"),
    ("conda.yaml", r"^- python=.*\n- pip.*\n", "the saving Python and its pip"),
    ("python_env.yaml", r"^python: .*\nbuild_dependencies:\n(?:- (?:pip|setuptools|wheel)\S*\n)*", "the same"),
)
LLM = Resource("serving_endpoint", "llm")
HASH = "--hash=sha256:" + "0" * 64
CHAT_EXAMPLE = {
    "messages": [
        {"content": "Which?", "role": "user", "name": None},
        {
            "role": "assistant",
            "tool_calls": [{"id": "1", "type": "function", "function": {"arguments": "{}", "name": "look"}}],
        },
        {"role": "tool", "content": "é", "tool_call_id": "1"},
    ],
    "custom_inputs": {"a": [1, None]},
    "temperature": 0.5,
}

WITH_FILES = """\
from pathlib import Path

from greeting.words import WORD
from mlflow.models import ModelConfig, set_model
from mlflow.pyfunc import ChatAgent
from mlflow.types.agent import ChatAgentMessage, ChatAgentResponse

import greeting_mark

CONFIG = ModelConfig(development_config=str(Path(__file__).with_name("config.yaml")))


class Greeter(ChatAgent):
    def predict(self, messages, context=None, custom_inputs=None):
        text = f"{WORD} {CONFIG.get('whom')}{greeting_mark.MARK}"
        return ChatAgentResponse(messages=[ChatAgentMessage(role="assistant", content=text, id="1")])


set_model(Greeter())
"""


@dataclass(frozen=True)
class Case:
    """An agent, and what is declared of it."""

    name: str
    files: dict[str, str | bytes]
    answer: Any
    spec: AgentSpec = field(default=AgentSpec("agent"))
    code_paths: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    question: dict[str, Any] = field(default_factory=dict)

    @property
    def request(self) -> dict[str, Any]:
        conversation = "input" if "ResponsesAgent" in str(self.files["agent.py"]) else "messages"
        return self.question or {conversation: [{"role": "user", "content": "hi"}]}


def cases(mlflow: str) -> list[Case]:
    pin = f"mlflow=={mlflow}\n"
    types = [name for name in RESOURCE_TYPES if mlflow != "3.11.1" or name != "uc_model_service"]
    every_type = [Resource(kind, f"c.s.{kind}", on_behalf_of_user=n % 3 == 1) for n, kind in enumerate(types)]
    return [
        Case("chat", {"agent.py": CHAT_AGENT, "requirements.txt": pin}, "hello"),
        Case("responses", {"agent.py": RESPONSES_AGENT, "requirements.txt": pin}, "hello"),
        Case(
            "files, config, resources",
            {
                "agent.py": WITH_FILES,
                "requirements.txt": pin + "# why\nHTTPX >=0.28, <1  # why\nuvicorn[standard] ; python_version<'3.14'\n",
                "config.yaml": "whom: nobody\nother: [1, 2.5, null, 'é']\n",
                "greeting_mark.py": "from pathlib import Path\nMARK = Path(__file__).with_name('mark.txt').read_text()\n",
                "mark.txt": "!",
                "greeting/__init__.py": "",
                "greeting/words.py": "WORD = 'hello'\n",
                "greeting/data/table.bin": b"\0\r\n\xff",
            },
            "hello world!",
            AgentSpec("agent", model_config={"whom": "world"}, resources=every_type),
            ("greeting", "greeting_mark.py", "mark.txt"),
            ("greeting", "greeting.words", "greeting_mark"),
        ),
        Case(
            "auth policy, example, hashes, constraints",
            {
                "agent.py": RESPONSES_AGENT,
                "requirements.txt": f"mlflow=={mlflow} \\\n    {HASH} \\\n    {HASH}\nhttpx==0.28.1 ; sys_platform == 'linux' \\\n"
                f"    {HASH}\ncloudpickle==3.1.2 {HASH}\n-c limits.txt\n",
                "limits.txt": "numpy<3\n",
            },
            "hello",
            AgentSpec(
                "agent",
                resources=[LLM],
                auth_policy={"user_auth_policy": {"api_scopes": ["serving.serving-endpoints", "sql"]}},
                input_example={"input": [{"content": "Grüezi", "role": "user"}], "temperature": 0.5},
            ),
        ),
        Case(
            "schemas of retrievers",
            {
                "agent.py": RESPONSES_AGENT
                + "URI = 'uri'\nmlflow.models.set_retriever_schema(primary_key='id', text_column='text', doc_uri=URI)\n"
                "mlflow.models.set_retriever_schema(primary_key='i', text_column='t', name='b', other_columns=['c', 'd'])\n",
                "requirements.txt": pin,
            },
            "hello",
        ),
        Case(
            "scopes alone",
            {"agent.py": RESPONSES_AGENT, "requirements.txt": pin},
            "hello",
            AgentSpec("agent", auth_policy={"user_auth_policy": {"api_scopes": ["sql"]}}),
        ),
        Case("chat model", {"agent.py": CHAT_MODEL, "requirements.txt": pin}, "hello at 1.0"),
        Case(
            "chat model with an example",
            {"agent.py": CHAT_MODEL, "requirements.txt": pin},
            "hello at 0.5",
            AgentSpec("agent", input_example=CHAT_EXAMPLE),
            question={"messages": [{"role": "user", "content": "hi"}], "temperature": 0.5},
        ),
        *(
            Case(
                model.name,
                {"agent.py": model.code, "requirements.txt": pin},
                {"predictions": model.answer},
                AgentSpec("agent", signature=model.signature, input_example=model.example),
                question=model.question,
            )
            for model in PYTHON_MODELS
        ),
    ]


@pytest.mark.process
@pytest.mark.parametrize("mlflow", ["3.11.1", "3.17.2"])
def test_a_package_is_what_mlflow_saves_and_loads_under_it(tmp_path: Path, mlflow: str) -> None:
    jobs = [job(tmp_path / str(number), case) for number, case in enumerate(cases(mlflow))]
    answers = run(environment_with(mlflow), jobs, tmp_path)
    for case, done, answered in zip(cases(mlflow), jobs, answers, strict=True):
        saved, packaged = tree(Path(done["saved"])), tree(Path(done["packaged"]))
        assert sorted(saved) == sorted(packaged), case.name
        for file in saved:
            assert fixed(file, packaged[file]) == fixed(file, saved[file]), f"{case.name}: {file}"
        assert words(answered["answer"]) == case.answer, case.name
        assert (answered["config"] or {}) == done["model_config"], case.name


def test_each_volatile_field_is_there_once() -> None:
    """A pattern that matched nothing, or too much, would hide what it is not there for."""
    mlmodel = "model_uuid: a\nutc_time_created: b\n    model_code_path: /x\n      y\n    python_version: 3\n    z: 1\n"
    assert fixed("MLmodel", mlmodel.encode()) == b"    z: 1\n"
    assert (
        fixed("conda.yaml", b"dependencies:\n- python=3.11.7\n- pip<=23\n- pip:\n  - a\n")
        == b"dependencies:\n- pip:\n  - a\n"
    )
    assert fixed("requirements.txt", b"python: 3") == b"python: 3"


def job(directory: Path, case: Case) -> dict[str, Any]:
    agent = write_agent(directory, case.files, "agent")
    package = read_package(case.spec, directory)
    package.write(directory / "packaged")
    return {
        "agent": str(agent),
        "saved": str(directory / "saved"),
        "packaged": str(directory / "packaged"),
        "resources": [[r.type, r.name, r.on_behalf_of_user] for r in package.content.resources],
        "scopes": package.content.user_scopes,
        "model_config": package.content.model_config,
        "code_paths": case.code_paths,
        "modules": case.modules,
        "signature": case.spec.signature,
        "mlmodel_signature": package.signature if package.interface == "PythonModel" else None,
        "input_example": example_of(case, package),
        "question": case.request,
    }


def example_of(case: Case, package: Package) -> Any:
    """As the program gave it; of a PythonModel in one form, with 1 as 1.0 where the signature says so."""
    example = package.content.input_example
    return example.serving if example and package.interface == "PythonModel" else case.spec.input_example


def run(python: Path, jobs: list[dict[str, Any]], directory: Path) -> list[dict[str, Any]]:
    answers = directory / "answers.json"
    environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_TRACKING_URI": f"sqlite:///{directory}/mlflow.db"}
    done = subprocess.run(
        [str(python), str(SAVE_MODELS), str(answers)],
        check=False,
        input=json.dumps(jobs),
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    parsed: list[dict[str, Any]] = json.loads(answers.read_text())
    return parsed


def tree(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def fixed(file: str, data: bytes) -> bytes:
    for name, pattern, _ in VOLATILE:
        if name == file:
            data = re.sub(pattern.encode(), b"", data, flags=re.MULTILINE)
    return data


def words(answer: dict[str, Any]) -> Any:
    if "predictions" in answer:
        return answer
    if "messages" in answer:
        return answer["messages"][0]["content"]
    if "choices" in answer:
        return answer["choices"][0]["message"]["content"]
    return answer["output"][0]["content"][0]["text"]
