"""The program's process: started before the engine knows what to tell it, then fed, watched and ended."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentry import errors
from agentry.engine.process import Process, environment, interpreter
from agentry.errors import AgentryError, ConfigError, ProgramError

if TYPE_CHECKING:
    from collections.abc import Callable

RUNNER = Path(__file__).with_name("run_program.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSettings:
    """What the program is told. `config` is in clear, as the SDK needs it; it goes through a pipe and nowhere else.

    `address` is where monitor and engine listen; `parallel` is how many registrations can be under way at once.
    """

    project: str
    stack: str
    organization: str
    config: dict[str, str]
    secret_keys: list[str]
    address: str
    parallel: int
    dry_run: bool
    root: str
    program: str


def program_python(root: Path, virtualenv: str) -> Path:
    """The Python a program runs in: of its virtual environment, or without one the `python3` that is on PATH.

    Raises:
        ConfigError: There is none; the message says what to type.
    """
    if virtualenv:
        return interpreter((root / virtualenv).resolve())
    return Path(shutil.which("python3") or sys.executable)


class Output:
    """What a program prints, kept until somebody listens."""

    def __init__(self) -> None:
        self._early: list[str] = []
        self._listener: Callable[[str], None] | None = None

    def line(self, text: str) -> None:
        """One more line."""
        if self._listener:
            self._listener(text)
        else:
            self._early.append(text)

    def listen(self, listener: Callable[[str], None]) -> None:
        """Hand on all lines so far, and each one that comes."""
        self._listener = listener
        for text in self._early:
            listener(text)
        self._early.clear()


class Program:
    """A running program. Made by `start`; `stop` it on every way out."""

    def __init__(self, process: Process, output: Output, settings: int, report: asyncio.Task[bytes]) -> None:
        self.output = output
        self._process = process
        self._settings = settings
        self._report = report

    @classmethod
    async def start(cls, root: Path, *, virtualenv: str, main: str) -> Program:
        """Start the process, which imports the SDK and waits for `feed`.

        Args:
            root: The project's directory.
            virtualenv: Relative to it; empty for the ambient Python.
            main: The program, a directory or a file relative to `root`. It runs in that directory.

        Raises:
            ConfigError: There is no such Python, or no such program.
        """
        python = program_python(root, virtualenv)
        program = (root / main).resolve()
        if not (program.is_file() or (program / "__main__.py").is_file()):
            raise ConfigError(
                f"there is no program at {program}", fix="write a __main__.py, or set `main:` in Pulumi.yaml"
            )
        output = Output()
        settings, settings_end = os.pipe()
        report, report_end = os.pipe()
        try:
            process = await Process.start(
                python,
                [str(RUNNER), str(settings), str(report_end)],
                directory=program.parent if program.is_file() else program,
                variables=environment((root / virtualenv).resolve() if virtualenv else None, {}),
                stdout=output.line,
                stderr=output.line,
                descriptors=(settings, report_end),
            )
        except BaseException:
            os.close(settings_end)
            os.close(report)
            raise
        finally:
            os.close(settings)
            os.close(report_end)
        return cls(process, output, settings_end, asyncio.create_task(_read(report)))

    async def feed(self, settings: ProgramSettings) -> None:
        """Let it begin. A program that ended meanwhile is found out by `wait`."""
        descriptor, self._settings = self._settings, -1
        document = json.dumps(asdict(settings)).encode()
        await asyncio.to_thread(_write, descriptor, document)

    async def wait(self) -> AgentryError | None:
        """How it ended: None, or what it failed with, ready for a person."""
        status = await self._process.wait()
        await asyncio.wait({self._report})
        document = b"" if self._report.cancelled() else self._report.result()
        if document:
            return failure(json.loads(document))
        if status != 0:
            return ProgramError(f"the program ended with exit status {status}")
        return None

    async def stop(self, grace: float = 5.0) -> None:
        """End it and what it started. May be called again."""
        if self._settings >= 0:
            os.close(self._settings)
            self._settings = -1
        await self._process.stop(grace)
        # With the process gone the pipe is at its end, unless something it started escaped with it.
        _, unread = await asyncio.wait([self._report], timeout=1)
        for task in unread:
            task.cancel()


def failure(report: dict[str, Any]) -> AgentryError:
    """What the runner reported (see `run_program.report`) as an error: a known one in its own class and words."""
    if report["kind"] == "known":
        known = getattr(errors, report["class"], None)
        plain = isinstance(known, type) and issubclass(known, errors.UserError)
        fields = {name: str(report[name]) for name in ("what", "where", "why", "fix")}
        return (known if plain and known else ProgramError)(**fields)
    if report["kind"] == "exception":
        return ProgramError(report["what"], where=report["where"], why=report["traceback"])
    return RunFailed(report["what"]) if report["kind"] == "run-error" else ProgramError(report["what"])


class RunFailed(ProgramError):
    """The SDK's RunError: the program's own, or that the engine ended the run; which one the engine knows."""


def _write(descriptor: int, document: bytes) -> None:
    # A program that has ended already breaks the pipe; its exit status says so.
    with os.fdopen(descriptor, "wb", buffering=0) as pipe, contextlib.suppress(BrokenPipeError):
        rest = memoryview(document)
        while rest:
            rest = rest[pipe.write(rest) :]


async def _read(descriptor: int) -> bytes:
    """All that comes out of a pipe, without a thread: a program may run for hours."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb")
    )
    try:
        return await reader.read()
    finally:
        transport.close()
