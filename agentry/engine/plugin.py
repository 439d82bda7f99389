"""A provider plugin: its process, from the first line it prints to its orderly end.

A plugin is a directory with a `PulumiPlugin.yaml` and a `__main__.py` that prints a port and serves
`pulumirpc.ResourceProvider` on it. The calls are in `client.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import yaml
from google.protobuf import empty_pb2

from agentry.engine.process import Process, environment, interpreter
from agentry.errors import ConfigError, ProviderError
from agentry.protocol import provider_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

START_LIMIT = 60.0
"""Seconds a plugin has to print its port: it may import much on a busy machine."""

CANCEL_LIMIT = 5.0
"""Seconds that a plugin's answer to Cancel is waited for."""

CHANNEL_OPTIONS = [("grpc.max_receive_message_length", 400 << 20), ("grpc.max_send_message_length", 400 << 20)]
"""Pulumi's own limit, 400 MB instead of gRPC's 4: one resource may hold a large document."""


def plugin_virtualenv(directory: Path) -> Path:
    """The virtual environment a plugin runs in; `PulumiPlugin.yaml` names it relative to the plugin.

    Raises:
        ConfigError: There is no such file, or it asks for another runtime than Python.
    """
    file = directory / "PulumiPlugin.yaml"
    if not file.is_file():
        raise ConfigError(f"there is no {file.name} in {directory}", fix="plugins.providers[].path of Pulumi.yaml")
    content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    runtime = content.get("runtime")
    described: dict[str, Any] = runtime if isinstance(runtime, dict) else {"name": runtime}
    if described.get("name") != "python":
        raise ConfigError(f"the embedded engine does not run plugins of runtime {runtime!r}", where=str(file))
    options = described.get("options") or {}
    # Without the option Pulumi takes `venv`; it never runs a plugin with an ambient Python.
    return (directory / str(options.get("virtualenv") or "venv")).resolve()


class Plugin:
    """One running plugin. Made by `start`; `close` it on every way out."""

    def __init__(self, package: str, process: Process, port: asyncio.Future[str]) -> None:
        self.package = package
        self._process = process
        self._port = port
        self._channel: Any = None

    @classmethod
    async def start(
        cls, package: str, directory: Path, *, root: Path, project: str, engine: str, log: Callable[[str], None]
    ) -> Plugin:
        """Start the process; `connect` waits until it serves.

        Args:
            package: The package it provides.
            directory: Where its `PulumiPlugin.yaml` is.
            root: The project's directory, which it runs in.
            project: The project's name.
            engine: The address of the engine's own services.
            log: Gets what it prints, line by line.
        """
        virtualenv = plugin_virtualenv(directory)
        port: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def stdout(line: str) -> None:
            if port.done():
                log(line)
            else:
                port.set_result(line.strip())

        variables = {"PULUMI_PROJECT": project, "PULUMI_CONFIG": "{}", "PULUMI_RUNTIME_VIRTUALENV": str(virtualenv)}
        process = await Process.start(
            interpreter(virtualenv),
            [str(directory), engine],
            directory=root,
            variables=environment(virtualenv, variables),
            stdout=stdout,
            stderr=log,
        )
        return cls(package, process, port)

    async def connect(self) -> Any:
        """The stub of its service, once it has said its port.

        Raises:
            ProviderError: It ended before, or said something else, with the last lines it printed.
        """
        ended = asyncio.ensure_future(self._process.wait())
        either: set[asyncio.Future[Any]] = {self._port, ended}
        try:
            await asyncio.wait(either, timeout=START_LIMIT, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
        port = self._port.result() if self._port.done() else ""
        if not port.isdecimal():
            raise self.died(f"the provider of package {self.package!r} did not start")
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS)
        return provider_pb2_grpc.ResourceProviderStub(self._channel)

    def died(self, what: str) -> ProviderError:
        """An error with the last lines that the process printed."""
        status = self._process.returncode
        state = "it does not answer" if status is None else f"it ended with exit status {status}"
        tail = "\n".join(f"  {line}" for line in self._process.tail)
        return ProviderError(what, why=f"{state}; its last lines:\n{tail}" if tail else state, outcome_unknown=True)

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def cancel(self) -> None:
        """Ask it to end its waits and to begin nothing more; errors mean that it is past that."""
        if self._channel and self.running:
            stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
            with contextlib.suppress(grpc.aio.AioRpcError):
                await stub.Cancel(empty_pb2.Empty(), timeout=CANCEL_LIMIT)

    async def close(self, grace: float = 5.0) -> None:
        """End the process: SIGTERM, and SIGKILL after `grace` seconds. May be called again."""
        if self._channel:
            await self._channel.close()
            self._channel = None
        self._port.cancel()
        await self._process.stop(grace)
