from __future__ import annotations

import asyncio
import dataclasses
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.clock import FakeClock
from agentry.engine import state
from agentry.engine.snapshot import Snapshot
from agentry.engine.state import Checkpoint, Pending, Resource
from agentry.engine.values import secret
from agentry.errors import StateError
from tests.engine.records import record, secrets, urn_of


class Disk:
    """Where the snapshot writes; a write can be held up."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.free = threading.Event()
        self.free.set()
        self.begun = threading.Event()
        self.broken = False

    def save(self, data: bytes) -> None:
        self.begun.set()
        self.free.wait()
        if self.broken:
            raise StateError("no space left")
        self.written.append(data)

    @property
    def last(self) -> Checkpoint:
        return state.read(self.written[-1], secrets(), "disk")

    @property
    def names(self) -> list[str]:
        return [resource.name for resource in self.last.resources]


@pytest.fixture
def disk() -> Disk:
    return Disk()


def snapshot(disk: Disk, *resources: Resource, pending: tuple[Pending, ...] = ()) -> Snapshot:
    base = Checkpoint(stack="organization/shop/dev", resources=resources, pending=pending)
    return Snapshot(base, secrets=secrets(), save=disk.save, clock=FakeClock())


async def test_a_create_is_on_the_disk_before_and_after(disk: Disk) -> None:
    running = snapshot(disk)
    wanted, made = record("a", id=""), record("a", outputs={"x": secret(1)})
    await running.begin("creating", wanted)
    assert [(pending.kind, pending.resource.name) for pending in disk.last.pending] == [("creating", "a")]
    assert disk.names == []
    await running.end(wanted, add=made)
    assert disk.last.pending == ()
    assert disk.last.resources[0].outputs == {"x": secret(1)}


async def test_an_update_takes_the_old_ones_place_and_a_delete_leaves_none(disk: Disk) -> None:
    old, other = record("a"), record("b")
    running = snapshot(disk, old, other)
    new = record("a", outputs={"x": 1})
    await running.begin("updating", new)
    await running.end(new, add=new, remove=old)
    assert disk.names == ["a", "b"]
    assert disk.last.resources[0].outputs == {"x": 1}
    await running.begin("deleting", other)
    await running.end(other, remove=other)
    assert disk.names == ["a"]


async def test_a_replacement_marks_the_old_record_in_the_same_write(disk: Disk) -> None:
    old = record("a", id="1")
    running = snapshot(disk, old)
    new = record("a", id="2")
    await running.begin("creating", new)
    running.replace(old, dataclasses.replace(old, delete=True))
    await running.end(new, add=new)
    assert [(one.id, one.delete) for one in disk.last.resources] == [("2", False), ("1", True)]
    assert len(disk.written) == 2
    await running.begin("deleting", running.current(old))
    await running.end(running.current(old), remove=old)
    assert [one.id for one in disk.last.resources] == ["2"]


async def test_what_was_visited_comes_first_in_the_order_of_its_end(disk: Disk) -> None:
    a, b, c = record("a"), record("b"), record("c")
    running = snapshot(disk, a, b, c)
    running.same(c, record("c"))
    running.add(record("d", custom=False))
    running.same(a, record("a"))
    await running.flush()
    assert disk.names == ["c", "d", "a", "b"]


async def test_what_no_provider_made_stands_before_what_uses_it_after_an_update_too(disk: Disk) -> None:
    used, user = record("a", custom=False), record("b", uses=("a",))
    running = snapshot(disk, used, user)
    running.renew(used, record("a", custom=False, outputs={"x": 1}))
    running.same(user, record("b", uses=("a",)))
    await running.flush()
    assert disk.names == ["a", "b"]


async def test_what_is_deleted_before_its_replacement_stays_behind_what_it_uses(disk: Disk) -> None:
    used, user = record("a"), record("b", uses=("a",))
    running = snapshot(disk, used, user)
    await running.begin("deleting", user)
    await running.end(user, add=record("b", uses=("a",), pending_replacement=True), remove=user)
    assert disk.names == ["a", "b"]
    assert [one.pending_replacement for one in disk.last.resources] == [False, True]


async def test_nothing_uses_what_a_refresh_found_gone(disk: Disk) -> None:
    top, parent = record("top"), record("parent", parent=urn_of("top"))
    child = record(
        "child",
        parent=urn_of("parent"),
        uses=("top", "parent"),
        property_dependencies={"x": (urn_of("parent"), urn_of("top"))},
        deleted_with=urn_of("parent"),
    )
    running = snapshot(disk, top, parent, child)
    running.remove(parent)
    running.release([top, parent, child])
    await running.flush()
    (_, released) = disk.last.resources
    assert (released.parent, released.dependencies) == ("", (urn_of("top"),))
    assert released.property_dependencies == {"x": (urn_of("top"),)}
    assert released.deleted_with == ""


async def test_nothing_is_written_when_nothing_but_times_changed(disk: Disk) -> None:
    old = record("a", created="then")
    running = snapshot(disk, old)
    new = record("a", created="now")
    running.same(old, new)
    await running.flush()
    assert disk.written == []
    assert running.checkpoint.resources[0].created == "then"
    running.replace(new, dataclasses.replace(new, outputs={"x": 1}))  # the caller goes on with its own record
    await running.flush()
    assert disk.last.resources[0].outputs == {"x": 1}


async def test_a_same_step_that_changes_the_record_is_written_at_the_end(disk: Disk) -> None:
    old = record("a")
    running = snapshot(disk, old)
    running.same(old, record("a", protect=True))
    assert disk.written == []
    await running.flush()
    assert disk.last.resources[0].protect
    await running.flush()
    assert len(disk.written) == 1


async def test_all_who_wait_share_one_write(disk: Disk) -> None:
    running = snapshot(disk)
    disk.free.clear()
    first = asyncio.create_task(running.begin("creating", record("first")))
    await asyncio.to_thread(disk.begun.wait)
    others = [asyncio.create_task(running.begin("creating", record(f"r{number}"))) for number in range(20)]
    await asyncio.sleep(0)
    disk.free.set()
    await asyncio.gather(first, *others)
    assert len(disk.written) == 2
    assert len(disk.last.pending) == 21


async def test_nobody_goes_on_before_a_write_that_has_seen_the_change(disk: Disk) -> None:
    running = snapshot(disk)
    disk.free.clear()
    first = asyncio.create_task(running.begin("creating", record("a")))
    await asyncio.to_thread(disk.begun.wait)  # the first write has begun, without b
    second = asyncio.create_task(running.begin("creating", record("b")))
    await asyncio.sleep(0)
    assert not second.done()
    disk.free.set()
    await second
    assert first.done()
    assert {pending.resource.name for pending in disk.last.pending} == {"a", "b"}


async def test_a_write_that_fails_is_told_to_all_who_wait_and_can_be_tried_again(disk: Disk) -> None:
    running = snapshot(disk)
    disk.broken = True
    results = await asyncio.gather(*(running.begin("creating", record(name)) for name in "ab"), return_exceptions=True)
    assert [type(result) for result in results] == [StateError, StateError]
    disk.broken = False
    assert running.changed
    await running.flush()
    assert len(disk.last.pending) == 2


async def test_one_who_stops_waiting_does_not_disturb_the_others(disk: Disk) -> None:
    running = snapshot(disk)
    disk.free.clear()
    impatient = asyncio.create_task(running.begin("creating", record("a")))
    patient = asyncio.create_task(running.begin("creating", record("b")))
    await asyncio.to_thread(disk.begun.wait)
    impatient.cancel()
    disk.free.set()
    await patient
    assert {pending.resource.name for pending in disk.last.pending} == {"a", "b"}


async def test_pending_creates_of_before_stay_until_the_resource_is_there(disk: Disk) -> None:
    left = (Pending("creating", record("a")), Pending("creating", record("b")), Pending("updating", record("c")))
    running = snapshot(disk, pending=left)
    await running.flush()
    assert [pending.resource.name for pending in disk.last.pending] == ["a", "b"]
    made = record("a")
    await running.begin("creating", made)
    await running.end(made, add=made)
    assert [pending.resource.name for pending in disk.last.pending] == ["b"]
    running.settle(urn_of("b"))
    await running.flush()
    assert disk.last.pending == ()


async def test_what_uses_a_renamed_resource_follows(disk: Disk) -> None:
    old, user = record("a"), record("b", uses=("a",))
    running = snapshot(disk, old, user)
    running.same(old, record("z", id="id-a"))
    await running.flush()
    assert disk.names == ["z", "b"]
    assert disk.last.resources[1].dependencies == (urn_of("z"),)
    assert running.current(user).dependencies == (urn_of("z"),)


def chain(size: int) -> list[Resource]:
    names = [f"r{number}" for number in range(size)]
    return [record(name, uses=tuple(names[max(0, number - 2) : number])) for number, name in enumerate(names)]


@given(st.lists(st.sampled_from(["same", "update", "replace", "outputs", "leave"]), min_size=1, max_size=8), st.data())
def test_the_order_is_topological_after_each_write(actions: list[str], data: st.DataObject) -> None:
    recorded = chain(len(actions))
    stop = data.draw(st.integers(0, len(actions)))
    disk = Disk()

    async def deploy() -> None:
        running = snapshot(disk, *recorded)
        for old, action in list(zip(recorded, actions, strict=True))[:stop]:
            await perform(running, old, action)
        await running.flush()

    asyncio.run(deploy())
    assert all(not state.broken_order(state.read(written, secrets(), "x").resources) for written in disk.written)


async def perform(running: Snapshot, old: Resource, action: str) -> None:
    new = dataclasses.replace(old, outputs={"n": 1})
    if action in {"same", "leave"}:
        running.same(old, old if action == "leave" else dataclasses.replace(old, created="now"))
        return
    if action == "outputs":
        running.same(old, new)
        running.replace(new, dataclasses.replace(new, outputs={}))
        return
    await running.begin("updating", new)
    if action == "replace":
        running.replace(old, dataclasses.replace(old, delete=True))
        await running.end(new, add=new)
    else:
        await running.end(new, add=new, remove=old)
