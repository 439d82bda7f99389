"""`/api/2.0/vector-search/indexes`: what an index is made of. There is no data, so none can be searched."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any, Literal

from agentry.sandbox.access import Securable
from agentry.sandbox.area import Area, Fact
from agentry.sandbox.catalog.entities import Entity, create_as, delete_as, require_containers
from agentry.sandbox.errors import InvalidParameter, NotFound, Unsupported
from agentry.sandbox.store import Row
from agentry.sandbox.web import AnyCaller, Body, Caller, Json, Router, Sandbox, State, UserCaller

router = Router(prefix="/api/2.0/vector-search/indexes", metastore=True)
_NAME = re.compile(r"\w+\.\w+\.\w+", re.ASCII)
_SPECS = {"DELTA_SYNC": "delta_sync_index_spec", "DIRECT_ACCESS": "direct_access_index_spec"}


@dataclass(frozen=True)
class Index(Row):
    """An index. To Unity Catalog it is a table, whose owner and grants count; `entity` is that table's id."""

    TABLE = "vector_search_indexes"
    METASTORE = True

    name: str
    entity: str
    endpoint_name: str
    primary_key: str
    index_type: str
    creator: str
    spec: dict[str, Any]
    index_subtype: str = ""

    @property
    def key(self) -> str:
        """The name."""
        return self.name

    @property
    def parent(self) -> str:
        """The endpoint that serves it."""
        return self.endpoint_name

    @property
    def securable(self) -> Securable:
        """What privileges are granted on."""
        return Securable("TABLE", self.name)


class NewIndex(Body):
    """A POST body."""

    name: str
    endpoint_name: str
    primary_key: str
    index_type: Literal["DELTA_SYNC", "DIRECT_ACCESS"]
    index_subtype: str = ""
    delta_sync_index_spec: dict[str, Any] | None = None
    direct_access_index_spec: dict[str, Any] | None = None


@router.post("")
async def create_index(body: NewIndex, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A new index, ready at once."""
    if not _NAME.fullmatch(body.name):
        raise InvalidParameter(
            "Invalid index name. Must specify the full index name <catalog>.<schema>.<table>. "
            "Only alphanumerics and underscores are allowed."
        )
    spec = dict(getattr(body, _SPECS[body.index_type]) or {})
    if not spec:
        raise InvalidParameter(f"{_SPECS[body.index_type]} is required for an index of type {body.index_type}.")
    if body.index_type == "DELTA_SYNC":
        if not spec.get("source_table"):
            raise InvalidParameter("delta_sync_index_spec.source_table is required.")
        spec["pipeline_id"] = str(uuid.uuid4())
    with sandbox.store.transaction():
        table = create_as(sandbox, caller, Securable("TABLE", body.name))
        index = Index(
            table.full_name,
            table.id,
            body.endpoint_name,
            body.primary_key,
            body.index_type,
            caller.name,
            spec,
            body.index_subtype,
        )
        sandbox.store.put(index)
    return _shown(sandbox, index)


@router.get("")
async def list_indexes(endpoint_name: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """The indexes of an endpoint that the caller can see, in one page."""
    found = sandbox.store.rows(Index, parent=endpoint_name)
    return {"vector_indexes": [_mini(i) for i in found if _is_there(sandbox, i) and _visible(sandbox, caller, i)]}


@router.get("/{name}")
async def get_index(name: str, caller: AnyCaller, sandbox: Sandbox) -> Json:
    """One index: served versions look at theirs before they search it."""
    return _shown(sandbox, _seen(sandbox, caller, name))


@router.delete("/{name}")
async def delete_index(name: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Remove an index."""
    index = _seen(sandbox, caller, name)
    with sandbox.store.transaction():
        delete_as(sandbox, caller, index.securable)
        sandbox.store.delete(Index, index.key)
    return {}


@router.post("/{name}/query")
async def query_index(name: str, caller: AnyCaller, sandbox: Sandbox) -> Json:
    """Refused: there is nothing to find."""
    index = _seen(sandbox, caller, name)
    raise Unsupported(f"Index '{index.name}' can not be searched: the sandbox keeps indexes without data.")


def _is_there(sandbox: State, index: Index) -> bool:
    """Whether its table is: that may have been dropped, and made again as a plain table."""
    table = sandbox.store.get(Entity, f"TABLE {index.name}")
    return table is not None and table.id == index.entity


def _visible(sandbox: State, caller: Caller, index: Index) -> bool:
    access, principal = sandbox.access, caller.principal
    inside = all(access.holds(principal, place, f"USE {place.type}") for place in index.securable.parents())
    return inside and (
        access.manages(principal, index.securable) or access.holds_any(principal, index.securable, "SELECT")
    )


def _seen(sandbox: State, caller: Caller, name: str) -> Index:
    """The index, for a caller who may see it: parents first, so that nobody learns what is behind them."""
    securable = Securable("TABLE", name.lower())
    sandbox.access.require_scope(caller, securable)
    require_containers(sandbox, securable)
    sandbox.access.require_parents(caller, securable)
    index = sandbox.store.get(Index, securable.name)
    if index is None or not _is_there(sandbox, index):
        raise NotFound(f"Index '{name}' does not exist.")
    if not sandbox.access.manages(caller.principal, securable):
        sandbox.access.require(caller, securable, "SELECT")
    return index


def _mini(index: Index) -> dict[str, Any]:
    shown = {
        "name": index.name,
        "endpoint_name": index.endpoint_name,
        "primary_key": index.primary_key,
        "index_type": index.index_type,
        "creator": index.creator,
    }
    return shown | ({"index_subtype": index.index_subtype} if index.index_subtype else {})


def _shown(sandbox: State, index: Index) -> dict[str, Any]:
    path = f"/api/2.0/vector-search/endpoints/{index.endpoint_name}/indexes/{index.name}"
    status = {"ready": True, "indexed_row_count": 0, "index_url": f"{sandbox.address}{path}"}
    return _mini(index) | {_SPECS[index.index_type]: index.spec, "status": status}


FACTS = (
    Fact(
        "the routes and fields of an index; a spec is required for each of the two types",
        "docs.databricks.com, Vector Search API; databricks-sdk 0.156 service/vectorsearch.py",
    ),
    Fact(
        "an index is a table to Unity Catalog: CREATE TABLE makes it, SELECT with USE CATALOG and USE SCHEMA is for use",
        "docs.databricks.com, Create and query a vector search index; databricks/app-templates, step 6.2",
    ),
    Fact(
        "`Invalid index name. Must specify the full index name <catalog>.<schema>.<table>.`",
        "databricks/cli#5123 and databricks-demos/dbdemos#124 quote it",
    ),
    Fact(
        "looking at an index needs SELECT on it, and one that is not there is 404 RESOURCE_DOES_NOT_EXIST",
        "the API reference names neither; decided as Unity Catalog does for tables",
        confirmed=False,
    ),
    Fact(
        "any name of a vector search endpoint, of a source table and of an embedding endpoint is taken",
        "the sandbox has no vector search endpoints and embeds nothing; the platform looks at all three",
        confirmed=False,
    ),
    Fact(
        "a new index is ready at once, and searching it is refused with 501 NOT_IMPLEMENTED",
        "the sandbox keeps no data",
        confirmed=False,
    ),
)

AREA = Area("vector search", router, FACTS)
