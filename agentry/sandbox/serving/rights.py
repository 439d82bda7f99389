"""Who may make an endpoint serve what.

The creator's rights are what counts: "this identity is used to access Unity Catalog resources on behalf of the
endpoint and cannot be changed after creation" (docs.databricks.com, create-manage-serving-endpoints), and before
credentials are given out "Databricks ensures that the endpoint owner has the appropriate permissions"
(docs, deploy an agent, automatic authentication passthrough).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.sandbox.access import Securable
from agentry.sandbox.catalog import find_entity
from agentry.sandbox.errors import ApiError, InvalidParameter, NotFound, PermissionDenied
from agentry.sandbox.identity import Caller, Scope
from agentry.sandbox.permissions import Found, ObjectType
from agentry.sandbox.principals import WORKSPACE_ACCESS
from agentry.sandbox.serving import mlmodel
from agentry.sandbox.serving.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from agentry.sandbox.principals import Principal
    from agentry.sandbox.serving.config import ServedEntity
    from agentry.sandbox.state import State

OBJECT = "serving-endpoints"
CAN_VIEW, CAN_QUERY, CAN_MANAGE = LEVELS = ("CAN_VIEW", "CAN_QUERY", "CAN_MANAGE")
# By resource type of an MLmodel file; privileges as in databricks/app-templates' table for moving off Model Serving.
_GOVERNED_BY_CATALOG = {
    "table": ("TABLE", "SELECT"),
    "vector_search_index": ("TABLE", "SELECT"),
    "function": ("FUNCTION", "EXECUTE"),
    "uc_model_service": ("FUNCTION", "EXECUTE"),
    "uc_connection": ("CONNECTION", "USE CONNECTION"),
}
_GOVERNED_BY_WORKSPACE = {
    "sql_warehouse": ("sql/warehouses", "CAN_USE"),
    "genie_space": ("genie", "CAN_RUN"),
    "app": ("apps", "CAN_USE"),
    "lakebase": ("database-instances", "CAN_USE"),
}


def object_type(state: State) -> ObjectType:
    """Serving endpoints for the permissions API, which knows them by id."""

    def find(id: str) -> Found | None:
        rows = state.store.rows(Endpoint, parent=id)
        return Found(rows[0].id, rows[0].name) if rows else None

    return ObjectType(OBJECT, "serving-endpoint", LEVELS, find, scope="serving_endpoint")


def require_workspace_access(state: State, creator: Principal) -> None:
    """Recorded creators need the entitlement too, not only callers (docs, create-manage-serving-endpoints).

    Raises:
        PermissionDenied: Neither the creator nor one of its groups has it.
    """
    if not state.principals.is_entitled(creator):
        raise PermissionDenied(f"{creator.name}, who created the endpoint, lacks the entitlement {WORKSPACE_ACCESS}.")


def require_served(
    state: State, creator: Principal, entities: Iterable[ServedEntity], files: Callable[[str, str], Path]
) -> None:
    """Check that the creator may have these versions served, with everything that they declare.

    Args:
        state: The sandbox.
        creator: Who made the endpoint.
        entities: What is to be served.
        files: The directory of a version; raises when it is not there or not ready.

    Raises:
        PermissionDenied: What is missing, by name.
        NotFound: There is no such model or version.
    """
    for entity in entities:
        if entity.external_model:
            continue
        model = Securable("FUNCTION", entity.entity_name)
        state.access.require_parents(Caller(creator), model)
        directory = files(entity.entity_name, entity.entity_version)
        state.access.require(Caller(creator), model, "EXECUTE")
        about = mlmodel.read(directory)
        for scope in about.resources:
            _require_declared(state, creator, scope, f"version {entity.entity_version} of {entity.entity_name}")


def _require_declared(state: State, creator: Principal, scope: Scope, version: str) -> None:
    try:
        _require_resource(state, Caller(creator), scope)
    except ApiError as error:
        raise PermissionDenied(
            f"{creator.name}, who created the endpoint, has no access to {scope.type} '{scope.name}', which {version} "
            f"declares: {error.message}"
        ) from error


def _require_resource(state: State, creator: Caller, scope: Scope) -> None:
    if scope.type == "serving_endpoint":
        endpoint = state.store.get(Endpoint, scope.name)
        if endpoint is None:
            raise NotFound(f"Endpoint with name '{scope.name}' does not exist.")
        state.permissions.require(creator, OBJECT, endpoint.id, CAN_QUERY)
    elif scope.type in _GOVERNED_BY_CATALOG:
        type_, privilege = _GOVERNED_BY_CATALOG[scope.type]
        securable = Securable(type_, scope.name)
        find_entity(state, securable)
        state.access.require(creator, securable, privilege)
    elif scope.type in _GOVERNED_BY_WORKSPACE:
        path, level = _GOVERNED_BY_WORKSPACE[scope.type]
        state.permissions.require(creator, path, scope.name, level)
    else:
        raise InvalidParameter(f"'{scope.type}' is not a known resource type.")
