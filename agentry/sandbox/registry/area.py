"""The registry as an area: both dialects, and what they rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.sandbox.area import Area, Fact
from agentry.sandbox.registry import catalog_dialect, mlflow_dialect
from agentry.sandbox.registry.rows import RegisteredModel
from agentry.sandbox.registry.versions import guard_files
from agentry.sandbox.web import Router

if TYPE_CHECKING:
    from agentry.sandbox.state import State


def prepare(state: State) -> None:
    """Make models known to Unity Catalog as functions, and their files to the Files API."""
    state.access.register("FUNCTION", lambda name: state.store.get(RegisteredModel, name) is not None)
    state.tree.guard("/Models", guard_files(state))


FACTS = (
    Fact(
        "the routes of /api/2.0/mlflow/unity-catalog and their fields",
        "mlflow 3.17 protos/databricks_uc_registry_service_pb2.py; observed with mlflow 3.11.1 and 3.17.2",
    ),
    Fact(
        "the routes of /api/2.1/unity-catalog/models; aliases come only with include_aliases",
        "databricks-sdk 0.156 service/catalog.py; databricks/databricks-sdk-py#868",
    ),
    Fact(
        "search answers without tags and aliases, and versions can be searched by model name only",
        "mlflow 3.17 store/_unity_catalog/registry; mlflow/mlflow#9783, #16734, #12217",
    ),
    Fact(
        "the files of a version move through the Files API at /Models/catalog/schema/model/version",
        "mlflow 3.17 store/artifact/databricks_sdk_models_artifact_repo.py; which workspaces do so is the server's choice",
    ),
    Fact(
        "USE CATALOG, USE SCHEMA and CREATE MODEL make a model; its owner, or CREATE MODEL VERSION, a version; "
        "EXECUTE reads and loads",
        "docs.databricks.com, Manage model lifecycle in Unity Catalog",
    ),
    Fact(
        "a model with versions is not deleted: `Function 'x' is not empty. The function has 1 model versions(s)`",
        "databricks/cli#1848 and #1268 quote it for the 2.1 route; that the 2.0 route refuses too is not confirmed",
        confirmed=False,
    ),
    Fact(
        "tag keys of Unity Catalog objects have none of . , - = / :",
        "docs.databricks.com/aws/en/database-objects/tags, Constraints",
    ),
    Fact(
        "a version that is finalized without an MLmodel file becomes FAILED_REGISTRATION",
        "not documented; a version that can not be loaded must not look ready",
        confirmed=False,
    ),
    Fact(
        "version numbers are not used again, and deleting a version removes the aliases that point at it",
        "as in MLflow's own store; the platform's behaviour was not seen",
        confirmed=False,
    ),
    Fact(
        "deleting an alias that does not exist is 404",
        "as REST deletes are on this surface; not seen",
        confirmed=False,
    ),
    Fact(
        "endpoints that a model depends on are kept from the 2.0 dialect and not shown by the 2.1 dialect",
        "mlflow 3.17 uc_native_rest_store.py drops them: that surface has no field for them",
    ),
)

_area = Router()
_area.take(mlflow_dialect.router)
_area.take(catalog_dialect.router)
AREA = Area("model registry", _area, FACTS, prepare)
