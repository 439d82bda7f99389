"""Requests through databricks-sdk: each in a thread, its errors as ours, a credential that expired asked for anew."""

from __future__ import annotations

import asyncio
import functools
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from agentry.errors import PermissionDenied, Unauthenticated, WorkspaceError
from agentry.workspace.connections import unreachable
from agentry.workspace.door import Bearer
from agentry.workspace.identity import ME
from agentry.workspace.sdk import RefusedRetry, sdk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentry.workspace.door import Json
    from agentry.workspace.threads import Threads

T = TypeVar("T")

CONNECT_SECONDS = 3.5
"""For the SDK's import, discovery, authentication and the first answer; a command stays under the promised 5 s."""
ANSWER_SECONDS = 60.0
"""How long a socket may be silent in real work."""


class _Clients:
    """The SDK's clients of one credential: for questions, and for real work.

    Args:
        config: The SDK's, with the credential.
    """

    def __init__(self, config: Any) -> None:
        self.config = config
        self.hasty = sdk().client(config)
        patient = config.copy()
        patient.http_timeout_seconds = ANSWER_SECONDS
        self.patient = sdk().client(patient)
        self.accepted = False
        """Whether the workspace took this credential once."""


class _Asking:
    """One call of the SDK: signs it, and hears the headers of the answer."""

    def __init__(self, clients: _Clients) -> None:
        self._clients = clients
        self.headers: Mapping[str, str] = {}

    def __call__(self, request: Any) -> Any:
        """As `requests` has an authentication called."""
        request.headers.update(self._clients.config.authenticate())
        request.register_hook("response", self._hear)
        return request

    def _hear(self, answer: Any, **_: Any) -> None:
        self.headers = answer.headers


class SdkTransport:
    """Requests through the SDK, in a bounded pool of threads.

    Args:
        config: The SDK's Config.
        pool: The threads.
        configure: Asks for the credentials anew: another Config.
    """

    def __init__(self, config: Any, pool: Threads, configure: Callable[[], Any]) -> None:
        self._clients = _Clients(config)
        self._pool = pool
        self._configure = configure
        self._renewing = threading.Lock()
        self.host = str(config.host or "").rstrip("/")

    @property
    def user_agent(self) -> str:
        """As what the requests present themselves."""
        return str(self._clients.config.user_agent)

    async def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: Any,
        timeout: float,
        *,
        headers: tuple[str, ...] = (),
    ) -> Json:
        """Send one request.

        Args:
            method: GET, POST, PUT, PATCH or DELETE.
            path: Below the host.
            query: Parameters, or None.
            body: JSON, or None.
            timeout: Seconds that the caller waits at most; decides how long a socket may be silent.
            headers: Headers of the answer to add to it.

        Raises:
            WorkspaceError: What the workspace answered, or that it did not.
        """
        options = {"query": dict(query) if query else None, "body": body, "response_headers": list(headers)}

        def call(clients: _Clients, asking: _Asking) -> Any:
            client = clients.hasty if timeout <= 5 else clients.patient
            return client.do(method, path, auth=asking, **options)

        answer = await self._in_thread(call, method, path)
        return answer if isinstance(answer, dict) else {}

    async def download(self, path: str, timeout: float) -> bytes:  # noqa: ARG002 the patient client has a minute
        """The bytes behind a path."""

        def call(clients: _Clients, asking: _Asking) -> bytes:
            return bytes(clients.patient.do("GET", path, raw=True, auth=asking)["contents"].read())

        return await self._in_thread(call, "GET", path)

    async def _in_thread(self, call: Callable[[_Clients, _Asking], T], method: str, path: str) -> T:
        work = functools.partial(self._authenticated, call, method, path)
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def _authenticated(self, call: Callable[[_Clients, _Asking], T], method: str, path: str) -> T:
        """The call; where a credential that was good is refused, once more with one that is asked for anew."""
        clients = self._clients
        try:
            return self._guarded(clients, call, method, path)
        except (Unauthenticated, PermissionDenied) as error:
            # What was refused did nothing, so any request may be sent again.
            if not self._is_of_the_credential(error, clients) or (renewed := self._renewed(clients)) is None:
                raise
        return self._guarded(renewed, call, method, path)

    def _is_of_the_credential(self, error: WorkspaceError, clients: _Clients) -> bool:
        """Whether it is the credential that was refused, and not the request."""
        if isinstance(error, Unauthenticated):
            return True
        if getattr(error.__cause__, "error_code", None) == "PERMISSION_DENIED":
            return False
        # A personal token that ran out is a 403 with the code "403" (observed by others), as are other things.
        try:
            self._guarded(clients, lambda one, asking: one.hasty.do("GET", ME, auth=asking), "GET", ME)
        except (Unauthenticated, PermissionDenied):
            return True
        except WorkspaceError:
            pass
        return False

    def _renewed(self, used: _Clients) -> _Clients | None:
        """Clients of a credential that is asked for anew; None for one that was never good."""
        with self._renewing:
            if self._clients is used:
                if not used.accepted:
                    return None
                try:
                    self._clients = _Clients(self._configure())
                except WorkspaceError:
                    return None
            return self._clients

    def _guarded(self, clients: _Clients, call: Callable[[_Clients, _Asking], T], method: str, path: str) -> T:
        """The call, with the SDK's errors as ours."""
        from agentry.workspace.answers import translate  # noqa: PLC0415 it needs the SDK

        asking = _Asking(clients)
        try:
            answer = call(clients, asking)
        except RefusedRetry as refused:
            error = refused.__context__
            if isinstance(error, sdk().error):
                raise translate(error, self.host, method, path, asking.headers) from error
            raise unreachable(self.host, error) from error
        except sdk().error as error:
            raise translate(error, self.host, method, path, asking.headers) from error
        except OSError as error:  # requests' errors of connections are OSErrors; DatabricksError was caught above
            raise unreachable(self.host, error) from error
        clients.accepted = True
        return answer

    def bearer(self) -> Bearer:
        """Address and a fresh token.

        Raises:
            Unauthenticated: The credentials give no bearer token (basic authentication).
        """
        config = self._clients.config
        kind, _, token = config.authenticate().get("Authorization", "").partition(" ")
        if kind != "Bearer":
            raise Unauthenticated(
                f"the credentials for {self.host} give no token",
                why=f"authentication is {config.auth_type}",
                fix="log in with `databricks auth login`",
            )
        return Bearer(self.host, token)
