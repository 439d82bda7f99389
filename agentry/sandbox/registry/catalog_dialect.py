"""`/api/2.1/unity-catalog/models`: the registry as databricks-sdk's `w.registered_models`, `w.model_versions` speak."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agentry.sandbox.registry import models, versions
from agentry.sandbox.registry.mlflow_dialect import page
from agentry.sandbox.registry.rows import ModelVersion, RegisteredModel, checked_tags, find_model
from agentry.sandbox.web import Body, Json, Router, Sandbox, State, UserCaller

router = Router(prefix="/api/2.1/unity-catalog", metastore=True)


class Tag(Body):
    """A tag of the wire."""

    key: str
    value: str = ""


class NewModel(Body):
    """A model to be."""

    name: str
    catalog_name: str
    schema_name: str
    comment: str = ""
    tags: tuple[Tag, ...] = ()


class ModelUpdate(Body):
    """What to change of a model."""

    comment: str | None = None
    new_name: str = ""
    owner: str = ""


class NewVersion(Body):
    """A version to be."""

    catalog_name: str
    schema_name: str
    model_name: str
    source: str = ""
    comment: str = ""
    run_id: str = ""
    run_tracking_server_id: str = ""
    model_id: str = ""
    tags: tuple[Tag, ...] = ()
    model_version_dependencies: dict[str, list[dict[str, dict[str, str]]]] | None = None


class VersionUpdate(Body):
    """What to change of a version."""

    comment: str | None = None


class Credentials(Body):
    """What credentials are wanted for."""

    catalog_name: str
    schema_name: str
    model_name: str
    version: int
    operation: str = ""


class AliasTarget(Body):
    """Where an alias is to point."""

    version_num: int


class TagChanges(Body):
    """Tags to set and to remove."""

    add_tags: tuple[Tag, ...] = ()
    remove: tuple[str, ...] = ()


class TagUpdate(Body):
    """A PATCH body of the tag routes."""

    changes: TagChanges


def model_shown(sandbox: State, model: RegisteredModel, *, aliases: bool = False) -> Json:
    """A model on the wire; aliases only when they are asked for."""
    catalog, schema, name = model.full_name.split(".")
    shown: Json = {
        "name": name,
        "catalog_name": catalog,
        "schema_name": schema,
        "full_name": model.full_name,
        "owner": sandbox.access.owner(model.securable),
        "comment": model.comment,
        "metastore_id": sandbox.workspace.metastore_id,
        "created_at": model.created_at,
        "created_by": model.created_by,
        "updated_at": model.updated_at,
        "updated_by": model.updated_by,
        "storage_location": f"s3://sandbox-metastore/models/{model.id}",
        "securable_type": "FUNCTION",
        "securable_kind": "FUNCTION_REGISTERED_MODEL",
        "id": model.id,
        "tags": [{"key": key, "value": value} for key, value in model.tags.items()],
    }
    return shown | {"aliases": _aliases(model)} if aliases else shown


def version_shown(sandbox: State, version: ModelVersion, *, aliases: bool = False) -> Json:
    """A version on the wire; aliases only when they are asked for."""
    catalog, schema, name = version.model.split(".")
    shown: Json = {
        "model_name": name,
        "catalog_name": catalog,
        "schema_name": schema,
        "version": version.version,
        "id": version.id,
        "status": version.status,
        "source": version.source,
        "run_id": version.run_id,
        "model_id": version.model_id,
        "comment": version.comment,
        "metastore_id": sandbox.workspace.metastore_id,
        "created_at": version.created_at,
        "created_by": version.created_by,
        "updated_at": version.updated_at,
        "updated_by": version.updated_by,
        "storage_location": version.storage_location,
        "tags": [{"key": key, "value": value} for key, value in version.tags.items()],
    }
    if version.run_tracking_server_id.isdecimal():
        shown["run_workspace_id"] = int(version.run_tracking_server_id)
    dependencies = [shaped for dependency in version.dependencies if (shaped := _dependency(dependency))]
    if dependencies:
        shown["model_version_dependencies"] = {"dependencies": dependencies}
    return shown | {"aliases": _aliases(find_model(sandbox, version.model), version.version)} if aliases else shown


def _aliases(model: RegisteredModel, version: int | None = None) -> list[dict[str, Any]]:
    return [
        {"alias_name": alias, "version_num": number}
        for alias, number in model.aliases.items()
        if version in (None, number)
    ]


# This surface knows three kinds of dependencies; an endpoint that a model uses is not shown by it.
_SHAPES = {
    "DATABRICKS_TABLE": ("table", "table_full_name"),
    "DATABRICKS_VECTOR_INDEX": ("table", "table_full_name"),
    "DATABRICKS_UC_FUNCTION": ("function", "function_full_name"),
    "DATABRICKS_UC_CONNECTION": ("connection", "connection_name"),
}
_KINDS = {"table": "DATABRICKS_TABLE", "function": "DATABRICKS_UC_FUNCTION", "connection": "DATABRICKS_UC_CONNECTION"}


def _dependency(dependency: dict[str, str]) -> dict[str, dict[str, str]] | None:
    shape = _SHAPES.get(dependency["type"])
    return {shape[0]: {shape[1]: dependency["name"]}} if shape else None


@router.post("/models")
async def create_model(body: NewModel, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A new model."""
    full_name = f"{body.catalog_name}.{body.schema_name}.{body.name}"
    tags = {tag.key: tag.value for tag in body.tags}
    return model_shown(sandbox, models.create_model(sandbox, caller, full_name, comment=body.comment, tags=tags))


@router.get("/models")
async def list_models(
    caller: UserCaller,
    sandbox: Sandbox,
    catalog_name: str = "",
    schema_name: str = "",
    max_results: int = 100,
    page_token: str = "",
) -> Json:
    """The models that the caller may read, of one schema or of all."""
    schema = f"{catalog_name}.{schema_name}".lower() if catalog_name and schema_name else None
    found, token = page(models.visible_models(sandbox, caller, schema), max_results, page_token)
    shown: Json = {"registered_models": [model_shown(sandbox, model) for model in found]}
    return shown | {"next_page_token": token} if token else shown


@router.get("/models/{full_name}")
async def get_model(full_name: str, caller: UserCaller, sandbox: Sandbox, *, include_aliases: bool = False) -> Json:
    """A model."""
    return model_shown(sandbox, models.read_model(sandbox, caller, full_name), aliases=include_aliases)


@router.patch("/models/{full_name}")
async def update_model(full_name: str, body: ModelUpdate, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Another comment, owner or name."""
    model = models.own_model(sandbox, caller, full_name)
    with sandbox.store.transaction():
        if body.comment is not None:
            model = models.save_model(sandbox, caller, replace(model, comment=body.comment))
        if body.owner:
            sandbox.access.set_owner(model.securable, body.owner)
        if body.new_name:
            new_name = body.new_name if "." in body.new_name else f"{model.parent}.{body.new_name}"
            model = models.rename_model(sandbox, caller, model, new_name)
    return model_shown(sandbox, model)


@router.delete("/models/{full_name}")
async def delete_model(full_name: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Remove a model that has no versions."""
    models.delete_model(sandbox, caller, full_name)
    return {}


@router.post("/models/versions")
async def create_version(body: NewVersion, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A new version, pending until it is finalized."""
    given = (body.model_version_dependencies or {}).get("dependencies", [])
    dependencies = [
        {"type": _KINDS.get(kind, kind), "name": next(iter(named.values()), "")}
        for dependency in given
        for kind, named in dependency.items()
    ]
    new = versions.NewVersion(
        source=body.source,
        run_id=body.run_id,
        run_tracking_server_id=body.run_tracking_server_id,
        model_id=body.model_id,
        comment=body.comment,
        tags={tag.key: tag.value for tag in body.tags},
        dependencies=dependencies,
    )
    full_name = f"{body.catalog_name}.{body.schema_name}.{body.model_name}"
    return version_shown(sandbox, versions.create_version(sandbox, caller, full_name, new))


@router.get("/models/{full_name}/versions")
async def list_versions(
    full_name: str, caller: UserCaller, sandbox: Sandbox, max_results: int = 100, page_token: str = ""
) -> Json:
    """The versions of a model."""
    found, token = page(versions.versions_of(sandbox, caller, full_name), max_results, page_token)
    shown: Json = {"model_versions": [version_shown(sandbox, version) for version in found]}
    return shown | {"next_page_token": token} if token else shown


@router.get("/models/{full_name}/versions/{version}")
async def get_version(
    full_name: str, version: int, caller: UserCaller, sandbox: Sandbox, *, include_aliases: bool = False
) -> Json:
    """A version."""
    found = versions.read_version(sandbox, caller, full_name, version)
    return version_shown(sandbox, found, aliases=include_aliases)


@router.patch("/models/{full_name}/versions/{version}")
async def update_version(
    full_name: str, version: int, body: VersionUpdate, caller: UserCaller, sandbox: Sandbox
) -> Json:
    """Another comment."""
    found = versions.own_version(sandbox, caller, full_name, version)
    if body.comment is not None:
        found = versions.save_version(sandbox, caller, replace(found, comment=body.comment))
    return version_shown(sandbox, found)


@router.patch("/models/{full_name}/versions/{version}/finalize")
async def finalize_version(full_name: str, version: int, caller: UserCaller, sandbox: Sandbox) -> Json:
    """All files are there."""
    return version_shown(sandbox, versions.finalize_version(sandbox, caller, full_name, version))


@router.post("/temporary-model-version-credentials")
async def temporary_credentials(body: Credentials, caller: UserCaller, sandbox: Sandbox) -> Json:
    """What a client needs to move the files of a version."""
    full_name = f"{body.catalog_name}.{body.schema_name}.{body.model_name}"
    writing = body.operation == "READ_WRITE_MODEL_VERSION"
    return versions.credentials(sandbox, caller, full_name, body.version, write=writing)


@router.delete("/models/{full_name}/versions/{version}")
async def delete_version(full_name: str, version: int, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Remove a version."""
    versions.delete_version(sandbox, caller, full_name, version)
    return {}


@router.put("/models/{full_name}/aliases/{alias}")
async def set_alias(full_name: str, alias: str, body: AliasTarget, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Point an alias at a version."""
    models.set_alias(sandbox, caller, full_name, alias, body.version_num)
    return {"alias_name": alias, "version_num": body.version_num}


@router.get("/models/{full_name}/aliases/{alias}")
async def get_version_by_alias(
    full_name: str, alias: str, caller: UserCaller, sandbox: Sandbox, *, include_aliases: bool = False
) -> Json:
    """The version that an alias points at."""
    found = models.version_of_alias(sandbox, caller, full_name, alias)
    return version_shown(sandbox, found, aliases=include_aliases)


@router.delete("/models/{full_name}/aliases/{alias}")
async def delete_alias(full_name: str, alias: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Remove an alias."""
    models.delete_alias(sandbox, caller, full_name, alias)
    return {}


@router.patch("/securable-tags/FUNCTION/{full_name}")
async def update_model_tags(full_name: str, body: TagUpdate, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Set and remove tags of a model."""
    model = models.own_model(sandbox, caller, full_name)
    models.save_model(sandbox, caller, replace(model, tags=_changed(model.tags, body.changes)))
    return {}


@router.patch("/subentity-tags/FUNCTION/{full_name}/{version}")
async def update_version_tags(
    full_name: str, version: int, body: TagUpdate, caller: UserCaller, sandbox: Sandbox
) -> Json:
    """Set and remove tags of a version."""
    found = versions.own_version(sandbox, caller, full_name, version)
    versions.save_version(sandbox, caller, replace(found, tags=_changed(found.tags, body.changes)))
    return {}


def _changed(tags: dict[str, str], changes: TagChanges) -> dict[str, str]:
    left = {key: value for key, value in tags.items() if key not in changes.remove}
    return checked_tags(left | {tag.key: tag.value for tag in changes.add_tags})
