"""The embedded engine with its processes shared, to make many runs in little time.

The program runs in a fork of a process that has imported the SDK; the test provider is a server in this process, a new
one for each provider resource. What is said to them, and by them, goes over the same pipes and channels as ever.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import grpc.aio
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2_grpc

from agentry.engine.plugin import CHANNEL_OPTIONS, Plugin
from tests.engine.testprovider.__main__ import World, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SERVER = Path(__file__).with_name("fork_server.py")
ROOT = Path(__file__).parents[2]


class ForkServer:
    """The process that programs are forked from; it has imported the SDK, and these modules beside it."""

    def __init__(self, *modules: str) -> None:
        self._socket, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, SERVER, str(theirs.fileno()), *modules],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        theirs.close()

    def fork(self, directory: Path, variables: Mapping[str, str], descriptors: Sequence[int]) -> int:
        """Start a process; its id."""
        message = json.dumps({"directory": str(directory), "variables": dict(variables)}).encode() + b"\n"
        sent = socket.send_fds(self._socket, [message], list(descriptors))
        self._socket.sendall(message[sent:])
        return int(struct.unpack("i", self._socket.recv(4))[0])

    def close(self) -> None:
        self._socket.close()
        self._process.wait()


class ForkedProcess:
    """A program's process, as `agentry.engine.process.Process` is one."""

    server: ForkServer

    def __init__(self, pid: int, ended: asyncio.Task[bytes], printed: asyncio.Task[None], tail: deque[str]) -> None:
        self.pid = pid
        self.tail = tail
        self._ended = ended
        self._printed = printed

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
    ) -> ForkedProcess:
        printed, printed_end = os.pipe()
        ended, ended_end = os.pipe()
        pid = cls.server.fork(directory, variables, [printed_end, ended_end, *descriptors])
        os.close(printed_end)
        os.close(ended_end)
        tail: deque[str] = deque(maxlen=30)
        return cls(pid, asyncio.create_task(_all(ended)), asyncio.create_task(_lines(printed, stdout, tail)), tail)

    @property
    def returncode(self) -> int | None:
        return _status(self._ended.result()) if self._ended.done() else None

    async def wait(self) -> int:
        await asyncio.wait({self._ended, self._printed})
        return _status(self._ended.result())

    async def stop(self, grace: float = 5.0) -> None:
        if not self._ended.done():
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        await self.wait()


def _status(written: bytes) -> int:
    return int(struct.unpack("i", written)[0]) if written else -signal.SIGKILL


async def _pipe(descriptor: int) -> tuple[asyncio.StreamReader, Any]:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb")
    )
    return reader, transport


async def _all(descriptor: int) -> bytes:
    reader, transport = await _pipe(descriptor)
    try:
        return await reader.read()
    finally:
        transport.close()


async def _lines(descriptor: int, listener: Callable[[str], None], tail: deque[str]) -> None:
    reader, transport = await _pipe(descriptor)
    try:
        while line := await reader.readline():
            tail.append(line.decode().rstrip("\n"))
            listener(tail[-1])
    finally:
        transport.close()


class HostedWorld(World):
    """The test provider in this process: dying is to stop serving."""

    server: Any

    async def die(self) -> None:
        asyncio.get_running_loop().create_task(self.server.stop(grace=None))
        await asyncio.Event().wait()


class HostedPlugin(Plugin):
    """A plugin that is served by this process."""

    _process: Any
    _server: Any = None
    _port_number: int
    _to_engine: Any
    _world: HostedWorld

    @classmethod
    async def start(
        cls, package: str, directory: Path, *, root: Path, project: str, engine: str, log: Callable[[str], None]
    ) -> HostedPlugin:
        self = cls.__new__(cls)
        self.package = package
        self._channel = None
        self._to_engine = grpc.aio.insecure_channel(engine)
        self._world = HostedWorld(engine_pb2_grpc.EngineStub(self._to_engine))
        # Whoever is cancelled meanwhile has nothing to close.
        serving = asyncio.ensure_future(serve(self._world))
        try:
            self._server, self._port_number = await asyncio.shield(serving)
        except asyncio.CancelledError:
            self._server, _ = await serving
            await self.close()
            raise
        self._world.server = self._server
        self._process = SimpleNamespace(returncode=None, tail=[])
        return self

    async def connect(self) -> Any:
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{self._port_number}", options=CHANNEL_OPTIONS)
        return provider_pb2_grpc.ResourceProviderStub(self._channel)

    async def close(self, grace: float = 5.0) -> None:
        self._process = SimpleNamespace(returncode=0, tail=[])
        if self._server is None:
            return
        server, self._server, self._world.server = self._server, None, None
        if self._channel:
            await self._channel.close()
        await server.stop(grace=None)
        await self._to_engine.close()
