from __future__ import annotations

import pytest
from databricks.sdk.errors import DatabricksError, platform

from agentry import errors
from agentry.workspace.answers import translate


def said(error: DatabricksError) -> errors.WorkspaceError:
    return translate(error, "https://workspace.example", "GET", "/api/x")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (platform.ResourceAlreadyExists, errors.AlreadyExists),
        (platform.AlreadyExists, errors.AlreadyExists),
        (platform.ResourceConflict, errors.Conflict),
        (platform.Aborted, errors.Conflict),
        (platform.ResourceDoesNotExist, errors.NotFound),
        (platform.NotFound, errors.NotFound),
        (platform.Unauthenticated, errors.Unauthenticated),
        (platform.PermissionDenied, errors.PermissionDenied),
        (platform.TooManyRequests, errors.RateLimited),
        (platform.RequestLimitExceeded, errors.RateLimited),
        (platform.NotImplemented, errors.InvalidRequest),
        (platform.InternalError, errors.Unavailable),
        (platform.TemporarilyUnavailable, errors.Unavailable),
        (platform.InvalidParameterValue, errors.InvalidRequest),
        (platform.BadRequest, errors.InvalidRequest),
        (DatabricksError, errors.InvalidRequest),
    ],
)
def test_the_class_decides(theirs: type[DatabricksError], ours: type[errors.WorkspaceError]) -> None:
    assert type(said(theirs("something"))) is ours


def test_every_class_of_the_sdk_is_decided() -> None:
    known = {**platform.STATUS_CODE_MAPPING, **platform.ERROR_CODE_MAPPING}
    undecided = {cls.__name__ for cls in known.values() if type(said(cls("x"))) is errors.InvalidRequest}
    assert undecided == {"BadRequest", "InvalidParameterValue", "InvalidState", "NotImplemented", "Cancelled"}


def test_what_was_said_and_by_whom() -> None:
    found = said(platform.PermissionDenied("User lacks X.. Config: host=https://a, token=***. Env: A"))
    assert found.lines() == ["User lacks X", "https://workspace.example answered so to GET /api/x"]


@pytest.mark.parametrize("error", [platform.TooManyRequests, platform.TemporarilyUnavailable])
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:10 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 10),
        ({"Retry-After": "Wed, 21 Oct 2026 07:27:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_kept(error: type[DatabricksError], headers: dict[str, str], seconds: float | None) -> None:
    # The SDK reads no dates, and says 1 where nothing was said.
    found = translate(error("slow", retry_after_secs=1), "https://workspace.example", "GET", "/api/x", headers)
    assert isinstance(found, errors.RateLimited | errors.Unavailable)
    assert found.retry_after == seconds
