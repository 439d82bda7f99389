"""A workspace that is away, and one that takes its time: how long until that is said, and how many wait side by side."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.fleet import Fleet
from tests.bench.row import Row
from tests.end_to_end.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

SAID = 5.0
"""Seconds until a clear error."""
COMMANDS = (("preview",), ("up", "--yes"), ("doctor",))
RUNS = 3
MANY, START, UP = 50, 60, 75.0
"""So many endpoints that each take so many seconds to start are up after so many."""


def rows() -> Iterator[Row]:
    """Each way in which a host is away, then endpoints that all start at once."""
    with tempfile.TemporaryDirectory() as scratch:
        project = Project.copy_to(Path(scratch) / "project")
        for way, host in (
            ("refused", _refusing()),
            ("DNS", contextlib.nullcontext("https://workspace.invalid")),
            ("silent", _silent()),
        ):
            with host as address:
                for command in COMMANDS:
                    seconds = tuple(_said(project, address, command) for _ in range(RUNS))
                    yield Row(f"a clear error for an unreachable host ({way}): agentry {command[0]}", seconds, SAID)
    yield _side_by_side()


@contextlib.contextmanager
def _silent() -> Iterator[str]:
    """A host that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


@contextlib.contextmanager
def _refusing() -> Iterator[str]:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"https://127.0.0.1:{server.getsockname()[1]}"
    yield address


def _said(project: Project, address: str, command: tuple[str, ...]) -> float:
    """Seconds that a command takes to say that the workspace is not there."""
    (project.root / "stacks" / "Pulumi.dev.yaml").write_text(
        f"config:\n  agentry:host: {address}\n  agents:catalog: dev\n  agents:schema: agents\n"
        "  agents:llm_endpoint: databricks-claude-sonnet-4-5\n"
    )
    environment = {
        "DATABRICKS_TOKEN": "a-token",
        "PULUMI_BACKEND_URL": f"file://{project.root}",
        "PULUMI_CONFIG_PASSPHRASE": "bench",
    }
    began = time.perf_counter()
    ran = project.run(*command, "--stack", "dev", environment=environment)
    seconds = time.perf_counter() - began
    said = ran.out + ran.err
    if ran.code != 1 or not ("can not be reached" in said or "no answer from" in said) or "Traceback" in said:
        raise SystemExit(f"agentry {' '.join(command)} ended with {ran.code}:\n{said}")
    return seconds


def _side_by_side() -> Row:
    """From the first endpoint that is asked for until all are up, and all else that `up` does."""
    with tempfile.TemporaryDirectory() as scratch:
        fleet = Fleet.start(Path(scratch) / "project", MANY)
        try:
            slow = ("--endpoint", ".*", "--start", "slow", "--seconds", str(START), "--always")
            fleet.run("sandbox", "fault", "add", *slow)
            return Row(f"create, {MANY} agents whose endpoints take {START} s each", (fleet.run("up").seconds,), UP)
        finally:
            fleet.stop()
