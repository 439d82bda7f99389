"""What is known of MLflow's versions: which are supported, what an interface is there, and where they differ.

Compared 2026-11-22 by saving ChatAgent and ResponsesAgent with each of 3.11.1, 3.12.0, 3.13.0, 3.14.0, 3.15.0 to 3.15.2, 3.16.0,
3.16.1 and 3.17.0 to 3.17.2: the model directories are equal but for the version itself. tests/package/test_contract.py
holds both ends, of all four interfaces.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from agentry.errors import AgentCodeError
from agentry.package.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Mapping

OLDEST = "3.11.1"
# 3.18.0 of mlflow is on the index, but not the mlflow-skinny 3.18.0 that it requires: it can not be installed.
NEWEST = "3.17.2"

# MLflow's mlflow/models/resources.py knows this type only from that version on; an older one fails when it loads it.
RESOURCE_TYPE_SINCE = {"uc_model_service": "3.17.0"}

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
DEFAULT_PYTHON = "3.11"


@dataclass(frozen=True, slots=True)
class Interface:
    """How MLflow asks an agent.

    Attributes:
        name: The base class in `mlflow.pyfunc`.
        task: The MLmodel's `metadata.task`: Databricks' tools tell by it what they may send. None for a PythonModel.
        messages: The key of a request that holds the conversation; empty where a request has none.
        example_params: What MLflow's default input example has beside it.
    """

    name: str
    task: str | None
    messages: str = ""
    example_params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def example(self) -> dict[str, Any]:
        """MLflow's default input example; empty where it has none."""
        hello = [{"role": "user", "content": "Hello!"}]
        return {self.messages: hello, **self.example_params} if self.messages else {}

    @property
    def signature(self) -> Signature | None:
        """The signature that MLflow gives every subclass; None where the program or the code says it."""
        columns = _signatures().get(self.name)
        return Signature(columns["inputs"], columns["outputs"]) if columns else None


# mlflow/types/llm.py, CHAT_MODEL_INPUT_EXAMPLE.
_CHAT_PARAMS = {"temperature": 1.0, "max_tokens": 10, "stop": ["\n"], "n": 1, "stream": False}

INTERFACES = {
    interface.name: interface
    for interface in (
        Interface("ChatAgent", "agent/v2/chat", "messages"),
        Interface("ChatModel", "agent/v1/chat", "messages", _CHAT_PARAMS),
        Interface("PythonModel", None),
        Interface("ResponsesAgent", "agent/v1/responses", "input"),
    )
}


def require_supported(mlflow: str, where: str) -> None:
    """Refuse a version of MLflow whose model directories were never compared with ours.

    Args:
        mlflow: As it is pinned, for example `3.17.2`.
        where: The line of the pin.

    Raises:
        AgentCodeError: Older than `OLDEST`, newer than `NEWEST`, or no release.
    """
    try:
        version = Version(mlflow)
        supported = Version(OLDEST) <= version <= Version(NEWEST)
        supported = supported and not (version.is_prerelease or version.is_devrelease or version.local)
    except InvalidVersion:
        supported = False
    if not supported:
        raise AgentCodeError(
            f"mlflow {mlflow} is not supported",
            where=where,
            why=f"Agentry writes model directories as mlflow {OLDEST} to {NEWEST} do, and was compared with these only",
            fix=f"mlflow=={NEWEST}",
        )


@cache
def _signatures() -> dict[str, Any]:
    signatures: dict[str, Any] = json.loads(Path(__file__).with_name("signatures.json").read_text(encoding="utf-8"))
    return signatures


def older(mlflow: str, than: str) -> bool:
    """Whether one supported version of MLflow came before another."""
    return Version(mlflow) < Version(than)
