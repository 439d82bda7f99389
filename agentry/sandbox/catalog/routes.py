"""`/api/2.1/unity-catalog`: metastore, catalogs, schemas, and the names of tables, functions and connections."""

from __future__ import annotations

from functools import partial

from agentry.sandbox.access import Securable
from agentry.sandbox.area import Area, Fact
from agentry.sandbox.catalog import functions, grants
from agentry.sandbox.catalog.entities import (
    Entity,
    create_as,
    create_entity,
    delete_as,
    find_entity,
    require_containers,
    shown,
)
from agentry.sandbox.errors import EndpointNotFound
from agentry.sandbox.seed import SCHEMA, deployer_grants, user_name
from agentry.sandbox.web import SIGNED_IN, Body, Caller, Json, Router, Sandbox, State, UserCaller

router = Router(prefix="/api/2.1/unity-catalog", metastore=True)
REGION = "local"
_PLURALS = {"tables": "TABLE", "functions": "FUNCTION", "volumes": "VOLUME"}


class NewEntity(Body):
    """POST bodies of catalogs, schemas, tables, functions, volumes and connections, as far as the sandbox reads them."""

    name: str
    catalog_name: str = ""
    schema_name: str = ""
    comment: str = ""


class EntityUpdate(Body):
    """PATCH bodies of catalogs and schemas."""

    owner: str = ""


@router.get("/metastore_summary", dependencies=SIGNED_IN)
async def metastore_summary(sandbox: Sandbox) -> Json:
    """The metastore behind the workspace."""
    return {
        "metastore_id": sandbox.workspace.metastore_id,
        "global_metastore_id": f"aws:{REGION}:{sandbox.workspace.metastore_id}",
        "name": "sandbox",
        "cloud": "aws",
        "region": REGION,
        "owner": "admins",
        "privilege_model_version": "1.0",
        "delta_sharing_scope": "INTERNAL",
    }


@router.get("/current-metastore-assignment", dependencies=SIGNED_IN)
async def current_metastore_assignment(sandbox: Sandbox) -> Json:
    """Which metastore the workspace has."""
    return {
        "metastore_id": sandbox.workspace.metastore_id,
        "workspace_id": int(sandbox.workspace.workspace_id),
        "default_catalog_name": sandbox.settings.name,
    }


@router.get("/catalogs")
async def list_catalogs(caller: UserCaller, sandbox: Sandbox) -> Json:
    """The catalogs that the caller can use."""
    found = _usable(sandbox, caller, sandbox.store.rows(Entity, parent="CATALOG "))
    return {"catalogs": [shown(sandbox, entity) for entity in found]}


@router.post("/catalogs")
async def create_catalog(body: NewEntity, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A new catalog."""
    return shown(sandbox, create_as(sandbox, caller, Securable("CATALOG", body.name), body.comment))


@router.get("/schemas")
async def list_schemas(catalog_name: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """The schemas of a catalog that the caller can use."""
    catalog = find_entity(sandbox, Securable("CATALOG", catalog_name))
    sandbox.access.require(caller, catalog.securable, "USE CATALOG")
    found = _usable(sandbox, caller, sandbox.store.rows(Entity, parent=f"SCHEMA {catalog.full_name}"))
    return {"schemas": [shown(sandbox, entity) for entity in found]}


@router.post("/schemas")
async def create_schema(body: NewEntity, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A new schema."""
    securable = Securable("SCHEMA", f"{body.catalog_name}.{body.name}")
    return shown(sandbox, create_as(sandbox, caller, securable, body.comment))


@router.get("/{plural}/{full_name}")
async def get_entity(plural: str, full_name: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A catalog, schema, table, function, volume or connection by name."""
    return shown(sandbox, _seen(sandbox, caller, _securable(plural, full_name)))


@router.get("/tables/{full_name}/exists")
async def table_exists(full_name: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Whether there is such a table."""
    securable = Securable("TABLE", full_name.lower())
    require_containers(sandbox, securable)
    sandbox.access.require_parents(caller, securable)
    return {"table_exists": sandbox.access.exists(securable)}


@router.patch("/{plural}/{full_name}")
async def update_entity(plural: str, full_name: str, body: EntityUpdate, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Give an object to another owner."""
    entity = find_entity(sandbox, _securable(plural, full_name))
    sandbox.access.require_management(caller, entity.securable)
    if body.owner:
        sandbox.access.set_owner(entity.securable, body.owner)
    return shown(sandbox, entity)


@router.delete("/{plural}/{full_name}")
async def delete_entity(
    plural: str, full_name: str, caller: UserCaller, sandbox: Sandbox, *, force: bool = False
) -> Json:
    """Remove an object."""
    delete_as(sandbox, caller, _securable(plural, full_name), force=force)
    return {}


@router.post("/{plural}")
async def create_entity_in_schema(plural: str, body: NewEntity, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A table, function or volume of a schema, or a connection: its name, without data."""
    if plural == "connections":
        securable = Securable("CONNECTION", body.name)
    else:
        securable = _securable(plural, f"{body.catalog_name}.{body.schema_name}.{body.name}")
    return shown(sandbox, create_as(sandbox, caller, securable, body.comment))


_ALL_PLURALS = {"catalogs": "CATALOG", "schemas": "SCHEMA", "connections": "CONNECTION", **_PLURALS}


def _securable(plural: str, full_name: str) -> Securable:
    if plural not in _ALL_PLURALS:
        raise EndpointNotFound(f"No API found for /api/2.1/unity-catalog/{plural}")
    return Securable(_ALL_PLURALS[plural], full_name.lower())


def _seen(sandbox: State, caller: Caller, securable: Securable) -> Entity:
    """The object, for a caller who may see it: parents first, so that nobody learns what is behind them."""
    require_containers(sandbox, securable)
    sandbox.access.require_parents(caller, securable)
    entity = find_entity(sandbox, securable)
    if not sandbox.access.manages(caller.principal, securable):
        seeing = {"CATALOG": ("USE CATALOG", "BROWSE"), "SCHEMA": ("USE SCHEMA", "BROWSE"), "TABLE": ("SELECT",),
                  "FUNCTION": ("EXECUTE",), "VOLUME": ("READ VOLUME",), "CONNECTION": ("USE CONNECTION",)}  # fmt: skip
        sandbox.access.require(caller, securable, *seeing[securable.type])
    return entity


def _usable(sandbox: State, caller: Caller, entities: list[Entity]) -> list[Entity]:
    access, principal = sandbox.access, caller.principal
    return [
        entity
        for entity in entities
        if access.manages(principal, entity.securable)
        or access.holds_any(principal, entity.securable, f"USE {entity.type}", "BROWSE")
    ]


def _exists(state: State, type_: str, name: str) -> bool:
    return state.store.get(Entity, f"{type_} {name}") is not None


def prepare(state: State) -> None:
    """Make the sandbox's catalog and schema, and the deployer's privileges, when it is new."""
    for type_ in _ALL_PLURALS.values():
        state.access.register(type_, partial(_exists, state, type_))
    catalog = state.settings.name
    if state.access.exists(Securable("CATALOG", catalog)):
        return
    with state.store.transaction():
        for securable in (Securable("CATALOG", catalog), Securable("SCHEMA", f"{catalog}.{SCHEMA}")):
            create_entity(state, securable, user_name("admin"))
        for securable, change in deployer_grants(catalog):
            state.access.change(securable, [change])


FACTS = (
    Fact(
        "USE CATALOG, USE SCHEMA and the privilege itself are needed; grants on a catalog or schema hold inside it",
        "docs.databricks.com, Unity Catalog privileges and securable objects",
    ),
    Fact(
        "a denial reads `User does not have USE SCHEMA on Schema 'c.s'.`; the principal is added to it here",
        "quoted in Azure/spark-cdm-connector#149 and ibis-project/ibis#9038",
    ),
    Fact(
        "a grant to nobody, or to the workspace's groups admins and users, is `Could not find principal with name x`",
        "databricks/terraform-provider-databricks#2237, #5413, #4680",
    ),
    Fact(
        "who manages an object sees all grants on it, others those of their own and of their groups",
        "docs.databricks.com, Show, grant and revoke privileges",
        confirmed=False,
    ),
    Fact(
        "effective-permissions does not list ownership, and with `principal` only what that name was granted, "
        "not its groups",
        "not documented; decided for the reading that makes a client look at owner and groups itself",
        confirmed=False,
    ),
    Fact(
        "the owner of a catalog or schema may manage what is inside, but reads data and models only with a grant",
        "docs.databricks.com, Manage Unity Catalog object ownership",
    ),
    Fact(
        "the sandboxes of a project share one metastore: catalogs, schemas, tables, functions, models with their "
        "versions, aliases and files, indexes as tables, owners and grants are the same from each; endpoints, "
        "experiments, folders, secrets, Genie spaces and levels are each sandbox's own",
        "docs.databricks.com, What is Unity Catalog: one metastore for a region, linked to its workspaces",
    ),
    Fact(
        "every catalog is seen from every sandbox",
        "docs.databricks.com, workspace-catalog binding: all workspaces of a metastore, unless a catalog is bound to some",
    ),
    Fact(
        "users, groups and service principals are each sandbox's own, with own tokens; grants and owners are names, and "
        "a name is the same somebody in all: the deployer of dev is that of prod_eu",
        "on the platform all of them are the account's, and a workspace lists those assigned to it",
        confirmed=False,
    ),
    Fact(
        "members of `admins` manage all securables, as metastore admins do",
        "docs.databricks.com, admin privileges in Unity Catalog; that workspace and metastore admins are one is ours",
        confirmed=False,
    ),
    *functions.FACTS,
)

_area = Router()
_area.take(grants.router)
_area.take(functions.router)
_area.take(router)
AREA = Area("Unity Catalog", _area, FACTS, prepare)
