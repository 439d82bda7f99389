"""An engine that takes no lines holds nothing up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc.aio
from pulumi.runtime.proto import engine_pb2_grpc

from agentry.provider import enginelog
from agentry.provider.enginelog import EngineLog
from agentry.report import Line

if TYPE_CHECKING:
    import pytest


class Silent(engine_pb2_grpc.EngineServicer):
    async def Log(self, request: Any, context: Any) -> Any:
        await asyncio.Event().wait()


async def test_a_line_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enginelog, "LIMIT", 0.05)
    server = grpc.aio.server()
    engine_pb2_grpc.add_EngineServicer_to_server(Silent(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            log = EngineLog(channel)
            log.tell(Line("info", "a line", "urn"))
            await asyncio.wait_for(log.flush(), 30)
            await log.close()
    finally:
        await server.stop(0)
