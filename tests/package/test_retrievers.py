"""Schemas of retrievers are read from the code; that MLflow writes the same is in test_contract.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry import source
from agentry.errors import AgentCodeError
from agentry.package.retrievers import retriever_schemas
from tests.package.agents import write_agent

if TYPE_CHECKING:
    from pathlib import Path

IMPORT = "from mlflow.models import set_retriever_schema as schema\n"


def test_what_the_files_say_and_the_last_of_a_name_counts(tmp_path: Path) -> None:
    agent = IMPORT + "KEY = 'id'\nschema(primary_key=KEY, text_column='a')\n"
    lib = "import mlflow\nmlflow.models.set_retriever_schema(primary_key='b', text_column='b', other_columns=['c'])\n"
    directory = write_agent(tmp_path, {"agent.py": agent, "lib.py": lib, "other.py": "schema = 1"})
    assert retriever_schemas(source.read(directory)) == [
        {"name": "retriever", "primary_key": "b", "text_column": "b", "doc_uri": None, "other_columns": ["c"]}
    ]


def test_what_only_a_run_would_tell_is_refused(tmp_path: Path) -> None:
    directory = write_agent(tmp_path, {"agent.py": IMPORT + "schema(primary_key=key(), text_column='a')\n"})
    with pytest.raises(AgentCodeError, match=r"key\(\) is known only when the agent runs") as refused:
        retriever_schemas(source.read(directory, "agents/x"))
    assert refused.value.where == "agents/x/agent.py:2"


def test_none(tmp_path: Path) -> None:
    assert retriever_schemas(source.read(write_agent(tmp_path, {"agent.py": "set_retriever_schema = 1"}))) == []
