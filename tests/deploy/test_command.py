"""The CLI as a process: a script stands in for it."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

import pytest
from pulumi.automation import CommandError, ConcurrentUpdateError, StackNotFoundError

from agentry.deploy import Stack
from agentry.deploy.command import Command, Operations, Workspace
from agentry.deploy.pulumi import PulumiEngine
from agentry.engine.events import Event, Message, Operation
from agentry.errors import CliMissing, Interrupted, PulumiError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

SCRIPT = f"""\
#!{sys.executable}
import json, os, signal, sys
if sys.argv[1:] == ["version"]:
    print(os.environ["VERSION"])
    sys.exit()
"""


def stand_in(directory: Path, body: str = "", version: str = "v3.260.0") -> dict[str, str]:
    """A directory on PATH in which `pulumi` is a script; the variables to run it with."""
    script = directory / "pulumi"
    script.write_text(SCRIPT + body)
    script.chmod(0o755)
    return {"PATH": str(directory), "VERSION": version}


def test_without_a_cli_it_is_said_how_to_get_it_and_how_to_do_without(tmp_path: Path) -> None:
    with pytest.raises(CliMissing) as raised:
        Command({"PATH": str(tmp_path)})
    assert "pulumi.com" in raised.value.fix
    assert "--engine embedded" in raised.value.why


async def test_an_engine_without_a_cli_says_so_before_anything_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    stack = Stack(root=tmp_path, name="dev", backend=f"file://{tmp_path}/state")
    with pytest.raises(CliMissing):
        await PulumiEngine().run(Operation.PREVIEW, stack, listen=print)


async def test_an_interrupt_before_the_cli_has_begun_is_one_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stack is elsewhere, so the CLI is asked for its state first."""
    for name, value in stand_in(tmp_path, "os.kill(os.getppid(), signal.SIGINT)\nsignal.pause()").items():
        monkeypatch.setenv(name, value)
    told: list[Event] = []
    stack = Stack(root=tmp_path, name="dev", backend="s3://bucket")
    with pytest.raises(Interrupted, match="what was done is saved"):
        await PulumiEngine().run(Operation.UP, stack, listen=told.append)
    assert [event.text.partition(":")[0] for event in told if isinstance(event, Message)] == ["interrupted"]


async def test_what_the_cli_has_against_a_stack_elsewhere_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in stand_in(tmp_path, "sys.exit('error: no such bucket\\nlog in first')").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(PulumiError) as raised:
        await PulumiEngine().run(Operation.UP, Stack(root=tmp_path, name="dev", backend="s3://bucket"), listen=print)
    assert (raised.value.what, raised.value.why) == ("no such bucket", "log in first")


def test_one_that_is_too_old_is_refused_and_one_without_a_version_is_not(tmp_path: Path) -> None:
    with pytest.raises(CliMissing, match=r"too old: v3\.100\.0"):
        Command(stand_in(tmp_path, version="v3.100.0"))
    Command(stand_in(tmp_path, version=""))
    Command(stand_in(tmp_path, version="v3.261.0-alpha.1+dirty"))


def test_it_gets_the_variables_it_is_given_and_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "somebody's")
    command = Command(stand_in(tmp_path, "print(sorted(k for k in os.environ if 'PULUMI' in k), sys.argv[1:])"))
    result = command.run(["stack", "ls"], str(tmp_path), {"PULUMI_MORE": "1"})
    assert result.stdout == "['PULUMI_AUTOMATION_API', 'PULUMI_MORE'] ['--non-interactive', 'stack', 'ls']\n"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("error: no stack named 'dev' found", StackNotFoundError),
        ("error: the stack is currently locked by 1 lock(s)", ConcurrentUpdateError),
        ("error: no", CommandError),
    ],
)
def test_what_fails_is_the_sdks_error_and_its_words_are_kept(tmp_path: Path, words: str, kind: type[Exception]) -> None:
    command = Command(stand_in(tmp_path, f"sys.exit({words!r})"))
    with pytest.raises(kind):
        command.run(["up"], str(tmp_path), {})
    assert command.stderr == f"{words}\n"


PATIENT = """
def end(*_):
    open("ended", "w").write("in its own session" if os.getsid(0) == os.getpid() else "in ours")
    sys.exit(1)
signal.signal(signal.SIGINT, end)
open(os.environ["READY"], "w").close()
signal.pause()
"""


async def test_an_interrupt_reaches_it_in_its_own_session(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    command = Command({**stand_in(tmp_path, PATIENT), "READY": str(ready)})
    running = asyncio.create_task(asyncio.to_thread(command.run, ["up"], str(tmp_path), {}))
    await asyncio.to_thread(lambda: ready.open().close())
    command.interrupt()
    with pytest.raises(CommandError):
        await running
    assert (tmp_path / "ended").read_text() == "in its own session"


def test_one_that_was_interrupted_before_it_began_does_not_go_on(tmp_path: Path) -> None:
    command = Command(stand_in(tmp_path, "signal.pause()"))
    command.interrupt()
    with pytest.raises(CommandError):
        command.run(["up"], str(tmp_path), {})


def test_no_stack_is_selected_and_nothing_asked_after_an_operation(tmp_path: Path) -> None:
    command = Command(stand_in(tmp_path, "open('asked', 'a').write(sys.argv[2] + '\\n')"))
    operations = Operations("dev", Workspace(work_dir=str(tmp_path), pulumi_command=command))
    operations.up(color="never")
    operations.refresh(color="never")
    operations.destroy(color="never")
    assert (tmp_path / "asked").read_text().splitlines() == ["up", "refresh", "destroy"]
