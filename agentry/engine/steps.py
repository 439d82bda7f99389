"""Doing what was planned, one step at a time: announce, save that it begins, call the provider, save what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from typing import TYPE_CHECKING, TypeVar

from agentry.engine import state, values
from agentry.engine.calls import InitFailed, Made
from agentry.engine.deployment import Aborted, Deployment, is_default_provider
from agentry.engine.events import Op, StepDone, StepPlanned
from agentry.engine.urn import is_provider
from agentry.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from agentry.engine.plan import Step
    from agentry.engine.providers import Handler
    from agentry.engine.snapshot import Snapshot
    from agentry.engine.state import Resource

T = TypeVar("T")


_DELETES = frozenset({Op.DELETE, Op.DELETE_REPLACED, Op.DISCARD, Op.DISCARD_REPLACED, Op.REMOVE_PENDING_REPLACE})


class Steps:
    """Performs the steps of one deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._deleting: dict[int, asyncio.Future[None]] = {}

    async def perform(self, step: Step, *, although_others_failed: bool = False) -> Resource | None:
        """Do one step; what is recorded afterwards, or None when it is gone.

        Raises:
            Aborted: It failed, which was told, or it may not begin any more.
        """
        if step.op in _DELETES and id(step.old) in self._deleting:
            # Another replacement that needs the same record gone is deleting it.
            await asyncio.shield(self._deleting[id(step.old)])
            return self._deployment.snapshot.current(_old(step))
        self._deployment.go_on(although_failed=although_others_failed)
        self._announce(step)
        began = self._deployment.clock.monotonic()
        try:
            resource = await self._perform(step)
        except InitFailed as error:
            self._deployment.step_failed(step.urn, step.op, error, partial=True)
            raise Aborted from error
        except ProviderError as error:
            self._deployment.step_failed(step.urn, step.op, error)
            raise Aborted from error
        if step.new and resource:
            self._deployment.registered[step.urn] = resource
        if step.op is Op.REPLACE:
            self._deployment.replaced.add(step.urn)
        self._done(step, resource, self._deployment.clock.monotonic() - began)
        return resource

    def _announce(self, step: Step) -> None:
        resource = _subject(step)
        self._deployment.redactor.learn(resource.inputs)
        if is_default_provider(resource):
            return
        self._deployment.listen(
            StepPlanned(
                step.urn,
                step.op,
                resource.parent,
                step.differences,
                resource.custom,
                values.mask(resource.inputs),
            )
        )

    def _done(self, step: Step, resource: Resource | None, seconds: float) -> None:
        subject = resource or _subject(step)
        self._deployment.count(step.op, subject)
        if not self._deployment.preview and not is_default_provider(subject):
            outputs = values.mask(resource.outputs) if resource else {}
            self._deployment.listen(StepDone(step.urn, step.op, seconds, outputs))

    async def _perform(self, step: Step) -> Resource | None:
        if step.op is Op.SAME:
            return await self._same(_old(step), _new(step))
        if step.op in {Op.CREATE, Op.CREATE_REPLACEMENT}:
            return await self._create(step)
        if step.op is Op.UPDATE:
            return await self._update(step)
        if step.op in _DELETES:
            return await self._delete(step)
        if step.op in {Op.IMPORT, Op.IMPORT_REPLACEMENT}:
            return await self._import(step)
        if step.op in {Op.READ, Op.READ_REPLACEMENT}:
            return await self._read(step)
        # A replacement is done by its create and its delete; this one only names it.
        return self._deployment.registered.get(step.urn)

    async def _same(self, old: Resource, new: Resource) -> Resource:
        deployment = self._deployment
        if is_provider(new.type):
            # Its plugin goes on with what it was configured with, so that inputs it calls the same stay the same.
            await deployment.providers.configure(new.urn, old.id, old.inputs)
        deployment.snapshot.same(old, new)
        return new

    async def _create(self, step: Step) -> Resource:
        deployment, new = self._deployment, _new(step)
        old = deployment.snapshot.current(step.old) if step.old else None
        async with self._operation("creating", new) as operation:
            made = Made("", new.outputs)
            if new.custom:
                call = self._handler(new).create(
                    new.urn, new.inputs, timeout=_timeout(new, "create"), preview=deployment.preview
                )
                made = await operation.attempt(call)
            now = state.timestamp(deployment.clock.now())
            created = dataclasses.replace(
                new,
                id=made.id,
                outputs=values.mark_secrets(made.outputs, new.inputs, new.additional_secret_outputs),
                init_errors=operation.init_errors,
                created=now,
                modified=now,
            )
            forgotten = old if old and old.pending_replacement else None
            if old and not forgotten:
                self._mark_for_deletion(old)
            operation.finish(add=created, remove=forgotten)
        return created

    async def _import(self, step: Step) -> Resource:
        """Record what exists as it is; what the program wants of it is compared after that."""
        deployment, new = self._deployment, _new(step)
        async with self._operation("importing", new) as operation:
            read = await operation.attempt(self._handler(new).read(new.urn, new.import_id))
            if not read.id and not read.outputs:
                raise ProviderError(f"there is no {new.type} {new.import_id!r} to import", where=new.urn)
            if read.inputs is None:
                raise ProviderError(f"the provider can not import resources of type {new.type}", where=new.urn)
            now = state.timestamp(deployment.clock.now())
            imported = dataclasses.replace(
                new,
                id=read.id or new.import_id,
                # A provider that is told nothing but an id can not know what of it is a secret here.
                inputs=values.mark_secrets(read.inputs, new.inputs),
                outputs=values.mark_secrets(read.outputs, new.inputs, new.additional_secret_outputs),
                init_errors=operation.init_errors,
                created=now,
                modified=now,
            )
            if step.old:
                self._mark_for_deletion(step.old)
            operation.finish(add=imported, remove=None)
        return imported

    async def _read(self, step: Step) -> Resource:
        """Record what exists elsewhere. Nothing is changed by it, so it needs no pending operation."""
        deployment, new = self._deployment, _new(step)
        read, init_failed = Made(new.id, {}), None
        if not values.is_unknown(new.id):
            try:
                # Providers find what they look for in either: Pulumi has always sent the inputs twice.
                read = await self._handler(new).read(new.urn, new.id, inputs=new.inputs, outputs=new.inputs)
            except InitFailed as error:
                read, init_failed = error.made, error
            if not read.id:
                raise ProviderError(f"there is no {new.type} {new.id!r}", where=new.urn)
        outputs = values.mark_secrets(read.outputs, new.inputs, new.additional_secret_outputs)
        found = dataclasses.replace(
            new, id=read.id, outputs=outputs, init_errors=init_failed.reasons if init_failed else ()
        )
        old = deployment.snapshot.current(step.old) if step.old else None
        if old and not (values.equal(old.inputs, found.inputs) and values.equal(old.outputs, found.outputs)):
            found = dataclasses.replace(found, modified=state.timestamp(deployment.clock.now()))
        if old and step.op is Op.READ:
            deployment.snapshot.same(old, found)
        else:
            if old:
                self._mark_for_deletion(old)
            deployment.snapshot.add(found)
        if init_failed:
            raise init_failed
        return found

    def _mark_for_deletion(self, old: Resource) -> None:
        """It is replaced, and goes at the end of the run."""
        old = self._deployment.snapshot.current(old)
        self._deployment.snapshot.replace(old, dataclasses.replace(old, delete=True))

    async def _update(self, step: Step) -> Resource:
        deployment, new = self._deployment, _new(step)
        old = deployment.snapshot.current(_old(step))
        async with self._operation("updating", new) as operation:
            made = Made(old.id, new.outputs)
            modified = new.modified
            if new.custom:
                call = self._handler(new).update(
                    new.urn,
                    old,
                    new.inputs,
                    ignored=new.ignore_changes,
                    timeout=_timeout(new, "update"),
                    preview=deployment.preview,
                )
                made = await operation.attempt(call)
                modified = state.timestamp(deployment.clock.now())
            updated = dataclasses.replace(
                new,
                id=old.id,
                # What was not reached is still to be done: as in Pulumi's engine the next run compares with the old inputs.
                inputs=old.inputs if operation.init_failed else new.inputs,
                outputs=values.mark_secrets(made.outputs, new.inputs, new.additional_secret_outputs),
                init_errors=operation.init_errors,
                modified=modified,
            )
            operation.finish(add=updated, remove=old)
        return updated

    async def _delete(self, step: Step) -> Resource | None:
        old = _old(step)
        gone = self._deleting[id(old)] = asyncio.get_running_loop().create_future()
        try:
            kept = await self._delete_once(step, self._deployment.snapshot.current(old))
        except BaseException:
            # Whoever waits for it has nothing to go on with, and needs no second telling.
            gone.set_exception(Aborted())
            gone.exception()
            raise
        gone.set_result(None)
        return kept

    async def _delete_once(self, step: Step, old: Resource) -> Resource | None:
        deployment = self._deployment
        async with self._operation("deleting", old) as operation:
            if not (deployment.preview or step.record_only):
                handler = await self._recorded_handler(old)
                await operation.call(handler.delete(old.urn, old, timeout=_timeout(old, "delete")))
            kept = dataclasses.replace(old, pending_replacement=True) if step.pending_replacement else None
            operation.finish(add=kept, remove=old)
        return kept

    def _handler(self, resource: Resource) -> Handler:
        deployment = self._deployment
        if is_provider(resource.type):
            return deployment.provider_resources
        return deployment.providers.get(resource.provider)

    async def _recorded_handler(self, resource: Resource) -> Handler:
        """Who manages a recorded resource, started if nothing in this run needed it yet."""
        deployment = self._deployment
        if is_provider(resource.type):
            return deployment.provider_resources
        return await deployment.provider(resource.provider)

    @contextlib.asynccontextmanager
    async def _operation(self, kind: str, resource: Resource) -> AsyncIterator[Operation]:
        """Around a change: saved as pending before it, with its result after it."""
        operation, snapshot = Operation(self._deployment), self._deployment.snapshot
        if not resource.custom or is_provider(resource.type):
            # Nothing outside of the state is touched: a crash loses what the next run makes again for nothing.
            yield operation
            operation.record(snapshot)
            return
        await snapshot.begin(kind, resource)
        try:
            yield operation
        except ProviderError as error:
            # A provider that died has perhaps done it: the pending operation stays recorded, and the next run says so.
            if not error.outcome_unknown:
                await snapshot.end(resource)
            raise
        await snapshot.end(resource, add=operation.add, remove=operation.remove)
        if operation.init_failed:
            raise operation.init_failed


class Operation:
    """A change under way: what was made, and what is to be recorded of it."""

    def __init__(self, deployment: Deployment) -> None:
        self._slots = deployment.slots
        self.init_failed: InitFailed | None = None
        self.init_errors: tuple[str, ...] = ()
        self.add: Resource | None = None
        self.remove: Resource | None = None

    async def call(self, call: Awaitable[T]) -> T:
        """Make the call, in one of the slots if their number is limited."""
        async with self._slots or contextlib.nullcontext():
            return await call

    async def attempt(self, call: Awaitable[Made]) -> Made:
        """Make the call; that something exists and is not ready is an answer too."""
        try:
            return await self.call(call)
        except InitFailed as error:
            self.init_failed = error
            self.init_errors = error.reasons
            return error.made

    def finish(self, *, add: Resource | None, remove: Resource | None) -> None:
        """What is recorded when the operation ends."""
        self.add, self.remove = add, remove

    def record(self, snapshot: Snapshot) -> None:
        """Record it with the next write."""
        if self.add and self.remove and self.add.pending_replacement:
            snapshot.replace(self.remove, self.add)
        elif self.add and self.remove:
            snapshot.renew(self.remove, self.add)
        elif self.add:
            snapshot.add(self.add)
        elif self.remove:
            snapshot.remove(self.remove)


def _subject(step: Step) -> Resource:
    resource = step.new or step.old
    assert resource is not None
    return resource


def _new(step: Step) -> Resource:
    assert step.new is not None
    return step.new


def _old(step: Step) -> Resource:
    assert step.old is not None
    return step.old


def _timeout(resource: Resource, operation: str) -> float:
    """Seconds the program gives an operation; 0 leaves it to the provider."""
    return resource.custom_timeouts.get(operation, 0.0)
