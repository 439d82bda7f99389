"""Lines for the engine's log: told without waiting, sent in order by one task, on the channel to the engine."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import grpc.aio

from agentry.protocol import engine_pb2, engine_pb2_grpc

if TYPE_CHECKING:
    from agentry.report import Line

_SEVERITY = {
    "debug": engine_pb2.DEBUG,
    "info": engine_pb2.INFO,
    "warning": engine_pb2.WARNING,
    "error": engine_pb2.ERROR,
}


LIMIT = 10.0
"""Seconds for one line: an engine that takes none must not hold the resource that it is about."""


class EngineLog:
    """The engine's log.

    Args:
        channel: To the engine; None swallows what is told (no engine, as for the schema).
    """

    def __init__(self, channel: grpc.aio.Channel | None) -> None:
        self._lines: asyncio.Queue[Line] = asyncio.Queue()
        self._engine = engine_pb2_grpc.EngineStub(channel) if channel is not None else None
        self._task = asyncio.ensure_future(self._send())

    def tell(self, line: Line) -> None:
        """Send a line soon."""
        self._lines.put_nowait(line)

    async def flush(self) -> None:
        """Wait until everything that was told is sent: a line about a resource belongs before its result."""
        await self._lines.join()

    async def close(self) -> None:
        """Stop sending."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _send(self) -> None:
        while True:
            line = await self._lines.get()
            # An engine that is gone takes no lines; that it is gone is noticed elsewhere.
            with contextlib.suppress(grpc.aio.AioRpcError):
                await self._send_one(line)
            self._lines.task_done()

    async def _send_one(self, line: Line) -> None:
        if self._engine is None:
            return
        await self._engine.Log(
            engine_pb2.LogRequest(
                severity=_SEVERITY[line.severity], message=line.text, urn=line.urn, ephemeral=line.ephemeral
            ),
            timeout=LIMIT,
        )
