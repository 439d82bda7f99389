"""The calls to one provider: what the protocol asks for, decoded. One instance is one provider resource."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
from google.protobuf import empty_pb2

from agentry.engine import values
from agentry.engine.calls import Checked, Failure, Made, translate
from agentry.engine.plan import Change, Diff
from agentry.engine.urn import package_of, split
from agentry.errors import ProviderError
from agentry.headers import INTERRUPTED
from agentry.protocol import provider_pb2 as messages

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agentry.engine.plugin import Plugin
    from agentry.engine.state import Resource
    from agentry.engine.values import Properties

HEADER_LIMIT = 4096
"""Bytes: servers refuse a call whose headers take 8 kB, and other headers want room too."""
HANDSHAKE_LIMIT = 60.0
"""Seconds for the first call: a provider that printed its port answers it at once, but on a busy machine."""

INTERNAL = "__internal"
"""The input of a provider resource in which Pulumi keeps which plugin it wants; no plugin gets to see it."""

_KINDS = {
    kind: kind_name.lower().replace("_", "-") for kind_name, kind in messages.PropertyDiff.Kind.items()
}  # ADD_REPLACE -> add-replace


class Client:
    """A provider's calls. Made by `open`, then `configure`d once before anything but `check_config` and `diff_config`.

    `known` is False when the configuration has unknowns (in a preview): the provider is not configured then, and
    nobody can say what it would do.
    """

    def __init__(self, plugin: Plugin, stub: Any, interrupted: Callable[[str], Properties | None]) -> None:
        self.plugin = plugin
        self._stub = stub
        self._interrupted = interrupted
        self._accept_secrets = False
        self._accept_resources = False
        self._supports_preview = False
        self._handshaken = False
        self.known = True

    @classmethod
    async def open(
        cls,
        plugin: Plugin,
        *,
        engine: str,
        root: str,
        program: str,
        interrupted: Callable[[str], Properties | None] = lambda _: None,
    ) -> Client:
        """Connect and shake hands; a provider without Handshake says what it can do when it is configured.

        Args:
            plugin: Its process.
            engine: The address of the engine's own services.
            root: The plugin's directory.
            program: Likewise.
            interrupted: The inputs of what an earlier run was creating or updating when it ended, by URN; by default of none.
        """
        self = cls(plugin, await plugin.connect(), interrupted)
        request = messages.ProviderHandshakeRequest(
            engine_address=engine,
            root_directory=root,
            program_directory=program,
            configure_with_urn=True,
            invoke_with_preview=True,
        )
        try:
            answer = await self._stub.Handshake(request, wait_for_ready=True, timeout=HANDSHAKE_LIMIT)
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.UNIMPLEMENTED:
                raise self._failed(error, "Handshake") from None
        else:
            self._handshaken = True
            self._accept_secrets = answer.accept_secrets
            self._accept_resources = answer.accept_resources
            self._supports_preview = True
        await self._call(self._stub.GetPluginInfo, empty_pb2.Empty(), "GetPluginInfo")
        return self

    async def _call(self, method: Callable[..., Awaitable[Any]], request: Any, name: str) -> Any:
        try:
            return await method(request, metadata=self._headers(getattr(request, "urn", "")))
        except grpc.aio.AioRpcError as error:
            raise self._failed(error, name) from None

    def _headers(self, urn: str) -> tuple[tuple[str, bytes], ...]:
        """What the provider is told of an operation that an earlier run did not end, as far as it fits."""
        inputs = self._interrupted(urn) if urn else None
        if inputs is None:
            return ()
        value = self._encode(inputs).SerializeToString()
        return ((INTERRUPTED, value),) if len(value) <= HEADER_LIMIT else ()

    def _failed(self, error: Any, name: str) -> Exception:
        what = f"{name} of package {self.plugin.package!r}"
        if error.code() == grpc.StatusCode.DEADLINE_EXCEEDED:
            return ProviderError(
                f"{what}: no answer within {HANDSHAKE_LIMIT:g} s",
                why="its process runs and does not answer",
                fix="run it again",
            )
        if error.code() == grpc.StatusCode.UNAVAILABLE:
            return self.plugin.died(f"{what}: the provider went away")
        return translate(error, what)

    def _encode(self, properties: Properties) -> Any:
        plain = values.downgrade(properties)
        return values.encode(plain if self._accept_secrets else values.reveal(plain))

    def _decode(self, struct: Any) -> Properties:
        decoded: Properties = values.downgrade(values.decode(struct))
        return decoded

    async def check_config(self, urn: str, olds: Properties, news: Properties) -> Checked:
        """Validate a configuration, in clear as Pulumi's engine sends it. A provider without CheckConfig takes it as it is."""
        request = messages.CheckRequest(
            urn=urn, olds=_configuration(olds), news=_configuration(news), **_name_and_type(urn)
        )
        try:
            answer = await self._stub.CheckConfig(request)
        except grpc.aio.AioRpcError as error:
            if error.code() == grpc.StatusCode.UNIMPLEMENTED:
                return Checked(news)
            raise self._failed(error, "CheckConfig") from None
        inputs = self._decode(answer.inputs) if answer.HasField("inputs") else news
        return Checked(values.mark_secrets(inputs, news), _failures(answer))

    async def diff_config(self, urn: str, old: Resource, news: Properties, ignored: tuple[str, ...] = ()) -> Diff:
        """What a changed configuration means for the resources it manages. As in Pulumi's engine, no id is told."""
        request = messages.DiffRequest(
            urn=urn,
            olds=values.encode(values.reveal(old.outputs)),
            old_inputs=_configuration(old.inputs),
            news=_configuration(news),
            ignoreChanges=ignored,
            **_name_and_type(urn),
        )
        try:
            return _diff(await self._stub.DiffConfig(request))
        except grpc.aio.AioRpcError as error:
            if error.code() == grpc.StatusCode.UNIMPLEMENTED:
                return Diff(Change.UNKNOWN)
            raise self._failed(error, "DiffConfig") from None

    async def configure(self, urn: str, id: str, inputs: Properties) -> None:
        """Give the provider its checked configuration; it is left alone when that has unknowns."""
        if values.has_unknown(inputs):
            self.known = False
            return
        package = package_of(split(urn).type)
        plain = values.reveal(public(inputs))
        request = messages.ConfigureRequest(
            # The older form of `args`, which providers may still read.
            variables={f"{package}:config:{key}": _text(value) for key, value in plain.items() if key != "version"},
            args=values.encode(public(inputs)),
            acceptSecrets=True,
            acceptResources=True,
            sends_old_inputs=True,
            sends_old_inputs_to_delete=True,
            id=id,
            urn=urn,
            **_name_and_type(urn),
        )
        answer = await self._call(self._stub.Configure, request, "Configure")
        if not self._handshaken:
            self._accept_secrets = answer.acceptSecrets
            self._accept_resources = answer.acceptResources
            self._supports_preview = answer.supportsPreview

    async def check(self, urn: str, olds: Properties, news: Properties, seed: bytes | None = None) -> Checked:
        """Validate inputs. `olds` are the old inputs, none for a resource that is new or made again."""
        if not self.known:
            return Checked(news)
        request = messages.CheckRequest(
            urn=urn,
            olds=self._encode(olds),
            news=self._encode(news),
            randomSeed=seed or secrets.token_bytes(32),
            **_name_and_type(urn),
        )
        answer = await self._call(self._stub.Check, request, "Check")
        return Checked(self._with_secrets(self._decode(answer.inputs), news), _failures(answer))

    def _with_secrets(self, answered: Properties, asked: Properties) -> Properties:
        """A provider that does not know of secrets sent them back in clear."""
        return answered if self._accept_secrets else values.mark_secrets(answered, asked)

    async def diff(
        self,
        urn: str,
        old: Resource,
        news: Properties,
        *,
        ignored: tuple[str, ...] = (),
        old_inputs: Properties | None = None,
    ) -> Diff:
        """What differs between a recorded resource and wanted inputs."""
        if not self.known:
            return Diff(Change.SOME)
        request = messages.DiffRequest(
            id=old.id,
            urn=urn,
            olds=self._encode(old.outputs),
            old_inputs=self._encode(old.inputs if old_inputs is None else old_inputs),
            news=self._encode(news),
            ignoreChanges=ignored,
            **_name_and_type(urn),
        )
        return _diff(await self._call(self._stub.Diff, request, "Diff"))

    async def create(self, urn: str, inputs: Properties, *, timeout: float, preview: bool) -> Made:
        """Make a resource; in a preview say what would be known of it.

        Raises:
            InitFailed: It exists and is not ready.
            ProviderError: It was not made, unless `outcome_unknown`.
        """
        if preview and not (self.known and self._supports_preview):
            return Made("", inputs if self.known else {})
        request = messages.CreateRequest(
            urn=urn, properties=self._encode(inputs), timeout=timeout, preview=preview, **_name_and_type(urn)
        )
        answer = await self._call(self._stub.Create, request, "Create")
        return Made(answer.id, self._decode(answer.properties))

    async def update(
        self, urn: str, old: Resource, inputs: Properties, *, ignored: tuple[str, ...], timeout: float, preview: bool
    ) -> Made:
        """Change a resource; in a preview say what would be known of it. Raises as `create`."""
        if preview and not (self.known and self._supports_preview):
            return Made(old.id, inputs if self.known else {})
        request = messages.UpdateRequest(
            id=old.id,
            urn=urn,
            olds=self._encode(old.outputs),
            old_inputs=self._encode(old.inputs),
            news=self._encode(inputs),
            timeout=timeout,
            ignoreChanges=ignored,
            preview=preview,
            **_name_and_type(urn),
        )
        answer = await self._call(self._stub.Update, request, "Update")
        return Made(old.id, self._decode(answer.properties))

    async def delete(self, urn: str, old: Resource, *, timeout: float) -> None:
        """Remove a resource."""
        request = messages.DeleteRequest(
            id=old.id,
            urn=urn,
            properties=self._encode(old.outputs),
            old_inputs=self._encode(old.inputs),
            timeout=timeout,
            **_name_and_type(urn),
        )
        await self._call(self._stub.Delete, request, "Delete")

    async def read(
        self, urn: str, id: str, *, inputs: Properties | None = None, outputs: Properties | None = None
    ) -> Made:
        """The resource as it is; without `inputs` and `outputs` for one that is not recorded yet (import)."""
        request = messages.ReadRequest(id=id, urn=urn, **_name_and_type(urn))
        if inputs is not None:
            request.inputs.CopyFrom(self._encode(inputs))
        if outputs is not None:
            request.properties.CopyFrom(self._encode(outputs))
        answer = await self._call(self._stub.Read, request, "Read")
        answered = self._decode(answer.inputs) if answer.HasField("inputs") else None
        marked = self._with_secrets(answered, inputs or {}) if answered is not None else None
        return Made(answer.id, self._decode(answer.properties), marked)

    async def invoke(
        self, token: str, arguments: Properties, *, preview: bool
    ) -> tuple[Properties, tuple[Failure, ...]]:
        """Call a function of the provider."""
        request = messages.InvokeRequest(tok=token, args=self._encode(arguments), preview=preview)
        answer = await self._call(self._stub.Invoke, request, "Invoke")
        return self._decode(getattr(answer, "return")), _failures(answer)


def public(inputs: Properties) -> Properties:
    """A provider's configuration without what only chooses its plugin."""
    return {key: value for key, value in inputs.items() if key != INTERNAL}


def _configuration(inputs: Properties) -> Any:
    """A provider's configuration for the wire, in clear."""
    return values.encode(values.reveal(public(inputs)))


def _name_and_type(urn: str) -> dict[str, Any]:
    parts = split(urn)
    return {"name": parts.name, "type": parts.type}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _failures(answer: Any) -> tuple[Failure, ...]:
    return tuple(Failure(one.property, one.reason) for one in answer.failures)


def _diff(answer: Any) -> Diff:
    return Diff(
        change=Change(answer.changes),
        replaces=tuple(answer.replaces),
        changed=tuple(answer.diffs),
        detailed={path: _KINDS[one.kind] for path, one in answer.detailedDiff.items()},
        delete_before_replace=answer.deleteBeforeReplace,
    )
