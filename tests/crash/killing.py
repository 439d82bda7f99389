"""Runs of real processes, killed at a point: at a request, which the workspace holds meanwhile, or at a save."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agentry.engine.locks import Identity
from tests.crash.world import Watch

if TYPE_CHECKING:
    from tests.crash.project import Machine
    from tests.crash.world import Call, World

BEFORE, AFTER, SAVE = "before", "after", "save"
KINDS = {
    BEFORE: "before the request is sent",
    AFTER: "after it took effect, its answer lost",
    SAVE: "after the answer, before the state is saved",
}
LIMIT = 300.0
"""Seconds that any one process may take."""
PAUSE = 0.02


@dataclass(frozen=True)
class Point:
    """Where a run is killed: `create/17/after`.

    Attributes:
        operation: create, update or destroy.
        number: Of the request or save, counted from 1 where the run has locked the stack.
        kind: One of KINDS.
    """

    operation: str
    number: int
    kind: str

    @classmethod
    def parse(cls, text: str) -> Point:
        """What `str` wrote."""
        operation, number, kind = text.split("/")
        return cls(operation, int(number), kind)

    def __str__(self) -> str:
        return f"{self.operation}/{self.number}/{self.kind}"


class Hold(Watch):
    """Counts the requests of a run that has locked its stack, and holds it at one of them.

    What comes before is the preview that every `up` begins with, which changes nothing.
    """

    def __init__(self, machine: Machine, point: Point | None, reached: queue.Queue[str]) -> None:
        self._machine = machine
        self._point = point
        self._reached = reached
        self._numbers: dict[int, int] = {}
        self.count = 0

    async def before(self, call: Call) -> None:
        """Count, and hold what has not been done."""
        if self.count or self._machine.locked:
            self.count += 1
            self._numbers[call.number] = self.count
        await self._hold(call, BEFORE)

    async def after(self, call: Call, *, changed: bool) -> None:
        """Hold what has been done."""
        await self._hold(call, AFTER)

    async def _hold(self, call: Call, kind: str) -> None:
        number = self._numbers.get(call.number)
        if self._point and (self._point.number, self._point.kind) == (number, kind):
            self._reached.put(f"{call}")
            # Whoever sent it is killed meanwhile: nobody goes on from here.
            await asyncio.Event().wait()


@dataclass(frozen=True)
class Ran:
    """How a run ended.

    Attributes:
        code: Its exit status, negative for a signal.
        said: All that it printed.
        requests: How many it had sent since it locked the stack.
        saves: How many times it saved.
        killed_at: What it was about to do when it was killed; "" where it came to its end before.
    """

    code: int
    said: str
    requests: int
    saves: int
    killed_at: str = ""


def run(world: World, machine: Machine, arguments: list[str], point: Point | None = None) -> Ran:
    """Run `agentry ARGUMENTS` on a machine, to its end or to where it is killed with all that it started."""
    reached: queue.Queue[str] = queue.Queue()
    hold = Hold(machine, None if point is None or point.kind == SAVE else point, reached)
    world.watch(hold)
    read, write = os.pipe()
    number = point.number if point and point.kind == SAVE else 0
    log = machine.root.parent / "said"
    with log.open("wb") as said, os.fdopen(read, "rb", buffering=0) as told:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("held.py")), str(write), str(number), *arguments],
            cwd=machine.root,
            env=machine.variables,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            pass_fds=(write,),
            start_new_session=True,
        )
        os.close(write)
        saves = Saves(told, number, reached)
        saves.start()
        threading.Thread(target=lambda: (process.wait(), reached.put("")), daemon=True).start()  # type: ignore[func-returns-value]
        try:
            killed_at = reached.get(timeout=LIMIT)
        except queue.Empty:
            killed_at = f"nothing for {LIMIT:.0f} s"
        if killed_at:
            kill(process.pid)
        code = process.wait(LIMIT)
        saves.join(LIMIT)
    world.let_go()
    world.watch(Watch())
    return Ran(code, log.read_text(errors="replace"), hold.count, saves.count, killed_at)


class Saves(threading.Thread):
    """Counts the saves of a run, and says when the one is there at which it holds."""

    def __init__(self, told: object, number: int, reached: queue.Queue[str]) -> None:
        super().__init__(daemon=True)
        self._told = told
        self._number = number
        self._reached = reached
        self.count = 0

    def run(self) -> None:
        """Until the run is gone."""
        while self._told.read(1):  # type: ignore[attr-defined]
            self.count += 1
            if self.count == self._number:
                self._reached.put(f"save {self.count}")


def kill(root: int) -> None:
    """SIGKILL for a process and all that it started, in whatever session, and wait until they are gone."""
    family = descendants(root)
    for pid in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    all_gone(family)


def all_gone(pids: list[int]) -> bool:
    """Wait until none of these processes is there any more; whether that came about in time."""
    deadline = time.monotonic() + LIMIT
    while any(Identity.of(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True


def descendants(root: int) -> list[int]:
    """A process and all that it and they have started."""
    listed = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for line in listed.splitlines():
        pid, parent = map(int, line.split())
        children.setdefault(parent, []).append(pid)
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found
