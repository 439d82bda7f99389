"""The project of a row on another machine; and the process tree of a run, to be killed."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crash.killing import kill
from tests.peers.row import Row
from tests.sandbox.workspace import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.workspace import RunningSandbox

PAUSE, POLLS = 0.05, 2400
UP = """
import asyncio, sys
from pathlib import Path
from agentry.deploy import LOCAL, EmbeddedEngine, Stack
from agentry.deploy.pulumi import PulumiEngine
from agentry.engine.events import Operation

engine = {"EmbeddedEngine": EmbeddedEngine, "PulumiEngine": PulumiEngine}[sys.argv[1]]()
stack = Stack.resolve(Path(sys.argv[2]), LOCAL, environment={})
asyncio.run(engine.run(Operation.UP, stack, listen=lambda event: None))
"""


def on_another_machine(row: Row, sandbox: RunningSandbox, *, state: bool = False) -> Row:
    """The project cloned to another machine.

    Args:
        row: The project.
        sandbox: The workspace that it is deployed to.
        state: Whether the saved state comes along (and nothing else of the first machine: no lock); else there is none.
    """
    other = Row.begin(row.root.parent / "elsewhere", row.engine, row.workspace, sandbox)
    shutil.copy2(row.root / "__main__.py", other.root / "__main__.py")
    if (row.root / "agent").exists():
        shutil.copytree(row.root / "agent", other.root / "agent")
    if state:
        saved = Path(".agentry/state")
        shutil.copytree(row.root / saved, other.root / saved, ignore=shutil.ignore_patterns("locks"))
    return dataclasses.replace(other, name=row.name)


async def killed(row: Row, when: Callable[[], bool]) -> None:
    """Begin an `up`, and kill all of its processes at once when something has come about."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", UP, type(row.engine).__name__, str(row.root), cwd=PROJECT
    )
    for _ in range(POLLS):
        if when():
            break
        assert process.returncode is None, "it ended too early"
        await asyncio.sleep(PAUSE)
    else:
        raise AssertionError("it never came about")
    await asyncio.to_thread(kill, process.pid)
    assert await process.wait() == -signal.SIGKILL
