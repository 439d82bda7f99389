"""Finding the workspace: credentials as every Databricks tool finds them, who we are there, and which metastore it has.

The SDK's defaults are those of a notebook: discovery and requests are tried again for five minutes, POST included.
Here a host that does not answer is said within `CONNECT_SECONDS`, and `retries.py` decides what is sent again.
"""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any

from agentry import __version__
from agentry.errors import NotFound, Unauthenticated, Unavailable
from agentry.workspace.connections import unreachable
from agentry.workspace.credentials import address, arguments_for, away, direct_to_this_machine
from agentry.workspace.door import Json, Workspace
from agentry.workspace.identity import ME, identity_of
from agentry.workspace.retries import silence
from agentry.workspace.sdk import NoPause, sdk
from agentry.workspace.threads import Threads
from agentry.workspace.transport import CONNECT_SECONDS, SdkTransport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.clock import Clock
    from agentry.stacks import Settings

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
    direct_to_this_machine(address(settings, arguments))
    pool = Threads(THREADS, "workspace")
    try:
        return await asyncio.wait_for(_connect(settings, arguments, pool, clock, cancelled), CONNECT_SECONDS)
    except asyncio.TimeoutError:
        raise away(settings, silence(address(settings, arguments), CONNECT_SECONDS)) from None
    except Unavailable as error:
        raise away(settings, error) from error


async def _connect(
    settings: Settings,
    arguments: dict[str, str],
    pool: Threads,
    clock: Clock,
    cancelled: asyncio.Event | None,
) -> Workspace:
    loop = asyncio.get_running_loop()
    configure = functools.partial(_configure, settings, arguments)
    try:
        config = await loop.run_in_executor(pool, configure)
    except Unauthenticated:
        # Some ways to log in ask the host, and say of one that is away that there are no credentials.
        await loop.run_in_executor(pool, _reach, address(settings, arguments))
        raise
    transport = SdkTransport(config, pool, configure)
    me, metastore = await asyncio.gather(
        transport.send("GET", ME, None, None, CONNECT_SECONDS, headers=(_ORG_ID,)),
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


def _configure(settings: Settings, arguments: Mapping[str, str]) -> Any:
    """The SDK's Config: finds credentials, asks the host what it is."""
    try:
        return sdk().config(
            product="agentry",
            product_version=__version__,
            clock=NoPause(),
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


def _reach(host: str) -> None:
    """See whether anybody answers there.

    Raises:
        Unavailable: Nobody does.
    """
    import requests  # noqa: PLC0415 the SDK brings it

    try:
        if "://" in host:
            requests.get(host, timeout=CONNECT_SECONDS, allow_redirects=False)
    except OSError as error:
        raise unreachable(host, error) from error
