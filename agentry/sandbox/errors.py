"""What the sandbox answers when it refuses: one small class per error code of the platform.

    ApiError                      500 INTERNAL_ERROR
    ├── BadRequest                400 BAD_REQUEST
    │   ├── InvalidParameter      400 INVALID_PARAMETER_VALUE
    │   ├── InvalidState          400 INVALID_STATE
    │   └── AlreadyExists         400 RESOURCE_ALREADY_EXISTS
    ├── Unauthenticated           401 UNAUTHENTICATED
    ├── PermissionDenied          403 PERMISSION_DENIED
    ├── NotFound                  404 RESOURCE_DOES_NOT_EXIST
    │   ├── PathNotFound          404 NOT_FOUND (Files API)
    │   ├── EndpointNotFound      404 ENDPOINT_NOT_FOUND (no such route)
    │   └── PrincipalNotFound     404 PRINCIPAL_DOES_NOT_EXIST
    ├── Conflict                  409 RESOURCE_CONFLICT
    ├── TooManyRequests           429 REQUEST_LIMIT_EXCEEDED
    └── Unsupported               501 NOT_IMPLEMENTED (not in the sandbox)

Clients decide by `error_code` first and by the status second (databricks-sdk 0.156, errors/mapper.py), so a code that
they know is worth more than an exact status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from typing_extensions import Self


class ApiError(Exception):
    """A refusal as it goes over the wire: `{"error_code": ..., "message": ...}`."""

    status: ClassVar[int] = 500
    error_code: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = self.error_code
        self.details: list[dict[str, Any]] = []

    def because(self, reason: str, **metadata: str) -> Self:
        """The same error with a machine-readable detail, as Unity Catalog adds one to its refusals."""
        detail = {"reason": reason, "domain": "unity-catalog.databricks.com", "metadata": metadata}
        self.details.append({"@type": "type.googleapis.com/google.rpc.ErrorInfo", **detail})
        return self

    def coded(self, error_code: str) -> Self:
        """The same error under a more specific code, such as `SCHEMA_DOES_NOT_EXIST`."""
        self.code = error_code
        return self

    def body(self) -> dict[str, Any]:
        """The JSON that the client reads."""
        said: dict[str, Any] = {"error_code": self.code, "message": self.message}
        return said | {"details": self.details} if self.details else said


class BadRequest(ApiError):
    """The request makes no sense."""

    status = 400
    error_code = "BAD_REQUEST"


class InvalidParameter(BadRequest):
    """A field is missing, or its value is refused."""

    error_code = "INVALID_PARAMETER_VALUE"


class InvalidState(BadRequest):
    """The object is not in a state that allows this."""

    error_code = "INVALID_STATE"


class AlreadyExists(BadRequest):
    """The name is taken."""

    error_code = "RESOURCE_ALREADY_EXISTS"


class Unauthenticated(ApiError):
    """No token, or one that the sandbox never gave."""

    status = 401
    error_code = "UNAUTHENTICATED"


class PermissionDenied(ApiError):
    """The caller lacks a privilege."""

    status = 403
    error_code = "PERMISSION_DENIED"


class NotFound(ApiError):
    """There is no such object."""

    status = 404
    error_code = "RESOURCE_DOES_NOT_EXIST"


class PathNotFound(NotFound):
    """The Files API's own code for a path without a file or directory."""

    error_code = "NOT_FOUND"


class EndpointNotFound(NotFound):
    """No route of the sandbox fits."""

    error_code = "ENDPOINT_NOT_FOUND"


class PrincipalNotFound(NotFound):
    """A grant names nobody."""

    error_code = "PRINCIPAL_DOES_NOT_EXIST"


class Conflict(ApiError):
    """Busy, or changed meanwhile."""

    status = 409
    error_code = "RESOURCE_CONFLICT"


class TooManyRequests(ApiError):
    """A limit of the platform was passed."""

    status = 429
    error_code = "REQUEST_LIMIT_EXCEEDED"


class Unsupported(ApiError):
    """The platform can, and the sandbox can not."""

    status = 501
    error_code = "NOT_IMPLEMENTED"
