"""Environments of served versions: made once per requirements and Python, then shared by every sandbox of the cache.

An environment is finished when its marker file is there; one without it is the remains of a build that was cut short
and is made anew. Builders in several processes keep out of each other's way by a file lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from agentry.errors import SandboxError
from agentry.sandbox.serving import pythons

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from agentry.clock import Clock
    from agentry.sandbox.serving.pythons import Python

    Log = Callable[[str], None]
    Uv = Callable[..., Awaitable[None]]

UV = (sys.executable, "-m", "uv")
MARKER = ".agentry-ready"
_FILES = ("requirements.txt", "constraints.txt")


class BuildFailed(SandboxError):
    """An environment could not be made; the build log says why."""


@dataclass(frozen=True)
class Requirements:
    """What an environment is made of.

    Attributes:
        directory: The model directory, which has `requirements.txt` and perhaps the `constraints.txt` it names.
        python: The Python that the model was logged with.
    """

    directory: Path
    python: str

    @property
    def has_hashes(self) -> bool:
        """Whether packages are pinned by hash."""
        return "--hash=" in (self.directory / _FILES[0]).read_text(encoding="utf-8")

    def digest(self, python: Python) -> str:
        """What identifies the environment in the cache."""
        texts = [file.read_text(encoding="utf-8") for name in _FILES if (file := self.directory / name).exists()]
        content = json.dumps([*texts, python.version[:2], sys.platform])
        return hashlib.sha256(content.encode()).hexdigest()[:32]


class Environments:
    """Makes and finds environments.

    Args:
        cache: Their directory; `environments/<digest>` in it.
        clock: For waiting on another builder.
    """

    def __init__(self, cache: Path, clock: Clock) -> None:
        self._directory = cache / "environments"
        self._clock = clock
        self._pythons: list[Python] = []

    async def ready(self, requirements: Requirements, log: Log) -> Path:
        """The Python executable of an environment with these requirements, made if it is not there.

        Args:
            requirements: What goes into it.
            log: Takes the lines of the build log.

        Raises:
            BuildFailed: A package can not be installed.
        """
        python = await self._choose(requirements.python, log)
        digest = requirements.digest(python)
        directory = self._directory / digest
        self._directory.mkdir(parents=True, exist_ok=True)
        if not _is_finished(directory):
            async with self._alone(self._directory / f"{digest}.lock", log) as lock:
                if not _is_finished(directory):
                    await self._build(directory, python, requirements, partial(_uv, log, lock))
                    log("The environment is ready.")
                    return _executable(directory)
        log(f"The environment {digest} is in the cache.")
        return _executable(directory)

    async def _choose(self, wanted: str, log: Log) -> Python:
        python = pythons.own()
        # The list takes uv a second or more, and a patch version more or less is no reason to ask for it.
        if not python.has_minor_of(wanted):
            self._pythons = self._pythons or pythons.installed(await _installed_pythons())
            python = pythons.nearest(wanted, self._pythons)
        exact = python.has_minor_of(wanted)
        why = "" if exact else f"; the model was logged with {wanted}, and this is the nearest on this machine"
        log(f"Python {python}{why}.")
        return python

    @asynccontextmanager
    async def _alone(self, lock_file: Path, log: Log) -> AsyncIterator[int]:
        with lock_file.open("a") as lock:
            said = False
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if not said:
                        log("Another process is making this environment; waiting for it.")
                        said = True
                    await self._clock.sleep(0.1)
            yield lock.fileno()

    async def _build(self, directory: Path, python: Python, requirements: Requirements, uv: Uv) -> None:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(directory)
        options = ["--require-hashes"] if requirements.has_hashes else []
        install = ("pip", "install", "--python", str(_executable(directory)), *options)
        try:
            await uv("venv", "--python", str(python.path), str(directory))
            await uv(*install, "--requirement", str(requirements.directory / _FILES[0]))
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        # Bytecode is left to the first start, which writes it only for what is imported: a tenth of the packages,
        # while compiling all of them takes five times as long as installing them.
        (directory / MARKER).write_text(str(python), encoding="utf-8")


def _executable(directory: Path) -> Path:
    return directory / "bin" / "python"


def _is_finished(directory: Path) -> bool:
    # The executable is a link to an interpreter that may have been removed since.
    return (directory / MARKER).exists() and _executable(directory).exists()


async def _installed_pythons() -> str:
    command = ("python", "list", "--only-installed", "--output-format", "json")
    # What it says of interpreters that do not start is no part of the list.
    async with _running(*command, stderr=asyncio.subprocess.DEVNULL) as process:
        output, _ = await process.communicate()
    return output.decode()


async def _uv(log: Log, lock: int, *arguments: str) -> None:
    """Run uv, which holds the lock too: should the sandbox be killed, nobody builds here before uv has ended."""
    log("$ uv " + " ".join(arguments))
    last = ""
    async with _running(*arguments, stderr=asyncio.subprocess.STDOUT, pass_fds=(lock,)) as process:
        assert process.stdout is not None
        async for line in process.stdout:
            said = line.decode(errors="replace").rstrip()
            log(said)
            last = said.strip(" ╰─▶│├└") or last
        if await process.wait() != 0:
            raise BuildFailed(f"the environment could not be made: {last}", fix="read the build log")


@asynccontextmanager
async def _running(
    *arguments: str, stderr: int, pass_fds: tuple[int, ...] = ()
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A run of uv, that does not outlive whoever waits for it."""
    process = await asyncio.create_subprocess_exec(
        *UV,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
        pass_fds=pass_fds,
        env=_environment(),
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def _environment() -> dict[str, str]:
    """Ours, so that a person's package index and proxies count, without what would point uv elsewhere."""
    ours = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")}
    # A Python that is not there is not downloaded behind anybody's back: the nearest is taken, and said.
    return ours | {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
