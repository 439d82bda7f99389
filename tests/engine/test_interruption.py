"""Whatever is killed or interrupted: what was made is recorded or found again, and nobody is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

import pytest

from agentry.deploy import EmbeddedEngine
from agentry.engine.events import Operation
from agentry.engine.locks import Identity
from agentry.errors import Interrupted, StackLocked, StateError
from tests.engine.playground import PASSPHRASE, Embedded, Engine, Playground
from tests.engine.test_lifecycle import steps

pytestmark = pytest.mark.process

PAUSE = 0.02
POLLS = 3000
"""Processes of their own are looked at, for a minute at most."""

UP, PREVIEW, REFRESH = Operation.UP, Operation.PREVIEW, Operation.REFRESH

ALONE = f"""
import asyncio, sys
from pathlib import Path
from agentry.deploy import EmbeddedEngine, Stack
from agentry.engine.events import Operation

stack = Stack(root=Path(sys.argv[1]), name="dev", backend=f"file://{{sys.argv[2]}}", passphrase={PASSPHRASE!r})
asyncio.run(EmbeddedEngine().run(Operation.UP, stack, listen=lambda event: None))
"""


async def until_called(playground: Playground, call: str) -> int:
    """Wait until the world was asked for this; the process that was asked."""
    for _ in range(POLLS):
        with playground.world_read() as world:
            if call.split(" ") in world.get("calls", []):
                return int(world["provider"])
        await asyncio.sleep(PAUSE)
    raise AssertionError(f"nobody asked to {call}")


async def until_gone(pid: int) -> bool:
    """Whether a process ends within some seconds."""
    for _ in range(POLLS):
        if Identity.of(pid) is None:
            return True
        await asyncio.sleep(PAUSE)
    return False


async def test_killed_in_the_middle_of_a_create_the_next_up_converges(playground: Playground) -> None:
    playground.program('import os\nopen("program.pid", "w").write(str(os.getpid()))\nThing("a", value="x")')
    playground.set_world({"adopt": True, "faults": {"create a": "stall"}})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ALONE, str(playground.root), str(playground.state)
    )
    provider = await until_called(playground, "create a")
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert await until_gone(provider), "the provider outlived the engine"
    assert await until_gone(int((playground.root / "program.pid").read_text())), "the program outlived the engine"
    assert [(pending.kind, pending.resource.urn[-3:]) for pending in playground.checkpoint().pending] == [
        ("creating", "::a")
    ]

    playground.fault()
    again = await Embedded().run(playground, UP)
    assert again.succeeded, again.text
    assert any("broke the lock" in line for line in again.lines)
    assert any("interrupted while creating" in line for line in again.lines)
    assert again.changes() == steps("create a")
    assert set(playground.things) == {"a-1"}
    assert playground.checkpoint().pending == ()
    assert (await Embedded().run(playground, PREVIEW)).changes() == steps()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_in_the_middle_of_a_wait_saves_and_says_how_to_go_on(
    playground: Playground, number: signal.Signals
) -> None:
    playground.program('a = Thing("a", value="x")\nThing("b", value=a.serial)')
    playground.fault(create_a="stall")
    running = asyncio.ensure_future(Embedded().run(playground, UP))
    provider = await until_called(playground, "create a")
    os.kill(os.getpid(), number)
    interrupted = await running
    assert isinstance(interrupted.error, Interrupted)
    assert interrupted.error.fix == "agentry up --stack dev"
    assert playground.records()["a"].init_errors == ("a is not ready",)
    assert playground.checkpoint().pending == ()
    assert not list(playground.state.glob(".pulumi/locks/**/*.json"))
    assert await until_gone(provider)

    playground.fault()
    assert (await Embedded().run(playground, UP)).changes() == steps("update a", "create b")


async def test_a_second_signal_ends_at_once(playground: Playground) -> None:
    playground.program('Thing("a", value="x")')
    playground.fault(create_a="hang")
    running = asyncio.ensure_future(Embedded().run(playground, UP))
    await until_called(playground, "create a")
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(0.1)
    assert not running.done()
    os.kill(os.getpid(), signal.SIGINT)
    assert isinstance((await running).error, Interrupted)
    assert [pending.kind for pending in playground.checkpoint().pending] == ["creating"]


async def test_a_provider_that_dies_leaves_the_operation_pending(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a", value="x")')
    playground.fault(create_a="die")
    failed = await engine.run(playground, UP)
    assert not failed.succeeded
    assert "a" in failed.failed
    assert "a" not in playground.records()
    with playground.world() as world:
        world["adopt"] = True
    playground.fault()
    assert (await engine.run(playground, UP)).changes() == steps("create a")
    assert set(playground.things) == {"a-1"}


async def test_what_was_interrupted_is_named_until_it_is_cleared(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a")\nThing("b")')
    assert (await engine.run(playground, UP)).succeeded
    playground.interrupt(a="creating", b="updating")
    playground.program('Thing("b")')
    told = await engine.run(playground, UP)
    assert told.succeeded, told.text
    assert told.changes() == steps()
    assert "interrupted while creating" in told.text
    assert "interrupted while updating" in told.text
    left = [("creating", "a")]
    assert [(one.kind, one.resource.name) for one in playground.checkpoint().pending] == left
    assert (await engine.run(playground, REFRESH)).succeeded
    assert [(one.kind, one.resource.name) for one in playground.checkpoint().pending] == left
    assert (await engine.run(playground, REFRESH, clear_pending_creates=True)).succeeded
    assert playground.checkpoint().pending == ()
    assert "interrupted" not in (await engine.run(playground, UP)).text


async def test_what_was_being_created_is_pending_until_it_is_made(playground: Playground) -> None:
    """Pulumi's own engine keeps it pending until somebody clears it."""
    playground.program('Thing("a")\nThing("b")')
    assert (await Embedded().run(playground, UP)).succeeded
    playground.interrupt(a="creating", b="creating")
    playground.program('Thing("b")')
    assert (await Embedded().run(playground, UP)).changes() == steps("create b")
    assert [one.resource.name for one in playground.checkpoint().pending] == ["a"]


async def test_what_was_interrupted_is_told_with_what_to_type(playground: Playground) -> None:
    playground.program('Thing("a")\nThing("b")')
    assert (await Embedded().run(playground, UP)).succeeded
    playground.interrupt(a="creating", b="updating")
    told = await Embedded().run(playground, PREVIEW)
    assert "agentry refresh --stack dev" in told.text
    assert "agentry refresh --clear-pending-creates --stack dev" in told.text


async def test_a_state_that_is_cut_in_half_is_refused_and_its_newest_backup_is_put_back(
    playground: Playground,
) -> None:
    playground.program('Thing("a")')
    for _ in range(2):
        assert (await Embedded().run(playground, UP)).succeeded
    whole = playground.checkpoint_file.read_bytes()
    backups = sorted(playground.state.glob(".pulumi/backups/shop/dev/*.json"))
    backups[-1].write_bytes(backups[-1].read_bytes()[:100])
    playground.checkpoint_file.write_bytes(whole[: len(whole) // 2])
    for operation in (UP, PREVIEW, REFRESH):
        refused = await Embedded().run(playground, operation)
        assert isinstance(refused.error, StateError)
        assert f"agentry stack import --file {backups[-2]} --stack dev" in refused.error.fix
    assert set(playground.things) == {"a-1"}

    await EmbeddedEngine().import_state(playground.stack, json.loads(backups[-2].read_text()))
    assert (await Embedded().run(playground, UP)).changes() == steps()


async def test_two_at_a_time_are_refused(playground: Playground) -> None:
    playground.program('Thing("a", value="x")')
    playground.fault(create_a="stall")
    running = asyncio.ensure_future(Embedded().run(playground, UP))
    await until_called(playground, "create a")
    second = await Embedded().run(playground, UP)
    assert isinstance(second.error, StackLocked)
    assert str(os.getpid()) in str(second.error)
    assert (await Embedded().run(playground, PREVIEW)).error is None
    os.kill(os.getpid(), signal.SIGINT)
    await running
