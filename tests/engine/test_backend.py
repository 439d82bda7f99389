from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING

import pytest

from agentry.clock import FakeClock
from agentry.engine import backend
from agentry.engine.backend import FileBackend, Update
from agentry.errors import ConfigError, StateError, Unsupported

if TYPE_CHECKING:
    from pathlib import Path

DATA = b'{"version":3,"checkpoint":{}}'


@pytest.fixture
def state(tmp_path: Path) -> FileBackend:
    return FileBackend(f"file://{tmp_path}", "shop", base=tmp_path, clock=FakeClock())


def test_a_stack_that_was_never_saved_has_no_checkpoint(state: FileBackend) -> None:
    assert state.load("dev") is None
    assert state.stacks() == []


def test_what_was_saved_is_loaded_where_the_cli_looks(state: FileBackend, tmp_path: Path) -> None:
    state.save("dev", DATA)
    assert state.load("dev") == DATA
    assert state.stacks() == ["dev"]
    assert (tmp_path / ".pulumi/stacks/shop/dev.json").read_bytes() == DATA


def test_the_checkpoint_of_before_is_kept_beside_it(state: FileBackend) -> None:
    file = state.checkpoint_file("dev")
    file.parent.mkdir(parents=True)
    file.write_bytes(DATA)
    state.save("dev", b"{}")
    state.save("dev", b'{"version":4}')
    assert file.with_name("dev.json.bak").read_bytes() == DATA


def test_the_clis_checksum_goes_with_what_it_was_of(state: FileBackend) -> None:
    state.save("dev", DATA)
    stale = state.checkpoint_file("dev").with_name("dev.json.attrs")
    stale.write_text("{}")
    state.save("dev", DATA)
    assert not stale.exists()


def test_a_write_that_fails_leaves_the_file_whole(state: FileBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    state.save("dev", DATA)

    def full(descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match="can not be written"):
        state.save("dev", b"{}")
    assert state.load("dev") == DATA
    assert sorted(path.name for path in state.checkpoint_file("dev").parent.iterdir()) == ["dev.json"]


def test_readers_never_see_half_a_checkpoint(state: FileBackend) -> None:
    whole = [json.dumps({"version": 3, "filler": str(number) * 50_000}).encode() for number in range(4)]
    state.save("dev", whole[0])
    seen: set[bytes | None] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(state.load("dev"))

    reader = threading.Thread(target=read)
    reader.start()
    for data in whole * 3:
        state.save("dev", data)
    done.set()
    reader.join()
    assert seen <= set(whole)


def test_half_a_file_names_the_newest_backup_that_is_whole(state: FileBackend) -> None:
    clock = FakeClock()
    state.checkpoint_file("dev").parent.mkdir(parents=True)
    state.checkpoint_file("dev").write_bytes(DATA[:20])
    with pytest.raises(StateError, match="not whole") as caught:
        state.load("dev")
    assert "no backup" in caught.value.fix

    state.save("dev", DATA)
    state.record("dev", Update(kind="update", start=clock.now(), end=clock.now(), succeeded=True, changes={}))
    state.checkpoint_file("dev").write_bytes(DATA[:20])
    with pytest.raises(StateError) as caught:
        state.load("dev")
    backup = state.newest_backup("dev")
    assert backup
    assert f"agentry stack import --file {backup} --stack dev" in caught.value.fix
    assert backup.read_bytes() == DATA


def test_an_operation_is_noted_as_the_cli_notes_it(state: FileBackend, tmp_path: Path) -> None:
    state.save("dev", DATA)
    update = Update(
        kind="destroy",
        start=1.5,
        end=3.5,
        succeeded=False,
        changes={"delete": 2},
        config={"shop:token": {"secure": "v1:x:y"}},
    )
    state.record("dev", update)
    history = sorted((tmp_path / ".pulumi/history/shop/dev").iterdir())
    assert [path.name.partition(".")[2] for path in history] == ["checkpoint.json", "history.json"]
    assert history[0].read_bytes() == DATA
    assert json.loads(history[1].read_text()) == {
        "kind": "destroy",
        "startTime": 1,
        "endTime": 3,
        "message": "",
        "environment": {},
        "config": {"shop:token": {"secure": "v1:x:y"}},
        "version": 0,
        "result": "failed",
        "resourceChanges": {"delete": 2},
    }
    assert [path.read_bytes() for path in (tmp_path / ".pulumi/backups/shop/dev").iterdir()] == [DATA]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("s3://bucket/path", "s3://bucket"),
        ("https://api.example.com", "https://api.example.com"),
        ("https://user:canary@api.example.com", "https://api.example.com"),
        ("gs://bucket", "gs://bucket"),
        ("/just/a/path", "/just/a/path"),
        ("file:///state?encryption=on", "encryption"),
    ],
)
def test_other_backends_are_refused_by_name(url: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="does not support the backend") as caught:
        backend.directory_of(url, tmp_path)
    assert name in caught.value.what
    assert "canary" not in str(caught.value)


def test_directories_of_file_urls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/of")
    assert backend.directory_of("file:///var/state", tmp_path).as_posix() == "/var/state"
    assert backend.directory_of("file://./state", tmp_path) == tmp_path / "state"
    assert backend.directory_of("file://~/state?no_tmp_dir=true", tmp_path).as_posix() == "/home/of/state"
    assert backend.directory_of("file://~", tmp_path).as_posix() == "/home/of"


def test_compressed_checkpoints_and_old_layouts_are_refused(state: FileBackend, tmp_path: Path) -> None:
    file = state.checkpoint_file("dev")
    file.parent.mkdir(parents=True)
    compressed = file.with_name("dev.json.gz")
    compressed.touch()
    with pytest.raises(Unsupported, match="compressed"):
        state.load("dev")
    compressed.unlink()
    (tmp_path / ".pulumi/stacks/old.json").touch()
    with pytest.raises(Unsupported, match="not 0") as caught:
        state.load("dev")
    assert caught.value.fix == "pulumi state upgrade"
    (tmp_path / ".pulumi/meta.yaml").write_text("version: 2\n")
    with pytest.raises(Unsupported, match="not 2"):
        state.stacks()
    (tmp_path / ".pulumi/meta.yaml").write_text("{")
    with pytest.raises(StateError, match="layout"):
        state.stacks()


def test_a_lock_writes_the_layout_for_the_cli(state: FileBackend, tmp_path: Path) -> None:
    with state.lock("dev", report=pytest.fail):
        assert (tmp_path / ".pulumi/meta.yaml").read_text() == "version: 1\n"
        assert len(list((tmp_path / ".pulumi/locks/organization/shop/dev").iterdir())) == 1


@pytest.mark.parametrize("bad", ["../dev", "", "a b", "..", "a/b"])
def test_a_stacks_name_is_no_path(bad: str, state: FileBackend) -> None:
    with pytest.raises(ConfigError, match="stack's name"):
        state.load(bad)
