"""The provider as a process: serves on loopback, prints its port, and ends with its engine."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import grpc.aio

from agentry.clock import RealClock
from agentry.errors import ConfigError
from agentry.protocol import provider_pb2_grpc
from agentry.provider.enginelog import EngineLog
from agentry.provider.kinds.registry import KINDS
from agentry.provider.servicer import Servicer
from agentry.stacks import find_root
from agentry.workspace import prepare, prepare_uploads

if TYPE_CHECKING:
    from agentry.clock import Clock

# Pulumi's own limit: properties of a stack are never cut.
_OPTIONS = [("grpc.max_receive_message_length", 400 * 1024 * 1024), ("grpc.max_send_message_length", 400 * 1024 * 1024)]
GRACE = 2.0
"""Seconds that calls in flight get when the provider ends."""
PARENT_INTERVAL = 1.0
"""Seconds between two looks at whether the parent process is still there."""


def main(arguments: list[str]) -> None:
    """Serve until the engine ends.

    Args:
        arguments: What the engine gives: its address.
    """
    engine = arguments[0] if arguments else ""
    # What was imported stays, and syntax trees come and go by the ten thousand: with Python's defaults the collector
    # takes a seventh of the time that reading an agent takes (measured).
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    asyncio.run(serve(engine))
    sys.stdout.flush()
    # A request to a workspace that hangs holds a thread of the SDK, and would hold the process with it.
    os._exit(0)


async def serve(engine: str) -> None:
    """Serve on a free port of the loopback interface until the engine is gone or ends us."""
    parent = os.getppid()  # before anybody learns our port: who started us may end right after
    channel = grpc.aio.insecure_channel(engine, options=_OPTIONS) if engine else None
    log = EngineLog(channel)
    servicer = Servicer(KINDS, log, RealClock(), _root())
    servicer.session.prepare_uploads = prepare_uploads
    server = grpc.aio.server(options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    # The engine starts its program next: time to import what every connection needs.
    asyncio.get_running_loop().run_in_executor(None, prepare)
    await _end(channel, parent, RealClock())
    servicer.session.cancelled.set()
    await server.stop(GRACE)
    await servicer.session.close()
    await log.close()
    if channel is not None:
        await channel.close()


def _root() -> Path:
    """The project's directory: the engine starts plugins in it, or in the directory somebody called it from."""
    try:
        return find_root(Path.cwd())
    except ConfigError:
        return Path.cwd()


async def _end(channel: grpc.aio.Channel | None, parent: int, clock: Clock) -> None:
    """Return once there is no engine any more, or somebody asks us to end.

    A killed engine says nothing: its channel breaks, and whoever started us (it, or the language host) is gone.
    """
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    # Ctrl-C reaches everybody in the terminal; the engine decides what it means, and calls Cancel.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watches = {asyncio.ensure_future(asked.wait()), asyncio.ensure_future(_orphaned(parent, clock))}
    if channel is not None:
        watches.add(asyncio.ensure_future(_broken(channel)))
    await asyncio.wait(watches, return_when=asyncio.FIRST_COMPLETED)
    for watch in watches:
        watch.cancel()
    await asyncio.gather(*watches, return_exceptions=True)


async def _orphaned(parent: int, clock: Clock) -> None:
    """Return once another process adopted us."""
    while os.getppid() == parent:
        await clock.sleep(PARENT_INTERVAL)


async def _broken(channel: grpc.aio.Channel) -> None:
    """Return once the engine can not be reached any more."""
    state = channel.get_state(try_to_connect=True)
    while state not in (grpc.ChannelConnectivity.TRANSIENT_FAILURE, grpc.ChannelConnectivity.SHUTDOWN):
        await channel.wait_for_state_change(state)
        state = channel.get_state(try_to_connect=True)
