"""Who works on a stack: lock files as the Pulumi CLI writes and reads them, and whether their owner still lives.

    .pulumi/locks/organization/<project>/<stack>/<id>.json   {"pid", "username", "hostname", "timestamp"}

Both engines write their own file first and then look for others, so that of two that start at once none goes on
(pkg/backend/diy/lock.go of Pulumi). Ours adds "process": it tells whether a process of that number is still the same.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import subprocess
import sys
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agentry.engine.state import timestamp
from agentry.errors import StackLocked

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from agentry.clock import Clock


@dataclass(frozen=True, slots=True)
class Identity:
    """A process, told from any other one that has or had its number; parts the system does not tell are empty."""

    machine: str
    boot: str
    namespace: str
    start: str

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """A living process; None when there is none of this number (or one that is dead and not yet reaped)."""
        if not sys.platform.startswith("linux"):
            return cls("", "", "", started) if (started := _start_by_ps(pid)) else None
        if not (started := _start_by_proc(pid)):
            return None
        boot = _text("/proc/sys/kernel/random/boot_id")
        return cls(_text("/etc/machine-id"), boot, _link("/proc/self/ns/pid"), started)

    def __str__(self) -> str:
        return "/".join((self.machine, self.boot, self.namespace, self.start))

    @classmethod
    def read(cls, text: str) -> Identity | None:
        """What `str` wrote; None when it is something else."""
        parts = text.split("/")
        return cls(*parts) if len(parts) == 4 else None


def _start_by_proc(pid: int) -> str:
    """When a process began, in ticks since the boot (proc(5)); empty when it is gone, or a zombie."""
    fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return "" if len(fields) < 20 or fields[0] in "ZX" else fields[19]


def _start_by_ps(pid: int) -> str:
    shown = subprocess.run(
        ["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split()
    return "" if not shown or shown[0].startswith("Z") else " ".join(shown[1:])


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a lock, as its file says."""

    pid: int
    username: str
    hostname: str
    timestamp: str
    process: str = ""

    @classmethod
    def read(cls, file: Path) -> Owner | None:
        """What a lock file says; None when it is gone, and an owner without a number when it can not be read yet."""
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            return cls(
                int(content["pid"]),
                str(content["username"]),
                str(content["hostname"]),
                str(content["timestamp"]),
                str(content.get("process", "")),
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls(0, "somebody", "an unknown machine", "an unknown time")

    def is_dead(self) -> bool:
        """Whether it is certain that the owner is no more: it was a process of this machine."""
        if not self.pid or self.hostname != socket.gethostname():
            return False
        now, then = Identity.of(self.pid), Identity.read(self.process)
        here = Identity.of(os.getpid())
        if then is None or here is None:
            return now is None
        if then.machine != here.machine:
            return False
        if then.boot != here.boot:
            return True
        # In another container the same numbers mean other processes.
        return then.namespace == here.namespace and now != then

    def is_alive(self) -> bool:
        """Whether it is certain that the owner still runs, on this machine."""
        if not self.pid or self.hostname != socket.gethostname() or self.is_dead():
            return False
        now, then, here = Identity.of(self.pid), Identity.read(self.process), Identity.of(os.getpid())
        return now is not None and (then is None or (here is not None and then.namespace == here.namespace))

    def __str__(self) -> str:
        return f"{self.username}@{self.hostname} (process {self.pid}, since {self.timestamp})"


class Lock:
    """A stack's lock, held. Release it on every way out."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def release(self) -> None:
        """Take the lock file away; once is enough, twice does no harm."""
        self._file.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def acquire(directory: Path, stack: str, clock: Clock, report: Callable[[str], None], option: str = "") -> Lock:
    """Lock a stack.

    Args:
        directory: Where the locks of this stack are.
        stack: Its name, for messages.
        clock: For the lock's time.
        report: Told when the lock of a dead process is broken.
        option: What chooses the stack on a command line, for advice; `--stack <stack>` by default.

    Raises:
        StackLocked: Somebody else works on the stack: who, since when, and what to type.
    """
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"{uuid.uuid4()}.json"
    option = option or f"--stack {stack}"
    _look_for_others(file, stack, report, option)
    lock = Lock(file)
    try:
        _write(file, clock)
        _look_for_others(file, stack, report, option)
    except BaseException:
        lock.release()
        raise
    return lock


def owners(directory: Path) -> dict[Path, Owner]:
    """Who holds a stack's locks, by file; nobody where there is no such directory."""
    found = {file: Owner.read(file) for file in sorted(directory.glob("*.json"))}
    return {file: owner for file, owner in found.items() if owner}


def _write(file: Path, clock: Clock) -> None:
    owner = {
        "pid": os.getpid(),
        "username": _username(),
        "hostname": socket.gethostname(),
        "timestamp": timestamp(clock.now()),
        "process": str(Identity.of(os.getpid()) or ""),
    }
    file.write_text(json.dumps(owner), encoding="utf-8")


def _username() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user number that no passwd file knows
        return str(os.getuid())


def _look_for_others(own: Path, stack: str, report: Callable[[str], None], option: str) -> None:
    for file in sorted(own.parent.glob("*.json")):
        owner = None if file == own else Owner.read(file)
        if owner is None:
            continue
        if owner.is_dead():
            report(f"broke the lock of {owner}: that process is gone")
            with suppress(FileNotFoundError):
                file.unlink()
            continue
        here = owner.hostname == socket.gethostname()
        raise StackLocked(
            f"stack {stack} is locked by {owner}",
            where=str(file),
            why="two operations on one stack at a time would lose each other's state",
            fix="wait until it ends"
            + (f", or stop it: kill -INT {owner.pid}" if here else f"; if it is dead: agentry cancel {option}"),
        )
