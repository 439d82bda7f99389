"""The checkpoint while a deployment runs.

A step is saved before it begins (as a pending operation) and after it ended. All steps that wait at the same time share
one write, and each resource's JSON text is made once. Resources keep a topological order: new ones as they come to be,
then old ones that nothing has touched yet.
"""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

from agentry.engine import state
from agentry.engine.state import Checkpoint, Pending, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from agentry.clock import Clock
    from agentry.engine.passphrase import Secrets


class Snapshot:
    """The state of a running deployment.

    Resources are told apart by identity, never by URN; a record that took the place of another one answers to both.

    Args:
        checkpoint: What was recorded before. Its pending creates stay until the resource is recorded or `settle`d: it
            may exist. Other pending operations are dropped, the record they are about says it all.
        secrets: To encrypt.
        save: Writes a file (in a thread).
        clock: For the manifest's time.
    """

    def __init__(
        self, checkpoint: Checkpoint, *, secrets: Secrets, save: Callable[[bytes], None], clock: Clock
    ) -> None:
        self._base = checkpoint
        self._secrets = secrets
        self._save = save
        self._clock = clock
        # By identity, in order; the records themselves keep these numbers from being used again.
        self._new: dict[int, Resource] = {}
        self._old: dict[int, Resource] = {id(resource): resource for resource in checkpoint.resources}
        self._pending: dict[int, Pending] = {
            id(operation.resource): operation for operation in checkpoint.pending if operation.kind == "creating"
        }
        self._successors: dict[int, tuple[Resource, Resource]] = {}
        self._texts: dict[int, tuple[Resource, str]] = {}
        # How many changes there were, how many of them are on the disk, and who waits for the next write.
        self._changes = len(checkpoint.pending) - len(self._pending)
        self._written = 0
        self._waiting: list[asyncio.Future[None]] = []
        self._writer: asyncio.Task[None] | None = None

    @property
    def checkpoint(self) -> Checkpoint:
        """The state as it is now."""
        return dataclasses.replace(
            self._base,
            resources=(*self._new.values(), *self._old.values()),
            pending=tuple(self._pending.values()),
        )

    @property
    def changed(self) -> bool:
        """Whether there is something that is not on the disk."""
        return self._changes > self._written

    def current(self, resource: Resource) -> Resource:
        """The record that stands in a record's place now: itself, if nothing replaced it."""
        while id(resource) in self._successors:
            resource = self._successors[id(resource)][1]
        return resource

    async def begin(self, kind: str, resource: Resource) -> None:
        """A pending operation begins (creating, updating, deleting, reading, importing); it is on the disk on return."""
        self._pending[id(resource)] = Pending(kind, resource)
        await self._commit()

    async def end(self, began: Resource, *, add: Resource | None = None, remove: Resource | None = None) -> None:
        """A pending operation ended. On return it is on the disk, together with all changes made before the call.

        Args:
            began: What `begin` was given.
            add: The resource that exists now.
            remove: The record that is no more; with `add` it is what that took the place of.
        """
        self._pending.pop(id(began), None)
        if add:
            self.settle(add.urn)
        if add and remove and add.pending_replacement:
            # It is gone, and what it used is not yet: its record stays behind theirs.
            self.replace(remove, add)
        elif add:
            self._put(add, instead_of=remove)
        elif remove:
            self._forget(remove)
        await self._commit()

    def settle(self, urn: str) -> None:
        """Forget the pending creates of a URN that an earlier deployment left."""
        left = [key for key, pending in self._pending.items() if pending.resource.urn == urn]
        inherited = {id(operation) for operation in self._base.pending}
        for key in left:
            if id(self._pending[key]) in inherited:
                del self._pending[key]
                self._changes += 1

    def same(self, old: Resource, new: Resource) -> None:
        """A resource is as it was. If nothing but times differs the old record stays, and nothing is written for it."""
        old = self.current(old)
        if state.equal(old, new):
            self._forget(old)
            self._new[id(old)] = old
            self._successors[id(new)] = (new, old)
        else:
            self._changes += 1
            self._put(new, instead_of=old)

    def add(self, resource: Resource) -> None:
        """Record a resource that no provider made (a component, the stack). Written with the next write."""
        self._changes += 1
        self._new[id(resource)] = resource

    def replace(self, old: Resource, new: Resource) -> None:
        """Put a record in the place of another (outputs registered, marked for deletion). Written with the next write."""
        old = self.current(old)
        for group in (self._new, self._old):
            if id(old) in group:
                self._substitute(group, {id(old): new})

    def renew(self, old: Resource, new: Resource) -> None:
        """Record what became of a resource that no provider made: behind all that it uses. Written with the next write."""
        self._changes += 1
        self._put(new, instead_of=old)

    def release(self, before: Iterable[Resource]) -> None:
        """Let nothing use what was recorded before and is not any more."""
        there = {resource.urn for resource in self.checkpoint.resources}
        gone = {resource.urn for resource in before} - there
        for group in (self._new, self._old):
            released = {key: state.released(record, gone) for key, record in group.items()}
            self._substitute(group, {key: record for key, record in released.items() if record})

    def remove(self, resource: Resource) -> None:
        """Forget a record. Written with the next write."""
        self._changes += 1
        self._forget(resource)

    async def flush(self) -> None:
        """Write if anything changed since the last write; on the disk on return."""
        if self.changed:
            await self._commit(change=0)

    def _put(self, new: Resource, *, instead_of: Resource | None) -> None:
        self._new[id(new)] = new
        if instead_of is None:
            return
        old = self._forget(instead_of)
        self._successors[id(old)] = (old, new)
        if old.urn != new.urn:
            # Those that use it and were not registered yet (an alias) would else use what is no more.
            for group in (self._new, self._old):
                renamed = {key: state.renamed(record, old.urn, new.urn) for key, record in group.items()}
                self._substitute(group, {key: record for key, record in renamed.items() if record})

    def _substitute(self, group: dict[int, Resource], substitutes: Mapping[int, Resource]) -> None:
        """Put other records in the same places: what uses them stands behind them."""
        records = list(group.values())
        group.clear()
        for record in records:
            now = substitutes.get(id(record), record)
            group[id(now)] = now
            if now is not record:
                self._successors[id(record)] = (record, now)
                self._changes += 1

    def _forget(self, resource: Resource) -> Resource:
        current = self.current(resource)
        self._new.pop(id(current), None)
        self._old.pop(id(current), None)
        return current

    async def _commit(self, *, change: int = 1) -> None:
        """Wait for a write that begins after this call."""
        self._changes += change
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        await waiter

    async def _write(self) -> None:
        """Write for all who wait, again and again until nobody does."""
        await asyncio.sleep(0)  # let the steps that are ready join the first write
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            try:
                covers, data = self._changes, self._render()
                await asyncio.to_thread(self._save, data)
            except Exception as error:  # noqa: BLE001 - it belongs to those who wait
                for waiter in waiting:
                    if not waiter.done():
                        waiter.set_exception(error)
            else:
                self._written = covers
                for waiter in waiting:
                    if not waiter.done():
                        waiter.set_result(None)
        self._writer = None

    def _render(self) -> bytes:
        return state.write(self.checkpoint, self._secrets, time=state.timestamp(self._clock.now()), text=self._text)

    def _text(self, resource: Resource) -> str:
        # The record is kept beside its text, or another one might get its identity.
        if id(resource) not in self._texts:
            self._texts[id(resource)] = (resource, state.resource_text(resource, self._secrets))
        return self._texts[id(resource)][1]
