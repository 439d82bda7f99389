"""`pulumirpc.ResourceProvider`: the wire on one side, `operations` on the other."""

# ruff: noqa: ARG002, N802 names and signatures are the protocol's

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from google.protobuf import empty_pb2, struct_pb2

from agentry import __version__
from agentry.errors import AgentryError
from agentry.headers import INTERRUPTED
from agentry.protocol import plugin_pb2, provider_pb2, provider_pb2_grpc
from agentry.provider import operations, recorded, settings, wire
from agentry.provider.kinds.kind import Kind, PartialCreation, Properties, Replacement
from agentry.provider.refusals import Partial, message, refuse, refuse_partial
from agentry.provider.schema import package_schema
from agentry.provider.session import Session, Urn

if TYPE_CHECKING:
    from pathlib import Path

    from agentry.clock import Clock
    from agentry.provider.diff import Change
    from agentry.provider.enginelog import EngineLog
    from agentry.report import Line
    from agentry.workspace import Workspace

Handler = Callable[[Any, Any], Awaitable[Any]]


def answered(handler: Handler) -> Callable[[Any, Any, Any], Awaitable[Any]]:
    """A call whose errors leave as texts for people, and whose lines are sent before its answer."""

    @functools.wraps(handler)
    async def rpc(self: Servicer, request: Any, context: Any) -> Any:
        _interrupted.set(_headed(context))
        try:
            answer = await handler(self, request)
        except Partial as partial:
            await self.log.flush()
            await refuse_partial(context, partial)
        except Exception as error:  # noqa: BLE001 the boundary: whatever is no AgentryError is shown as our bug
            await self.log.flush()
            await refuse(context, error, wire.masked(message(error), self.secret_texts(request)))
        await self.log.flush()
        return answer

    return rpc


_interrupted: ContextVar[Properties] = ContextVar("interrupted")


def _headed(context: Any) -> Properties:
    """What the engine says of an operation on this resource that an earlier run did not end."""
    for key, value in context.invocation_metadata() or ():
        if key == INTERRUPTED:
            return opened(struct_pb2.Struct.FromString(value)).values
    return {}


class Opened(NamedTuple):
    """Properties from the wire: plain values, and the paths of the secrets among them."""

    values: Properties
    secrets: frozenset[wire.Path]


def opened(struct: struct_pb2.Struct, kind: Kind | None = None, urn: str = "") -> Opened:
    """Decode properties and take their secrets' wrappers off; those of a kind's resource as today's kind knows them."""
    properties = wire.decode(struct)
    return Opened(*wire.open_secrets(recorded.migrated(kind, properties, urn) if kind else properties))


def _texts(kind: Kind | None, about: Opened) -> frozenset[str]:
    """The secret texts among properties."""
    made = operations.secret_paths(kind, about.values) if kind else set()
    return wire.texts_at(about.values, about.secrets | made)


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """The provider.

    Args:
        kinds: Kinds by type token.
        log: The engine's log.
        clock: Time.
        root: The project's directory.
        connect: How the workspace is found; the real one but in tests.
    """

    def __init__(
        self, kinds: Mapping[str, Kind], log: EngineLog, clock: Clock, root: Path, connect: Any = None
    ) -> None:
        self.kinds = kinds
        self.log = log
        self.session = Session(settings.parse({}, root), clock, log.tell, **({"connect": connect} if connect else {}))

    @answered
    async def Handshake(self, request: Any) -> Any:
        """What we take: secrets as secrets; outputs and references to resources taken apart by the engine."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @answered
    async def GetPluginInfo(self, request: Any) -> Any:
        """Our version."""
        return plugin_pb2.PluginInfo(version=__version__)

    @answered
    async def GetSchema(self, request: Any) -> Any:
        """The package's schema, from the tables of fields."""
        return provider_pb2.GetSchemaResponse(schema=package_schema(self.kinds.values()))

    @answered
    async def CheckConfig(self, request: Any) -> Any:
        """Unknown `agentry:` keys are refused, those that are known have types."""
        given = opened(request.news)
        failures = settings.failures(given.values, self.session.settings.root)
        return provider_pb2.CheckResponse(inputs=request.news, failures=[_failure(one) for one in failures])

    @answered
    async def DiffConfig(self, request: Any) -> Any:
        """No setting of the provider makes another resource: which workspace it is, each resource knows itself."""
        same = opened(request.old_inputs).values == opened(request.news).values
        changed = provider_pb2.DiffResponse.DIFF_NONE if same else provider_pb2.DiffResponse.DIFF_SOME
        return provider_pb2.DiffResponse(changes=changed)

    @answered
    async def Configure(self, request: Any) -> Any:
        """Take the settings and begin to look for the workspace."""
        self.session.settings = settings.parse(opened(request.args).values, self.session.settings.root)
        self.session.begin()
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @answered
    async def Check(self, request: Any) -> Any:
        """Inputs with defaults and computed ones, or what is wrong with them."""
        kind, urn = self._addressed(request)
        given, old = opened(request.news, kind, request.urn), opened(request.olds, kind, request.urn)
        context = self._context(urn, await self.session.asking(), given, preview=True)
        if context.workspace is None and not self.session.declared:
            context.report.unchecked("whether this is the workspace that the stack belongs to")
        checked = await operations.check(kind, given.values, old.values, context)
        if isinstance(name := checked.inputs.get("name"), str):
            self.session.declared.add((urn.type, name))
        return provider_pb2.CheckResponse(
            inputs=self._sealed(kind, checked.inputs, given.secrets),
            failures=[_failure(one, _texts(kind, given)) for one in checked.failures],
        )

    @answered
    async def Diff(self, request: Any) -> Any:
        """Which properties change, and whether that makes a new resource."""
        kind, urn = self._addressed(request)
        state, new = opened(request.olds, kind, request.urn), opened(request.news, kind, request.urn)
        old = opened(request.old_inputs, kind, request.urn) if request.old_inputs.fields else state
        context = self._context(urn, await self.session.asking(), new, preview=True)
        found = await operations.diff(
            kind, request.id, state.values, old.values, new.values, request.ignoreChanges, context
        )
        for change in found:
            if change.drift:
                context.report.warning(change.reason)
        replacement = kind.replacement(old.values, new.values)
        if replacement.cost and any(change.replaces for change in found):
            context.report.warning(_why_replaced(found, replacement))
        return _diff_response(found, delete_first=replacement.delete_first)

    @answered
    async def Create(self, request: Any) -> Any:
        """Make it, or say what would be made."""
        kind, urn = self._addressed(request)
        inputs = opened(request.properties, kind, request.urn)
        if request.preview:
            properties = operations.previewed(kind, inputs.values, None)
            return provider_pb2.CreateResponse(properties=self._sealed(kind, properties, inputs.secrets))
        self.session.works()
        workspace = await operations.ready(self.session, urn, inputs.values)
        context = self._context(urn, workspace, inputs, timeout=request.timeout)
        try:
            made = await operations.create(kind, inputs.values, context)
        except PartialCreation as error:
            raise self._partial(kind, inputs, error) from error
        return provider_pb2.CreateResponse(id=made.id, properties=self._sealed(kind, made.outputs, inputs.secrets))

    @answered
    async def Read(self, request: Any) -> Any:
        """What is there now: for a refresh, or (without inputs and state) for an import."""
        kind, urn = self._addressed(request)
        inputs, state = opened(request.inputs, kind, request.urn), opened(request.properties, kind, request.urn)
        workspace = await operations.ready(self.session, urn, state.values)
        context = self._context(urn, workspace, inputs, timeout=request.timeout)
        found = await operations.read(kind, request.id, inputs.values, state.values, context)
        if found is None:
            return provider_pb2.ReadResponse()
        secrets = inputs.secrets | state.secrets
        return provider_pb2.ReadResponse(
            id=found.id,
            inputs=self._sealed(kind, found.inputs, secrets),
            properties=self._sealed(kind, found.outputs, secrets),
        )

    @answered
    async def Update(self, request: Any) -> Any:
        """Make it what is declared now, or say what it would be."""
        kind, urn = self._addressed(request)
        state, new = opened(request.olds, kind, request.urn), opened(request.news, kind, request.urn)
        old = opened(request.old_inputs, kind, request.urn) if request.old_inputs.fields else state
        if request.preview:
            properties = operations.previewed(kind, new.values, state.values)
            return provider_pb2.UpdateResponse(properties=self._sealed(kind, properties, new.secrets))
        self.session.works()
        workspace = await operations.ready(self.session, urn, state.values)
        context = self._context(urn, workspace, new, timeout=request.timeout)
        try:
            properties = await operations.update(kind, request.id, state.values, old.values, new.values, context)
        except PartialCreation as error:
            raise self._partial(kind, new, error) from error
        return provider_pb2.UpdateResponse(properties=self._sealed(kind, properties, new.secrets))

    @answered
    async def Delete(self, request: Any) -> Any:
        """Take it away as the design's table says."""
        kind, urn = self._addressed(request)
        state = opened(request.properties, kind, request.urn)
        inputs = opened(request.old_inputs, kind, request.urn) if request.old_inputs.fields else state
        workspace = await operations.ready(self.session, urn, state.values)
        context = self._context(urn, workspace, inputs, timeout=request.timeout)
        await operations.delete(kind, request.id, state.values, inputs.values, context)
        return empty_pb2.Empty()

    @answered
    async def Cancel(self, request: Any) -> Any:
        """End waits at once and begin no write; whatever is being written is finished and answered."""
        self.session.cancelled.set()
        return empty_pb2.Empty()

    def secret_texts(self, request: Any) -> frozenset[str]:
        """All secret texts that a request carries: those that came as secrets, and those that the kind makes so."""
        found: frozenset[str] = frozenset()
        kind = self.kinds.get(Urn.parse(request.urn).type) if getattr(request, "urn", "") else None
        for descriptor, value in request.ListFields():
            if isinstance(value, struct_pb2.Struct) and descriptor.name != "args":
                try:
                    about = opened(value)
                except AgentryError:
                    continue
                found |= _texts(kind, about)
        return found

    def _addressed(self, request: Any) -> tuple[Kind, Urn]:
        """The kind and the resource that a request is about."""
        urn = Urn.parse(request.urn)
        kind = self.kinds.get(urn.type)
        if kind is None:
            raise AgentryError(
                f"there is no kind of resource {urn.type}", why=f"there are {', '.join(sorted(self.kinds))}"
            )
        return kind, urn

    def _context(
        self, urn: Urn, workspace: Workspace | None, about: Opened, *, timeout: float = 0.0, preview: bool = False
    ) -> Any:
        """What a kind gets; lines it tells are kept clear of the resource's secrets."""
        secrets = _texts(self.kinds.get(urn.type), about)
        context = self.session.context(
            urn, workspace, timeout=timeout, preview=preview, interrupted=_interrupted.get({})
        )
        if secrets:
            context.report.tell_through(lambda line: _masked(line, secrets))
        return context

    def _sealed(self, kind: Kind, properties: Properties, secrets: frozenset[wire.Path]) -> struct_pb2.Struct:
        sealed = wire.seal(properties, secrets | operations.secret_paths(kind, properties))
        return wire.encode(recorded.stamped(kind, sealed))

    def _partial(self, kind: Kind, inputs: Opened, error: PartialCreation) -> Partial:
        secrets = _texts(kind, inputs)
        return Partial(
            error.made.id,
            self._sealed(kind, {**inputs.values, **error.made.outputs}, inputs.secrets),
            self._sealed(kind, inputs.values, inputs.secrets),
            [wire.masked(reason, secrets) for reason in error.reasons],
        )


def _masked(line: Line, secrets: frozenset[str]) -> Line:
    return replace(line, text=wire.masked(line.text, secrets))


def _failure(failure: Any, secrets: frozenset[str] = frozenset()) -> Any:
    return provider_pb2.CheckFailure(property=failure.path, reason=wire.masked(failure.reason, secrets))


def _why_replaced(found: list[Change], replacement: Replacement) -> str:
    """Which change makes a new resource, why it can not be an update, and what that costs."""
    reasons = {
        f"{change.path.partition('.')[0].partition('[')[0]}: {change.reason}" for change in found if change.replaces
    }
    return f"is replaced, because of {'; '.join(sorted(reasons))}\n{replacement.cost}"


def _diff_response(found: list[Change], *, delete_first: bool) -> Any:
    response = provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
        hasDetailedDiff=True,
        diffs=sorted({change.path.partition(".")[0].partition("[")[0] for change in found}),
        replaces=sorted({change.path for change in found if change.replaces}),
        deleteBeforeReplace=delete_first and any(change.replaces for change in found),
    )
    for change in found:
        name = change.edit.name + ("_REPLACE" if change.replaces else "")
        response.detailedDiff[change.path].CopyFrom(
            provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(name), inputDiff=not change.drift)
        )
    return response
