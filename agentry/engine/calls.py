"""What a provider's call answers, and how it fails: the protocol's errors as classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import any_pb2, empty_pb2, unknown_fields

from agentry.engine.values import Properties, decode
from agentry.errors import ProviderError
from agentry.protocol import provider_pb2

STATUS_DETAILS = "grpc-status-details-bin"
"""The trailer that holds a `google.rpc.Status`."""

_DETAILS_FIELD = 3  # of google.rpc.Status: repeated google.protobuf.Any


@dataclass(frozen=True, slots=True)
class Failure:
    """What Check has against an input; `property` may be empty."""

    property: str
    reason: str

    def __str__(self) -> str:
        return f"{self.property}: {self.reason}" if self.property else self.reason


@dataclass(frozen=True, slots=True)
class Checked:
    """Check's answer: the inputs with their defaults, or what is wrong with them."""

    inputs: Properties
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """What Create, Update or Read say of a resource; an empty id from Read says that there is none."""

    id: str
    outputs: Properties
    inputs: Properties | None = None


class InitFailed(ProviderError):
    """The resource exists, and is not as it should be (`ErrorResourceInitFailed`)."""

    def __init__(self, made: Made, reasons: tuple[str, ...]) -> None:
        super().__init__("the resource was made and is not ready", why="; ".join(reasons), reasons=reasons)
        self.made = made


def _details(error: Any) -> list[any_pb2.Any]:
    """The details of a failed call.

    `google.rpc.Status` is read by its field number: both the SDK and googleapis-common-protos have a class for it, and
    a process that imports the two fails ("duplicate symbol").
    """
    found: list[any_pb2.Any] = []
    for key, value in error.trailing_metadata() or ():
        if key == STATUS_DETAILS and isinstance(value, bytes):
            fields: Any = unknown_fields.UnknownFieldSet(empty_pb2.Empty.FromString(value))
            found += [any_pb2.Any.FromString(one.data) for one in fields if one.field_number == _DETAILS_FIELD]
    return found


def translate(error: Any, what: str) -> ProviderError:
    """A failed call as one of our errors.

    Args:
        error: The `grpc.aio.AioRpcError`.
        what: What was asked of whom, for an error without words of its own.
    """
    for detail in _details(error):
        failed = provider_pb2.ErrorResourceInitFailed()
        if detail.Is(failed.DESCRIPTOR):
            detail.Unpack(failed)
            inputs = decode(failed.inputs) if failed.HasField("inputs") else None
            made = Made(failed.id, decode(failed.properties), inputs)
            return InitFailed(made, tuple(failed.reasons) or (error.details() or what,))
    gone = error.code() == grpc.StatusCode.UNAVAILABLE
    return ProviderError(error.details() or f"{what}: {error.code().name.lower()}", outcome_unknown=gone)
