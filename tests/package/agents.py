"""Agents for the tests of this room: the smallest of each interface, and a PythonModel that tells what it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CHAT_AGENT = """\
from mlflow.models import ModelConfig, set_model
from mlflow.pyfunc import ChatAgent
from mlflow.types.agent import ChatAgentMessage, ChatAgentResponse


class Greeter(ChatAgent):
    def predict(self, messages, context=None, custom_inputs=None):
        return ChatAgentResponse(messages=[ChatAgentMessage(role="assistant", content="hello", id="1")])


set_model(Greeter())
"""

RESPONSES_AGENT = """\
import mlflow
from mlflow.pyfunc import ResponsesAgent
from mlflow.types.responses import ResponsesAgentResponse


class Greeter(ResponsesAgent):
    def predict(self, request):
        return ResponsesAgentResponse(output=[self.create_text_output_item("hello", "1")])


mlflow.models.set_model(Greeter())
"""

CHAT_MODEL = """\
from mlflow.models import set_model
from mlflow.pyfunc import ChatModel
from mlflow.types.llm import ChatChoice, ChatCompletionResponse, ChatMessage


class Greeter(ChatModel):
    def predict(self, context, messages, params):
        message = ChatMessage(role="assistant", content=f"hello at {params.temperature}")
        return ChatCompletionResponse(choices=[ChatChoice(message=message)])


set_model(Greeter())
"""

PYTHON_MODEL = """\
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


class Teller(PythonModel):
    def predict(self, context, model_input, params=None):
        return [type(model_input).__name__, params]


set_model(Teller())
"""

HINTED = """\
from __future__ import annotations

from datetime import datetime
from typing import Any, Optional

from mlflow.models import set_model
from mlflow.pyfunc import PythonModel
from pydantic import BaseModel, Field


class Base(BaseModel):
    id: int


class Order(Base):
    tags: list[str] = Field(default_factory=list)
    note: Optional[str] = None
    prices: dict[str, float]
    extra: Any = None
    at: datetime | None = None


class Teller(PythonModel):
    def predict(self, model_input: HINT, params=None) -> RESULT:
        return [type(each).__name__ for each in model_input]


set_model(Teller())
"""


def hinted(hint: str, result: str = "list[str]") -> str:
    """A PythonModel whose predict has these type hints."""
    return HINTED.replace("HINT", hint).replace("RESULT", result)


def write_agent(root: Path, files: dict[str, str | bytes], name: str = "agents/x") -> Path:
    """The files below `root/agents/x`; returns its directory."""
    directory = root / name
    directory.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return directory


def small_agent(root: Path, **more: str | bytes) -> Path:
    """An agent that is whole: agent.py and a pinned mlflow."""
    return write_agent(root, {"agent.py": RESPONSES_AGENT, "requirements.txt": "mlflow==3.17.2\n", **more})
