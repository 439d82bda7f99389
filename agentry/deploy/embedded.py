"""The engine interface over the embedded engine: no Pulumi CLI."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Any

from agentry.clock import Clock, RealClock
from agentry.deploy.engine import RecordedResource
from agentry.engine import project as projects
from agentry.engine import values
from agentry.engine.events import Event, Finished, Operation
from agentry.engine.passphrase import Secrets
from agentry.engine.program import Program
from agentry.engine.request import Request, with_config
from agentry.engine.state import Checkpoint
from agentry.engine.urn import ROOT_STACK_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from agentry.deploy.stack import Stack
    from agentry.engine.project import StackFile

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class EmbeddedEngine:
    """Deploys in this process, with the unmodified program and provider plugins in processes of their own."""

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
            secrets=_opener(stack, file, write=operation is not Operation.PREVIEW),
            config_secrets=_config_secrets(stack, file),
            refresh=refresh,
            parallel=parallel,
            go_on=f"agentry {operation.value} --stack {stack.name}",
        )
        run = Run(request, listen=listen, clock=self._clock)
        with _signals.during(run.cancel):
            return await run.execute(program)

    async def outputs(self, stack: Stack) -> dict[str, Any]:
        """What the stack exports; see `Engine.outputs`."""
        for resource in (await self._recorded(stack)).resources:
            if resource.type == ROOT_STACK_TYPE and not resource.delete:
                masked: dict[str, Any] = values.mask(resource.outputs)
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

    async def _recorded(self, stack: Stack) -> Checkpoint:
        from agentry.engine import backend, state  # noqa: PLC0415 - only what reads a state needs them

        project = projects.find_project(stack.root)
        file = projects.read_stack(project, stack.name)
        store = backend.FileBackend(stack.backend, project.name, base=project.root, clock=self._clock)
        data = store.load(stack.name)
        if data is None:
            return Checkpoint(stack="")
        where = str(store.checkpoint_file(stack.name))
        salt = state.salt_of(data, where)
        secrets = await asyncio.to_thread(_opener(stack, file, write=False), salt)
        return await asyncio.to_thread(state.read, data, secrets, where)


def _opener(stack: Stack, file: StackFile, *, write: bool) -> Callable[[str | None], Secrets]:
    """How the secrets of a stack's state are opened, given the salt that is recorded there."""

    def open_secrets(recorded: str | None) -> Secrets:
        if stack.apart:
            return Secrets.open(stack.passphrase, recorded) if recorded else Secrets.new(stack.passphrase)
        secrets = projects.open_secrets(file, stack.passphrase, recorded, write=write)
        if stack.passphrase:
            secrets.verify()
        return secrets

    return open_secrets


def _config_secrets(stack: Stack, file: StackFile) -> Secrets | None:
    """What opens the stack file's own secrets in a run against the sandbox; None where it is the state's secrets."""
    if not (stack.apart and file.salt):
        return None
    # A passphrase that nobody gave is wrong as soon as there is something to decrypt, and not before.
    return Secrets.open(stack.config_passphrase or "", file.salt, where=str(file.file))


class _Signals:
    """SIGINT and SIGTERM end every run of this process in order; several may be under way side by side."""

    def __init__(self) -> None:
        self._cancels: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._before: dict[signal.Signals, Any] = {}
        self._cancelling: set[asyncio.Task[None]] = set()

    @contextlib.contextmanager
    def during(self, cancel: Callable[[], Coroutine[Any, Any, None]]) -> Iterator[None]:
        """Call this on a signal, until the end of the block."""
        # Elsewhere than in the main thread nobody but the host of this code gets signals.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        if not self._cancels:
            self._take()
        self._cancels.append(cancel)
        try:
            yield
        finally:
            self._cancels.remove(cancel)
            if not self._cancels:
                self._give_back()

    def _take(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            self._before[number] = signal.getsignal(number)
            loop.add_signal_handler(number, self._interrupt)

    def _give_back(self) -> None:
        for number, handler in self._before.items():
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, handler)

    def _interrupt(self) -> None:
        for cancel in self._cancels:
            task = asyncio.get_running_loop().create_task(cancel())
            self._cancelling.add(task)
            task.add_done_callback(self._cancelling.discard)


_signals = _Signals()
