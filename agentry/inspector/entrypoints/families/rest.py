"""The workspace's REST interface, called by hand: most calls of these libraries are about something else.

Read: requests 2.32, httpx 0.28, aiohttp 3.12.
"""

from __future__ import annotations

from agentry.inspector.entrypoints import addresses
from agentry.inspector.entrypoints.row import EntryPoint, Family, under

_LIBRARIES = (
    "requests",
    "requests..Session()",
    "httpx",
    "httpx..Client()",
    "httpx..AsyncClient()",
    "aiohttp..ClientSession()",
)

FAMILY = Family(
    (
        EntryPoint(
            under(_LIBRARIES, "post get"), addresses.workspace_path, ("url",), 0, lenient=True, below="base_url"
        ),
        EntryPoint(under(_LIBRARIES, "request"), addresses.workspace_path, ("url",), 1, lenient=True, below="base_url"),
        EntryPoint(
            under(("httpx", "httpx..Client()", "httpx..AsyncClient()"), "stream"),
            addresses.workspace_path,
            ("url",),
            1,
            lenient=True,
            below="base_url",
        ),
    )
)
