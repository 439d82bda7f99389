"""What an agent's code uses against what its version declares, as a preview tells it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from agentry.provider.kinds.kind import UNKNOWN
from agentry.provider.kinds.model_version import ModelVersion
from agentry.workspace.implied import SPACES
from tests.package.agents import RESPONSES_AGENT, write_agent
from tests.provider.fake_registry import MODEL, FakeRegistry
from tests.provider.lifecycle import CheckFailed, Engine, Resource, provider
from tests.workspace.fake import workspace

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from agentry.clock import Clock
    from agentry.workspace import Workspace

GIVEN = {"model": MODEL, "code": "agents/x"}
CHAT = {"type": "serving_endpoint", "name": "chat"}
TABLE = {"type": "table", "name": "main.crm.customers"}
LLM = "from databricks_langchain import ChatDatabricks\n"
ASKS = f"{LLM}ChatDatabricks(model='chat')\n"
OPEN = f"{LLM}ChatDatabricks(model=input())\n"
READS = f"{ASKS}spark.table('main.crm.customers')\n"


def coded(root: Path, code: str) -> None:
    write_agent(root, {"agent.py": code + RESPONSES_AGENT, "requirements.txt": "mlflow==3.17.2\n"})


def started(root: Path, registry: FakeRegistry | None = None, **settings: Any) -> AbstractAsyncContextManager[Engine]:
    async def connect(_: Any, *, clock: Clock, cancelled: asyncio.Event | None = None) -> Workspace:
        return workspace(registry or FakeRegistry(), clock=clock, cancelled=cancelled)

    return provider({ModelVersion.token: ModelVersion()}, connect, root=root, settings=settings)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with started(tmp_path) as running:
        yield running


def version(engine: Engine) -> Resource:
    return Resource(engine, ModelVersion.token, "weather")


async def failures(engine: Engine, **given: Any) -> list[tuple[str, str]]:
    with contextlib.suppress(CheckFailed):
        await version(engine).check({**GIVEN, **given})
        return []
    with pytest.raises(CheckFailed) as failed:
        await version(engine).check({**GIVEN, **given})
    return failed.value.failures


async def test_what_is_declared_and_used_is_nothing_to_tell(engine: Engine, tmp_path: Path) -> None:
    coded(tmp_path, READS)
    assert await failures(engine, resources=[CHAT, TABLE]) == []
    assert engine.warnings == []


async def test_all_that_is_missing_is_one_failure_with_the_lines_to_add(engine: Engine, tmp_path: Path) -> None:
    coded(tmp_path, READS)
    ((path, reason),) = await failures(engine, resources=[])
    assert path == "resources"
    assert reason.splitlines()[0].startswith("agents/x/agent.py:2: ChatDatabricks(model=) uses serving endpoint chat")
    assert "also agents/x/agent.py:3: table() uses table main.crm.customers" in reason
    assert 'Resource("serving_endpoint", "chat"), Resource("table", "main.crm.customers")' in reason


async def test_what_is_not_decided_is_a_warning_beside_a_declaration(engine: Engine, tmp_path: Path) -> None:
    coded(tmp_path, OPEN)
    assert await failures(engine, resources=[CHAT]) == []
    (warning,) = engine.warnings
    assert warning.splitlines() == [
        "agents/x/agent.py:2: what ChatDatabricks(model=) uses can not be decided from `input()`",
        "input() is known only when it runs",
        "→ write # agentry: uses <type> <name> (or: nothing) on that line",
    ]


async def test_strict_makes_it_an_error(tmp_path: Path) -> None:
    coded(tmp_path, OPEN)
    async with started(tmp_path, strict="true") as engine:
        ((path, reason),) = await failures(engine, resources=[CHAT])
    assert path == "resources"
    assert reason.startswith("agents/x/agent.py:2: what ChatDatabricks(model=) uses can not be decided")


async def test_code_that_can_not_be_read_is_a_failure_of_its_own(engine: Engine, tmp_path: Path) -> None:
    coded(tmp_path, "import tools\n")
    write_agent(tmp_path, {"tools.py": "def f(:\n"})
    ((path, reason),) = await failures(engine)
    assert (path, reason.splitlines()[0]) == ("code", "agents/x/tools.py:1: can not be read: invalid syntax")


VARIABLE = f"{LLM}import os\nChatDatabricks(model=os.environ.get('LLM', 'other'))\n"


@pytest.mark.parametrize(
    ("variables", "named"),
    [({"environmentVars": {"LLM": "chat"}}, "chat"), ({"environmentVars": {"A": "b"}}, "other")],
)
async def test_the_variables_of_the_endpoint_decide(
    engine: Engine, tmp_path: Path, variables: dict[str, Any], named: str
) -> None:
    coded(tmp_path, VARIABLE)
    assert await failures(engine, resources=[{**CHAT, "name": named}], **variables) == []
    assert engine.warnings == []
    ((_, reason),) = await failures(engine, resources=[], **variables)
    assert f"uses serving endpoint {named}" in reason


@pytest.mark.parametrize(
    "variables", [{}, {"environmentVars": {"LLM": UNKNOWN}}, {"environmentVars": {"LLM": "{{secrets/a/b}}"}}]
)
async def test_a_variable_that_is_not_known_decides_nothing(
    engine: Engine, tmp_path: Path, variables: dict[str, Any]
) -> None:
    coded(tmp_path, VARIABLE)
    assert await failures(engine, resources=[CHAT], **variables) == []
    (warning,) = engine.warnings
    assert "can not be decided from `os.environ.get('LLM', 'other')`" in warning


async def test_variables_are_no_content(engine: Engine, tmp_path: Path) -> None:
    coded(tmp_path, VARIABLE)
    agent = version(engine)
    given = {**GIVEN, "resources": [CHAT], "environmentVars": {"LLM": "chat"}}
    before = await agent.check(given)
    after = await agent.check({**given, "environmentVars": {"LLM": "chat", "MORE": "x"}})
    assert before["digest"] == after["digest"]


async def test_what_a_change_gains_and_loses(engine: Engine, tmp_path: Path) -> None:
    coded(tmp_path, ASKS)
    agent = version(engine)
    agent.inputs = await agent.check({**GIVEN, "resources": [CHAT]})
    coded(tmp_path, READS)
    await agent.check({**GIVEN, "resources": [CHAT, TABLE]})
    assert engine.infos == ["agent.py changed", "weather now also reads table main.crm.customers"]
    agent.inputs = await agent.check({**GIVEN, "resources": [CHAT, TABLE]}, fresh=True)
    coded(tmp_path, ASKS)
    await agent.check({**GIVEN, "resources": [CHAT]})
    assert engine.infos[-1] == "weather no longer reads table main.crm.customers"


async def test_what_a_space_brings_is_asked_from_the_workspace(tmp_path: Path) -> None:
    coded(tmp_path, "from databricks_langchain.genie import GenieAgent\nGenieAgent('01ef')\n")
    registry = FakeRegistry()
    registry.routes[("GET", f"{SPACES}/01ef")] = {"warehouse_id": "abc", "serialized_space": "{}"}
    space = {"type": "genie_space", "name": "01ef"}
    async with started(tmp_path, registry) as engine:
        before = await version(engine).check({**GIVEN, "resources": [space]})
        (warning,) = engine.warnings
        assert warning.endswith('which resources lacks; add Resource("sql_warehouse", "abc")')
        engine.lines.clear()
        registry.routes[("GET", f"{SPACES}/01ef")] = {"warehouse_id": "other", "serialized_space": "{}"}
        after = await version(engine).check({**GIVEN, "resources": [space]})
    assert before["digest"] == after["digest"]


async def test_offline_it_is_not_checked(tmp_path: Path) -> None:
    coded(tmp_path, "from databricks_langchain.genie import GenieAgent\nGenieAgent('01ef')\n")
    async with started(tmp_path, offline="true") as engine:
        await version(engine).check({**GIVEN, "resources": [{"type": "genie_space", "name": "01ef"}]})
        assert "not checked (agentry:offline): what Genie space 01ef needs besides" in engine.warnings


async def test_the_scopes_that_a_change_gains(engine: Engine, tmp_path: Path) -> None:
    coded(tmp_path, ASKS)
    agent = version(engine)
    agent.inputs = await agent.check({**GIVEN, "resources": [CHAT]})
    policy = {"user_auth_policy": {"api_scopes": ["dashboards.genie"]}}
    await agent.check({**GIVEN, "resources": [CHAT], "authPolicy": policy})
    assert "weather may now act as its caller within dashboards.genie" in engine.infos
