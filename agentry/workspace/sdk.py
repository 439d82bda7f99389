"""What of databricks-sdk is used, authentication and requests, and how it is kept from trying again by itself."""

from __future__ import annotations

import functools
import importlib.util
import logging
import sys
import threading
import types
from typing import TYPE_CHECKING, Any, NamedTuple

from agentry import __version__

if TYPE_CHECKING:
    from collections.abc import Callable


class Sdk(NamedTuple):
    """Its Config, its ApiClient, and the base of its errors."""

    config: Callable[..., Any]
    client: Callable[[Any], Any]
    error: type[Exception]


_importing = threading.Lock()


def prepare() -> None:
    """Import the SDK (0.4 s): in a thread, while there is nothing else to do yet."""
    sdk()


def sdk() -> Sdk:
    """Config and ApiClient; see `_import_sdk`."""
    with _importing:
        return _import_sdk()


@functools.lru_cache(maxsize=1)
def _import_sdk() -> Sdk:
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
        from databricks.sdk.useragent import with_product  # noqa: PLC0415

        # Also for what Config asks by itself, before it knows its own product.
        with_product("agentry", __version__)

        # What it warns of on the way is said by our own errors; unheard, it would go to stderr.
        # At DEBUG it logs whole requests, in which secrets are in clear (observed with 0.156.0): so nobody listens.
        logger = logging.getLogger("databricks.sdk")
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
    finally:
        if stand_in is not None and sys.modules.get(name) is stand_in:
            del sys.modules[name]
    return Sdk(Config, ApiClient, DatabricksError)


class RefusedRetry(Exception):
    """The SDK wanted to wait and send again; its cause is in `__context__`."""


class NoPause:
    """A clock for the SDK whose pauses end its retries: it would send again for minutes, POST included."""

    def time(self) -> float:
        """No time passes, so the SDK's own deadline is never what ends a request."""
        return 0.0

    def sleep(self, seconds: float) -> None:  # noqa: ARG002 the SDK's interface
        """Called between two attempts, inside the handling of what made the first one fail."""
        raise RefusedRetry
