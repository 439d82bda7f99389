"""The client of the worker process that moves files with MLflow, see `worker.py`.

One worker serves all uploads of this process, whatever event loop they come from; it is started at the first, or before by
`prepare`, and ends with us. What it is given beside the files is address and bearer, over its pipe; its environment is clean.
"""

from __future__ import annotations

import asyncio
import atexit
import collections
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from agentry import __version__, errors
from agentry.workspace.identity import ME
from agentry.workspace.retries import silence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentry.report import Reporter
    from agentry.workspace.door import Bearer, Workspace

T = TypeVar("T")

WORKER = Path(__file__).with_name("worker.py")
START_SECONDS = 60.0
"""For the import of MLflow on a busy machine; it takes one."""
FIRST_LOOK, LATER_LOOKS = 1.0, 10.0
"""Seconds of an upload until it is looked whether the workspace is there still, and between two such looks."""
SILENCE = 10.0
"""Seconds without an answer after which it is not; MLflow's client would go on trying for minutes."""

# Ways to the workspace that a network may ask for; nothing else of our environment reaches the worker.
_PASSED_ON = ("PATH", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
_SETTINGS = {
    "DATABRICKS_CONFIG_FILE": os.devnull,
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_DATABRICKS_ENDPOINT_HTTP_RETRY_TIMEOUT": "60",
    # macOS ends a forked process at its first look at proxies, unless told that we know what we do.
    "AGENTRY_USER_AGENT": f"agentry/{__version__}",
    "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
}
# The platform's error codes, as MLflow and databricks-sdk carry them.
_ERRORS: dict[str, type[errors.WorkspaceError]] = {
    "PERMISSION_DENIED": errors.PermissionDenied,
    "UNAUTHENTICATED": errors.Unauthenticated,
    "RESOURCE_DOES_NOT_EXIST": errors.NotFound,
    "NOT_FOUND": errors.NotFound,
    "RESOURCE_ALREADY_EXISTS": errors.AlreadyExists,
    "ALREADY_EXISTS": errors.AlreadyExists,
    "RESOURCE_CONFLICT": errors.Conflict,
    "RESOURCE_EXHAUSTED": errors.RateLimited,
    "REQUEST_LIMIT_EXCEEDED": errors.RateLimited,
    "TEMPORARILY_UNAVAILABLE": errors.Unavailable,
    "INTERNAL_ERROR": errors.Unavailable,
    "DEADLINE_EXCEEDED": errors.Unavailable,
}


async def upload(workspace: Workspace, what: Mapping[str, Any], timeout: float, report: Reporter) -> None:
    """Upload a directory in the worker.

    Args:
        workspace: Where to.
        what: `directory`, and `logged_model` or `model`, `version` and `storage_location`; see `worker.py`.
        timeout: Seconds until the upload is ended, wherever it hangs.
        report: Its `cancelled` ends the upload at once.

    Raises:
        WorkspaceError: What the workspace answered to MLflow's client, or the time limit.
        Interrupted: Cancelled.
    """
    limit = max(1, round(timeout))
    bearer = await asyncio.to_thread(workspace.token)  # it may be asked for over the network
    try:
        await _once(workspace, bearer, what, limit, report)
    except errors.Unauthenticated:
        with contextlib.suppress(errors.WorkspaceError):
            await workspace.get(ME)  # where the credential is refused here too, this asks for another one
        again = await asyncio.to_thread(workspace.token)
        if again == bearer:
            raise
        await _once(workspace, again, what, limit, report)


async def _once(workspace: Workspace, bearer: Bearer, what: Mapping[str, Any], limit: int, report: Reporter) -> None:
    cancelled = asyncio.ensure_future(report.cancelled.wait())
    gone = asyncio.ensure_future(_gone(workspace))
    try:
        answer = await _answer(bearer, what, limit, cancelled, gone)
    finally:
        for watch in (cancelled, gone):
            watch.cancel()
        await asyncio.gather(cancelled, gone, return_exceptions=True)
    _raise_error(answer, limit, workspace.host)


async def _gone(workspace: Workspace) -> errors.Unavailable:
    """Return once the workspace is not there any more: asked twice, and each time it could not be reached."""
    pause, failed = FIRST_LOOK, False
    while True:
        await asyncio.sleep(pause)  # the worker's time is the machine's
        away = await _look(workspace)
        if away is not None and failed:
            return away
        # Once may be a workspace that is slow, or our own requests that stand in line.
        failed = away is not None
        pause = FIRST_LOOK / 2 if failed else LATER_LOOKS


async def _look(workspace: Workspace) -> errors.Unavailable | None:
    """Why the workspace can not be reached; None where it answers, if only with an error."""
    asked = asyncio.ensure_future(workspace.transport.send("GET", ME, None, None, SILENCE))
    try:
        # Not wait_for: until Python 3.12 it may lose a cancel that comes together with the answer, and whoever waits
        # for the end of this watch waits for ever (observed: one of 50 uploads, github.com/python/cpython/issues/81839).
        await asyncio.wait({asked}, timeout=SILENCE)
        if not asked.done():
            return silence(workspace.host, 2 * SILENCE)
        error = asked.exception()
    finally:
        asked.cancel()
    return error if isinstance(error, errors.Unavailable) else None


async def _answer(
    bearer: Bearer,
    what: Mapping[str, Any],
    limit: int,
    cancelled: asyncio.Future[Any],
    gone: asyncio.Future[errors.Unavailable],
) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    worker = await _unless(cancelled, gone, asyncio.ensure_future(asyncio.to_thread(running_worker)))
    answered: asyncio.Future[dict[str, Any]] = loop.create_future()

    def settle(answer: dict[str, Any]) -> None:
        if not answered.done():
            answered.set_result(answer)

    def tell(answer: dict[str, Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, answer)

    id_ = worker.ask({"limit": limit, "host": bearer.host, "token": bearer.token, **what}, tell)
    try:
        return await _unless(cancelled, gone, answered)
    finally:
        worker.forget(id_)


async def _unless(
    cancelled: asyncio.Future[Any], gone: asyncio.Future[errors.Unavailable], wanted: asyncio.Future[T]
) -> T:
    """What is waited for; Interrupted as soon as somebody cancels, Unavailable once the workspace is gone."""
    either: set[asyncio.Future[Any]] = {wanted, cancelled, gone}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if wanted.done():
        return wanted.result()
    if not cancelled.done():
        raise gone.result()
    raise errors.Interrupted("an upload was stopped", why="the deployment was cancelled", fix="run it again")


def _raise_error(said: Mapping[str, Any], limit: float, host: str) -> None:
    if "done" in said:
        return
    if "error" in said:
        known = _ERRORS.get(said["error"]["code"], errors.InvalidRequest)
        raise known(said["error"]["message"], why=f"{host} answered so to MLflow's client, which uploads the files")
    if said["ended"] == "time limit":
        raise errors.WaitTimeout(
            f"the upload took longer than {limit:.0f} s",
            why=f"MLflow's client was still at it; {host} is slow, or does not answer",
            fix="run it again; customTimeouts gives it longer",
        )
    raise errors.Unavailable(
        "the upload ended without an answer", why=f"the worker says: {said['ended']}", fix="run it again"
    )


@dataclass
class Worker:
    """The worker process, from any thread and any event loop."""

    process: subprocess.Popen[bytes]
    home: str
    version: str = ""
    started: threading.Event = field(default_factory=threading.Event)
    complaints: collections.deque[str] = field(default_factory=lambda: collections.deque(maxlen=20))
    _waiting: dict[str, Callable[[dict[str, Any]], None]] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _readers: list[threading.Thread] = field(default_factory=list)
    _ended: bool = False

    @classmethod
    def start(cls, python: str = sys.executable) -> Worker:
        """Start it, and wait until it has imported MLflow.

        Raises:
            ConfigError: It does not start; what it said is in `why`.
        """
        # A directory of its own: MLflow looks into HOME, and makes files where it runs.
        home = tempfile.mkdtemp(prefix="agentry-upload-")
        process = subprocess.Popen(
            [python, "-I", "-X", "utf8", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**_passed_on(os.environ), **_SETTINGS, "HOME": home, "AGENTRY_SCRATCH": home},
            cwd=home,
            start_new_session=True,  # a Ctrl-C is for us; we end it in order
        )
        worker = cls(process, home)
        for read in (worker._read_answers, worker._read_complaints):
            worker._readers.append(threading.Thread(target=read, daemon=True))
            worker._readers[-1].start()
        worker.started.wait(START_SECONDS)
        if not worker.version:
            worker.stop()
            raise errors.ConfigError(
                "the upload worker does not start",
                why=" ".join(list(worker.complaints)[-1:]) or f"it said nothing for {START_SECONDS:.0f} s",
                fix="make setup",
            )
        return worker

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return not self._ended and self.process.poll() is None

    def ask(self, message: Mapping[str, Any], tell: Callable[[dict[str, Any]], None]) -> str:
        """Begin one upload; `tell` gets its answer, in the reading thread."""
        id_ = str(next(self._ids))
        self._waiting[id_] = tell
        try:
            self._send({"id": id_, **message})
        except OSError as error:
            self._waiting.pop(id_)
            raise errors.Unavailable("the upload worker has ended", fix="run it again") from error
        return id_

    def forget(self, id: str) -> None:
        """Nobody waits for this one any more; end it if it still runs."""
        if self._waiting.pop(id, None) is not None:
            with contextlib.suppress(OSError):
                self._send({"cancel": id})

    def stop(self) -> None:
        """End it, and whatever it still does."""
        with contextlib.suppress(OSError):
            self.process.stdin and self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for reader in self._readers:
            reader.join(5)
        shutil.rmtree(self.home, ignore_errors=True)

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self.process.stdin is not None
        with self._lock:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()

    def _read_answers(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                answer = json.loads(line)
                if "ready" in answer:
                    self.version = answer["ready"]["mlflow"]
                    self.started.set()
                    continue
                tell = self._waiting.pop(answer["id"], None)
                if tell is not None:
                    tell(answer)
        self._ended = True
        self.started.set()
        for tell in [self._waiting.pop(id_) for id_ in list(self._waiting)]:
            tell({"ended": "it is gone"})

    def _read_complaints(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            self.complaints.extend(line.decode(errors="replace").rstrip() for line in lines)


_running: Worker | None = None
_starting = threading.Lock()


def running_worker() -> Worker:
    """The worker of this process, started when there is none; blocks while it imports MLflow."""
    global _running  # noqa: PLW0603 one per process
    with _starting:
        if _running is None or not _running.alive:
            _running = Worker.start()
            atexit.register(_running.stop)
        return _running


def prepare() -> None:
    """Start the worker in the background: it imports MLflow while whoever will upload makes what comes before."""

    def start() -> None:
        # Who uploads tries again, and is told.
        with contextlib.suppress(errors.AgentryError, OSError):
            running_worker()

    threading.Thread(target=start, name="upload-worker-start", daemon=True).start()


def _passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    wanted = {*_PASSED_ON, *_PROXIES, *(name.lower() for name in _PROXIES)}
    return {name: value for name, value in environment.items() if name in wanted}
