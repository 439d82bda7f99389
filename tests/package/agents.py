"""Agents for the tests of this room: the smallest of each interface."""

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
