from __future__ import annotations

from typing import Any

import grpc
from google.protobuf import any_pb2

from agentry.engine import calls
from agentry.engine.calls import InitFailed, Made, translate
from agentry.engine.values import encode
from agentry.protocol import provider_pb2


class Failed:
    """What grpc.aio raises, as far as it is looked at."""

    def __init__(self, code: grpc.StatusCode, details: str, *trailers: tuple[str, Any]) -> None:
        self._code, self._details, self._trailers = code, details, trailers

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._details

    def trailing_metadata(self) -> tuple[tuple[str, Any], ...]:
        return self._trailers


def status(*details: Any) -> tuple[str, bytes]:
    """A `google.rpc.Status` as a trailer, by hand: its two generated classes can not be in one process."""
    written = b"\x08\x02" + _field(2, b"message")
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        written += _field(3, packed.SerializeToString())
    return calls.STATUS_DETAILS, written


def _field(number: int, content: bytes) -> bytes:
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def test_an_initialisation_that_failed_comes_with_what_was_made() -> None:
    detail = provider_pb2.ErrorResourceInitFailed(
        id="there", properties=encode({"half": 1}), reasons=["a", "b"], inputs=encode({"size": 2})
    )
    other = provider_pb2.CheckFailure(property="x")
    error = translate(Failed(grpc.StatusCode.UNKNOWN, "m", ("k", "v"), status(other, detail)), "Create")
    assert isinstance(error, InitFailed)
    assert error.made == Made("there", {"half": 1}, {"size": 2})
    assert error.reasons == ("a", "b")


def test_without_reasons_the_message_is_one() -> None:
    detail = provider_pb2.ErrorResourceInitFailed(id="there", properties=encode({}))
    error = translate(Failed(grpc.StatusCode.UNKNOWN, "not ready", status(detail)), "Create")
    assert isinstance(error, InitFailed)
    assert error.reasons == ("not ready",)
    assert error.made.inputs is None


def test_any_other_error_is_in_the_providers_words() -> None:
    error = translate(Failed(grpc.StatusCode.INVALID_ARGUMENT, "two lines\nof it"), "Create of package 'x'")
    assert (error.what, error.outcome_unknown) == ("two lines\nof it", False)
    silent = translate(Failed(grpc.StatusCode.INTERNAL, ""), "Create of package 'x'")
    assert silent.what == "Create of package 'x': internal"


def test_a_connection_that_broke_leaves_the_outcome_unknown() -> None:
    assert translate(Failed(grpc.StatusCode.UNAVAILABLE, "gone"), "Create").outcome_unknown
