"""The process of one served version, seen from the sandbox: started, asked, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from agentry.errors import SandboxError
from agentry.sandbox.serving import runner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

# docs.databricks.com, Model Serving limits: 297 seconds a request, for agents too.
ANSWER_SECONDS = 297.0
START_SECONDS = 300.0
STOP_SECONDS = 5.0
# What of the sandbox's own environment a served process gets: language, and the way to the network.
_OF_THE_MACHINE = (
    "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy",
)  # fmt: skip


class StartFailed(SandboxError):
    """The model could not be loaded; the service log says why."""


@dataclass(frozen=True)
class Start:
    """What a process is started with.

    Attributes:
        python: The interpreter of its environment.
        model: The model directory.
        endpoint: The endpoint's name, for its traces.
        directory: Its own: HOME, working directory, service log.
        variables: Its environment, whole: nothing of the sandbox's is passed on.
    """

    python: Path
    model: Path
    endpoint: str
    directory: Path
    variables: Mapping[str, str]

    @property
    def log_file(self) -> Path:
        """The service log: whatever the process prints."""
        return self.directory / "service.log"


def process_environment(variables: Mapping[str, str], directory: Path, python: Path) -> dict[str, str]:
    """The environment of a served process: what the machine needs, nothing of who started the sandbox.

    Args:
        variables: The entity's variables and the platform's.
        directory: The process's own.
        python: The interpreter of its environment.
    """
    home = directory / "home"
    passed = {key: os.environ[key] for key in _OF_THE_MACHINE if key in os.environ}
    if any(key.lower().endswith("_proxy") for key in passed):
        # The workspace is on loopback, where no proxy leads.
        passed |= {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
    return {
        **passed,
        "PATH": f"{python.parent}{os.pathsep}{os.defpath}",
        "VIRTUAL_ENV": str(python.parent.parent),
        "HOME": str(home),
        # Otherwise a developer's own profile would authenticate what the platform would refuse.
        "DATABRICKS_CONFIG_FILE": str(home / "no-databrickscfg"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        **variables,
    }


@dataclass(frozen=True)
class Passing:
    """The answer of a process, as it comes.

    Attributes:
        answer: Its head is read.
        done: Tells the process that it is done.
    """

    answer: httpx.Response
    done: Callable[[], None]

    @property
    def status(self) -> int:
        """Of HTTP."""
        return self.answer.status_code

    @property
    def media_type(self) -> str:
        """Such as `application/json`."""
        return str(self.answer.headers.get("Content-Type", "application/json"))

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        async for piece in self.answer.aiter_raw():
            yield piece

    async def close(self) -> None:
        """It was passed on, or whoever asked went away."""
        try:
            await self.answer.aclose()
        finally:
            self.done()


class ServedProcess:
    """One running process. `asked` counts its questions, and `asking` those that it has not answered yet."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, key: str) -> None:
        self._process = process
        self._client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            headers={runner.KEY_HEADER: key, "Content-Type": "application/json"},
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=10),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
            trust_env=False,
        )
        self.asking = 0
        self.asked = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def ask(self, body: bytes) -> Passing:
        """Pass a question on; the answer is open, to be read or streamed, and then closed.

        Raises:
            httpx.HTTPError: The process died, or took too long.
        """
        self.asking += 1
        self.asked += 1
        self._idle.clear()
        try:
            request = self._client.build_request("POST", "/invocations", content=body)
            return Passing(await self._client.send(request, stream=True), self.answered)
        except BaseException:
            self.answered()
            raise

    def answered(self) -> None:
        """One question fewer."""
        self.asking -= 1
        if self.asking == 0:
            self._idle.set()

    async def exited(self) -> int:
        """Wait until the process ends; its exit code."""
        return await self._process.wait()

    async def drain(self) -> None:
        """Wait until every question that it got is answered; those that hang are given up at the platform's limit."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._idle.wait(), ANSWER_SECONDS)

    async def stop(self) -> None:
        """End the process, with force if it must be."""
        await self._client.aclose()
        await _end(self._process)


async def start_process(what: Start) -> ServedProcess:
    """Start a process and wait until its model is loaded.

    Raises:
        StartFailed: The model does not load, or not in time.
    """
    (what.directory / "home").mkdir(parents=True, exist_ok=True)
    work = what.directory / "work"
    work.mkdir(exist_ok=True)
    key = secrets.token_hex(16)
    reading, writing = os.pipe()
    try:
        with what.log_file.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                # Isolated: neither this directory nor a user's site-packages is on the agent's path.
                *(str(what.python), "-I", "-u", runner.__file__),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=work,
                env=dict(what.variables),
                pass_fds=(writing,),
                # Ctrl-C is for the sandbox, which then ends its processes.
                start_new_session=True,
            )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    try:
        told = {"model": str(what.model), "endpoint": what.endpoint, "key": key, "report": writing}
        assert process.stdin is not None
        process.stdin.write(json.dumps(told).encode() + b"\n")
        report = await asyncio.wait_for(_first_line(reading), START_SECONDS)
        if "port" not in report:
            raise StartFailed(str(report.get("failed", "the process ended while the model was loading")))
    except asyncio.TimeoutError as error:
        await _end(process)
        raise StartFailed(f"the model was not loaded within {START_SECONDS:.0f} s") from error
    except BaseException:
        await _end(process)
        raise
    return ServedProcess(process, int(str(report["port"])), key)


async def _first_line(descriptor: int) -> dict[str, object]:
    """One line of JSON; empty when the other end closes without one. Closes the descriptor."""
    reader = asyncio.StreamReader()
    with os.fdopen(descriptor, "rb") as pipe:
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        try:
            line = await reader.readline()
        finally:
            transport.close()
    said = json.loads(line or b"{}")
    return said if isinstance(said, dict) else {}


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    # It leads a session of its own: what the agent started goes with it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except asyncio.TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
