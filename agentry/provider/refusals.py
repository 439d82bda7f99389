"""How an error leaves the provider: a clean text for people, a partial creation for the state, a bug as a bug."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, NoReturn

import grpc

from agentry.errors import AgentryError
from agentry.protocol import provider_pb2, status_pb2

if TYPE_CHECKING:
    from google.protobuf import struct_pb2

DETAILS = "grpc-status-details-bin"


class Partial(Exception):
    """A resource that exists but is not what was declared, ready for the wire."""

    def __init__(self, id: str, properties: struct_pb2.Struct, inputs: struct_pb2.Struct, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.id = id
        self.properties = properties
        self.inputs = inputs
        self.reasons = reasons


async def refuse(context: Any, error: BaseException, text: str) -> NoReturn:
    """End a call with an error."""
    code = grpc.StatusCode.UNKNOWN if isinstance(error, AgentryError) else grpc.StatusCode.INTERNAL
    await context.abort(code, text)
    raise AssertionError("abort raises")


def message(error: BaseException) -> str:
    """What a person reads; a traceback is shown only where it is our own bug."""
    if isinstance(error, AgentryError):
        return str(error)
    shown = "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip()
    return f"this is a bug of Agentry; please report it with these lines\n{shown}"


async def refuse_partial(context: Any, partial: Partial) -> NoReturn:
    """End a call so that the engine records the resource, with what it lacks.

    The engine reads `ErrorResourceInitFailed` from a google.rpc.Status in the call's trailer; the next update repairs.
    """
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(partial))
    status.details.add().Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=partial.id, properties=partial.properties, reasons=partial.reasons, inputs=partial.inputs
        )
    )
    await context.abort(grpc.StatusCode.UNKNOWN, status.message, ((DETAILS, status.SerializeToString()),))
    raise AssertionError("abort raises")
