"""Start, stop and reset the sandbox's server process, and say whether it runs."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentry.errors import SandboxError
from agentry.sandbox import metastore
from agentry.sandbox.mode import Choice, Mode, recall, remember, require_same
from agentry.sandbox.places import IDENTITY, MODE, RUNNING, Places, acquire, is_name, locked, read_json

if TYPE_CHECKING:
    from pathlib import Path

START_SECONDS = 30.0
ANSWER_SECONDS = 10.0
STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Running:
    """A sandbox that runs.

    Attributes:
        name: Its name, which is also its catalog and the deployer's profile.
        address: `http://127.0.0.1:PORT`.
        pid: Its process.
        config_file: Where its profiles are.
        log_file: What it says.
        mode: How it behaves, where that is not as a workspace does.
    """

    name: str
    address: str
    pid: int
    config_file: Path
    log_file: Path
    mode: Mode = field(default_factory=Mode)


def start(directory: Path, name: str = "local", port: int = 0, choice: Choice | None = None) -> Running:
    """Start a sandbox below a project's directory, and wait until it answers.

    One that runs already is left as it is.

    Args:
        directory: The project's directory; state goes to `.agentry/sandbox/<name>` in it.
        name: The sandbox's name.
        port: Its port on 127.0.0.1; 0 for the one of last time if it is free, else any.
        choice: How it is to behave; what this leaves open is as AGENTRY_SANDBOX_INSTANT says, or as last time.

    Raises:
        SandboxError: It does not start; its last log lines are in `why`. Or it runs in another mode than was chosen.
    """
    choice = choice or Choice()
    places = Places(directory.resolve(), name)
    places.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(places.starting_file):
        running = _running(places)
        if running is not None and not answers(running) and _ended(places, STOP_SECONDS):
            # It was dying: a process that was killed holds its lock for a moment.
            running = None
        if running is None:
            remember(places, choice.from_environment().of(recall(places)))
            _spawn(places, port)
            running = _running(places)
        if running is None or not answers(running):
            raise _not_started(places)
    require_same(places, choice)
    return running


def status(directory: Path, name: str = "local") -> Running | None:
    """The sandbox if it runs, else None; `answers` says whether it also answers."""
    return _running(Places(directory.resolve(), name))


def answers(running: Running) -> bool:
    """Whether the process that was started is the one that answers at its address."""
    host, _, port = running.address.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/health")
        return bool(json.load(connection.getresponse())["pid"] == running.pid)
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return False
    finally:
        connection.close()


def stop(directory: Path, name: str = "local") -> bool:
    """Stop a sandbox and wait until it is gone; whether one ran. Its state stays."""
    places = Places(directory.resolve(), name)
    if not places.directory.exists():
        return False
    with locked(places.starting_file):
        running = _running(places)
        return running is not None and _end(places, running.pid)


def names(directory: Path) -> list[str]:
    """The sandboxes of a project, `local` first: those that were started once, whether they run or not."""
    below = Places(directory.resolve(), "local").directory.parent
    found = [entry.name for entry in below.iterdir() if is_name(entry.name)] if below.exists() else []
    return sorted(found, key=lambda name: (name != "local", name))


def reset(directory: Path, name: str = "local") -> Running | None:
    """Forget what a sandbox holds and what is in its catalog; one that ran runs again, empty.

    It stays the same workspace to its clients. What the metastore has in other catalogs stays.

    Raises:
        SandboxError: It does not stop or start, or the metastore can not be read.
    """
    places = Places(directory.resolve(), name)
    ran = stop(directory, name)
    _clear(places)
    metastore.empty_catalog(places.metastore, name)
    return start(directory, name) if ran else None


def reset_all(directory: Path) -> list[Running]:
    """Forget what all sandboxes of a project hold, and all of the metastore; those that ran run again, empty."""
    ran = [name for name in names(directory) if stop(directory, name)]
    for name in names(directory):
        _clear(Places(directory.resolve(), name))
    metastore.empty(Places(directory.resolve(), "local").metastore)
    return [start(directory, name) for name in ran]


def _clear(places: Places) -> None:
    """Remove the files of a sandbox that does not run, except those that say who it is."""
    for entry in places.directory.iterdir() if places.directory.exists() else ():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name not in (IDENTITY, RUNNING, MODE):
            entry.unlink()


def _end(places: Places, pid: int) -> bool:
    for signal_ in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal_)
        if _ended(places, STOP_SECONDS):
            return True
    raise SandboxError(f"the sandbox {places.name} does not stop", where=f"process {pid}", fix=f"kill -9 {pid}")


def _running(places: Places) -> Running | None:
    if not _held(places):
        return None
    known = read_json(places.running_file)
    if "pid" not in known:
        return None
    address, pid = str(known["address"]), int(str(known["pid"]))
    return Running(places.name, address, pid, places.config_file, places.log_file, recall(places))


def _held(places: Places) -> bool:
    """Whether a server holds the lock: a process id alone may meanwhile be somebody else's."""
    try:
        with places.lock_file.open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _ended(places: Places, seconds: float) -> bool:
    """Wait at most so long for the server's lock, which the kernel frees when the process ends."""
    with places.lock_file.open("r") as lock:
        return acquire(lock, seconds, fcntl.LOCK_SH)


def _spawn(places: Places, port: int) -> None:
    read_end, write_end = os.pipe()
    command = [sys.executable, "-m", "agentry.sandbox", "serve", "--directory", str(places.root)]
    command += ["--name", places.name, "--port", str(port), "--ready", str(write_end), "--detach"]
    with os.fdopen(read_end) as ready:
        # One that takes too long is said below not to have started.
        with places.log_file.open("ab") as log, contextlib.suppress(subprocess.TimeoutExpired):
            # `--detach` leaves the server to init: no child of ours remains to be waited for.
            subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(write_end,),
                env=_environment(),
                cwd=places.root,
                timeout=START_SECONDS,
            )
        os.close(write_end)
        # The end of the file says that it died.
        readable, _, _ = select.select([ready], [], [], START_SECONDS)
        if not readable or "pid" not in json.loads(ready.readline() or "{}"):
            raise _not_started(places)


def _environment() -> dict[str, str]:
    """Ours, without what would lead a client inside the sandbox to another workspace."""
    foreign = ("DATABRICKS_", "MLFLOW_", "PULUMI_")
    return {key: value for key, value in os.environ.items() if not key.startswith(foreign)}


def _not_started(places: Places) -> SandboxError:
    lines = places.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
    return SandboxError(
        f"the sandbox {places.name} does not start",
        where=str(places.log_file),
        why="\n".join(lines[-5:]),
        fix=f"read {places.log_file}; {places.command('reset')} begins with an empty one",
    )
