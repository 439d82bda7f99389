"""Addresses: of MCP servers, of the workspace's REST interface, of apps."""

from __future__ import annotations

import re

from agentry.inspector.entrypoints.readers import Named, Unreadable, endpoint
from agentry.inspector.evaluation.values import HOLE

_MCP = re.compile(r"/api/2\.0/mcp/(?P<server>[\w-]+)(?P<rest>(?:/[^?#]*)?)")
_APP = re.compile(r"(?:https?://)?([^./]+)\.[^/]*databricksapps\.com")
_THREE_LEVEL = {"functions": "function", "vector-search": "vector_search_index", "ai-search": "vector_search_index"}


def app(text: str) -> Named | None:
    """`https://<app>-<workspace>.<cloud>.databricksapps.com`, or some other address."""
    match = _APP.match(text)
    return [("app", re.sub(r"-\d+$", "", match[1]))] if match else None


def mcp(text: str) -> Named | None:
    """The address of an MCP server; those that are not the workspace's are not of our concern."""
    match = _MCP.search(text)
    if match:
        return _mcp_server(match["server"], [part for part in match["rest"].split("/") if part])
    named = app(text)
    if named is None and text.startswith(HOLE):
        raise Unreadable("whether the server is one of the workspace is known only when it runs")
    return named


def _mcp_server(server: str, parts: list[str]) -> Named:
    if server == "genie" and parts:
        return [("genie_space", parts[0])]
    if server == "external" and parts:
        return [("uc_connection", parts[0])]
    if server in _THREE_LEVEL and len(parts) >= 3:
        return [(_THREE_LEVEL[server], ".".join(parts[:3]))]
    if server in _THREE_LEVEL:
        raise Unreadable(f"the server offers everything of the schema {'.'.join(parts)}")
    raise Unreadable(f"what the MCP server {server!r} of the workspace uses is known only when it runs")


def http_path(text: str) -> Named:
    """`/sql/1.0/warehouses/<id>`, `/sql/1.0/endpoints/<id>` before that."""
    match = re.search(r"/(?:warehouses|endpoints)/([^/?]+)", text)
    if match:
        return [("sql_warehouse", match[1])]
    if "/protocolv1/" in text:
        raise Unreadable("not declarable: a cluster is none of MLflow's resource types")
    raise Unreadable("it is not the path of a SQL warehouse")


_PATHS = (
    (r"/serving-endpoints/([^/?]+)/(?:served-models/[^/]+/)?invocations", "serving_endpoint"),
    (r"/api/2\.0/serving-endpoints/([^/?]+)$", "serving_endpoint"),
    (r"/api/2\.0/genie/spaces/([^/?]+)", "genie_space"),
    (r"/api/2\.0/vector-search/indexes/([^/?]+)", "vector_search_index"),
    (r"/api/2\.1/unity-catalog/functions/([^/?]+)", "function"),
    (r"/api/2\.1/unity-catalog/tables/([^/?]+)", "table"),
    (r"/api/2\.1/unity-catalog/connections/([^/?]+)", "uc_connection"),
    (r"/api/2\.0/sql/warehouses/([^/?]+)", "sql_warehouse"),
    (r"/api/2\.0/apps/([^/?]+)", "app"),
)


def workspace_path(text: str) -> Named | None:
    """A path of the workspace's REST interface, or an address that ends in one."""
    for pattern, kind in _PATHS:
        match = re.search(pattern, text)
        if match:
            return endpoint(match[1]) if kind == "serving_endpoint" else [(kind, match[1])]
    if "/api/2.0/mcp/" in text:
        return mcp(text)
    if re.search(r"/api/[12]\.\d/|/serving-endpoints|/ai-gateway/", text):
        raise Unreadable("what this part of the workspace's interface uses is not known here")
    return app(text)
