"""The tests that a new repository has for its agent, in the environment that the agent is served in."""

from __future__ import annotations

import asyncio
import importlib
import os
from pathlib import Path

import pytest

from agentry.new import Names, Origin, write
from agentry.package import AgentSpec, read_package
from tests.agents.packaged import interpreter

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

PYTEST = ("pytest", "_pytest", "py", "pluggy", "iniconfig", "pygments")
"""pytest and what it needs beside what every agent has: all of it is Python, and any Python's."""


def lend_pytest(directory: Path) -> Path:
    """A directory with this environment's pytest and nothing else: an agent's environment has none."""
    directory.mkdir()
    for name in PYTEST:
        file = Path(importlib.import_module(name).__file__ or "")
        source = file.parent if file.name == "__init__.py" else file
        (directory / source.name).symlink_to(source)
    return directory


async def test_the_agent_of_a_new_repository_passes_its_own_tests(tmp_path: Path) -> None:
    repository, model = tmp_path / "shop", tmp_path / "model"
    write(repository, Names("shop", "order-desk"), Origin())
    package = read_package(AgentSpec(code="agents/order-desk"), repository)
    package.write(model)
    python = await interpreter(model, package.python)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(lend_pytest(tmp_path / "lent")),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    process = await asyncio.create_subprocess_exec(
        *(str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/agents/order-desk"),
        env=environment,
        cwd=repository,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()[-3000:]
    assert "2 passed" in said.decode()
