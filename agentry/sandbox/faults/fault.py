"""One fault, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from fastapi.responses import JSONResponse

SAID = "A fault that was asked for."
EXPIRED = "Invalid access token."
_CODES = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "RESOURCE_DOES_NOT_EXIST", 409: "RESOURCE_CONFLICT",
          429: "REQUEST_LIMIT_EXCEEDED", 500: "INTERNAL_ERROR", 503: "TEMPORARILY_UNAVAILABLE"}  # fmt: skip
_READS = ("GET", "HEAD")


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        path: A regular expression that the whole path fits; "" for one of an endpoint's start.
        method: The method, or "" for any.
        times: How many it takes yet: requests, tokens (`expire`) or starts; None for all.
        skip: How many that fit it lets pass first.
        status: The status to answer with; 0 for the real one.
        error_code: The code to answer with; "" for the usual one of the status.
        message: What to say.
        retry_after: Seconds of the header Retry-After, or None.
        after: Whether the request is carried out before its answer is replaced or lost.
        cut: Whether the connection ends without an answer.
        merge: What to change in the real answer, field by field.
        delay: Milliseconds to wait first.
        stale: Seconds after which a write is seen by the reads that fit.
        expire: Whether the token of the request is refused, now and from then on.
        busy: Seconds that an update of somebody else takes, which begins before the request is carried out.
        endpoint: A regular expression that the whole name of an endpoint fits, for `start` and `busy`.
        start: What becomes of the endpoint's start: one of `starts.STARTS`, or "".
        seconds: How long the start takes before that happens; None for at once (`never-ready`: for ever).
        id: Its number, given by the sandbox.
        taken: How often it was taken.
    """

    path: str = ""
    method: str = ""
    times: int | None = 1
    status: int = 0
    error_code: str = ""
    message: str = SAID
    retry_after: int | None = None
    after: bool = False
    merge: dict[str, Any] | None = None
    delay: int = 0
    skip: int = 0
    cut: bool = False
    stale: float = 0
    expire: bool = False
    busy: float = 0
    endpoint: str = ""
    start: str = ""
    seconds: float | None = None
    id: int = 0
    taken: int = 0

    @property
    def decides(self) -> bool:
        """Whether it decides what the request is answered: otherwise the request goes on."""
        return bool(self.status or self.merge or self.cut or self.expire)

    @property
    def is_over(self) -> bool:
        """Whether it takes nothing more."""
        return self.times == 0

    def took(self) -> Fault:
        """The same, taken once more."""
        return replace(self, times=None if self.times is None else self.times - 1, taken=self.taken + 1)

    def skipped(self) -> Fault:
        """The same, with one fewer to let pass."""
        return replace(self, skip=self.skip - 1)

    def fits(self, method: str, path: str) -> bool:
        """Whether it is about this request."""
        if self.start or (self.stale and method not in _READS):
            return False
        return self.method in ("", method) and re.fullmatch(self.path, path) is not None

    def fits_start(self, endpoint: str) -> bool:
        """Whether it is about the start of this endpoint."""
        return bool(self.start) and re.fullmatch(self.endpoint, endpoint) is not None

    def answer(self) -> JSONResponse:
        """What it answers instead."""
        headers = {} if self.retry_after is None else {"retry-after": str(self.retry_after)}
        if not self.expire:
            code = self.error_code or _CODES.get(self.status, "UNKNOWN")
            return JSONResponse({"error_code": code, "message": self.message}, self.status, headers)
        # The platform says 403 here, and its code is the number.
        status = self.status or 403
        refused = self.error_code or (status if status == 403 else _CODES.get(status, "UNKNOWN"))
        message = EXPIRED if self.message == SAID else self.message
        return JSONResponse({"error_code": refused, "message": message}, status, headers)
