"""What the program and the plugins talk to: Pulumi's ResourceMonitor and Engine services, on loopback."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

import grpc
import grpc.aio
from google.protobuf import empty_pb2, message_factory

from agentry.engine import requests, values
from agentry.engine.deployment import Aborted
from agentry.engine.plugin import CHANNEL_OPTIONS
from agentry.errors import ProviderError
from agentry.protocol import engine_pb2, resource_pb2

if TYPE_CHECKING:
    from agentry.engine.goal import Goal, Invocation, Reading
    from agentry.engine.state import Resource
    from agentry.engine.values import Properties

_SEVERITIES = {
    engine_pb2.DEBUG: "debug",
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}

Method = Callable[[Any], Awaitable[Any]]


class Log(Protocol):
    """Takes a line for people; see `events.Message`."""

    def __call__(self, severity: str, text: str, *, urn: str = "", ephemeral: bool = False) -> None:
        """Show it."""
        ...


class Target(Protocol):
    """Who does what the program asks for."""

    async def register(self, goal: Goal) -> Resource:
        """Make a resource so; `Aborted` when it is not done, which was told."""
        ...

    async def read(self, reading: Reading) -> Resource:
        """Look at a resource that is managed elsewhere; `Aborted` when it could not be, which was told."""
        ...

    async def register_outputs(self, urn: str, outputs: Properties) -> None:
        """Record what a component, or the stack, says of itself."""
        ...

    async def invoke(self, question: Invocation) -> Any:
        """Call a provider's function; the answer, as a `ResourceInvokeResponse` has it. `ProviderError` when it fails."""
        ...

    def complete(self) -> None:
        """The program has asked for all it wants."""
        ...

    def fail(self, error: BaseException) -> None:
        """End the run with this error."""
        ...


class Monitor:
    """The server. `start` binds it, `serve` lets calls through to a target, `stop` ends it.

    Lines for people go to `log` at once: plugins are started, and given this address, before there is a deployment.
    """

    def __init__(self, log: Log) -> None:
        self._log_line = log
        self._server: Any = None
        self._target: Target | None = None
        self._root = ""
        self.address = ""

    async def start(self) -> str:
        """Bind to a free port of loopback; the address."""
        self._server = grpc.aio.server(options=CHANNEL_OPTIONS)
        self._server.add_generic_rpc_handlers(
            (
                _service(resource_pb2, "ResourceMonitor", self._monitor_methods(), self._guard),
                _service(engine_pb2, "Engine", self._engine_methods(), self._guard),
            )
        )
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        await self._server.start()
        return self.address

    def serve(self, target: Target) -> None:
        """From now on calls go to this target."""
        self._target = target

    async def stop(self) -> None:
        """Abort what is under way and close the port."""
        if self._server:
            await self._server.stop(grace=None)
            self._server = None

    def _monitor_methods(self) -> dict[str, Method]:
        return {
            "GetDeploymentInfo": self._deployment_info,
            "SupportsFeature": self._supports_feature,
            "RegisterResource": self._register,
            "ReadResource": self._read,
            "RegisterResourceOutputs": self._register_outputs,
            "Invoke": self._invoke,
            "SignalAndWaitForShutdown": self._complete,
        }

    def _engine_methods(self) -> dict[str, Method]:
        return {"Log": self._log, "GetRootResource": self._get_root, "SetRootResource": self._set_root}

    def _guard(self, name: str, method: Method | None) -> Callable[[Any, Any], Awaitable[Any]]:
        """A call that ends in an error: the target is told, the client only that it is over."""

        async def call(request: Any, context: Any) -> Any:
            try:
                if method is None:
                    raise requests.unsupported_call(name)
                return await method(request)
            except Aborted:
                pass
            except ProviderError as error:
                # The answer to a question: the program is told, and may know what to do.
                return await context.abort(grpc.StatusCode.UNKNOWN, str(error))
            except Exception as error:  # noqa: BLE001 - a refusal, or a bug of ours: the run ends with it
                self._now().fail(error)
            # The SDK takes this code for the end of the run and says nothing of its own.
            return await context.abort(grpc.StatusCode.UNAVAILABLE, "the deployment ends")

        return call

    def _now(self) -> Target:
        if self._target is None:
            raise Aborted
        return self._target

    async def _deployment_info(self, _: Any) -> Any:
        return resource_pb2.DeploymentInfo(supportedFeatures=(*requests.FEATURES, *requests.REFUSED_FEATURES))

    async def _supports_feature(self, request: Any) -> Any:
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in requests.FEATURE_NAMES)

    async def _register(self, request: Any) -> Any:
        resource = await self._now().register(requests.goal(request))
        # A component knows its own outputs; recorded ones may name resources that do not exist yet in this run.
        outputs = resource.outputs if resource.custom else {}
        return resource_pb2.RegisterResourceResponse(
            urn=resource.urn, id=resource.id, object=values.encode(outputs), result=resource_pb2.SUCCESS
        )

    async def _read(self, request: Any) -> Any:
        resource = await self._now().read(requests.reading(request))
        return resource_pb2.ReadResourceResponse(
            urn=resource.urn,
            id=resource.id,
            properties=values.encode(resource.outputs),
            result=resource_pb2.SUCCESS,
        )

    async def _register_outputs(self, request: Any) -> Any:
        await self._now().register_outputs(request.urn, requests.outputs(request))
        return empty_pb2.Empty()

    async def _invoke(self, request: Any) -> Any:
        return await self._now().invoke(requests.invocation(request))

    async def _complete(self, _: Any) -> Any:
        # Pulumi's engine answers only when the deletes are done, for the sake of delete hooks, which are not offered
        # here; so the program can end meanwhile.
        self._now().complete()
        return empty_pb2.Empty()

    async def _log(self, request: Any) -> Any:
        severity = _SEVERITIES.get(request.severity, "info")
        self._log_line(severity, request.message, urn=request.urn, ephemeral=request.ephemeral)
        return empty_pb2.Empty()

    async def _get_root(self, _: Any) -> Any:
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    async def _set_root(self, request: Any) -> Any:
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()


def _service(
    module: Any,
    name: str,
    methods: dict[str, Method],
    guard: Callable[[str, Method | None], Callable[[Any, Any], Awaitable[Any]]],
) -> Any:
    """A service of the protocol, whole: what has no method here is refused by its name."""
    described = module.DESCRIPTOR.services_by_name[name]
    handlers = {
        method.name: grpc.unary_unary_rpc_method_handler(
            guard(f"{name}.{method.name}", methods.get(method.name)),
            request_deserializer=message_factory.GetMessageClass(method.input_type).FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )
        for method in described.methods
    }
    return grpc.method_handlers_generic_handler(described.full_name, handlers)
