"""The embedded engine around the provider, whole and without a process: programs are lists of resources.

The engine's own services, the provider and what they say to each other are real, over gRPC on loopback; state, history
and locks are files. Only the two processes are not there: the program's, and the provider's.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc.aio
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc, resource_pb2, resource_pb2_grpc

from agentry.engine import project as projects
from agentry.engine import state
from agentry.engine.client import Client
from agentry.engine.events import Difference, Event, Finished, Message, Operation, StepFailed, StepPlanned
from agentry.engine.passphrase import Secrets
from agentry.engine.plugin import CHANNEL_OPTIONS
from agentry.engine.program import Output
from agentry.engine.request import Request
from agentry.engine.run import Run
from agentry.errors import AgentryError
from agentry.provider import wire
from agentry.provider.enginelog import EngineLog
from agentry.provider.kinds.kind import UNKNOWN
from agentry.provider.kinds.registry import KINDS
from agentry.provider.servicer import Servicer
from tests.engine.playground import PASSPHRASE, SALT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agentry.clock import Clock
    from agentry.engine.program import ProgramSettings
    from agentry.engine.state import Resource
    from agentry.provider.kinds.kind import Kind

PROJECT = "agents"
STACK = "dev"
ROOT_TYPE = "pulumi:pulumi:Stack"
SAME = "same"


@dataclass(frozen=True)
class Declared:
    """A resource of a program.

    Attributes:
        token: Its kind.
        inputs: What is declared; a value may be `Of`.
        name: Its name in the program.
        after: Names of those that it depends on.
        options: Further fields of the registration, as the protocol calls them.
    """

    token: str
    inputs: dict[str, Any]
    name: str = "it"
    after: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Of:
    """An output of a resource that was declared before."""

    name: str
    output: str


@dataclass
class Told:
    """What an operation did and all that it said.

    Attributes:
        steps: Counts `op name`.
        differences: Property paths by name.
        shown: The differences themselves.
        failed: Reasons by name.
        lines: Severity and text.
        events: All that was told.
        error: What the operation ended with.
    """

    steps: Counter[str] = field(default_factory=Counter)
    differences: dict[str, list[str]] = field(default_factory=dict)
    shown: list[Difference] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[str, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    error: AgentryError | None = None

    @property
    def changes(self) -> Counter[str]:
        """The steps that change something."""
        return Counter({step: count for step, count in self.steps.items() if not step.startswith(f"{SAME} ")})

    @property
    def warnings(self) -> list[str]:
        return [text for severity, text in self.lines if severity == "warning"]

    @property
    def text(self) -> str:
        """All that somebody reads."""
        return "\n".join([*(text for _, text in self.lines), *self.failed.values(), str(self.error or "")])

    def listen(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, StepPlanned):
            name = event.urn.rpartition("::")[2]
            if "::pulumi:" not in event.urn:
                self.steps[f"{event.op.value} {name}"] += 1
                self.differences.setdefault(name, []).extend(one.path for one in event.differences)
                self.shown += event.differences
        elif isinstance(event, StepFailed):
            self.failed[event.urn.rpartition("::")[2]] = "\n".join(event.reasons)
        elif isinstance(event, Message) and event.severity != "debug":
            self.lines.append((event.severity, event.text))

    def well(self) -> Told:
        """The same, if it went well."""
        assert not self.failed, self.text
        assert self.error is None, self.text
        return self


@dataclass
class Stage:
    """A project with a stack."""

    root: Path
    connect: Any
    clock: Clock
    backend: Path
    settings: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def set(cls, root: Path, connect: Any, clock: Clock, settings: dict[str, Any] | None = None) -> Stage:
        """Write the files of the project."""
        (root / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        (root / f"Pulumi.{STACK}.yaml").write_text(f"encryptionsalt: {SALT}\n")
        (root / "__main__.py").write_text("")
        backend = root / "state"
        backend.mkdir()
        return cls(root, connect, clock, backend, settings or {})

    async def run(self, operation: Operation, program: Sequence[Declared] = ()) -> Told:
        """Do something with the stack."""
        project = projects.find_project(self.root)
        secrets = Secrets.open(PASSPHRASE, SALT)
        told = Told()
        request = Request(
            operation=operation,
            project=project,
            stack=projects.read_stack(project, STACK),
            backend=f"file://{self.backend}",
            secrets=lambda _: secrets,
            other_secrets=lambda _: secrets,
        )
        run = Staged(request, self, listen=told.listen)
        declares = operation in (Operation.PREVIEW, Operation.UP)
        try:
            await run.execute(Script(program) if declares else None)  # type: ignore[arg-type]
        except AgentryError as error:
            told.error = error
        return told

    async def preview(self, *program: Declared) -> Told:
        return await self.run(Operation.PREVIEW, program)

    async def up(self, *program: Declared) -> Told:
        return await self.run(Operation.UP, program)

    async def refresh(self) -> Told:
        return await self.run(Operation.REFRESH)

    async def destroy(self) -> Told:
        return await self.run(Operation.DESTROY)

    @property
    def file(self) -> Path:
        return self.backend / f".pulumi/stacks/{PROJECT}/{STACK}.json"

    def records(self) -> dict[str, Resource]:
        """What is recorded, by name."""
        read = state.read(self.file.read_bytes(), Secrets.open(PASSPHRASE, SALT), "state")
        return {one.urn.rpartition("::")[2]: one for one in read.resources if "::pulumi:" not in one.urn}

    def forget(self) -> None:
        """Begin without a state: what was deployed is nobody's."""
        shutil.rmtree(self.backend / ".pulumi")

    def written(self) -> str:
        """All that is in files of the state: checkpoint, backup, history."""
        return "\n".join(file.read_text(errors="replace") for file in sorted(self.backend.rglob("*")) if file.is_file())


class Staged(Run):
    """A run whose provider is served by this process."""

    def __init__(self, request: Request, stage: Stage, *, listen: Any) -> None:
        super().__init__(request, listen=listen, clock=stage.clock)
        self._stage = stage

    async def _open_plugin(self, package: str) -> Any:
        if package != "agentry":
            return await super()._open_plugin(package)
        assert self._parts is not None
        plugin = await Hosted.serve(self._stage, self._parts.monitor.address)
        root = str(self._stage.root)
        return await Client.open(plugin, engine=self._parts.monitor.address, root=root, program=root)  # type: ignore[arg-type]


class Hosted:
    """The provider, as `agentry.engine.plugin.Plugin` is one."""

    package = "agentry"
    running = True

    def __init__(self, stage: Stage, engine: str) -> None:
        to_engine = grpc.aio.insecure_channel(engine)
        log = EngineLog(to_engine)
        # One that begins: a provider's process lives for one run, and so does what its kinds remember.
        kinds: dict[str, Kind] = {token: type(kind)() for token, kind in KINDS.items()}
        self._servicer = Servicer(kinds, log, stage.clock, stage.root, stage.connect)
        self._server = grpc.aio.server(options=CHANNEL_OPTIONS)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(self._servicer, self._server)
        self._port = self._server.add_insecure_port("127.0.0.1:0")
        self._exits = contextlib.AsyncExitStack()
        for leave in (to_engine.close, log.close, self._servicer.session.close):
            self._exits.push_async_callback(leave)
        self._exits.push_async_callback(self._server.stop, None)

    @classmethod
    async def serve(cls, stage: Stage, engine: str) -> Hosted:
        self = cls(stage, engine)
        await self._server.start()
        return self

    async def connect(self) -> Any:
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{self._port}", options=CHANNEL_OPTIONS)
        self._exits.push_async_callback(channel.close)
        return provider_pb2_grpc.ResourceProviderStub(channel)

    def died(self, what: str) -> AgentryError:
        return AgentryError(what)

    async def cancel(self) -> None:
        self._servicer.session.cancelled.set()

    async def close(self, grace: float = 5.0) -> None:
        await self._exits.aclose()


class Script:
    """A program without a process, as `agentry.engine.program.Program` is one: it registers one after the other."""

    def __init__(self, program: Sequence[Declared]) -> None:
        self.output = Output()
        self._program = program
        self._task: asyncio.Task[None] | None = None

    async def feed(self, settings: ProgramSettings) -> None:
        self._task = asyncio.create_task(self._go(settings.address, f"{settings.project}-{settings.stack}"))

    async def _go(self, address: str, stack: str) -> None:
        async with grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
            monitor = resource_pb2_grpc.ResourceMonitorStub(channel)
            with contextlib.suppress(grpc.aio.AioRpcError):  # the engine ended the run, and says why
                await self._register(monitor, stack)

    async def _register(self, monitor: Any, stack: str) -> None:
        root = await monitor.RegisterResource(
            resource_pb2.RegisterResourceRequest(type=ROOT_TYPE, name=stack, acceptSecrets=True)
        )
        made: dict[str, Any] = {}
        for one in self._program:
            inputs = {key: self._value(value, made) for key, value in one.inputs.items()}
            request = resource_pb2.RegisterResourceRequest(
                type=one.token,
                name=one.name,
                parent=root.urn,
                custom=True,
                object=wire.encode({key: value for key, value in inputs.items() if value is not None}),
                dependencies=[made[name].urn for name in one.after],
                acceptSecrets=True,
                supportsResultReporting=True,
                **one.options,
            )
            made[one.name] = await monitor.RegisterResource(request)
        outputs = {name: wire.decode(answer.object) for name, answer in made.items()}
        await monitor.RegisterResourceOutputs(
            resource_pb2.RegisterResourceOutputsRequest(urn=root.urn, outputs=wire.encode(outputs))
        )
        await monitor.SignalAndWaitForShutdown(empty_pb2.Empty())

    def _value(self, value: Any, made: dict[str, Any]) -> Any:
        if isinstance(value, Of):
            return wire.decode(made[value.name].object).get(value.output, UNKNOWN)
        if isinstance(value, dict):
            return {key: self._value(item, made) for key, item in value.items()}
        return [self._value(item, made) for item in value] if isinstance(value, list) else value

    async def wait(self) -> AgentryError | None:
        if self._task is not None:
            await self._task
        return None

    async def stop(self, grace: float = 5.0) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


__all__ = ["PROJECT", "STACK", "Declared", "Finished", "Of", "Stage", "Told"]
