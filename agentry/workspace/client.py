"""databricks-sdk, and nothing else of it than authentication and requests: the only module that imports it.

The SDK's defaults are those of a notebook: discovery and requests are tried again for five minutes, POST included.
Here a host that does not answer is said within `CONNECT_SECONDS`, and `retries.py` decides what is sent again.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import logging
import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from agentry import __version__
from agentry.errors import NotFound, Unauthenticated, Unavailable
from agentry.workspace.credentials import address, arguments_for, away
from agentry.workspace.door import Bearer, Json, Workspace
from agentry.workspace.identity import identity_of
from agentry.workspace.retries import silence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentry.clock import Clock
    from agentry.stacks import Settings

T = TypeVar("T")

CONNECT_SECONDS = 4.0
"""For discovery, authentication and the first answer; with the SDK's import it stays under the promised 5 s."""
THREADS = 48
"""Requests at once, each in a thread: the SDK is synchronous. Enough for 50 agents of which each request takes 0.1 s."""
_ORG_ID = "X-Databricks-Org-Id"


async def connect(settings: Settings, *, clock: Clock, cancelled: asyncio.Event | None = None) -> Workspace:
    """Find the workspace, authenticate and see who we are there.

    Args:
        settings: Which workspace; without any, credentials as every Databricks tool finds them.
        clock: Time, for waits and retries.
        cancelled: Set it, and no further write begins.

    Raises:
        ConfigError: No such profile, or the sandbox does not run.
        Unauthenticated: No credentials, or they are refused.
        Unavailable: No answer within 5 s; says from which host.
    """
    arguments = arguments_for(settings)
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="workspace")
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(pool, _sdk)
    try:
        return await asyncio.wait_for(_connect(settings, arguments, pool, clock, cancelled), CONNECT_SECONDS)
    except asyncio.TimeoutError:
        raise away(settings, silence(address(settings, arguments), CONNECT_SECONDS)) from None
    except Unavailable as error:
        raise away(settings, error) from error


async def _connect(
    settings: Settings,
    arguments: dict[str, str],
    pool: ThreadPoolExecutor,
    clock: Clock,
    cancelled: asyncio.Event | None,
) -> Workspace:
    loop = asyncio.get_running_loop()
    config = await loop.run_in_executor(pool, functools.partial(_configure, settings, arguments))
    transport = SdkTransport(config, pool)
    me, metastore = await asyncio.gather(
        transport.send("GET", "/api/2.0/preview/scim/v2/Me", None, None, CONNECT_SECONDS, headers=(_ORG_ID,)),
        _metastore(transport),
    )
    return Workspace(
        host=transport.host,
        workspace_id=str(me.get(_ORG_ID) or config.workspace_id or ""),
        metastore_id=str(metastore.get("metastore_id") or ""),
        metastore_owner=str(metastore.get("owner") or ""),
        me=identity_of(me),
        transport=transport,
        clock=clock,
        cancelled=cancelled or asyncio.Event(),
    )


async def _metastore(transport: SdkTransport) -> Json:
    """The metastore; a workspace without Unity Catalog has none."""
    try:
        return await transport.send("GET", "/api/2.1/unity-catalog/metastore_summary", None, None, CONNECT_SECONDS)
    except NotFound:
        return {}


class _Sdk(NamedTuple):
    config: Callable[..., Any]
    client: Callable[[Any], Any]
    error: type[Exception]


_importing = threading.Lock()


def prepare() -> None:
    """Import the SDK (0.4 s): in a thread, while there is nothing else to do yet."""
    _sdk()


def _sdk() -> _Sdk:
    """Config and ApiClient; see `_import_sdk`."""
    with _importing:
        return _import_sdk()


@functools.lru_cache(maxsize=1)
def _import_sdk() -> _Sdk:
    """Config and ApiClient, without the package's 60 generated services (1.3 s, and unused here).

    The package's `__init__` imports them all. A bare module stands in its place while `core` is imported, and is
    taken away again, so that a later `import databricks.sdk` still means the real one.
    """
    name, stand_in = "databricks.sdk", None
    if name not in sys.modules:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        stand_in = types.ModuleType(name)
        stand_in.__path__ = list(spec.submodule_search_locations or ())
        sys.modules[name] = stand_in
    try:
        from databricks.sdk.core import ApiClient, Config  # noqa: PLC0415
        from databricks.sdk.errors import DatabricksError  # noqa: PLC0415

        # What it warns of on the way is said by our own errors; unheard, it would go to stderr.
        logging.getLogger("databricks.sdk").addHandler(logging.NullHandler())
    finally:
        if stand_in is not None and sys.modules.get(name) is stand_in:
            del sys.modules[name]
    return _Sdk(Config, ApiClient, DatabricksError)


class _RefusedRetry(Exception):
    """The SDK wanted to wait and send again; its cause is in `__context__`."""


class _NoPause:
    """A clock for the SDK whose pauses end its retries: it would send again for minutes, POST included."""

    def time(self) -> float:
        """No time passes, so the SDK's own deadline is never what ends a request."""
        return 0.0

    def sleep(self, seconds: float) -> None:  # noqa: ARG002 the SDK's interface
        """Called between two attempts, inside the handling of what made the first one fail."""
        raise _RefusedRetry


def _configure(settings: Settings, arguments: Mapping[str, str]) -> Any:
    """The SDK's Config: finds credentials, asks the host what it is."""
    try:
        return _sdk().config(
            product="agentry",
            product_version=__version__,
            clock=_NoPause(),
            # Host discovery has a client of its own that knows no clock; one second means one attempt.
            retry_timeout_seconds=1,
            http_timeout_seconds=CONNECT_SECONDS,
            # The SDK gives each of the two to urllib3 in the other's place (observed with 0.156.0).
            max_connections_per_pool=THREADS,
            max_connection_pools=THREADS,
            **arguments,
        )
    except ValueError as error:  # the SDK raises nothing more specific when it finds no way to authenticate
        raise Unauthenticated(
            f"no credentials for {address(settings, arguments)}",
            why=str(error).splitlines()[0].partition(". Config: ")[0],
            fix="databricks auth login, or set DATABRICKS_HOST and DATABRICKS_TOKEN",
        ) from error


class SdkTransport:
    """Requests through the SDK, in a bounded pool of threads."""

    def __init__(self, config: Any, pool: ThreadPoolExecutor) -> None:
        self._config = config
        self._pool = pool
        self._hasty = _sdk().client(config)
        patient = config.copy()
        patient.http_timeout_seconds = 60
        self._patient = _sdk().client(patient)
        self.host = str(config.host or "").rstrip("/")

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
        client = self._hasty if timeout <= 5 else self._patient
        arguments = {"query": dict(query) if query else None, "body": body, "response_headers": list(headers)}
        answer = await self._in_thread(functools.partial(client.do, method, path, **arguments), method, path)
        return answer if isinstance(answer, dict) else {}

    async def download(self, path: str, timeout: float) -> bytes:  # noqa: ARG002 the patient client has a minute
        """The bytes behind a path."""

        def fetch() -> bytes:
            return bytes(self._patient.do("GET", path, raw=True)["contents"].read())

        return await self._in_thread(fetch, "GET", path)

    async def _in_thread(self, call: Callable[[], T], method: str, path: str) -> T:
        guarded = functools.partial(self._guarded, call, method, path)
        return await asyncio.get_running_loop().run_in_executor(self._pool, guarded)

    def _guarded(self, call: Callable[[], T], method: str, path: str) -> T:
        """The call, with the SDK's errors as ours."""
        from agentry.workspace.answers import translate  # noqa: PLC0415 it needs the SDK

        try:
            return call()
        except _RefusedRetry as refused:
            error = refused.__context__
            if isinstance(error, _sdk().error):
                raise translate(error, self.host, method, path) from error
            raise self._unreachable(error) from error
        except _sdk().error as error:
            raise translate(error, self.host, method, path) from error
        except OSError as error:  # requests' errors of connections are OSErrors; DatabricksError was caught above
            raise self._unreachable(error) from error

    def _unreachable(self, error: BaseException | None) -> Unavailable:
        return Unavailable(
            f"{self.host} can not be reached",
            why=type(error).__name__,
            fix="check address and network; `pulumi config set agentry:offline true` previews without it",
        )

    def bearer(self) -> Bearer:
        """Address and a fresh token.

        Raises:
            Unauthenticated: The credentials give no bearer token (basic authentication).
        """
        kind, _, token = self._config.authenticate().get("Authorization", "").partition(" ")
        if kind != "Bearer":
            raise Unauthenticated(
                f"the credentials for {self.host} give no token",
                why=f"authentication is {self._config.auth_type}",
                fix="log in with `databricks auth login`",
            )
        return Bearer(self.host, token)
