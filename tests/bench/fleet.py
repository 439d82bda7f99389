"""A project of many agents on a sandbox whose endpoints are ready at once, and what a command costs there.

Each agent is a copy of the weather sample with its own code, model, endpoint and experiment: what fifty agents of one
team are. Memory is the peak of each process while the command runs, sampled where Linux tells it.
"""

from __future__ import annotations

import compileall
import json
import os
import re
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.end_to_end.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = """\
import pulumi

from components import Agent

config = pulumi.Config()
models = f"{{config.require('catalog')}}.{{config.require('schema')}}"
for number in range({count}):
    name = f"agent-{{number:03}}"
    Agent(
        name,
        code=f"agents/{{name}}",
        model=f"{{models}}.{{name.replace('-', '_')}}",
        model_config={{"llm_endpoint": config.require("llm_endpoint")}},
        access={{"group:analysts": "CAN_QUERY"}},
    )
"""
ROLES = (
    ("run_program.py", "program"),
    ("pulumi-language-python-exec", "program"),
    ("worker.py", "upload worker"),
    ("agentry.sandbox", "sandbox"),
    ("/plugin", "provider"),
    ("agentry.cli", "command"),
)
SAMPLE = 0.02


@dataclass
class Cost:
    """What one command took: wall seconds, and by process its peak in MB and its seconds of processor."""

    seconds: float = 0.0
    peaks: dict[str, float] = field(default_factory=dict)
    worked: dict[str, float] = field(default_factory=dict)


class Fleet:
    """The project. Made by `start`; `stop` its sandbox."""

    def __init__(self, project: Project, count: int) -> None:
        self.project = project
        self.count = count
        self.edits = 0

    @classmethod
    def start(cls, root: Path, count: int, *, latency: int = 0) -> Fleet:
        """Copy the repository, write the program, start the sandbox.

        Args:
            root: A directory that is not there yet.
            count: How many agents.
            latency: Milliseconds that each request to the sandbox takes longer.
        """
        project = Project.copy_to(root)
        (root / "__main__.py").write_text(PROGRAM.format(count=count))
        for number in range(count):
            code = shutil.copytree(root / "agents" / "weather", root / "agents" / f"agent-{number:03}") / "agent.py"
            code.write_text(f"{code.read_text()}\nNUMBER = {number}\n")
        # The wheel is installed with its bytecode; a copy of the sources has none, and the first command would make it.
        compileall.compile_dir(root / "agentry", quiet=1)
        fleet = cls(project, count)
        fleet.run("sandbox", "start", "--instant", "--latency", str(latency), "--quiet")
        return fleet

    def _sandbox(self) -> int:
        """The process id of the sandbox, 0 while it does not run."""
        running = self.project.root / ".agentry" / "sandbox" / "local" / "running.json"
        return int(json.loads(running.read_text())["pid"]) if running.exists() else 0

    def stop(self) -> None:
        """End the sandbox."""
        self.run("sandbox", "stop", "--quiet")

    def edit(self) -> None:
        """Change a line in the code of every agent."""
        self.edits += 1
        for number in range(self.count):
            file = self.project.root / "agents" / f"agent-{number:03}" / "agent.py"
            text = re.sub(r"\n# edit \d+\n$", "\n", file.read_text())
            file.write_text(f"{text}\n# edit {self.edits}\n")

    def run(self, *arguments: str) -> Cost:
        """Run `agentry ARGUMENTS`, watched.

        Raises:
            SystemExit: It failed; with what it said.
        """
        cost = Cost()
        began = time.perf_counter()
        process = subprocess.Popen(
            self.project.command(*arguments),
            cwd=self.project.root,
            env=self.project.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        watch = Watch(process, self._sandbox())
        watching = threading.Thread(target=watch.run, daemon=True)
        watching.start()
        said, _ = process.communicate(timeout=600)
        cost.seconds = time.perf_counter() - began
        watching.join()
        cost.peaks, cost.worked = watch.peaks, watch.worked()
        if process.returncode != 0:
            raise SystemExit(f"agentry {' '.join(arguments)} failed:\n{said}")
        return cost


class Watch:
    """Samples a command, all that it starts, and the sandbox."""

    def __init__(self, process: subprocess.Popen[str], sandbox: int) -> None:
        self._process = process
        self._sandbox = sandbox
        self._seconds: dict[int, tuple[str, float, float]] = {}
        self.peaks: dict[str, float] = {}

    def run(self) -> None:
        """Until the command ends."""
        self._sample(self._sandbox)
        while self._process.poll() is None:
            for pid in _family(self._process.pid):
                self._sample(pid)
            time.sleep(SAMPLE)
        self._sample(self._sandbox)

    def worked(self) -> dict[str, float]:
        """Seconds of processor by process; of the sandbox only those while the command ran."""
        total: dict[str, float] = {}
        for pid, (role, first, last) in self._seconds.items():
            total[role] = total.get(role, 0.0) + last - (first if pid == self._sandbox else 0.0)
        return total

    def _sample(self, pid: int) -> None:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
            status = Path(f"/proc/{pid}/status").read_text()
            numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return  # it has ended, or this is not Linux
        peak = re.search(r"VmHWM:\s+(\d+) kB", status)
        role = next((role for part, role in ROLES if part in command), None)
        if not (peak and role):
            return
        self.peaks[role] = max(self.peaks.get(role, 0.0), int(peak[1]) / 1024)
        # Fields 14 to 17 of proc(5): user and system time, its own, then of children that ended. Only the upload
        # worker's own children are too short to be seen by themselves.
        ticks = numbers[11:15] if role == "upload worker" else numbers[11:13]
        seconds = sum(int(number) for number in ticks) / os.sysconf("SC_CLK_TCK")
        self._seconds[pid] = (role, self._seconds.get(pid, (role, seconds, 0.0))[1], seconds)


def _family(root: int) -> Iterator[int]:
    """A process and all that it started."""
    yield root
    try:
        tasks = list(Path(f"/proc/{root}/task").iterdir())  # each thread lists the processes that it has started
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return
    for child in children:
        yield from _family(int(child))
