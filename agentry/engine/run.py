"""One operation on one stack, from its lock to its last save: who is started, told, waited for and ended, in which order."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentry.engine import backend, builtin, destroy, state
from agentry.engine import project as projects
from agentry.engine.client import Client
from agentry.engine.deployment import Deployment
from agentry.engine.events import Event, Finished, Message, Operation
from agentry.engine.interruption import interruption
from agentry.engine.monitor import Monitor
from agentry.engine.plugin import Plugin
from agentry.engine.program import Program, ProgramSettings, RunFailed
from agentry.engine.providers import Providers
from agentry.engine.redaction import Redactor
from agentry.engine.references import OtherStacks
from agentry.engine.refresh import refresh
from agentry.engine.snapshot import Snapshot
from agentry.engine.steps import Steps
from agentry.engine.update import Update
from agentry.errors import AgentryError, ConfigError, ProgramError

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentry.clock import Clock
    from agentry.engine.passphrase import Secrets
    from agentry.engine.project import Config
    from agentry.engine.providers import Provider
    from agentry.engine.request import Request
    from agentry.engine.state import Checkpoint, Resource
    from agentry.engine.values import Properties

PARALLEL = 100
"""How many registrations a program can have under way: each holds a thread of the SDK while it waits."""

_KINDS = {Operation.UP: "update", Operation.REFRESH: "refresh", Operation.DESTROY: "destroy"}


class Rehearsal(Snapshot):
    """The state of a preview: it changes in memory, and is never written."""

    async def _commit(self, *, change: int = 1) -> None:
        del change


@dataclass(slots=True, kw_only=True)
class _Opened:
    """What a run has read before anything happens."""

    store: backend.FileBackend
    secrets: Secrets
    checkpoint: Checkpoint
    config: Config


@dataclass(slots=True)
class _Parts:
    providers: Providers
    monitor: Monitor


class Run:
    """One operation. `execute` does it, once; `cancel` ends it early and in order."""

    def __init__(self, request: Request, *, listen: Callable[[Event], None], clock: Clock) -> None:
        self._request = request
        self._listen = listen
        self._clock = clock
        self._redactor = Redactor()
        self._interrupted = asyncio.Event()
        self._deployment: Deployment | None = None
        self._parts: _Parts | None = None
        self._left: dict[str, Properties] = {}
        self._preview = request.operation is Operation.PREVIEW

    async def execute(self, program: Program | None = None) -> Finished:
        """Do it.

        Args:
            program: The program, started already (it imports its SDK meanwhile); None for refresh and destroy.

        Raises:
            AgentryError: What it failed with; steps that failed were told one by one. Whatever was done is saved.
        """
        async with AsyncExitStack() as exits:
            if program:
                exits.push_async_callback(program.stop)
            parts = await self._start(exits)
            opened = await self._open(exits)
            start = self._clock.now()
            began = self._clock.monotonic()
            deployment = await self._perform(opened, parts, program)
            finished = Finished(
                self._request.operation,
                dict(deployment.changes),
                deployment.masked_outputs(),
                self._clock.monotonic() - began,
                succeeded=not (deployment.error or deployment.failures or deployment.interrupted),
            )
            self._record(opened.store, finished, start)
        self._listen(finished)
        self._result(deployment)
        return finished

    async def cancel(self) -> None:
        """End early: no step begins any more, providers end their waits, what was done is saved. Twice: end at once."""
        if self._interrupted.is_set():
            self.message("warning", "interrupted again: ending the providers at once")
            if self._parts:
                await self._parts.providers.close(grace=0)
            return
        self._interrupted.set()
        if self._deployment:
            self._deployment.interrupted = True
            running = self._deployment.running
            self.message(
                "warning", f"interrupted: {running} running steps end or save where they are; once more ends at once"
            )
        if self._parts:
            await self._parts.providers.cancel()

    def message(self, severity: str, text: str, *, urn: str = "", ephemeral: bool = False) -> None:
        """A line for people, secrets masked."""
        self._listen(Message(severity, self._redactor.redact(text), urn, ephemeral))

    async def _start(self, exits: AsyncExitStack) -> _Parts:
        monitor = Monitor(self.message)
        exits.push_async_callback(monitor.stop)
        await monitor.start()
        providers = Providers(self._open_plugin, new_id=lambda: str(uuid.uuid4()))
        exits.push_async_callback(providers.close)
        self._parts = _Parts(providers, monitor)
        exits.push_async_callback(self._settle)
        providers.warm(self._request.project.plugins)
        return self._parts

    async def _settle(self) -> None:
        """On every way out, also that of an error of ours: steps under way come to their end, and are saved."""
        if self._deployment:
            self._deployment.interrupted = self._deployment.interrupted or self._deployment.running > 0
            await self._deployment.drain()
            await self._deployment.snapshot.flush()

    async def _open_plugin(self, package: str) -> Provider:
        project, parts = self._request.project, self._parts
        assert parts is not None
        if package == builtin.PACKAGE:
            return builtin.Builtin(self._other_stacks().outputs, self._registered, lambda: str(uuid.uuid4()))
        directory = project.plugins.get(package)
        if directory is None:
            raise ConfigError(
                f"there is no provider for package {package!r}",
                where=str(project.file),
                why="the embedded engine runs the providers that `plugins.providers` names by their path",
                fix="name it there, or deploy with the Pulumi CLI: pulumi up",
            )
        plugin = await Plugin.start(
            package,
            directory,
            root=project.root,
            project=project.name,
            engine=parts.monitor.address,
            log=lambda line: self.message("debug", f"{package}: {line}"),
        )
        try:
            return await Client.open(
                plugin,
                engine=parts.monitor.address,
                root=str(directory.resolve()),
                program=str(directory.resolve()),
                interrupted=self._left.get,
            )
        except BaseException:
            await plugin.close()
            raise

    def _registered(self, urn: str) -> Resource | None:
        return self._deployment.registered.get(urn) if self._deployment else None

    def _other_stacks(self) -> OtherStacks:
        request = self._request
        return OtherStacks(
            backend=request.backend,
            project=request.project.name,
            base=request.project.root,
            clock=self._clock,
            secrets=request.other_secrets,
            warn=lambda text: self.message("warning", text),
        )

    async def _open(self, exits: AsyncExitStack) -> _Opened:
        """Lock the stack and read all that is known of it. A preview locks nothing: it changes nothing."""
        request = self._request
        store = backend.FileBackend(
            request.backend, request.project.name, base=request.project.root, clock=self._clock, option=request.option
        )
        if not self._preview:
            exits.enter_context(store.lock(request.stack.name, lambda text: self.message("warning", text)))
        data = store.load(request.stack.name)
        where = str(store.checkpoint_file(request.stack.name))
        secrets = await asyncio.to_thread(request.secrets, state.salt_of(data, where) if data else None)
        name = f"{request.organization}/{request.project.name}/{request.stack.name}"
        checkpoint = state.read(data, secrets, where) if data else state.Checkpoint(stack=name)
        config = projects.resolve_config(request.project, request.stack, request.config_secrets or secrets)
        self._redactor.add(*(config.values[key] for key in config.secret_keys))
        # Of several runs that were interrupted at the same resource, the first knew it untouched.
        self._left.update((one.resource.urn, one.resource.inputs) for one in reversed(checkpoint.pending))
        for resource in checkpoint.resources:
            self._redactor.learn(resource.inputs)
            self._redactor.learn(resource.outputs)
        return _Opened(store=store, secrets=secrets, checkpoint=checkpoint, config=config)

    async def _perform(self, opened: _Opened, parts: _Parts, program: Program | None) -> Deployment:
        self._tell_pending(opened.checkpoint)
        snapshot = self._snapshot(opened)
        operation = self._request.operation
        if operation is Operation.REFRESH or (self._request.refresh and operation is not Operation.DESTROY):
            deployment = self._begin(opened, parts, snapshot)
            if self._request.clear_pending_creates:
                self._forget_creates(opened.checkpoint, snapshot)
            await refresh(deployment)
            await snapshot.flush()
            if operation is Operation.REFRESH or deployment.stopped or deployment.failures:
                return deployment
        deployment = self._begin(opened, parts, snapshot)
        if program:
            await self._run_program(deployment, opened.config, parts, program)
        else:
            await destroy.delete(deployment, Steps(deployment), frozenset())
            await snapshot.flush()
        return deployment

    def _snapshot(self, opened: _Opened) -> Snapshot:
        name, store = self._request.stack.name, opened.store
        kind = Rehearsal if self._preview else Snapshot
        return kind(
            opened.checkpoint, secrets=opened.secrets, save=lambda data: store.save(name, data), clock=self._clock
        )

    def _begin(self, opened: _Opened, parts: _Parts, snapshot: Snapshot) -> Deployment:
        self._deployment = Deployment(
            project=self._request.project.name,
            stack=self._request.stack.name,
            preview=self._preview,
            snapshot=snapshot,
            providers=parts.providers,
            provider_config=opened.config.namespace,
            listen=self._listen,
            clock=self._clock,
            redactor=self._redactor,
            parallel=self._request.parallel,
        )
        self._deployment.interrupted = self._interrupted.is_set()
        return self._deployment

    async def _run_program(self, deployment: Deployment, config: Config, parts: _Parts, program: Program) -> None:
        update = Update(deployment)
        parts.monitor.serve(update)
        program.output.listen(lambda line: self.message("info", line))
        project = self._request.project
        await program.feed(
            ProgramSettings(
                project=project.name,
                stack=self._request.stack.name,
                organization=self._request.organization,
                config=dict(config.values),
                secret_keys=sorted(config.secret_keys),
                address=parts.monitor.address,
                parallel=self._request.parallel or PARALLEL,
                dry_run=self._preview,
                root=str(project.root),
                program=str((project.root / project.main).resolve()),
            )
        )
        failure = await self._program_end(deployment, program)
        await deployment.drain()
        self._judge_program(deployment, failure)
        await update.finish()

    async def _program_end(self, deployment: Deployment, program: Program) -> AgentryError | None:
        ended = asyncio.create_task(program.wait())
        interrupted = asyncio.create_task(self._interrupted.wait())
        both: set[asyncio.Task[Any]] = {ended, interrupted}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        interrupted.cancel()
        if not ended.done():
            # Its registrations are steps under way: they come to their end first.
            await deployment.drain()
            await program.stop()
        return await ended

    def _judge_program(self, deployment: Deployment, failure: AgentryError | None) -> None:
        if deployment.interrupted:
            return
        if failure and not (isinstance(failure, RunFailed) and (deployment.stopped or deployment.failures)):
            deployment.fail(failure)
        if not failure and not deployment.completed and not (deployment.stopped or deployment.failures):
            deployment.fail(
                ProgramError("the program ended before it was through", why="what it did not ask for was left alone")
            )

    def _tell_pending(self, checkpoint: Checkpoint) -> None:
        """What an earlier run began and did not end, and how it is mended."""
        for pending in checkpoint.pending:
            self.message(
                "warning",
                f"an earlier run was interrupted while {pending.kind} this; it may be there, or half there",
                urn=pending.resource.urn,
            )
        kinds = {pending.kind for pending in checkpoint.pending}
        option = self._request.option
        if kinds - {"creating"} and self._request.operation is not Operation.REFRESH:
            self.message("warning", f"to record what is there of what was interrupted: agentry refresh {option}")
        if "creating" in kinds and not self._request.clear_pending_creates:
            self.message(
                "warning",
                "what was being created is made, or taken up, by the next `agentry up` that asks for it; look whether it "
                f"is there, and to forget it: agentry refresh --clear-pending-creates {option}",
            )

    def _forget_creates(self, checkpoint: Checkpoint, snapshot: Snapshot) -> None:
        for pending in checkpoint.pending:
            if pending.kind == "creating":
                snapshot.settle(pending.resource.urn)
                self.message("info", "forgot that it was being created", urn=pending.resource.urn)

    def _record(self, store: backend.FileBackend, finished: Finished, start: float) -> None:
        kind = _KINDS.get(self._request.operation)
        if kind is None:
            return
        update = backend.Update(
            kind=kind,
            start=start,
            end=self._clock.now(),
            succeeded=finished.succeeded,
            changes=finished.changes,
            config=projects.history_config(self._request.project, self._request.stack),
        )
        store.record(self._request.stack.name, update)

    def _result(self, deployment: Deployment) -> None:
        if deployment.interrupted:
            raise interruption(deployment, self._request.go_on)
        if isinstance(deployment.error, AgentryError):
            self._redactor.redact_error(deployment.error)
        deployment.result()
