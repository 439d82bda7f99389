from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from agentry.clock import FakeClock
from agentry.engine import locks
from agentry.engine.locks import Identity, Owner
from agentry.errors import StackLocked

if TYPE_CHECKING:
    from pathlib import Path


def write(directory: Path, **changes: Any) -> Path:
    """A lock as another engine leaves it."""
    directory.mkdir(exist_ok=True)
    file = directory / "other.json"
    owner = {"pid": os.getpid(), "username": "ann", "hostname": socket.gethostname(), "timestamp": "then"}
    file.write_text(json.dumps(owner | changes))
    return file


def a_dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def acquire(directory: Path, said: list[str]) -> locks.Lock:
    return locks.acquire(directory, "dev", FakeClock(), said.append)


def test_a_lock_says_who_and_goes_away(tmp_path: Path) -> None:
    with acquire(tmp_path, []) as lock:
        (file,) = tmp_path.iterdir()
        content = json.loads(file.read_text())
        assert content["pid"] == os.getpid()
        assert content["hostname"] == socket.gethostname()
        assert content["timestamp"].endswith("Z")
        assert not (Owner.read(file) or pytest.fail("unread")).is_dead()
    assert list(tmp_path.iterdir()) == []
    lock.release()


def test_a_second_one_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with acquire(tmp_path, []), pytest.raises(StackLocked) as caught:
        acquire(tmp_path, [])
    assert f"process {os.getpid()}" in caught.value.what
    assert f"kill -INT {os.getpid()}" in caught.value.fix
    assert list(tmp_path.iterdir()) == []


@pytest.mark.process
def test_a_lock_of_another_machine_is_never_broken(tmp_path: Path) -> None:
    file = write(tmp_path, pid=a_dead_process(), hostname="elsewhere")
    with pytest.raises(StackLocked, match="ann@elsewhere") as caught:
        acquire(tmp_path, [])
    assert caught.value.fix.endswith("agentry cancel --stack dev")
    assert file.exists()


@pytest.mark.process
def test_a_lock_of_the_cli_whose_process_is_gone_is_broken_and_said(tmp_path: Path) -> None:
    file = write(tmp_path, pid=a_dead_process())
    said: list[str] = []
    with acquire(tmp_path, said):
        assert not file.exists()
    assert len(said) == 1
    assert "ann@" in said[0]


@pytest.mark.process
def test_a_process_that_is_dead_but_not_reaped_is_gone(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.read()  # it has closed its output: it is ending
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    write(tmp_path, pid=process.pid)
    said: list[str] = []
    acquire(tmp_path, said).release()
    process.wait()
    process.stdout.close()
    assert said


def changed(**parts: str) -> str:
    here = Identity.of(os.getpid())
    assert here
    fields = {name: parts.get(name, getattr(here, name)) for name in ("machine", "boot", "namespace", "start")}
    return str(Identity(**fields))


@pytest.mark.parametrize(
    ("process", "dead"),
    [
        pytest.param(changed(), False, id="it is this very process"),
        pytest.param(changed(start="1"), True, id="its number was given to another process"),
        pytest.param(changed(boot="before"), True, id="the machine was started again"),
        pytest.param(changed(boot="before", machine="another"), False, id="a machine of the same name"),
        pytest.param(changed(start="1", namespace="another"), False, id="a container of the same name"),
        pytest.param("made of something else", False, id="not ours, and the process lives"),
    ],
)
def test_what_makes_it_certain_that_an_owner_is_dead(process: str, dead: bool, tmp_path: Path) -> None:
    owner = Owner.read(write(tmp_path, process=process))
    assert owner
    assert owner.is_dead() is dead


def test_a_lock_that_can_not_be_read_yet_counts(tmp_path: Path) -> None:
    (tmp_path / "half.json").write_text('{"pid": 1')
    with pytest.raises(StackLocked, match="somebody"):
        acquire(tmp_path, [])


def test_a_lock_that_went_away_meanwhile_is_none(tmp_path: Path) -> None:
    assert Owner.read(tmp_path / "gone.json") is None


def test_of_two_that_start_at_once_none_goes_on_blindly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = locks._write

    def write_both(file: Path, clock: Any) -> None:
        original(file, clock)
        write(tmp_path)  # the other one looked before this and writes now

    monkeypatch.setattr(locks, "_write", write_both)
    with pytest.raises(StackLocked, match="ann@"):
        acquire(tmp_path, [])
    assert [path.name for path in tmp_path.iterdir()] == ["other.json"]


@pytest.mark.process
def test_where_there_is_no_proc_ps_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    here = Identity.of(os.getpid())
    assert here
    assert here.start
    assert Identity.of(a_dead_process()) is None
    assert not (Owner.read(write(tmp_path, process=str(here))) or pytest.fail("unread")).is_dead()
