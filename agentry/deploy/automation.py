"""One operation of the Pulumi CLI on one stack, by its Automation API."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from agentry.deploy.preparation import Prepared, environment, prepare, prepare_elsewhere
from agentry.deploy.translation import Translation
from agentry.deploy.verdict import interruption, judge, reason_among
from agentry.engine.events import Event, Finished, Message, Operation
from agentry.errors import PulumiError, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pulumi import automation as auto

    from agentry.clock import Clock
    from agentry.deploy.command import Command
    from agentry.deploy.stack import Stack


class Run:
    """One operation. `execute` does it, once; `cancel` ends it early and in order."""

    def __init__(
        self, operation: Operation, stack: Stack, directory: Path, *, listen: Callable[[Event], None], clock: Clock
    ) -> None:
        self._operation = operation
        self._stack = stack
        self._directory = directory
        self._listen = listen
        self._clock = clock
        self._interrupted = 0
        self._command: Command | None = None
        self._translation: Translation | None = None

    async def cancel(self) -> None:
        """End early: the CLI begins nothing more and saves what was done. Twice: it ends at once."""
        self._interrupted += 1
        again = "interrupted again: the Pulumi CLI ends at once"
        once = "interrupted: running steps end or save where they are; once more ends at once"
        self._listen(Message("warning", once if self._interrupted == 1 else again))
        if self._translation:
            self._translation.interrupted = True
        if self._command:
            self._command.interrupt()

    async def execute(self, *, parallel: int, refresh: bool, clear_pending_creates: bool) -> Finished:
        """Do it.

        Raises:
            AgentryError: What it failed with; steps that failed were told one by one.
        """
        warnings: list[str] = []
        try:
            prepared = await asyncio.to_thread(self._prepare, warnings.append)
        except PulumiError as refused:
            if self._interrupted:
                raise interruption(self._stack, self._operation) from refused
            raise
        for text in warnings:
            self._listen(Message("warning", text))
        assert self._command is not None
        began = self._clock.monotonic()
        self._translation = translation = Translation(
            self._operation, clock=self._clock, redact=prepared.redactor.redact, parents=prepared.parents
        )
        translation.interrupted = self._interrupted > 0
        options = {"refresh": refresh, "clear_pending_creates": clear_pending_creates}
        error = await self._perform(prepared, translation, self._command, parallel=parallel, options=options)
        seconds = self._clock.monotonic() - began
        succeeded = not (error or self._interrupted)
        finished = Finished(
            self._operation, dict(translation.changes), translation.outputs, seconds, succeeded=succeeded
        )
        said = translation.errors
        if said and not (succeeded or translation.failures):
            said, _ = reason_among(said)
        for text in said:
            self._listen(Message("error", text))
        if translation.begun:
            self._listen(finished)
        if not succeeded:
            raise judge(
                error,
                translation,
                self._stack,
                self._operation,
                stderr=prepared.redactor.redact(self._command.stderr),
                interrupted=self._interrupted > 0,
            )
        return finished

    def _prepare(self, warn: Callable[[str], None]) -> Prepared:
        from agentry.deploy.command import Command  # noqa: PLC0415 - a third of a second

        prepared: Prepared | None = None
        if self._stack.in_directory:
            try:
                prepared = prepare(self._stack, self._operation, self._directory, clock=self._clock, warn=warn)
            except Unsupported:
                if self._stack.apart:
                    raise
        backend = prepared.backend if prepared else self._stack.backend
        self._command = command = Command(environment(self._stack, backend, os.environ))
        if self._interrupted:
            command.interrupt()
        return prepared or prepare_elsewhere(self._stack, self._directory, command)

    async def _perform(
        self,
        prepared: Prepared,
        translation: Translation,
        command: Command,
        *,
        parallel: int,
        options: Mapping[str, bool],
    ) -> BaseException | None:
        """Have the CLI do it, and hand on what it tells as it does; the error it ended with."""
        loop = asyncio.get_running_loop()
        told: asyncio.Queue[auto.EngineEvent | None] = asyncio.Queue()

        def operate() -> None:
            _operate(
                self._operation,
                self._stack,
                command,
                # The SDK calls this in a thread of its own.
                lambda event: loop.call_soon_threadsafe(told.put_nowait, event),
                config_file=prepared.config_file,
                parallel=parallel,
                options=options,
            )

        work = asyncio.create_task(asyncio.to_thread(operate))
        # The CLI ends only when its last event was taken, so nothing comes behind this.
        work.add_done_callback(lambda _: told.put_nowait(None))
        try:
            while (event := await told.get()) is not None:
                if event.diagnostic_event and event.diagnostic_event.severity == "error":
                    prepared.learn_anew()
                for one in translation.take(event):
                    self._listen(one)
            for one in translation.close():
                self._listen(one)
        finally:
            # Nobody listens any more, or waits: the CLI ends in order all the same.
            if not work.done():
                command.interrupt()
            await asyncio.wait([work])
        return work.exception()


def _operate(
    operation: Operation,
    stack: Stack,
    command: Command,
    tell: Callable[[auto.EngineEvent], Any],
    *,
    config_file: Path | None,
    parallel: int,
    options: Mapping[str, bool],
) -> None:
    """The call of the Automation API that an operation is."""
    from agentry.deploy.command import Operations, Workspace  # noqa: PLC0415 - imported already, by whoever made the command

    operations = Operations(stack.name, Workspace(work_dir=str(stack.root), pulumi_command=command))
    shared: dict[str, Any] = {
        "on_event": tell,
        "parallel": parallel,
        "color": "never",
        "config_file": str(config_file) if config_file else None,
    }
    if operation is Operation.PREVIEW:
        operations.preview(refresh=options["refresh"], **shared)
    elif operation is Operation.UP:
        operations.up(refresh=options["refresh"], show_secrets=False, **shared)
    elif operation is Operation.REFRESH:
        operations.refresh(clear_pending_creates=options["clear_pending_creates"], show_secrets=False, **shared)
    else:
        operations.destroy(show_secrets=False, **shared)
