"""A provider that runs and says nothing: no call waits for it for ever."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import grpc.aio
import pytest

from agentry.engine import client
from agentry.engine.client import Client
from agentry.errors import ProviderError
from agentry.protocol import provider_pb2_grpc


class Silent(provider_pb2_grpc.ResourceProviderServicer):
    """Takes the handshake and never answers it."""

    async def Handshake(self, request: Any, context: Any) -> Any:
        await asyncio.Event().wait()


class Plugin:
    """As much of a plugin as a handshake needs."""

    package = "silent"

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    async def connect(self) -> Any:
        return provider_pb2_grpc.ResourceProviderStub(self._channel)


async def test_a_handshake_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "HANDSHAKE_LIMIT", 0.05)
    server = grpc.aio.server()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Silent(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            with pytest.raises(ProviderError, match=r"Handshake of package 'silent': no answer within 0\.05 s"):
                await Client.open(cast("Any", Plugin(channel)), engine="", root=".", program=".")
    finally:
        await server.stop(0)
