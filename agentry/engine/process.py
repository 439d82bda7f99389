"""A child process of the engine: in a session of its own, its output read line by line, ended with the engine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from agentry.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LAUNCHER = Path(__file__).with_name("launcher.py")
TAIL = 30
"""How many of the last lines of a process are kept, to be shown when it dies."""


def interpreter(virtualenv: Path) -> Path:
    """The Python of a virtual environment.

    Raises:
        ConfigError: There is none; the message says what to type.
    """
    python = virtualenv / "bin" / "python"
    if not python.exists():
        raise ConfigError(f"there is no virtual environment at {virtualenv}", fix="make setup")
    return python


def environment(virtualenv: Path | None, extra: Mapping[str, str]) -> dict[str, str]:
    """The engine's own variables with the virtual environment switched on, as its `activate` does."""
    variables = dict(os.environ)
    if virtualenv:
        variables.pop("PYTHONHOME", None)
        variables["VIRTUAL_ENV"] = str(virtualenv)
        variables["PATH"] = f"{virtualenv / 'bin'}{os.pathsep}{variables.get('PATH', '')}"
    return {**variables, **extra}


class Process:
    """A Python script under `launcher.py`. Made by `start`."""

    def __init__(self, process: asyncio.subprocess.Process, lifeline: int) -> None:
        self._process = process
        self._lifeline = lifeline
        self._readers: list[asyncio.Task[None]] = []
        self.tail: deque[str] = deque(maxlen=TAIL)

    @classmethod
    async def start(
        cls,
        python: Path,
        arguments: Sequence[str],
        *,
        directory: Path,
        variables: Mapping[str, str],
        stdout: Callable[[str], None],
        stderr: Callable[[str], None],
        descriptors: Sequence[int] = (),
    ) -> Process:
        """Start `python arguments...`; each line it prints goes to `stdout` or `stderr`.

        It gets no signal of the terminal (the engine decides what ends when), no standard input, and beside these
        only the `descriptors`.
        """
        watched, lifeline = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                python,
                "-u",
                LAUNCHER,
                str(watched),
                *arguments,
                cwd=directory,
                env=dict(variables),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
                pass_fds=(watched, *descriptors),
            )
        except BaseException:
            os.close(lifeline)
            raise
        finally:
            os.close(watched)
        self = cls(process, lifeline)
        for stream, listener in ((process.stdout, stdout), (process.stderr, stderr)):
            assert stream is not None
            self._readers.append(asyncio.create_task(self._read(stream, listener)))
        return self

    @property
    def pid(self) -> int:
        """The process id, which is its group and session id too."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, or None while it runs."""
        return self._process.returncode

    async def _read(self, stream: asyncio.StreamReader, listener: Callable[[str], None]) -> None:
        # Not `readline`, which fails on a line longer than its buffer.
        rest = b""
        while chunk := await stream.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._line(line, listener)
        if rest:
            self._line(rest, listener)

    def _line(self, line: bytes, listener: Callable[[str], None]) -> None:
        text = line.decode(errors="replace").rstrip("\r")
        self.tail.append(text)
        listener(text)

    async def wait(self) -> int:
        """The exit status, once the process has ended and all that it printed was handed on."""
        status = await self._process.wait()
        # A grandchild may hold the pipes open; what the process itself wrote is there at once.
        await asyncio.wait(self._readers, timeout=1)
        return status

    async def stop(self, grace: float = 5.0) -> None:
        """End the process and what it started: SIGTERM, and SIGKILL after `grace` seconds. May be called again."""
        try:
            if self._process.returncode is None:
                self._signal(signal.SIGTERM)
                try:
                    await asyncio.wait_for(self._process.wait(), grace)
                except asyncio.TimeoutError:
                    self._signal(signal.SIGKILL)
                    await self._process.wait()
            # What it started and left behind is in its group still.
            self._signal(signal.SIGKILL)
        finally:
            self._close()
            _, unread = await asyncio.wait(self._readers, timeout=1)
            for reader in unread:
                reader.cancel()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _close(self) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
