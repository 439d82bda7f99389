"""The interface is read from `set_model`, through assignments, functions, base classes and files of the directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry import source
from agentry.errors import AgentCodeError
from agentry.package.interface import find_interface
from tests.package.agents import CHAT_AGENT, CHAT_MODEL, PYTHON_MODEL, RESPONSES_AGENT, write_agent

if TYPE_CHECKING:
    from pathlib import Path

CLASS = "from mlflow.pyfunc import ChatAgent\nclass A(ChatAgent): ...\n"
SET = "from mlflow.models import set_model\n"


def find(root: Path, files: dict[str, str | bytes], declared: str | None = None) -> str:
    return find_interface(source.read(write_agent(root, files), "agents/x"), declared).interface


@pytest.mark.parametrize(
    ("files", "interface", "reason"),
    [
        ({"agent.py": CHAT_AGENT}, "ChatAgent", "the plain form"),
        ({"agent.py": RESPONSES_AGENT}, "ResponsesAgent", "mlflow.models.set_model in full"),
        ({"agent.py": SET + CLASS + "AGENT = A()\nset_model(AGENT)"}, "ChatAgent", "a name"),
        ({"agent.py": SET + CLASS + "AGENT: A = A()\nset_model(model=AGENT)"}, "ChatAgent", "by keyword, annotated"),
        ({"agent.py": SET + CLASS + "class B(A): ...\nset_model(B())"}, "ChatAgent", "through a base class"),
        (
            {"agent.py": SET + "import mlflow.pyfunc as p\nclass A(object, p.ResponsesAgent): ...\nset_model(A())"},
            "ResponsesAgent",
            "an alias of the module, and not the first base",
        ),
        (
            {"agent.py": SET + "from mlflow.pyfunc.model import ChatAgent as C\nclass A(C): ...\nset_model(A())"},
            "ChatAgent",
            "where the class is defined, under another name",
        ),
        (
            {
                "agent.py": SET + "from lib.agents import Mine\nset_model(Mine('x', y=1))",
                "lib/agents.py": CLASS + "Mine = A\nclass Mine(A): ...",
            },
            "ChatAgent",
            "a class of another file",
        ),
        (
            {"agent.py": SET + "import lib.agents\nset_model(lib.agents.A())", "lib/agents.py": CLASS},
            "ChatAgent",
            "of a module that is imported whole",
        ),
        (
            {
                "agent.py": SET + "from lib import AGENT\nset_model(AGENT)",
                "lib/__init__.py": "from .a import A\nAGENT = A()",
                "lib/a.py": CLASS,
            },
            "ChatAgent",
            "an object of a package, whose class is imported relatively there",
        ),
        ({"agent.py": SET + CLASS + "def make() -> A: ...\nset_model(make())"}, "ChatAgent", "a factory's annotation"),
        ({"agent.py": SET + CLASS + "def make() -> 'A': ...\nset_model(make())"}, "ChatAgent", "in quotes"),
        (
            {"agent.py": SET + CLASS + "def make():\n    agent = A()\n    return agent\nset_model(make())"},
            "ChatAgent",
            "what a factory returns",
        ),
        (
            {"agent.py": SET + "from lib import make\nset_model(make())", "lib.py": CLASS + "def make(): return A()"},
            "ChatAgent",
            "a factory of another file",
        ),
        ({"agent.py": SET + CLASS + "if True:\n    set_model(A())"}, "ChatAgent", "not at the left margin"),
        (
            {"agent.py": SET + CLASS + "X = '\\d'\nset_model(A())"},
            "ChatAgent",
            "a warning of the parser is nobody's here",
        ),
        ({"agent.py": CHAT_MODEL}, "ChatModel", "chat completions"),
        ({"agent.py": PYTHON_MODEL}, "PythonModel", "a plain model"),
        ({"agent.py": SET + "def f(model_input): ...\nset_model(f)"}, "PythonModel", "a function is one too"),
        (
            {"agent.py": SET + "from lib import f\nset_model(f)", "lib.py": "def f(model_input): ..."},
            "PythonModel",
            "a function of another file",
        ),
    ],
)
def test_found(tmp_path: Path, files: dict[str, str | bytes], interface: str, reason: str) -> None:
    assert find(tmp_path, files) == interface, reason


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        (CLASS, "there is no call of set_model", ""),
        (SET + "import x\nset_model(x.Agent())", "can not be seen: set_model(x.Agent())", ":3"),
        (SET + "set_model()", "can not be seen: set_model(nothing)", ":2"),
        (SET + "A = B\nB = A\nset_model(A)", "can not be seen: set_model(A)", ":4"),
        (
            SET + "from langchain_core.prompts import P\nchain = P() | P()\nset_model(chain)",
            "can not be seen: set_model(chain)",
            ":4",
        ),
        ("def f(:\n", "this file does not parse", ":1"),
        (SET + CLASS + "from .lib import x\nset_model(A())", "agent.py can not import relatively", ":4"),
        (
            SET + CLASS + "from mlflow.pyfunc import ResponsesAgent\nclass R(ResponsesAgent): ...\n"
            "set_model(A()) if A else set_model(R())",
            "set_model is called with a ChatAgent and with a ResponsesAgent",
            ":6",
        ),
    ],
)
def test_refused(tmp_path: Path, text: str, what: str, line: str) -> None:
    with pytest.raises(AgentCodeError) as refused:
        find(tmp_path, {"agent.py": text})
    assert what in refused.value.what
    assert refused.value.where == f"agents/x/agent.py{line}"
    assert refused.value.fix


def test_no_agent(tmp_path: Path) -> None:
    with pytest.raises(AgentCodeError, match=r"there is no agent\.py") as refused:
        find(tmp_path, {"main.py": CHAT_AGENT})
    assert refused.value.where == "agents/x"


def test_an_ignored_agent_names_the_rule(tmp_path: Path) -> None:
    with pytest.raises(AgentCodeError, match=r"\.gitignore:2 takes it out"):
        find(tmp_path, {"agent.py": CHAT_AGENT, ".gitignore": "# all\n*.py"})


def test_what_the_program_says_decides_where_the_code_does_not(tmp_path: Path) -> None:
    unseen = SET + "import x\nset_model(x.Agent())"
    assert find(tmp_path, {"agent.py": unseen}, "ResponsesAgent") == "ResponsesAgent"
    newer = SET + "type X = (\nset_model(X)"
    assert find(tmp_path, {"agent.py": newer}, "ChatAgent") == "ChatAgent"


def test_what_the_program_says_is_not_what_the_code_shows(tmp_path: Path) -> None:
    with pytest.raises(AgentCodeError, match="says that the agent is a ChatModel, and it is a ChatAgent") as refused:
        find(tmp_path, {"agent.py": SET + CLASS + "set_model(A())"}, "ChatModel")
    assert refused.value.where == "agents/x/agent.py:4"
    two = SET + CLASS + "from mlflow.pyfunc import ChatModel\nclass M(ChatModel): ...\nset_model(A())\nset_model(M())"
    assert find(tmp_path, {"agent.py": two}, "ChatAgent") == "ChatAgent"
    unseen = SET + CLASS + "import x\nset_model(A() if x else x.Y())"
    assert find(tmp_path, {"agent.py": unseen}, "PythonModel") == "PythonModel"


def test_what_the_program_says_is_one_of_four(tmp_path: Path) -> None:
    with pytest.raises(
        AgentCodeError, match="interface is ChatAgent, ChatModel, PythonModel or ResponsesAgent, not 'LangChain'"
    ):
        find(tmp_path, {"agent.py": CHAT_AGENT}, "LangChain")


@pytest.mark.parametrize(
    ("text", "declared", "streamable"),
    [
        (PYTHON_MODEL, None, False),
        (PYTHON_MODEL + "class B(Teller):\n    def predict_stream(self, x): ...\nset_model(B())", None, True),
        (SET + "import x\nset_model(x.Model())", "PythonModel", True),
        (PYTHON_MODEL.replace("    def predict", "    predict_stream = print\n\n    def predict"), None, True),
        (SET + "def f(model_input): ...\nset_model(f)", None, False),
        (CHAT_MODEL, None, True),
        (CHAT_AGENT, None, True),
    ],
)
def test_streaming_is_what_overrides_the_method(
    tmp_path: Path, text: str, declared: str | None, streamable: bool
) -> None:
    definition = find_interface(source.read(write_agent(tmp_path, {"agent.py": text}), "agents/x"), declared)
    assert definition.streamable is streamable
