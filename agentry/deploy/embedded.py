"""The engine interface over the embedded engine: no Pulumi CLI."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from agentry.clock import Clock, RealClock
from agentry.deploy.engine import RecordedResource
from agentry.deploy.opening import config_secrets, state_opener
from agentry.deploy.signals import signals
from agentry.engine import project as projects
from agentry.engine import values
from agentry.engine.events import Event, Finished, Operation
from agentry.engine.passphrase import Secrets
from agentry.engine.program import Program
from agentry.engine.request import Request, with_config
from agentry.engine.state import Checkpoint
from agentry.engine.urn import ROOT_STACK_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentry.deploy.engine import LockHolder, RecordedUpdate, StackSummary
    from agentry.deploy.stack import Stack
    from agentry.deploy.stored import Records
    from agentry.engine.repairs import Repair


class EmbeddedEngine:
    """Deploys in this process, with the unmodified program and provider plugins in processes of their own."""

    repairs = True

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or RealClock()

    async def run(
        self,
        operation: Operation,
        stack: Stack,
        *,
        listen: Callable[[Event], None],
        parallel: int | None = None,
        refresh: bool = False,
        clear_pending_creates: bool = False,
    ) -> Finished:
        """Do something with a stack; see `Engine.run`."""
        project = projects.find_project(stack.root)
        file = projects.read_stack(project, stack.name)
        program = (
            await Program.start(project.root, virtualenv=project.virtualenv, main=project.main)
            if operation in {Operation.PREVIEW, Operation.UP}
            else None
        )
        # The rest of the engine is imported while the program imports its own half.
        from agentry.engine.run import Run  # noqa: PLC0415

        file = with_config(file, stack.config_overrides)
        request = Request(
            operation=operation,
            project=project,
            stack=file,
            backend=stack.backend,
            secrets=state_opener(stack, file, write=operation is not Operation.PREVIEW),
            config_secrets=config_secrets(stack, file),
            other_secrets=lambda salt: Secrets.open(stack.passphrase, salt),
            refresh=refresh,
            clear_pending_creates=clear_pending_creates,
            option=stack.option,
            parallel=parallel,
            go_on=f"agentry {operation.value} {stack.option}",
        )
        run = Run(request, listen=listen, clock=self._clock)
        with signals.during(run.cancel):
            return await run.execute(program)

    async def outputs(self, stack: Stack, *, show_secrets: bool = False) -> dict[str, Any]:
        """What the stack exports; see `Engine.outputs`."""
        for resource in (await self._recorded(stack)).resources:
            if resource.type == ROOT_STACK_TYPE and not resource.delete:
                seen = values.reveal(resource.outputs) if show_secrets else resource.outputs
                masked: dict[str, Any] = values.mask(seen)
                return masked
        return {}

    async def resources(self, stack: Stack) -> tuple[RecordedResource, ...]:
        """What the stack holds; see `Engine.resources`."""
        return tuple(
            RecordedResource(
                urn=resource.urn,
                type=resource.type,
                name=resource.name,
                parent=resource.parent,
                id=resource.id,
                custom=resource.custom,
                inputs=values.mask(resource.inputs),
                outputs=values.mask(resource.outputs),
                init_errors=resource.init_errors,
                leaving=resource.delete,
            )
            for resource in (await self._recorded(stack)).resources
        )

    async def stacks(self, stack: Stack) -> tuple[StackSummary, ...]:
        """Every stack that has a state beside this one's; see `Engine.stacks`."""
        return await asyncio.to_thread(self._records(stack).stacks)

    async def create(self, stack: Stack) -> bool:
        """Make an empty state; see `Engine.create`."""
        return await asyncio.to_thread(self._records(stack).create)

    async def remove(self, stack: Stack, *, force: bool = False) -> int:
        """Forget a stack; see `Engine.remove`."""
        return await asyncio.to_thread(self._records(stack).remove, force=force)

    async def history(self, stack: Stack) -> tuple[RecordedUpdate, ...]:
        """What was done to a stack; see `Engine.history`."""
        return await asyncio.to_thread(self._records(stack).history)

    async def export_state(
        self, stack: Stack, *, show_secrets: bool = False, version: int | None = None
    ) -> dict[str, Any]:
        """The state as a deployment; see `Engine.export_state`."""
        return await asyncio.to_thread(self._records(stack).export, show_secrets=show_secrets, version=version)

    async def import_state(
        self, stack: Stack, deployment: Mapping[str, Any], *, force: bool = False
    ) -> tuple[str, ...]:
        """Put another state in place of the recorded one; see `Engine.import_state`."""
        return await asyncio.to_thread(self._records(stack).replace, deployment, force=force)

    async def repair(self, stack: Stack, repair: Repair) -> None:
        """Change the records by hand; see `Engine.repair`."""
        await asyncio.to_thread(self._records(stack).repair, repair)

    async def locks(self, stack: Stack) -> tuple[LockHolder, ...]:
        """Who works on a stack; see `Engine.locks`."""
        return await asyncio.to_thread(self._records(stack).locks)

    async def cancel(self, stack: Stack, *, force: bool = False) -> tuple[LockHolder, ...]:
        """Take away the locks of a stack; see `Engine.cancel`."""
        return await asyncio.to_thread(self._records(stack).cancel, force=force)

    def _records(self, stack: Stack) -> Records:
        from agentry.deploy.stored import Records  # noqa: PLC0415 - an operation starts its program before it imports

        return Records(stack, self._clock)

    async def _recorded(self, stack: Stack) -> Checkpoint:
        from agentry.engine import backend, state  # noqa: PLC0415 - only what reads a state needs them

        project = projects.find_project(stack.root)
        file = projects.read_stack(project, stack.name)
        store = backend.FileBackend(
            stack.backend, project.name, base=project.root, clock=self._clock, option=stack.option
        )
        data = store.load(stack.name)
        if data is None:
            return Checkpoint(stack="")
        where = str(store.checkpoint_file(stack.name))
        salt = state.salt_of(data, where)
        secrets = await asyncio.to_thread(state_opener(stack, file, write=False), salt)
        return await asyncio.to_thread(state.read, data, secrets, where)
