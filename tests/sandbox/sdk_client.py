"""What a tool does with databricks-sdk, run by `test_clients.py` in a process of its own.

    python sdk_client.py NAME

It knows the workspace by its environment alone, and prints what it saw as one line of JSON.
"""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service.catalog import PermissionsChange, Privilege
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel

if TYPE_CHECKING:
    from collections.abc import Callable

# One byte more than the size from which the SDK uploads in parts.
BIG = (50 << 20) + 1


def identities(w: WorkspaceClient) -> dict[str, Any]:
    """Who and where."""
    return {
        "me": w.current_user.me().user_name,
        "same workspace": w.get_workspace_id() == w.metastores.current().workspace_id,
        "metastore": w.metastores.summary().metastore_id == w.metastores.current().metastore_id,
        "asker": [user.user_name for user in w.users.list(filter='userName eq "asker@sandbox.example"')],
        "groups": sorted(str(group.display_name) for group in w.groups.list()),
    }


def unity_catalog(w: WorkspaceClient, name: str) -> dict[str, Any]:
    """Catalogs, schemas, models and privileges."""
    model = w.registered_models.create(catalog_name="local", schema_name="agents", name=name, comment="c")
    full_name = str(model.full_name)
    grants = w.grants.update(
        "function", full_name, changes=[PermissionsChange(principal="analysts", add=[Privilege.EXECUTE])]
    )
    w.registered_models.update(full_name, comment="d")
    seen = {
        "catalogs": [catalog.name for catalog in w.catalogs.list()],
        "schemas": [schema.full_name for schema in w.schemas.list("local")],
        "owner": model.owner,
        "grants": grants.as_dict(),
        "effective": w.grants.get_effective("schema", "local.agents").as_dict(),
        "comment": w.registered_models.get(full_name).comment,
        "versions": list(w.model_versions.list(full_name)),
        "table": w.tables.exists("local.agents.none").table_exists,
    }
    w.registered_models.delete(full_name)
    return seen


def workspace(w: WorkspaceClient, name: str) -> dict[str, Any]:
    """Folders, experiments, levels, secrets."""
    w.workspace.mkdirs(f"/Shared/{name}/deep")
    path = f"/Shared/{name}/deep/experiment"
    id_ = str(w.experiments.create_experiment(path).experiment_id)
    levels = w.permissions.update(
        "experiments",
        id_,
        access_control_list=[AccessControlRequest(group_name="analysts", permission_level=PermissionLevel.CAN_READ)],
    )
    w.secrets.create_scope(name)
    w.secrets.put_secret(name, "key", string_value="value")
    return {
        "listed": [entry.path for entry in w.workspace.list(f"/Shared/{name}/deep")],
        "by name": w.experiments.get_by_name(path).experiment.experiment_id == id_,
        "levels": sorted(str(entry.group_name or entry.user_name) for entry in levels.access_control_list or ()),
        "secret": w.dbutils.secrets.get(name, "key"),
        "files": files(w, f"/WorkspaceInternal/Mlflow/Artifacts/{id_}/Runs/r/artifacts"),
    }


def files(w: WorkspaceClient, root: str) -> dict[str, Any]:
    """Files, small and in parts."""
    w.files.upload(f"{root}/a b.txt", io.BytesIO(b"hello"))
    big = bytes(range(256)) * (BIG // 256) + b"!"
    w.files.upload(f"{root}/big", io.BytesIO(big))
    contents = w.files.download(f"{root}/a b.txt").contents
    huge = w.files.download(f"{root}/big").contents
    seen = {
        "small": contents.read().decode() if contents else None,
        "big": huge.read() == big if huge else False,
        "listed": [str(entry.name) for entry in w.files.list_directory_contents(root)],
        "length": w.files.get_metadata(f"{root}/a b.txt").content_length,
    }
    w.files.delete(f"{root}/a b.txt")
    w.files.delete(f"{root}/big")
    return seen


def refusals(w: WorkspaceClient) -> dict[str, str]:
    """What is refused, by the class of error that the SDK makes of it."""
    calls: dict[str, Callable[[], object]] = {
        "catalog": lambda: w.catalogs.get("nowhere"),
        "schema": lambda: w.schemas.get("local.nowhere"),
        "model": lambda: w.registered_models.get("local.agents.nothing"),
        "user": lambda: w.users.get("77"),
        "path": lambda: w.workspace.get_status("/Shared/nothing"),
        "endpoint": lambda: w.permissions.get("serving-endpoints", "nothing"),
        "file": lambda: w.files.download("/Models/local/agents/nothing/1/MLmodel"),
        "grant": lambda: w.grants.update("schema", "local.agents", changes=[]),
        "home": lambda: w.workspace.mkdirs("/Users/asker@sandbox.example/x"),
        "name": lambda: w.registered_models.create(catalog_name="local", schema_name="agents", name="a b"),
    }
    return {name: class_of(call) for name, call in calls.items()}


def class_of(call: Callable[[], object]) -> str:
    """The class of a refusal, or "" when there was none."""
    try:
        call()
    except DatabricksError as error:
        return type(error).__name__
    return ""


def main(name: str) -> None:
    """All of it."""
    w = WorkspaceClient()
    seen = {"identities": identities(w), "catalog": unity_catalog(w, name), "workspace": workspace(w, name)}
    print(json.dumps(seen | {"refused": refusals(w)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
