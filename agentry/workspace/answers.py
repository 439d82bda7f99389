"""What databricks-sdk raises, as our own tree of errors: decided by class, the most specific one first."""

from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime
from typing import TYPE_CHECKING

from agentry import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from databricks.sdk.errors import DatabricksError


def _table() -> tuple[tuple[type[Exception], type[errors.WorkspaceError]], ...]:
    from databricks.sdk.errors import platform as sdk  # noqa: PLC0415 heavy, and only where a request failed

    return (
        (sdk.AlreadyExists, errors.AlreadyExists),
        (sdk.ResourceAlreadyExists, errors.AlreadyExists),
        (sdk.ResourceConflict, errors.Conflict),
        (sdk.NotFound, errors.NotFound),
        (sdk.Unauthenticated, errors.Unauthenticated),
        (sdk.PermissionDenied, errors.PermissionDenied),
        (sdk.TooManyRequests, errors.RateLimited),
        # "Not implemented" is a 501: another try changes nothing.
        (sdk.NotImplemented, errors.InvalidRequest),
        (sdk.TemporarilyUnavailable, errors.Unavailable),
        (sdk.DeadlineExceeded, errors.Unavailable),
        (sdk.InternalError, errors.Unavailable),
        (sdk.BadRequest, errors.InvalidRequest),
    )


def translate(
    error: DatabricksError, host: str, method: str, path: str, headers: Mapping[str, str] | None = None
) -> errors.WorkspaceError:
    """The error of ours for what the SDK raised.

    Args:
        error: What it raised.
        host: The workspace's address.
        method: Of the request.
        path: Of the request.
        headers: Of the answer.
    """
    ours = next((ours for sdk, ours in _table() if isinstance(error, sdk)), errors.InvalidRequest)
    what = _message(error) or type(error).__name__
    why = f"{host} answered so to {method} {path}"
    if ours is errors.RateLimited:
        return errors.RateLimited(what, retry_after=retry_after(headers or {}), why=why)
    if ours is errors.Unavailable:
        return errors.Unavailable(what, retry_after=retry_after(headers or {}), why=why)
    if ours is errors.Unauthenticated:
        return errors.Unauthenticated(
            f"{host} refuses the credentials",
            why=what,
            fix="log in again (`databricks auth login`), or check the token",
        )
    return ours(what, why=why)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of the header Retry-After, a number or a date; None where there is none.

    The SDK reads numbers only, and says 1 where there is no such header. A date is compared with the answer's own.
    """
    said = (headers.get("Retry-After") or "").strip()
    if said.isdecimal():
        return float(said)
    try:
        now = parsedate_to_datetime(headers.get("Date") or formatdate(usegmt=True))
        return max(0.0, (parsedate_to_datetime(said) - now).total_seconds())
    except (TypeError, ValueError):  # the first is what Python 3.9 raised, and a date without a zone still does
        return None


def _message(error: Exception) -> str:
    """The platform's message in one line; for 401 and 403 the SDK appends its whole configuration, which says nothing here."""
    text = str(error).partition(". Config: ")[0]
    return " ".join(text.split())[:500].rstrip(".")
