"""A harness just above gRPC: it does with one resource what an engine does, and keeps its state.

async with provider(kinds, connect=...) as stub:
    thing = Resource(stub, TOKEN, "box")
    await thing.up({"name": "box"})
    assert (await thing.preview({"name": "box"})).op == "same"
"""

from __future__ import annotations

import contextlib
import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc.aio
from google.protobuf import struct_pb2
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc, status_pb2

from agentry.clock import Clock, FakeClock
from agentry.errors import AgentryError
from agentry.provider import wire
from agentry.provider.enginelog import EngineLog
from agentry.provider.kinds.kind import UNKNOWN, Kind, Properties
from agentry.provider.servicer import Servicer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping


class CheckFailed(Exception):
    """Check found something wrong."""

    def __init__(self, failures: list[tuple[str, str]]) -> None:
        super().__init__("\n".join(f"{path}: {reason}" for path, reason in failures))
        self.failures = failures

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.failures]


class InitFailed(Exception):
    """The resource was recorded, and is not what was declared."""


@dataclass
class Preview:
    """What an engine would show."""

    op: str
    inputs: Properties
    outputs: Properties
    changes: dict[str, str] = field(default_factory=dict)
    replaces: list[str] = field(default_factory=list)
    delete_before_replace: bool = False


@dataclass
class Engine:
    """The engine's end: the provider's calls, and the lines that it told."""

    stub: Any
    servicer: Servicer
    lines: list[tuple[str, str]]

    @property
    def warnings(self) -> list[str]:
        return [text for severity, text in self.lines if severity == "WARNING"]

    @property
    def infos(self) -> list[str]:
        return [text for severity, text in self.lines if severity == "INFO"]

    async def configure(self, **settings: Any) -> None:
        checked = await self.stub.CheckConfig(provider_pb2.CheckRequest(urn=URN, news=wire.encode(settings)))
        if checked.failures:
            raise CheckFailed([(one.property, one.reason) for one in checked.failures])
        await self.stub.Configure(provider_pb2.ConfigureRequest(args=checked.inputs, acceptSecrets=True))


URN = "urn:pulumi:dev::agents::pulumi:providers:agentry::default"


class _Log(engine_pb2_grpc.EngineServicer):
    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    async def Log(self, request: Any, context: Any) -> Any:
        from google.protobuf import empty_pb2

        self.lines.append((("DEBUG", "INFO", "WARNING", "ERROR")[request.severity], request.message))
        return empty_pb2.Empty()


@contextlib.asynccontextmanager
async def provider(
    kinds: Mapping[str, Kind],
    connect: Any,
    *,
    clock: Clock | None = None,
    root: Path = Path(),
    settings: dict[str, Any] | None = None,
) -> AsyncIterator[Engine]:
    """A provider over real gRPC in this process, configured."""
    log = _Log()
    engine = grpc.aio.server()
    engine_pb2_grpc.add_EngineServicer_to_server(log, engine)
    engine_port = engine.add_insecure_port("127.0.0.1:0")
    await engine.start()
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{engine_port}")
    engine_log = EngineLog(channel)
    servicer = Servicer(kinds, engine_log, clock or FakeClock(), root, connect)
    server = grpc.aio.server()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as to_provider:
        found = Engine(provider_pb2_grpc.ResourceProviderStub(to_provider), servicer, log.lines)
        await found.configure(**(settings or {}))
        try:
            yield found
        finally:
            await servicer.session.close()
            await engine_log.close()
            await channel.close()
            await server.stop(None)
            await engine.stop(None)


@dataclass
class Resource:
    """One resource of a stack, and its state."""

    engine: Engine
    token: str
    name: str
    stack: str = "dev"
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    init_errors: list[str] = field(default_factory=list)
    timeout: float = 0.0

    @property
    def urn(self) -> str:
        return f"urn:pulumi:{self.stack}::agents::{self.token}::{self.name}"

    async def check(self, given: Properties, *, fresh: bool = False) -> Properties:
        olds = wire.encode({} if fresh else self.inputs)
        request = provider_pb2.CheckRequest(urn=self.urn, olds=olds, news=wire.encode(given), randomSeed=b"0" * 32)
        answer = await self.engine.stub.Check(request)
        if answer.failures:
            raise CheckFailed([(one.property, one.reason) for one in answer.failures])
        return wire.decode(answer.inputs)

    async def diff(self, inputs: Properties, ignore: tuple[str, ...] = ()) -> Any:
        return await self.engine.stub.Diff(
            provider_pb2.DiffRequest(
                id=self.id,
                urn=self.urn,
                olds=wire.encode(self.outputs),
                old_inputs=wire.encode(self.inputs),
                news=wire.encode(inputs),
                ignoreChanges=ignore,
            )
        )

    async def preview(self, given: Properties, ignore: tuple[str, ...] = ()) -> Preview:
        """What `up` would do. Makes no write."""
        await self._new_run()
        inputs = await self.check(given)
        if not self.id:
            return Preview("create", inputs, await self._create(inputs, preview=True))
        found = await self.diff(inputs, ignore)
        changes = {
            path: provider_pb2.PropertyDiff.Kind.Name(change.kind) for path, change in found.detailedDiff.items()
        }
        replaces = list(found.replaces)
        if replaces:
            inputs = await self.check(given, fresh=True)
            outputs = await self._create(inputs, preview=True)
            return Preview("replace", inputs, outputs, changes, replaces, found.deleteBeforeReplace)
        if found.changes == provider_pb2.DiffResponse.DIFF_NONE and not self.init_errors:
            return Preview("same", inputs, self.outputs)
        return Preview("update", inputs, await self._update(inputs, preview=True), changes)

    async def _new_run(self) -> None:
        """Each preview is one of a run of its own, which has seen nothing yet; here one provider serves them all."""
        with contextlib.suppress(AgentryError):
            workspace = await self.engine.servicer.session.asking()
            if workspace is not None:
                workspace.looks.forget()

    async def up(self, given: Properties) -> Preview:
        """Preview it, then do it."""
        planned = await self.preview(given)
        if planned.op in ("create", "replace"):
            old = dataclasses.replace(self)
            await self._create(planned.inputs)
            if planned.op == "replace":
                await old.delete()
        elif planned.op == "update":
            await self._update(planned.inputs)
        self.inputs = planned.inputs
        return planned

    async def _create(self, inputs: Properties, *, preview: bool = False) -> Properties:
        request = provider_pb2.CreateRequest(
            urn=self.urn, properties=wire.encode(inputs), preview=preview, timeout=self.timeout
        )
        try:
            answer = await self.engine.stub.Create(request)
        except grpc.aio.AioRpcError as error:
            self._record_partial(error)
            raise
        outputs = wire.decode(answer.properties)
        if not preview:
            assert not wire.has_unknown(outputs)
            self.id, self.inputs, self.outputs, self.init_errors = answer.id, inputs, outputs, []
        return outputs

    async def _update(self, inputs: Properties, *, preview: bool = False) -> Properties:
        request = provider_pb2.UpdateRequest(
            id=self.id,
            urn=self.urn,
            olds=wire.encode(self.outputs),
            old_inputs=wire.encode(self.inputs),
            news=wire.encode(inputs),
            preview=preview,
            timeout=self.timeout,
        )
        try:
            answer = await self.engine.stub.Update(request)
        except grpc.aio.AioRpcError as error:
            self._record_partial(error)
            raise
        outputs = wire.decode(answer.properties)
        if not preview:
            self.inputs, self.outputs, self.init_errors = inputs, outputs, []
        return outputs

    def _record_partial(self, error: grpc.aio.AioRpcError) -> None:
        trailer = {item[0]: item[1] for item in error.trailing_metadata() or ()}
        if "grpc-status-details-bin" not in trailer:
            return
        failed = provider_pb2.ErrorResourceInitFailed()
        status = status_pb2.Status.FromString(trailer["grpc-status-details-bin"])
        assert status.code == error.code().value[0]
        assert status.details[0].Unpack(failed)
        self.id, self.init_errors = failed.id, list(failed.reasons)
        self.inputs, self.outputs = wire.decode(failed.inputs), wire.decode(failed.properties)
        raise InitFailed("\n".join(failed.reasons)) from error

    async def refresh(self) -> bool:
        """Take what is there into the state; whether it is there."""
        answer = await self.engine.stub.Read(
            provider_pb2.ReadRequest(
                id=self.id, urn=self.urn, properties=wire.encode(self.outputs), inputs=wire.encode(self.inputs)
            )
        )
        if not answer.id:
            self.id, self.inputs, self.outputs = "", {}, {}
            return False
        self.inputs, self.outputs = wire.decode(answer.inputs), wire.decode(answer.properties)
        return True

    async def take_over(self, id: str) -> bool:
        """Import: Read without inputs and state."""
        self.id, self.inputs, self.outputs = id, {}, {}
        return await self.refresh()

    async def delete(self) -> None:
        """Destroy it."""
        await self.engine.stub.Delete(
            provider_pb2.DeleteRequest(
                id=self.id,
                urn=self.urn,
                properties=wire.encode(self.outputs),
                old_inputs=wire.encode(self.inputs),
                timeout=self.timeout,
            )
        )
        self.id, self.inputs, self.outputs = "", {}, {}

    async def lives(self, given: Properties, *changes: Properties, writes: list[Any] | None = None) -> None:
        """Create, second diff is nothing, refresh is nothing, each change updates and then is nothing."""
        for step, wanted in enumerate([given, *changes]):
            before = len(writes) if writes is not None else 0
            planned = await self.preview(wanted)
            assert planned.op == ("create" if step == 0 else planned.op)
            assert planned.op != "same", "the change was not seen"
            assert writes is None or len(writes) == before, "a preview wrote"
            await self.up(wanted)
            for name, value in planned.outputs.items():
                if not wire.has_unknown(value):
                    assert self.outputs.get(name) == value, f"the preview said otherwise of {name}"
            assert (await self.preview(wanted)).op == "same", "a second up changes something"
            assert await self.refresh()
            assert (await self.preview(wanted)).op == "same", "a refresh changed something"


__all__ = ["UNKNOWN", "CheckFailed", "Engine", "InitFailed", "Preview", "Resource", "provider", "struct_pb2"]
