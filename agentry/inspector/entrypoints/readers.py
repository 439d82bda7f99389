"""What the argument of an entry point says: a name, an address, a model with a prefix, SQL.

A reader is given a text in which unknown parts are holes, and returns what it names as (type, name) pairs; None where
the text is about something that is not of a Databricks workspace.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from agentry.inspector.evaluation.values import HOLE

Named = list[tuple[str, str]]
Reader = Callable[[str], Named | None]


class Unreadable(Exception):
    """The text is understood, and can not be decided; the message says why."""


def names(type: str) -> Reader:
    """The text is the name."""
    return lambda text: _named(type, text)


def _named(type: str, text: str) -> Named:
    if text.endswith("*"):
        raise Unreadable(f"{text!r} names whatever is there when it runs")
    return [(type, text)]


def tool_names(text: str) -> Named:
    """Functions as tools name them: `catalog__schema__name` stands for `catalog.schema.name`."""
    return _named("function", text if "." in text else text.replace("__", "."))


def model(text: str) -> Named:
    """`model=` of an OpenAI client of the workspace: an endpoint, or `apps/<name>`."""
    if text.startswith("apps/"):
        return [("app", text.removeprefix("apps/"))]
    return [("serving_endpoint", text)]


def prefixed(*prefixes: str) -> Reader:
    """`databricks/<endpoint>`, as libraries that know many providers write it; other prefixes are other providers."""

    def read(text: str) -> Named | None:
        for prefix in prefixes:
            if text.startswith(prefix):
                return [("serving_endpoint", text.removeprefix(prefix))]
        if text.startswith(HOLE):
            raise Unreadable("whether it is a model of the workspace is known only when it runs")
        return None

    return read


def http_path(text: str) -> Named | None:
    """`/sql/1.0/warehouses/<id>`."""
    match = re.search(r"/warehouses/([^/?]+)", text)
    if match:
        return [("sql_warehouse", match[1])]
    raise Unreadable("it is not the path of a SQL warehouse")


_MCP = re.compile(r"/api/2\.0/mcp/(?P<server>[\w-]+)(?P<rest>(?:/[^?#]*)?)")


def mcp(text: str) -> Named | None:
    """The address of an MCP server; those that are not the workspace's are not of our concern."""
    match = _MCP.search(text)
    if match:
        parts = [part for part in match["rest"].split("/") if part]
        return _mcp_server(match["server"], parts)
    app = re.match(r"https?://([^./]+)\.[^/]*databricksapps\.com", text)
    if app:
        return [("app", re.sub(r"-\d+$", "", app[1]))]
    if text.startswith(HOLE):
        raise Unreadable("whether the server is one of the workspace is known only when it runs")
    return None


def _mcp_server(server: str, parts: list[str]) -> Named:
    if server == "genie" and parts:
        return [("genie_space", parts[0])]
    if server == "external" and parts:
        return [("uc_connection", parts[0])]
    three_level = {"functions": "function", "vector-search": "vector_search_index", "ai-search": "vector_search_index"}
    if server in three_level and len(parts) >= 3:
        return [(three_level[server], ".".join(parts[:3]))]
    if server in three_level:
        raise Unreadable(f"the server offers everything of the schema {'.'.join(parts)}")
    raise Unreadable(f"what the MCP server {server!r} of the workspace uses is known only when it runs")


_PATHS = (
    (r"/serving-endpoints/([^/?]+)/(?:served-models/[^/]+/)?invocations", "serving_endpoint"),
    (r"/api/2\.0/genie/spaces/([^/?]+)", "genie_space"),
    (r"/api/2\.0/vector-search/indexes/([^/?]+)", "vector_search_index"),
)


def workspace_path(text: str) -> Named | None:
    """A path of the workspace's REST interface, or an address that ends in one."""
    for pattern, kind in _PATHS:
        match = re.search(pattern, text)
        if match:
            return [(kind, match[1])]
    if "/api/2.0/mcp/" in text:
        return mcp(text)
    if re.search(r"/api/[12]\.\d/|/serving-endpoints", text):
        raise Unreadable("what this part of the workspace's interface uses is not known here")
    return None


_TABLE = re.compile(
    r"\b(?:from|join|into|update|table)\s+((?:[\w\0$-]+|`[^`]+`)(?:\.(?:[\w\0$-]+|`[^`]+`)){0,2})", re.I
)
_DEFINED = re.compile(r"(?:\bwith|,)\s+(\w+)\s+as\s*\(", re.I)


def sql(text: str) -> Named:
    """The tables that a statement names."""
    if not text.strip(HOLE + " \n"):
        raise Unreadable("the statement is known only when it runs")
    defined = {name.lower() for name in _DEFINED.findall(text)}
    found: Named = []
    for written in _TABLE.findall(text):
        name = written.replace("`", "")
        if name.lower() not in defined:
            found.extend(table(name))
    return found


def table(text: str) -> Named:
    """One table."""
    if text.count(".") != 2 and HOLE not in text:
        raise Unreadable(f"the catalog and schema of {text!r} are known only when it runs")
    return [("table", text)]
