"""What a resource brings with it and only the workspace knows: asked here, told as advice, never declared by itself.

An agent that is served has credentials only for what its version declares. "If you log a Genie space, you must also
log its tables, SQL warehouses, and Unity Catalog functions" (docs.databricks.com, authentication for AI agents, Model
Serving); an index whose embeddings Databricks computes asks its embedding endpoint at every query; and Databricks'
notebooks for agents ask to declare the index or connection that a function of Unity Catalog uses.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from agentry.errors import InvalidRequest, NotFound, PermissionDenied, WorkspaceError
from agentry.resources import Resource
from agentry.workspace.function_body import named_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from agentry.workspace.door import Json, Workspace

INDEXES = "/api/2.0/vector-search/indexes"
SPACES = "/api/2.0/genie/spaces"
FUNCTIONS = "/api/2.1/unity-catalog/functions"
MOST = 200
"""How many objects are asked for in one go; what goes beyond is said to be unknown."""


@dataclass(frozen=True, slots=True)
class Implied:
    """What one resource brings.

    Attributes:
        resources: In the order in which the workspace has them, each once.
        unknown: Why some of it could not be seen, as words behind "not checked"; empty when all was.
    """

    resources: tuple[Resource, ...] = ()
    unknown: str = ""


async def implied_by(workspace: Workspace, resource: Resource) -> Implied:
    """Ask what a resource brings; a type that brings nothing costs no request.

    Raises:
        WorkspaceError: The workspace does not answer, or knows us no more.
    """
    ask = _ASKING.get(resource.type)
    if ask is None:
        return Implied()
    try:
        return await ask(workspace, resource.name)
    except NotFound:
        return Implied(unknown="it does not exist, or you may not see it")
    except (PermissionDenied, InvalidRequest) as error:
        return Implied(unknown=_reason(error))


def implies(resource: Resource) -> bool:
    """Whether a resource is of a type that can bring others."""
    return resource.type in _ASKING


async def closure(workspace: Workspace, resources: Iterable[Resource]) -> dict[Resource, Implied]:
    """Ask what resources bring, and what those bring in turn (a space's function its tables): side by side, each once.

    Args:
        workspace: Where they are.
        resources: Where to begin.

    Returns:
        What each resource that can bring others does bring, those that were begun with first; at most `MOST` were
        asked for.

    Raises:
        WorkspaceError: The workspace does not answer, or knows us no more.
    """
    known: dict[Resource, Implied] = {}
    next_ = list(dict.fromkeys(filter(implies, resources)))
    while next_:
        asked, late = next_[: MOST - len(known)], next_[MOST - len(known) :]
        answers = await asyncio.gather(*(implied_by(workspace, resource) for resource in asked))
        known |= dict(zip(asked, answers, strict=True))
        if late:
            return known | dict.fromkeys(late, Implied(unknown=f"only {MOST} objects are asked for"))
        brought = dict.fromkeys(r for answer in answers for r in answer.resources if implies(r))
        next_ = [resource for resource in brought if resource not in known]
    return known


async def _index(workspace: Workspace, name: str) -> Implied:
    """The endpoint that computes the embedding of a query.

    `model_endpoint_name_for_query` "is used for querying (not ingestion)" where it is set, else
    `embedding_model_endpoint_name` is used for both (databricks-sdk 0.156, vectorsearch.EmbeddingSourceColumn; docs,
    Vector Search API, get an index). Columns that hold vectors, and full-text indexes, need none.
    """
    found = await workspace.get(f"{INDEXES}/{quote(name, safe='')}")
    columns = [
        column
        for spec in ("delta_sync_index_spec", "direct_access_index_spec")
        for column in _items(found.get(spec), "embedding_source_columns")
    ]
    endpoints = [
        column.get("model_endpoint_name_for_query") or column.get("embedding_model_endpoint_name") for column in columns
    ]
    return Implied(_resources("serving_endpoint", endpoints))


async def _space(workspace: Workspace, id_: str) -> Implied:
    """Warehouse, tables, metric views (which are tables to Unity Catalog) and functions of a Genie space.

    All but the warehouse are in `serialized_space`, which "requires at least CAN EDIT permission on the space" (docs,
    Genie API, get a space): a JSON text, whose form the reference shows in its example.
    """
    path, hidden = f"{SPACES}/{quote(id_, safe='')}", "its tables and functions are shown to those with CAN EDIT on it"
    try:
        found = await workspace.get(path, {"include_serialized_space": "true"})
    except PermissionDenied:
        found = await workspace.get(path)
    warehouse = _resources("sql_warehouse", [found.get("warehouse_id")])
    text = found.get("serialized_space")
    if not text:
        return Implied(warehouse, hidden)
    try:
        space = json.loads(text)
    except ValueError:
        return Implied(warehouse, "its definition can not be read")
    sources = _object(space, "data_sources")
    tables = [item.get("identifier") for key in ("tables", "metric_views") for item in _items(sources, key)]
    functions = [item.get("identifier") for item in _items(_object(space, "instructions"), "sql_functions")]
    return Implied((*warehouse, *_resources("table", tables), *_resources("function", functions)))


async def _function(workspace: Workspace, name: str) -> Implied:
    """Tables, functions and connections that a function depends on, and what its SQL body names in strings.

    `routine_dependencies` has one of table, function, connection, credential, volume and secret each (databricks-sdk
    0.156, catalog.Dependency); the last three have no resource type. A body that is no SQL (Python) names nothing.
    Functions run as their definer (`security_type` knows no other), and no document says whether a table inside needs
    a declaration as well: so this is advice.
    """
    found = await workspace.get(f"{FUNCTIONS}/{quote(name, safe='')}")
    depends = _items(found.get("routine_dependencies"), "dependencies")
    body = str(found.get("routine_definition") or "")
    is_sql = str(found.get("routine_body") or "SQL").upper() == "SQL"
    named, unclear = named_in(body) if is_sql else ([], [])
    indexes = {resource.name.casefold() for resource in named if resource.type == "vector_search_index"}
    tables = [
        table
        for item in depends
        # An index is a securable of type TABLE, so it may be listed as one.
        if (table := _object(item, "table").get("table_full_name")) and str(table).casefold() not in indexes
    ]
    listed = (
        *_resources("table", tables),
        *_resources("function", [_object(item, "function").get("function_full_name") for item in depends]),
        *_resources("uc_connection", [_object(item, "connection").get("connection_name") for item in depends]),
    )
    unknown = f"the name in its call of {' and of '.join(unclear)} is no constant" if unclear else ""
    if is_sql and not body:
        unknown = "its body is not shown to you"
    return Implied(tuple(dict.fromkeys((*listed, *named))), unknown)


_ASKING: dict[str, Callable[[Workspace, str], Awaitable[Implied]]] = {
    "vector_search_index": _index,
    "genie_space": _space,
    "function": _function,
}


def _resources(type_: str, names: Iterable[Any]) -> tuple[Resource, ...]:
    return tuple(dict.fromkeys(Resource(type_, str(name)) for name in names if name))


def _object(value: Any, key: str) -> Json:
    """A field that should be an object, of something that should be one."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _items(value: Any, key: str) -> list[Json]:
    """The objects of a field that should be a list of them."""
    found = value.get(key) if isinstance(value, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _reason(error: WorkspaceError) -> str:
    """The workspace's own words, without a full stop: they go into brackets."""
    return error.what.rstrip(". ")
