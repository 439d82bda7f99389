"""A provider whose whole world is one JSON file: `world:index:Thing`.

The file (WORLD_FILE) holds the things that exist, the calls that were made, and the faults that are to happen:

    {"things": {id: inputs}, "calls": [[method, name]], "faults": {"create a": "error"}, "made": {name: count},
     "adopt": whether Create takes up a thing of its name that is there,
     "recorded": [[method, name, request]] of every call, whole, if it is there}

Faults, by "<method> <name>": error, away (an error of two lines), tell (an error with the value), unready (the thing exists), stall (until Cancel; the thing exists), hang, die (the process
ends after the thing was made), log (lines of progress). Inputs with a meaning of their own: `fixed` forces a
replacement, `first` deletes before it; `detailed` names what differs inside of others; `together` waits in Create until so many creates wait, `after` until the create
of the thing of that name has ended; `value` "bad" is refused by Check.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import sys
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
from google.protobuf import any_pb2, empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# The world where no WORLD_FILE is: it costs nothing, and ends with the process. For measuring engines.
MEMORY: dict[str, Any] = {"things": {}, "faults": {}, "made": {}, "calls": []}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
PATIENCE = 60


@contextmanager
def world() -> Iterator[dict[str, Any]]:
    """The world, for this process alone until the end of the block."""
    path = os.environ.get("WORLD_FILE")
    if path is None:
        yield MEMORY
        MEMORY["calls"].clear()
        return
    with open(path + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open(path) as file:
            content = json.load(file)
        for key in ("things", "faults", "made"):
            content.setdefault(key, {})
        content.setdefault("calls", [])
        yield content
        with open(path + ".new", "w") as file:
            json.dump(content, file, indent=1)
        os.replace(path + ".new", path)


def plain(value: Any) -> Any:
    """A value without its marks of secrecy."""
    if isinstance(value, dict):
        return plain(value["value"]) if SIGNATURE in value else {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def decode(struct: struct_pb2.Struct) -> dict[str, Any]:
    return json_format.MessageToDict(struct)


def encode(value: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(value)
    return struct


def outputs(inputs: dict[str, Any], serial: Any) -> dict[str, Any]:
    inputs = plain(inputs)
    value = inputs.get("value", "")
    unknown = value == UNKNOWN or serial == UNKNOWN
    return {**inputs, "length": UNKNOWN if unknown else len(str(value)), "serial": serial}


UNRECORDED = {"Handshake", "GetPluginInfo", "Cancel"}
VOLATILE = {"urn", "name", "type", "randomSeed", "resource_status_address", "resource_status_token"}


class Recorder(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Records whole calls before they are answered, where the world has a place for them."""

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        handler = await continuation(details)
        method = details.method.rpartition("/")[2]
        if handler is None or method in UNRECORDED:
            return handler

        async def recorded(request: Any, context: Any) -> Any:
            with world() as content:
                if "recorded" in content:
                    arguments = json_format.MessageToDict(request, preserving_proto_field_name=True)
                    kept = {key: value for key, value in arguments.items() if key not in VOLATILE}
                    name = getattr(request, "name", "") or getattr(request, "urn", "").rpartition("::")[2]
                    content["recorded"].append([method, name, kept])
            return await handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(
            recorded, request_deserializer=handler.request_deserializer, response_serializer=handler.response_serializer
        )


def nested(path: str, old: Any, new: Any) -> list[str]:
    """The paths of what differs, as deep as both have the same shape."""
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        parts = [(f"{path}.{key}", old[key], new[key]) for key in old]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        parts = [(f"{path}[{index}]", *pair) for index, pair in enumerate(zip(old, new, strict=True))]
    else:
        return [path]
    return [found for name, before, after in parts if before != after for found in nested(name, before, after)]


class World(provider_pb2_grpc.ResourceProviderServicer):
    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.cancelled = asyncio.Event()
        self.together: list[asyncio.Event] = []
        self.busy = 0
        self.ended: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def begin(self, method: str, request: Any, context: Any, made: str = "", inputs: Any = None) -> None:
        """Note the call, and let happen what is to happen."""
        with world() as content:
            content["calls"].append([method, request.name])
            if getattr(request, "timeout", 0):
                content.setdefault("timeouts", {})[f"{method} {request.name}"] = request.timeout
            content["provider"] = os.getpid()
            fault = content["faults"].get(f"{method} {request.name}")
        if fault == "log":
            await self.engine.Log(
                engine_pb2.LogRequest(severity=engine_pb2.INFO, message="half way", urn=request.urn, ephemeral=True)
            )
            await self.engine.Log(
                engine_pb2.LogRequest(severity=engine_pb2.WARNING, message="take care", urn=request.urn)
            )
        if fault == "error":
            await context.abort(grpc.StatusCode.UNKNOWN, f"the world refuses to {method} {request.name}")
        if fault == "away":
            await context.abort(grpc.StatusCode.UNKNOWN, "the world is away\nlook for it")
        if fault == "tell":
            await context.abort(grpc.StatusCode.UNKNOWN, f"this is no value: {inputs['value']}")
        if fault == "hang":
            await asyncio.Event().wait()
        if fault == "die":
            await self.die()
        if fault in ("stall", "unready"):
            if fault == "stall":
                await self.cancelled.wait()
            failed = provider_pb2.ErrorResourceInitFailed(
                id=made, properties=encode(outputs(inputs or {}, 0)), reasons=[f"{request.name} is not ready"]
            )
            detail = any_pb2.Any()
            detail.Pack(failed)
            status = status_pb2.Status(code=2, message="not ready", details=[detail])
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
            await context.abort(grpc.StatusCode.UNKNOWN, "not ready")

    async def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    async def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True)

    async def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="1.0.0")

    async def CheckConfig(self, request: Any, context: Any) -> Any:
        failures = [
            provider_pb2.CheckFailure(property=key, reason=f"unknown setting world:{key}")
            for key in decode(request.news)
            if key not in {"region", "token", "version"}
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    async def DiffConfig(self, request: Any, context: Any) -> Any:
        old, new = plain(decode(request.old_inputs)), plain(decode(request.news))
        replaces = ["region"] if old.get("region") != new.get("region") else []
        changes = provider_pb2.DiffResponse.DIFF_SOME if old != new else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=changes, replaces=replaces)

    async def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, acceptResources=True, supportsPreview=True, acceptOutputs=False
        )

    async def Check(self, request: Any, context: Any) -> Any:
        await self.begin("check", request, context)
        news = decode(request.news)
        bad = plain(news.get("value")) == "bad"
        failures = [provider_pb2.CheckFailure(property="value", reason="bad is no value")] if bad else []
        return provider_pb2.CheckResponse(inputs=encode({"size": 1, **news}), failures=failures)

    async def Diff(self, request: Any, context: Any) -> Any:
        await self.begin("diff", request, context)
        old, new = plain(decode(request.old_inputs)), plain(decode(request.news))
        live = plain(decode(request.olds))
        changed = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        # What somebody changed in the world is a difference too, once a refresh has found it.
        changed += [key for key in new if key in live and key not in changed and live[key] != new[key]]
        kinds = provider_pb2.PropertyDiff
        detailed = {}
        for key in changed:
            kind = "DELETE" if key not in new else "UPDATE" if key in old else "ADD"
            for path in nested(key, old.get(key), new.get(key)) if new.get("detailed") else [key]:
                detailed[path] = kinds(kind=kinds.Kind.Value(f"{kind}_REPLACE" if key == "fixed" else kind))
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=["fixed"] if "fixed" in changed else [],
            diffs=changed,
            detailedDiff=detailed,
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(new.get("first")),
        )

    async def Create(self, request: Any, context: Any) -> Any:
        inputs = plain(decode(request.properties))
        if request.preview:
            return provider_pb2.CreateResponse(properties=encode(outputs(inputs, UNKNOWN)))
        self.busy += 1
        with world() as content:
            content["most"] = max(self.busy, content.get("most", 0))
            content["timeout"] = request.timeout
        try:
            return await self.make(request, context, inputs)
        finally:
            self.busy -= 1

    async def make(self, request: Any, context: Any, inputs: dict[str, Any]) -> Any:
        if together := inputs.get("together"):
            await self.meet(int(together))
        if after := inputs.get("after"):
            await asyncio.wait_for(self.ended[after].wait(), PATIENCE)
        with world() as content:
            failing = content["faults"].get(f"create {request.name}") == "error"
            found = [key for key in content["things"] if content.get("adopt") and key.startswith(f"{request.name}-")]
            serial = content["made"].get(request.name, 0) + 1
            made = found[0] if found else f"{request.name}-{serial}"
            if not failing:
                content["made"][request.name] = serial
                content["things"][made] = inputs
        try:
            await self.begin("create", request, context, made, inputs)
        finally:
            self.ended[request.name].set()
        return provider_pb2.CreateResponse(id=made, properties=encode(outputs(inputs, serial)))

    async def meet(self, number: int) -> None:
        self.together.append(asyncio.Event())
        mine = self.together[-1]
        if len(self.together) >= number:
            for event in self.together:
                event.set()
            self.together.clear()
        await asyncio.wait_for(mine.wait(), PATIENCE)

    async def Update(self, request: Any, context: Any) -> Any:
        inputs = plain(decode(request.news))
        if request.preview:
            return provider_pb2.UpdateResponse(
                properties=encode(outputs(inputs, plain(decode(request.olds))["serial"]))
            )
        await self.begin("update", request, context, request.id, inputs)
        with world() as content:
            content["things"][request.id] = inputs
        serial = plain(decode(request.olds)).get("serial", 0)
        return provider_pb2.UpdateResponse(properties=encode(outputs(inputs, serial)))

    async def Delete(self, request: Any, context: Any) -> Any:
        await self.begin("delete", request, context)
        with world() as content:
            content["things"].pop(request.id, None)
        return empty_pb2.Empty()

    async def Read(self, request: Any, context: Any) -> Any:
        with world() as content:
            thing = content["things"].get(request.id)
        await self.begin("read", request, context, request.id, thing)
        if thing is None:
            return provider_pb2.ReadResponse()
        serial = plain(decode(request.properties)).get("serial", 0)
        return provider_pb2.ReadResponse(id=request.id, properties=encode(outputs(thing, serial)), inputs=encode(thing))

    async def Invoke(self, request: Any, context: Any) -> Any:
        question = plain(decode(request.args))["question"]
        with world() as content:
            content["calls"].append(["invoke", question])
        if question == "refuse":
            await context.abort(grpc.StatusCode.UNKNOWN, "the world does not answer")
        failures = [provider_pb2.CheckFailure(property="question", reason="bad is no question")]
        answer = provider_pb2.InvokeResponse(failures=failures if question == "bad" else [])
        getattr(answer, "return").update({"answer": f"{question}!"})
        return answer

    async def Cancel(self, request: Any, context: Any) -> Any:
        self.cancelled.set()
        return empty_pb2.Empty()


async def serve(provider: World) -> tuple[Any, int]:
    """Serve the world on a free port of loopback."""
    server = grpc.aio.server(interceptors=[Recorder()])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, port


async def main() -> None:
    engine = engine_pb2_grpc.EngineStub(grpc.aio.insecure_channel(sys.argv[1]))
    server, port = await serve(World(engine))
    print(port, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main())
