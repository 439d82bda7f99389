"""A signal in the middle of a request: it is answered, what came of it is saved, and what is left is said."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tests.crash.killing import all_gone, descendants, run
from tests.crash.normal import differences, picture
from tests.crash.project import STACK, Machine
from tests.crash.stage import Stage
from tests.crash.world import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.crash.world import Call

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

LIMIT = 280.0
ALIAS = r"PUT .*/aliases/champion"
FILE = r"PUT /api/2\.0/fs/files/Models/.*"
ENDPOINT = r"POST /api/2\.0/serving-endpoints"
CONFIG = r"PUT /api/2\.0/serving-endpoints/.*/config"


class Pause(Watch):
    """Holds the first request of a kind until `go` is set, or for ever."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self.reached = threading.Event()
        self.go = threading.Event()

    async def before(self, call: Call) -> None:
        if re.fullmatch(self._pattern, str(call)) and not self.reached.is_set():
            self.reached.set()
            await asyncio.to_thread(self.go.wait, LIMIT)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage.set_up(tmp_path_factory.mktemp("signals") / "stage", ("create", "update"))
    yield made
    made.stop()


def begin(stage: Stage, machine: Machine, operation: str) -> None:
    whole = stage.whole[operation]
    stage.world.put_back(whole.world)
    machine.give(whole.saved)
    machine.declare(operation)


def interrupted(
    stage: Stage, machine: Machine, at: str, number: signal.Signals, *, twice: bool = False
) -> tuple[int, str]:
    """Run `up`, and send it a signal while it waits for an answer; its exit status, and what it said."""
    pause = Pause(at)
    stage.world.watch(pause)
    process = subprocess.Popen(
        [sys.executable, "-m", "agentry.cli", "up", "--stack", STACK],
        cwd=machine.root,
        env=machine.variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    watchdog = threading.Timer(LIMIT, process.kill)
    watchdog.start()
    said: list[str] = []
    try:
        assert pause.reached.wait(LIMIT)
        family = descendants(process.pid)
        assert len(family) > 2
        os.kill(process.pid, number)
        for line in process.stdout:
            said.append(line)
            if "interrupted: " in line and not pause.go.is_set():
                if twice:
                    os.kill(process.pid, number)
                    twice = False
                else:
                    pause.go.set()
        code = process.wait(LIMIT)
    finally:
        watchdog.cancel()
        process.stdout.close()
        pause.go.set()
        stage.world.watch(Watch())
    assert not machine.locked
    # A provider sees that its engine has ended, and ends; nobody waits for that.
    assert all_gone(family), "a process outlived the run"
    return code, "".join(said)


def goes_on(stage: Stage, machine: Machine, operation: str) -> str:
    """Do what was said, and come to the same end; what that said."""
    again = run(stage.world, machine, ["up", "--stack", STACK])
    assert again.code == 0, again.said
    assert differences(stage.whole[operation].end, picture(stage.world.copy(), machine.saved())) == []
    return again.said


def pending(machine: Machine) -> bool:
    return bool(json.loads(machine.checkpoint.read_text())["checkpoint"]["latest"].get("pending_operations"))


@pytest.mark.parametrize(
    ("operation", "at", "number"),
    [("create", ALIAS, signal.SIGINT), ("update", CONFIG, signal.SIGTERM), ("create", FILE, signal.SIGHUP)],
)
def test_the_step_at_hand_is_finished_and_saved(
    stage: Stage, tmp_path: Path, operation: str, at: str, number: signal.Signals
) -> None:
    machine = Machine.new(tmp_path / "machine", stage.world)
    begin(stage, machine, operation)
    code, said = interrupted(stage, machine, at, number)
    assert code == 130, said
    assert re.search(r"error: interrupted: \d+ (created|updated).*, and saved", said), said
    assert f"→ agentry up --stack {STACK}" in said
    assert "Traceback" not in said
    assert not pending(machine)
    assert "interrupted while" not in goes_on(stage, machine, operation)


def test_a_second_signal_ends_at_once_and_says_what_is_not_known(stage: Stage, tmp_path: Path) -> None:
    machine = Machine.new(tmp_path / "machine", stage.world)
    begin(stage, machine, "create")
    code, said = interrupted(stage, machine, ENDPOINT, signal.SIGINT, twice=True)
    assert code == 130, said
    assert "ended in the middle of ServingEndpoint crash: the next run finds out what became of it" in said
    assert pending(machine)
    assert "interrupted while creating" in goes_on(stage, machine, "create")
