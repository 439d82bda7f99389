"""What is recorded of a stack: looked at, taken out, put back and taken away, without a deployment."""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING, Any

import pytest

from agentry.clock import RealClock
from agentry.deploy import EmbeddedEngine, Engine, PendingOperation, Stack
from agentry.engine import state
from agentry.engine.backend import FileBackend, Update
from agentry.engine.events import Operation
from agentry.engine.locks import Identity
from agentry.engine.state import Checkpoint, Pending
from agentry.engine.values import secret
from agentry.errors import ConfigError, StackLocked, StateError, Unsupported, WrongPassphrase
from tests.engine.playground import Playground
from tests.engine.records import record, secrets, urn_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

PASSPHRASE = "of the tests"
ENGINE: Engine = EmbeddedEngine()
NAME = "organization/shop/dev"


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(f"encryptionsalt: {secrets().state}\n")
    return Stack(root=tmp_path, name="dev", backend=f"file://{tmp_path}/state", passphrase=PASSPHRASE)


def backend(stack: Stack) -> FileBackend:
    return FileBackend(stack.backend, "shop", base=stack.root, clock=RealClock())


def save(stack: Stack, *resources: state.Resource, pending: tuple[Pending, ...] = ()) -> None:
    checkpoint = Checkpoint(stack=NAME, resources=resources, pending=pending)
    backend(stack).save("dev", state.write(checkpoint, secrets(), time="2026-11-24T18:45:43.852258746Z"))


def recorded(stack: Stack) -> Checkpoint:
    return state.read(backend(stack).load("dev") or b"", secrets(), "state")


def deployment(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": list(resources), **more}}


def item(name: str, **fields: Any) -> dict[str, Any]:
    return {"urn": urn_of(name), "type": "fake:index:Item", "custom": True, "id": f"id-{name}", **fields}


async def test_a_summary_needs_no_passphrase(stack: Stack) -> None:
    save(stack, record("a", inputs={"x": secret("hunter22")}), pending=(Pending("creating", record("b")),))
    (summary,) = await ENGINE.stacks(Stack(root=stack.root, name="other", backend=stack.backend, passphrase="wrong"))
    assert (summary.name, summary.resources, summary.locks, summary.trouble) == ("dev", 1, (), "")
    assert summary.updated == pytest.approx(1795545943.852258)
    assert summary.pending == (PendingOperation("creating", urn_of("b"), "fake:index:Item", "b"),)


async def test_a_state_that_is_cut_is_listed_with_its_trouble(stack: Stack) -> None:
    save(stack, record("a"))
    file = backend(stack).checkpoint_file("dev")
    file.write_bytes(file.read_bytes()[:50])
    (summary,) = await ENGINE.stacks(stack)
    assert (summary.resources, summary.trouble) == (None, "the checkpoint is not whole")


async def test_a_stack_is_made_once(stack: Stack) -> None:
    assert await ENGINE.create(stack)
    assert recorded(stack).stack == NAME
    assert not await ENGINE.create(stack)
    assert not list(backend(stack).lock_directory("dev").glob("*"))


async def test_what_is_exported_is_imported_unchanged(stack: Stack) -> None:
    save(stack, record("a", inputs={"x": secret({"deep": "hunter22"})}, extra={"unheard": 1}), record("b", uses=("a",)))
    before = await ENGINE.export_state(stack)
    assert "hunter22" not in json.dumps(before)
    assert await ENGINE.import_state(stack, before) == ()
    after = await ENGINE.export_state(stack)
    assert after["deployment"]["resources"] == before["deployment"]["resources"]
    assert after["deployment"]["secrets_providers"] == before["deployment"]["secrets_providers"]


async def test_secrets_in_clear_are_encrypted_again(stack: Stack) -> None:
    save(stack, record("a", inputs={"x": secret({"deep": "hunter22"})}))
    shown = await ENGINE.export_state(stack, show_secrets=True)
    sealed = shown["deployment"]["resources"][0]["inputs"]["x"]
    assert json.loads(sealed["plaintext"]) == {"deep": "hunter22"}
    await ENGINE.import_state(stack, shown)
    assert b"hunter22" not in (backend(stack).load("dev") or b"")
    assert recorded(stack).resources[0].inputs == {"x": secret({"deep": "hunter22"})}


async def test_secrets_of_another_salt_get_the_stacks_own(stack: Stack, tmp_path: Path) -> None:
    save(stack, record("a", inputs={"x": secret("hunter22")}))
    exported = await ENGINE.export_state(stack)
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    backend(stack).remove("dev")
    await ENGINE.import_state(stack, exported)
    again = await ENGINE.export_state(stack, show_secrets=True)
    salt = again["deployment"]["secrets_providers"]["state"]["salt"]
    assert salt != secrets().state
    assert f"encryptionsalt: {salt}" in (tmp_path / "Pulumi.dev.yaml").read_text()
    assert again["deployment"]["resources"][0]["inputs"]["x"]["plaintext"] == '"hunter22"'


async def test_a_wrong_passphrase_exports_only_what_is_encrypted(stack: Stack) -> None:
    save(stack, record("a", inputs={"x": secret("hunter22")}))
    other = Stack(root=stack.root, name="dev", backend=stack.backend, passphrase="wrong")
    assert (await ENGINE.export_state(other))["deployment"]["resources"]
    with pytest.raises(WrongPassphrase):
        await ENGINE.export_state(other, show_secrets=True)


@pytest.mark.parametrize(
    ("resources", "fault"),
    [
        ([item("a", urn=urn_of("a").replace("dev", "prod"))], "is from another stack (prod, not dev)"),
        ([item("a", parent=urn_of("p"))], f"its parent {urn_of('p')}, which is not recorded"),
        ([item("a", dependencies=[urn_of("b")]), item("b")], f"it uses {urn_of('b')}, which comes after it"),
        ([item("a"), item("a")], "is there twice"),
        ([item("a", provider="nonsense")], "this is no reference to a provider"),
        ([item("a", urn="nonsense")], "this is no URN"),
    ],
)
async def test_what_is_not_sound_is_refused_and_can_be_forced(
    stack: Stack, resources: list[dict[str, Any]], fault: str
) -> None:
    save(stack, record("before"))
    with pytest.raises(StateError) as refused:
        await ENGINE.import_state(stack, deployment(*resources))
    assert fault in refused.value.why
    assert "--force" in refused.value.fix
    assert [resource.name for resource in recorded(stack).resources] == ["before"]
    (warning,) = await ENGINE.import_state(stack, deployment(*resources), force=True)
    assert fault in warning
    kept = (await ENGINE.export_state(stack))["deployment"]["resources"]
    assert [one["urn"] for one in kept] == [one["urn"] for one in resources]


async def test_one_that_was_replaced_may_have_the_same_urn(stack: Stack) -> None:
    assert await ENGINE.import_state(stack, deployment(item("a"), item("a", id="old", delete=True))) == ()


@pytest.mark.parametrize("nonsense", [{}, {"version": 3}, {"version": 3, "deployment": []}])
async def test_what_is_no_deployment_is_refused(stack: Stack, nonsense: dict[str, Any]) -> None:
    with pytest.raises(StateError, match="no deployment"):
        await ENGINE.import_state(stack, nonsense, force=True)


async def test_a_newer_version_is_refused_by_its_number(stack: Stack) -> None:
    with pytest.raises(Unsupported, match="not 5"):
        await ENGINE.import_state(stack, {**deployment(), "version": 5}, force=True)


async def test_secrets_of_a_service_are_refused_unless_they_are_in_clear(stack: Stack) -> None:
    service = {"secrets_providers": {"type": "service", "state": {"url": "https://api.example.com"}}}
    seal = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    with pytest.raises(Unsupported, match="'service'"):
        await ENGINE.import_state(stack, deployment(item("a", inputs={"x": {**seal, "ciphertext": "AA=="}}), **service))
    clear = deployment(item("a", inputs={"x": {**seal, "plaintext": '"hunter22"'}}), **service)
    assert await ENGINE.import_state(stack, clear) == ()
    assert recorded(stack).resources[0].inputs == {"x": secret("hunter22")}


async def test_an_import_leaves_pending_operations_out_and_keeps_a_backup(stack: Stack) -> None:
    save(stack, record("a"), pending=(Pending("creating", record("b")),))
    before = backend(stack).load("dev")
    (warning,) = await ENGINE.import_state(stack, await ENGINE.export_state(stack))
    assert warning == f"left out the pending operation creating of {urn_of('b')}"
    assert recorded(stack).pending == ()
    backup = backend(stack).newest_backup("dev")
    assert backup is not None
    assert backup.read_bytes() == before


async def test_an_import_heals_a_state_that_was_cut(stack: Stack) -> None:
    save(stack, record("a"))
    whole = await ENGINE.export_state(stack)
    file = backend(stack).checkpoint_file("dev")
    file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(StateError, match="not whole"):
        await ENGINE.export_state(stack)
    await ENGINE.import_state(stack, whole)
    assert [resource.name for resource in recorded(stack).resources] == ["a"]


def note(stack: Stack, kind: str, *, succeeded: bool = True) -> None:
    backend(stack).record("dev", Update(kind=kind, start=10, end=12.5, succeeded=succeeded, changes={"create": 2}))


async def test_history_is_counted_from_the_oldest_and_each_state_of_it_can_be_exported(stack: Stack) -> None:
    assert await ENGINE.history(stack) == ()
    save(stack, record("a"))
    note(stack, "update")
    save(stack, record("b"))
    note(stack, "destroy", succeeded=False)
    newest, oldest = await ENGINE.history(stack)
    assert (newest.version, newest.kind, newest.result, newest.end) == (2, "destroy", "failed", 12)
    assert (oldest.version, oldest.kind, oldest.result, oldest.changes) == (1, "update", "succeeded", {"create": 2})
    first = await ENGINE.export_state(stack, version=1)
    assert [one["urn"] for one in first["deployment"]["resources"]] == [urn_of("a")]
    with pytest.raises(ConfigError, match="no version 3") as unknown:
        await ENGINE.export_state(stack, version=3)
    assert unknown.value.why == "versions in its history: 1 to 2"


async def test_a_stack_with_resources_is_removed_only_by_force(stack: Stack) -> None:
    save(stack, record("a"))
    note(stack, "update")
    with pytest.raises(StateError, match=r"still holds 1 resource\n"):
        await ENGINE.remove(stack)
    assert await ENGINE.remove(stack, force=True) == 1
    assert await ENGINE.stacks(stack) == ()
    assert await ENGINE.history(stack) == ()
    assert backend(stack).newest_backup("dev")
    with pytest.raises(ConfigError, match="has no state"):
        await ENGINE.remove(stack)


async def test_a_state_that_can_not_be_read_is_removed_only_by_force(stack: Stack) -> None:
    save(stack, record("a"))
    backend(stack).checkpoint_file("dev").write_text("{")
    with pytest.raises(StateError, match="not whole"):
        await ENGINE.remove(stack)
    assert await ENGINE.remove(stack, force=True) == 0


def lock(stack: Stack, **owner: Any) -> Path:
    file = backend(stack).lock_directory("dev") / "one.json"
    file.parent.mkdir(parents=True)
    mine = {
        "pid": os.getpid(),
        "username": "u",
        "hostname": socket.gethostname(),
        "timestamp": "2026-11-24T18:45:43Z",
        "process": str(Identity.of(os.getpid())),
    }
    file.write_text(json.dumps(mine | owner))
    return file


async def test_the_lock_of_one_who_runs_is_taken_only_by_force(stack: Stack) -> None:
    save(stack)
    file = lock(stack)
    (summary,) = await ENGINE.stacks(stack)
    assert [one.alive for one in summary.locks] == [True]
    with pytest.raises(StackLocked, match=r"u@.*which runs"):
        await ENGINE.cancel(stack)
    assert file.exists()
    (gone,) = await ENGINE.cancel(stack, force=True)
    assert gone.owner.startswith("u@")
    assert not file.exists()
    assert await ENGINE.cancel(stack) == ()


@pytest.mark.parametrize(
    ("owner", "alive"),
    [({"hostname": "elsewhere.example.com"}, None), ({"pid": 2**30}, False), ({"process": "a/b/c/d"}, None)],
    ids=["another machine", "gone", "another machine of this name"],
)
async def test_other_locks_go_without_force(stack: Stack, owner: dict[str, Any], alive: bool | None) -> None:
    file = lock(stack, **owner)
    (gone,) = await ENGINE.cancel(stack)
    assert gone.alive is alive
    assert not file.exists()


@pytest.mark.parametrize(
    "change",
    [ENGINE.create, ENGINE.remove, lambda stack: ENGINE.import_state(stack, deployment())],
    ids=["create", "remove", "import"],
)
async def test_whatever_changes_a_state_respects_its_lock(
    stack: Stack, change: Callable[[Stack], Awaitable[object]]
) -> None:
    save(stack)
    lock(stack)
    with pytest.raises(StackLocked):
        await change(stack)


@pytest.mark.process
async def test_a_state_of_the_past_is_put_back_and_the_next_update_goes_on_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    playground = Playground(tmp_path)
    monkeypatch.setenv("WORLD_FILE", str(playground.world_file))
    programs = ['Thing("a", value=Output.secret("hunter22"))', 'Thing("a", value="x")\nThing("b", value="y")']
    for program in programs:
        playground.program(program)
        await ENGINE.run(Operation.UP, playground.stack, listen=lambda _: None)
    newest, oldest = await ENGINE.history(playground.stack)
    assert (newest.changes, oldest.changes) == ({"create": 1, "same": 1, "update": 1}, {"create": 2})
    assert (newest.kind, newest.result) == ("update", "succeeded")
    now = await ENGINE.export_state(playground.stack)
    assert await ENGINE.import_state(playground.stack, now) == ()
    finished = await ENGINE.run(Operation.UP, playground.stack, listen=lambda _: None)
    assert finished.changes == {"same": 3}
    before = await ENGINE.export_state(playground.stack, version=oldest.version)
    await ENGINE.import_state(playground.stack, before)
    finished = await ENGINE.run(Operation.PREVIEW, playground.stack, listen=lambda _: None)
    assert finished.changes == {"create": 1, "same": 1, "update": 1}
