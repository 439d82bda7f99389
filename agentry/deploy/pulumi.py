"""The engine interface over the Pulumi CLI: any backend, any program, the same events."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentry.clock import Clock, RealClock
from agentry.deploy.automation import Run
from agentry.deploy.embedded import EmbeddedEngine
from agentry.deploy.preparation import environment
from agentry.deploy.signals import signals
from agentry.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentry.deploy.engine import LockHolder, RecordedResource, RecordedUpdate, StackSummary
    from agentry.deploy.records import CliRecords
    from agentry.deploy.stack import Stack
    from agentry.engine.events import Event, Finished, Operation
    from agentry.engine.repairs import Repair

PARALLEL = 200
"""How many changes run side by side where nobody says: one that waits for its endpoint costs nothing but its slot."""


class PulumiEngine:
    """Deploys with the Pulumi CLI on PATH. What is recorded in a directory it reads as the embedded engine does."""

    repairs = False

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or RealClock()
        self._directory = EmbeddedEngine(self._clock)

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
        """Do something with a stack; see `Engine.run`.

        Raises:
            CliMissing: There is no Pulumi CLI.
        """
        with tempfile.TemporaryDirectory(prefix="agentry-") as directory:
            run = Run(operation, stack, Path(directory), listen=listen, clock=self._clock)
            with signals.during(run.cancel):
                return await run.execute(
                    parallel=parallel or PARALLEL, refresh=refresh, clear_pending_creates=clear_pending_creates
                )

    async def outputs(self, stack: Stack, *, show_secrets: bool = False) -> dict[str, Any]:
        """What the stack exports; see `Engine.outputs`."""
        if stack.in_directory:
            return await self._directory.outputs(stack, show_secrets=show_secrets)
        return await asyncio.to_thread(lambda: _records(stack).outputs(show_secrets=show_secrets))

    async def resources(self, stack: Stack) -> tuple[RecordedResource, ...]:
        """What the stack holds; see `Engine.resources`."""
        if stack.in_directory:
            return await self._directory.resources(stack)
        return await asyncio.to_thread(lambda: _records(stack).resources())

    async def stacks(self, stack: Stack) -> tuple[StackSummary, ...]:
        """Every stack that has a state beside this one's; see `Engine.stacks`."""
        if stack.in_directory:
            return await self._directory.stacks(stack)
        return await asyncio.to_thread(lambda: _records(stack).stacks())

    async def create(self, stack: Stack) -> bool:
        """Make an empty state; see `Engine.create`."""
        if stack.in_directory:
            return await self._directory.create(stack)
        return await asyncio.to_thread(lambda: _records(stack).create())

    async def remove(self, stack: Stack, *, force: bool = False) -> int:
        """Forget a stack; see `Engine.remove`."""
        if stack.in_directory:
            return await self._directory.remove(stack, force=force)
        return await asyncio.to_thread(lambda: _records(stack).remove(force=force))

    async def history(self, stack: Stack) -> tuple[RecordedUpdate, ...]:
        """What was done to a stack; see `Engine.history`."""
        if stack.in_directory:
            return await self._directory.history(stack)
        return await asyncio.to_thread(lambda: _records(stack).history())

    async def export_state(
        self, stack: Stack, *, show_secrets: bool = False, version: int | None = None
    ) -> dict[str, Any]:
        """The state as a deployment; see `Engine.export_state`."""
        if stack.in_directory:
            return await self._directory.export_state(stack, show_secrets=show_secrets, version=version)
        return await asyncio.to_thread(lambda: _records(stack).export(show_secrets=show_secrets, version=version))

    async def import_state(
        self, stack: Stack, deployment: Mapping[str, Any], *, force: bool = False
    ) -> tuple[str, ...]:
        """Put another state in place of the recorded one; see `Engine.import_state`."""
        if stack.in_directory:
            return await self._directory.import_state(stack, deployment, force=force)
        return await asyncio.to_thread(lambda: _records(stack).replace(deployment, force=force))

    async def repair(self, stack: Stack, repair: Repair) -> None:
        """It has commands of its own; see `Engine.repair`."""
        first, *more = repair.commands(stack.name)
        raise Unsupported(
            "the records of this stack are the Pulumi CLI's to change",
            fix="; ".join([first, *more]),
        )

    async def locks(self, stack: Stack) -> tuple[LockHolder, ...]:
        """Who works on a stack; see `Engine.locks`. Elsewhere than in a directory the CLI does not list them."""
        return await self._directory.locks(stack) if stack.in_directory else ()

    async def cancel(self, stack: Stack, *, force: bool = False) -> tuple[LockHolder, ...]:
        """Take away the locks of a stack; see `Engine.cancel`."""
        if stack.in_directory:
            return await self._directory.cancel(stack, force=force)
        return await asyncio.to_thread(lambda: _records(stack).cancel(force=force))


def _records(stack: Stack) -> CliRecords:
    from agentry.deploy.command import Command  # noqa: PLC0415 - a third of a second
    from agentry.deploy.records import CliRecords  # noqa: PLC0415

    return CliRecords(stack, Command(environment(stack, stack.backend, os.environ)))
