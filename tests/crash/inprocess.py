"""Runs in this process, many in little time: the engine, the provider and its kinds are the real ones.

The program runs in a fork of a process that has imported the SDK, the provider is served by this process, a new one for
each run, over the same pipes and channels as ever.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import grpc.aio

from agentry.clock import RealClock
from agentry.deploy import EmbeddedEngine
from agentry.engine.events import Event, Message, Operation, StepFailed
from agentry.engine.plugin import CHANNEL_OPTIONS, Plugin
from agentry.errors import AgentryError
from agentry.protocol import provider_pb2_grpc
from agentry.provider.enginelog import EngineLog
from agentry.provider.kinds.registry import KINDS
from agentry.provider.servicer import Servicer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.crash.project import Machine


class Hosted(Plugin):
    """The provider of this repository, served by this process as its own process serves it."""

    _server: Any = None
    _process: Any
    _servicer: Servicer
    _to_engine: Any
    _log: EngineLog
    _address: str

    @classmethod
    async def start(
        cls, package: str, directory: Path, *, root: Path, project: str, engine: str, log: Callable[[str], None]
    ) -> Hosted:
        self = cls.__new__(cls)
        self.package = package
        self._channel = None
        self._process = SimpleNamespace(returncode=None, tail=[])
        self._to_engine = grpc.aio.insecure_channel(engine)
        self._log = EngineLog(self._to_engine)
        # Kinds keep what they saw in their run.
        kinds = {token: type(kind)() for token, kind in KINDS.items()}
        self._servicer = Servicer(kinds, self._log, RealClock(), root)
        self._server = grpc.aio.server(options=CHANNEL_OPTIONS)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(self._servicer, self._server)
        self._address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        await self._server.start()
        return self

    async def connect(self) -> Any:
        self._channel = grpc.aio.insecure_channel(self._address, options=CHANNEL_OPTIONS)
        return provider_pb2_grpc.ResourceProviderStub(self._channel)

    async def close(self, grace: float = 5.0) -> None:
        self._process = SimpleNamespace(returncode=0, tail=[])
        if self._server is None:
            return
        server, self._server = self._server, None
        if self._channel:
            await self._channel.close()
        await server.stop(grace=None)
        await self._servicer.session.close()
        await self._log.close()
        await self._to_engine.close()


class Failed(Exception):
    """A run did not succeed; with all that it said."""


async def run(machine: Machine, operation: Operation) -> list[str]:
    """Do it, and what a person reads.

    Raises:
        Failed: It did not succeed.
    """
    lines: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Message) and event.severity != "debug":
            lines.append(f"{event.urn.rpartition('::')[2]}: {event.text}")
        elif isinstance(event, StepFailed):
            lines.extend(event.reasons)

    try:
        await EmbeddedEngine().run(operation, machine.stack, listen=listen)
    except AgentryError as error:
        raise Failed("\n".join([*lines, str(error)])) from error
    return lines
