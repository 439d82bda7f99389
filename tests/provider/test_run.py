"""The plugin as a process: how an engine starts it, and that it never outlives the engine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import grpc.aio
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2_grpc

import agentry.provider.plugin as plugin_package

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PLUGIN = Path(plugin_package.__path__[0])
ENDS_WITHIN = 10.0


@contextlib.asynccontextmanager
async def engine() -> AsyncIterator[tuple[grpc.aio.Server, str]]:
    server = grpc.aio.server()
    engine_pb2_grpc.add_EngineServicer_to_server(engine_pb2_grpc.EngineServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield server, f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@contextlib.asynccontextmanager
async def plugin(address: str, tmp_path: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PLUGIN), address, cwd=tmp_path, stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert process.stdout is not None
        yield process, int(await asyncio.wait_for(process.stdout.readline(), 60))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.process
async def test_it_serves_on_loopback_and_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    async with engine() as (_, address), plugin(address, tmp_path) as (process, port):
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            assert (await stub.GetPluginInfo(empty_pb2.Empty())).version == "0.1.0"
            # Ctrl-C in a terminal reaches the plugin too; what it means is the engine's to say.
            process.send_signal(signal.SIGINT)
            assert (await stub.GetPluginInfo(empty_pb2.Empty())).version == "0.1.0"
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), ENDS_WITHIN) == 0


@pytest.mark.process
async def test_it_ends_with_its_engine(tmp_path: Path) -> None:
    async with engine() as (server, address), plugin(address, tmp_path) as (process, _):
        await server.stop(None)
        assert await asyncio.wait_for(process.wait(), ENDS_WITHIN) == 0


STARTER = """
import subprocess, sys
child = subprocess.Popen([sys.executable, sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.process
async def test_it_ends_with_who_started_it(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STARTER, str(PLUGIN), cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await asyncio.wait_for(parent.stdout.readline(), 60))
    parent.kill()
    await parent.wait()
    await asyncio.wait_for(_gone(child), ENDS_WITHIN)
    assert not _lives(child)


async def _gone(pid: int) -> None:
    while _lives(pid):  # noqa: ASYNC110 the child of another process ends: there is nothing to wait on
        await asyncio.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"


LIGHT = """
import sys
import agentry.provider.run
heavy = ("mlflow", "databricks.sdk", "pandas", "numpy", "agentry.sandbox", "agentry.engine", "agentry.inspector.repository", "libcst")
print([name for name in heavy if name in sys.modules])
"""


@pytest.mark.process
def test_importing_the_provider_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_plugin_directory_holds_only_what_pulumi_wants() -> None:
    names = {path.name for path in PLUGIN.iterdir() if path.name != "__pycache__"}
    assert names == {"PulumiPlugin.yaml", "__main__.py"}
    lines = (PLUGIN / "__main__.py").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) <= 5
