"""What a release left behind: a project, its state, and the sandbox workspace that it deployed to.

    python -m tests.upgrade.kept 0.2.0

keeps what the code of now leaves behind, below `states/`. Databases are kept as SQL, so that a diff can be read. A
directory that was kept is never written again: it is what users of that release have.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from agentry.deploy import EmbeddedEngine
from agentry.sandbox import process
from agentry.sandbox.mode import Choice
from tests.peers.peer import Peer
from tests.peers.row import Row
from tests.sandbox.workspace import PROJECT, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

STATES = Path(__file__).with_name("states")
RELEASES = sorted(directory.name for directory in STATES.iterdir() if directory.is_dir())
NAME = "kept"
STATE = Path(".agentry/state/.pulumi/stacks/agents/local.json")
# Of the sandbox: what a restart goes on with. The files of the versions are left out: endpoints that are ready at once
# load none.
SANDBOX = Path(".agentry/sandbox")
IDENTITIES = ("local/workspace.json", "local/tokens.json", "local/mode.json", "_metastore/metastore.json")
DATABASES = ("local/sandbox.db", "_metastore/metastore.db")


def keep(directory: Path) -> None:
    """Deploy with the code of now, and keep what is there then."""
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        try:
            row = _begin(root)
            shutil.copytree(PROJECT / "agents/weather", row.root / "agent")
            (row.root / "agent/requirements.txt").write_text("mlflow==3.17.2\nopenai==2.8.1\n")
            (row.root / "agent/requirements.in").unlink()
            row.program(PROGRAM)
            asyncio.run(row.up()).went_well()
            row.workspace.close()
        finally:
            process.stop(root)
        shutil.copytree(row.root / "agent", directory / "agent")
        shutil.copy2(row.root / "__main__.py", directory / "program.py")
        shutil.copy2(row.root / STATE, directory / "state.json")
        _keep_sandbox(root / SANDBOX, directory / "sandbox")


@contextlib.contextmanager
def restored(release: str, root: Path) -> Iterator[Row]:
    """The project of a release, its state and its running workspace, as they were."""
    kept = STATES / release
    _restore_sandbox(kept / "sandbox", root / SANDBOX)
    try:
        row = _begin(root)
        shutil.copytree(kept / "agent", row.root / "agent")
        shutil.copy2(kept / "program.py", row.root / "__main__.py")
        (row.root / STATE).parent.mkdir(parents=True)
        shutil.copy2(kept / "state.json", row.root / STATE)
        yield row
        row.workspace.close()
    finally:
        process.stop(root)


PROGRAM = f"""
    agent = Agent(
        "weather",
        code="agent",
        model="local.agents.{NAME}",
        model_config={{"llm_endpoint": "sandbox-chat"}},
        access={{"group:analysts": "CAN_QUERY"}},
        description="Tells the weather",
        environment_vars={{"API_KEY": Output.secret("hunter22")}},
    )
    Grant("schema", privileges=[Privilege("SCHEMA", "local.agents", "USE SCHEMA")], principal="group:analysts")
    export("url", agent.url)
"""


def _begin(root: Path) -> Row:
    sandbox = running_sandbox(root, choice=Choice(instant=True))
    row = Row.begin(root / "project", EmbeddedEngine(), Peer(sandbox), sandbox)
    row.name = NAME
    return row


def _keep_sandbox(found: Path, kept: Path) -> None:
    for part in IDENTITIES:
        (kept / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(found / part, kept / part)
    for database in DATABASES:
        with contextlib.closing(sqlite3.connect(found / database)) as opened:
            (kept / database).with_suffix(".sql").write_text("\n".join(opened.iterdump()) + "\n")


def _restore_sandbox(kept: Path, root: Path) -> None:
    shutil.copytree(kept, root)
    for database in DATABASES:
        sql = (root / database).with_suffix(".sql")
        with contextlib.closing(sqlite3.connect(root / database)) as opened:
            opened.executescript(sql.read_text())
        sql.unlink()


if __name__ == "__main__":
    keep(STATES / sys.argv[1])
