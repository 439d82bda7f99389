"""An engine that is killed in the middle of a change leaves a state that the other engine goes on with, to the same end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from agentry.engine.events import Operation
from tests.engine.test_interruption import ALONE, until_called, until_gone

if TYPE_CHECKING:
    from tests.engine.playground import Cli, Engine, Playground

pytestmark = [pytest.mark.process, pytest.mark.cli]

UP, PREVIEW, REFRESH = Operation.UP, Operation.PREVIEW, Operation.REFRESH

BEFORE = 'a = Thing("a", value="x")\nb = Thing("b", value=a.length)'
AFTER = {
    "create": f'{BEFORE}\nc = Thing("c", value=b.serial)\nThing("d", value=c.length)',
    "update": 'a = Thing("a", value="x")\nb = Thing("b", value="longer")\nThing("d", value=b.length)',
    "delete": 'a = Thing("a", value="x")',
}
KILLED = {"create": "create c", "update": "update b", "delete": "delete b"}
THINGS = {
    "create": {
        "a-1": {"value": "x", "size": 1},
        "b-1": {"value": 1, "size": 1},
        "c-1": {"value": 1, "size": 1},
        "d-1": {"value": 3, "size": 1},  # the length of "1.0": numbers are doubles on the wire
    },
    "update": {"a-1": {"value": "x", "size": 1}, "b-1": {"value": "longer", "size": 1}, "d-1": {"value": 6, "size": 1}},
    "delete": {"a-1": {"value": "x", "size": 1}},
}


async def kill(process: asyncio.subprocess.Process, provider: int) -> None:
    """Kill an engine, and what of its processes does not end by itself."""
    process.send_signal(signal.SIGKILL)
    await process.wait()
    with suppress(ProcessLookupError):
        os.kill(provider, signal.SIGKILL)
    assert await until_gone(provider)


@pytest.fixture
def interrupted(playground: Playground) -> Playground:
    """A stack with two resources; whatever is created takes up what an interrupted create left."""
    playground.set_world({"adopt": True})
    playground.program(BEFORE)
    return playground


def change(playground: Playground, what: str) -> None:
    playground.program(AFTER[what])
    with playground.world() as world:
        world["faults"] = {KILLED[what]: "hang"}


@pytest.mark.parametrize("what", ["create", "update", "delete"])
async def test_the_cli_goes_on_where_the_embedded_engine_was_killed(
    what: str, interrupted: Playground, embedded: Engine, cli: Cli
) -> None:
    playground = interrupted
    assert (await embedded.run(playground, UP)).succeeded
    change(playground, what)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ALONE, str(playground.root), str(playground.state)
    )
    await kill(process, await until_called(playground, KILLED[what]))
    assert [pending.kind for pending in playground.checkpoint().pending] == [f"{what[:-1]}ing"]
    playground.fault()

    refused = await cli.command(playground, "refresh", "--stack", "dev", "--yes", "--skip-preview")
    assert refused[0] != 0, "the lock of the killed engine should be in the CLI's way"
    assert (await cli.command(playground, "cancel", "--stack", "dev", "--yes"))[0] == 0
    status, printed = await cli.command(
        playground, "refresh", "--stack", "dev", "--yes", "--skip-preview", "--clear-pending-creates"
    )
    assert status == 0, printed
    assert (await cli.run(playground, UP)).succeeded
    await the_same(playground, what, embedded, cli)


@pytest.mark.parametrize("what", ["create", "update", "delete"])
async def test_the_embedded_engine_goes_on_where_the_cli_was_killed(
    what: str, interrupted: Playground, embedded: Engine, cli: Cli
) -> None:
    playground = interrupted
    assert (await cli.run(playground, UP)).succeeded
    change(playground, what)
    process = await asyncio.create_subprocess_exec(
        *("pulumi", "up", "--stack", "dev", "--yes", "--skip-preview", "--non-interactive"),
        cwd=playground.root,
        env=cli.environment(playground),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await kill(process, await until_called(playground, KILLED[what]))
    assert [pending.kind for pending in playground.checkpoint().pending] == [f"{what[:-1]}ing"]
    playground.fault()

    again = await embedded.run(playground, UP)
    assert again.succeeded, again.text
    assert any("broke the lock" in line for line in again.lines)
    assert any(f"interrupted while {what[:-1]}ing" in line for line in again.lines)
    await the_same(playground, what, embedded, cli)


async def the_same(playground: Playground, what: str, *engines: Engine) -> None:
    """The world is as it would have been, nothing is pending, and no engine wants to change anything."""
    assert playground.things == THINGS[what]
    assert playground.checkpoint().pending == ()
    for engine in engines:
        preview = await engine.run(playground, PREVIEW)
        assert preview.succeeded, preview.text
        assert not preview.changes(), engine.name
