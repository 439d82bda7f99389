"""Why a workspace can not be reached, by the classes of what was raised on the way: name, connection, TLS, proxy."""

from __future__ import annotations

import os
import socket
import ssl
from typing import TYPE_CHECKING, NamedTuple

from agentry.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

OFFLINE = "`pulumi config set agentry:offline true` previews without it"


class Reason(NamedTuple):
    """Why, what to do, and whether the request certainly never got there."""

    why: str
    fix: str
    unsent: bool = True


def unreachable(host: str, error: BaseException | None) -> Unavailable:
    """The error for a host that a request did not come back from."""
    reason = reason_of(error)
    return Unavailable(f"{host} can not be reached", why=reason.why, fix=reason.fix, unsent=reason.unsent)


def reason_of(error: BaseException | None) -> Reason:
    """What `requests` raised, in words."""
    import requests  # noqa: PLC0415 the SDK brings it, and only what failed needs it
    from urllib3 import exceptions  # noqa: PLC0415

    network = f"check address and network; {OFFLINE}"
    chain = list(_chain(error))
    if any(isinstance(one, requests.exceptions.ProxyError | exceptions.ProxyError) for one in chain):
        return Reason(
            f"the proxy refuses, or can not be reached: {_said(chain)}", "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
        )
    certificate = next((one for one in chain if isinstance(one, ssl.SSLCertVerificationError)), None)
    if certificate is not None:
        return Reason(
            f"its certificate is not trusted: {certificate.verify_message}",
            "set REQUESTS_CA_BUNDLE to a file with the certificates of your authority",
        )
    if any(isinstance(one, socket.gaierror) for one in chain):
        return Reason("its name is not known here (DNS)", network)
    if any(isinstance(one, exceptions.NewConnectionError) for one in chain):
        return Reason(_said(chain), network)
    if any(isinstance(one, requests.exceptions.ConnectTimeout | exceptions.ConnectTimeoutError) for one in chain):
        return Reason("no connection in time: it does not answer, or a firewall drops what is sent", network)
    if any(isinstance(one, requests.exceptions.ReadTimeout) for one in chain):
        return Reason("it took the request and did not answer in time", network, unsent=False)
    return Reason(_said(chain), network, unsent=False)


def _said(chain: list[BaseException]) -> str:
    """The system's word for it, such as `connection refused`; else the name of the error."""
    for one in chain:
        if isinstance(one, OSError) and isinstance(one.errno, int) and not isinstance(one, ssl.SSLError):
            return os.strerror(one.errno).lower()
    tls = next((one for one in chain if isinstance(one, ssl.SSLError)), None)
    if tls is not None:
        return f"TLS: {tls.reason or type(tls).__name__}"
    proxied = next((one for one in chain if type(one) is OSError and one.args), None)  # urllib3 raises a bare one
    return str(proxied.args[0]) if proxied else type(chain[0]).__name__ if chain else "no answer"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all that it came of, wherever the libraries keep it."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [*one.args, getattr(one, "reason", None), getattr(one, "original_error", None)]
        waiting += [one.__cause__, one.__context__]
