"""Plain HTTP to what a workspace serves, by the ways that databricks-sdk's requests take: proxies, certificates, our name."""

from __future__ import annotations

import os
import ssl
from typing import Any
from urllib.parse import urlsplit

from agentry import __version__

USER_AGENT = f"agentry/{__version__}"


def http_options(url: str) -> dict[str, Any]:
    """What `httpx.Client` is to be made with for an address.

    `requests`, which databricks-sdk uses, honours REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE; httpx only SSL_CERT_FILE.
    An address of this machine is never meant for a proxy.
    """
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    options: dict[str, Any] = {
        "trust_env": urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"),
        "headers": {"User-Agent": USER_AGENT},
    }
    if bundle and url.startswith("https:"):
        folder = os.path.isdir(bundle)
        options["verify"] = ssl.create_default_context(
            cafile=None if folder else bundle, capath=bundle if folder else None
        )
    return options
