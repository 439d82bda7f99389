"""`/api/2.0/mlflow/unity-catalog`: the registry as mlflow's client speaks to it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from agentry.sandbox.errors import InvalidParameter
from agentry.sandbox.mode import FILES
from agentry.sandbox.registry import models, versions
from agentry.sandbox.registry.rows import ModelVersion, RegisteredModel, checked_tags, find_model
from agentry.sandbox.web import SIGNED_IN, Body, Json, Router, Sandbox, State, UserCaller

router = Router(prefix="/api/2.0/mlflow/unity-catalog", metastore=True)
_NAME_FILTER = re.compile(r"""\s*name\s*=\s*(['"])([^'"]+)\1\s*""")


class Tag(Body):
    """A tag of the wire."""

    key: str
    value: str = ""


class Named(Body):
    """A body that names a model."""

    name: str


class NewModel(Named):
    """A model to be."""

    description: str = ""
    tags: tuple[Tag, ...] = ()
    deployment_job_id: str = ""


class ModelUpdate(Named):
    """What to change of a model."""

    new_name: str = ""
    description: str | None = None
    deployment_job_id: str | None = None


class Aliased(Named):
    """A body that names an alias."""

    alias: str


class AliasedVersion(Aliased):
    """An alias and where it is to point."""

    version: int


class NewVersion(Named):
    """A version to be."""

    source: str = ""
    run_id: str = ""
    run_tracking_server_id: str = ""
    model_id: str = ""
    description: str = ""
    tags: tuple[Tag, ...] = ()
    model_version_dependencies: tuple[dict[str, str], ...] = ()


class Versioned(Named):
    """A body that names a version."""

    version: int


class VersionUpdate(Versioned):
    """What to change of a version."""

    description: str | None = None


class Credentials(Versioned):
    """What credentials are wanted for."""

    operation: str = ""


class ModelTag(Named, Tag):
    """A tag of a model."""


class VersionTag(Versioned, Tag):
    """A tag of a version."""


def model_shown(model: RegisteredModel, *, found: bool = False) -> Json:
    """A model on the wire; a search hit comes without tags and aliases."""
    shown: Json = {
        "name": model.full_name,
        "creation_timestamp": model.created_at,
        "last_updated_timestamp": model.updated_at,
        "user_id": model.created_by,
        "description": model.comment,
    }
    if found:
        return shown
    return shown | {
        "aliases": [{"alias": alias, "version": str(version)} for alias, version in model.aliases.items()],
        "tags": [{"key": key, "value": value} for key, value in model.tags.items()],
        **({"deployment_job_id": model.deployment_job_id} if model.deployment_job_id else {}),
    }


def version_shown(version: ModelVersion, model: RegisteredModel | None) -> Json:
    """A version on the wire; a search hit, which has no model given, comes without tags and aliases."""
    shown: Json = {
        "name": version.model,
        "version": str(version.version),
        "creation_timestamp": version.created_at,
        "last_updated_timestamp": version.updated_at,
        "user_id": version.created_by,
        "description": version.comment,
        "source": version.source,
        "run_id": version.run_id,
        "run_tracking_server_id": version.run_tracking_server_id,
        "status": version.status,
        "status_message": version.status_message,
        "storage_location": version.storage_location,
        "model_id": version.model_id,
    }
    if model is None:
        return shown
    aliases = [{"alias": a, "version": str(v)} for a, v in model.aliases.items() if v == version.version]
    return shown | {"aliases": aliases, "tags": [{"key": k, "value": v} for k, v in version.tags.items()]}


def page(found: list[Any], max_results: int, page_token: str) -> tuple[list[Any], str]:
    """One page of a list and the token of the next, or ""."""
    start = int(page_token) if page_token.isdecimal() else 0
    end = start + (max_results if max_results > 0 else 100)
    return found[start:end], str(end) if end < len(found) else ""


def _version(sandbox: State, version: ModelVersion) -> Json:
    return {"model_version": version_shown(version, find_model(sandbox, version.model))}


@router.post("/registered-models/create")
async def create_registered_model(body: NewModel, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A new model."""
    model = models.create_model(sandbox, caller, body.name, comment=body.description, tags=_tags(body.tags))
    return {"registered_model": model_shown(model)}


@router.patch("/registered-models/update")
async def update_registered_model(body: ModelUpdate, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Another description or name."""
    model = models.own_model(sandbox, caller, body.name)
    if body.new_name:
        model = models.rename_model(sandbox, caller, model, body.new_name)
    changed = replace(
        model,
        comment=model.comment if body.description is None else body.description,
        deployment_job_id=model.deployment_job_id if body.deployment_job_id is None else body.deployment_job_id,
    )
    return {"registered_model": model_shown(models.save_model(sandbox, caller, changed))}


@router.delete("/registered-models/delete")
async def delete_registered_model(body: Named, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Remove a model that has no versions."""
    models.delete_model(sandbox, caller, body.name)
    return {}


@router.get("/registered-models/get")
async def get_registered_model(name: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A model with tags and aliases."""
    return {"registered_model": model_shown(models.read_model(sandbox, caller, name))}


@router.get("/registered-models/search")
async def search_registered_models(
    caller: UserCaller, sandbox: Sandbox, max_results: int = 100, page_token: str = ""
) -> Json:
    """All models that the caller may read."""
    found, token = page(models.visible_models(sandbox, caller), max_results, page_token)
    return {"registered_models": [model_shown(m, found=True) for m in found], "next_page_token": token}


@router.post("/registered-models/set-tag")
async def set_registered_model_tag(body: ModelTag, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Set a tag of a model."""
    model = models.own_model(sandbox, caller, body.name)
    tags = checked_tags({**model.tags, body.key: body.value})
    models.save_model(sandbox, caller, replace(model, tags=tags))
    return {}


@router.delete("/registered-models/delete-tag")
async def delete_registered_model_tag(body: ModelTag, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Remove a tag of a model."""
    model = models.own_model(sandbox, caller, body.name)
    models.save_model(sandbox, caller, replace(model, tags=_without(model.tags, body.key)))
    return {}


@router.post("/registered-models/alias")
async def set_registered_model_alias(body: AliasedVersion, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Point an alias at a version."""
    models.set_alias(sandbox, caller, body.name, body.alias, body.version)
    return {}


@router.delete("/registered-models/alias")
async def delete_registered_model_alias(body: Aliased, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Remove an alias."""
    models.delete_alias(sandbox, caller, body.name, body.alias)
    return {}


@router.get("/registered-models/alias")
async def get_model_version_by_alias(name: str, alias: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """The version that an alias points at."""
    return _version(sandbox, models.version_of_alias(sandbox, caller, name, alias))


@router.get("/registered-models:is-databricks-sdk-models-artifact-repository-enabled", dependencies=SIGNED_IN)
async def sdk_artifact_repository_enabled(sandbox: Sandbox) -> Json:
    """Whether clients move the files of versions through the Files API; else they ask for credentials."""
    return {"is_databricks_sdk_models_artifact_repository_enabled": sandbox.settings.mode.storage == FILES}


@router.post("/model-versions/create")
async def create_model_version(body: NewVersion, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A new version, pending until it is finalized."""
    new = versions.NewVersion(
        source=body.source,
        run_id=body.run_id,
        run_tracking_server_id=body.run_tracking_server_id,
        model_id=body.model_id,
        comment=body.description,
        tags=_tags(body.tags),
        dependencies=list(body.model_version_dependencies),
    )
    return _version(sandbox, versions.create_version(sandbox, caller, body.name, new))


@router.post("/model-versions/finalize")
async def finalize_model_version(body: Versioned, caller: UserCaller, sandbox: Sandbox) -> Json:
    """All files are there."""
    return _version(sandbox, versions.finalize_version(sandbox, caller, body.name, body.version))


@router.get("/model-versions/get")
async def get_model_version(name: str, version: int, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A version with tags and aliases."""
    return _version(sandbox, versions.read_version(sandbox, caller, name, version))


@router.get("/model-versions/search")
async def search_model_versions(
    caller: UserCaller, sandbox: Sandbox, filter: str = "", max_results: int = 100, page_token: str = ""
) -> Json:
    """The versions of one model, newest first."""
    named = _NAME_FILTER.fullmatch(filter)
    if named is None:
        raise InvalidParameter(f"Unsupported filter '{filter}': only name = 'catalog.schema.model' is supported")
    found, token = page(versions.versions_of(sandbox, caller, named[2]), max_results, page_token)
    return {"model_versions": [version_shown(v, None) for v in found], "next_page_token": token}


@router.patch("/model-versions/update")
async def update_model_version(body: VersionUpdate, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Another description."""
    version = versions.own_version(sandbox, caller, body.name, body.version)
    if body.description is not None:
        version = versions.save_version(sandbox, caller, replace(version, comment=body.description))
    return _version(sandbox, version)


@router.delete("/model-versions/delete")
async def delete_model_version(body: Versioned, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Remove a version."""
    versions.delete_version(sandbox, caller, body.name, body.version)
    return {}


@router.post("/model-versions/set-tag")
async def set_model_version_tag(body: VersionTag, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Set a tag of a version."""
    version = versions.own_version(sandbox, caller, body.name, body.version)
    tags = checked_tags({**version.tags, body.key: body.value})
    versions.save_version(sandbox, caller, replace(version, tags=tags))
    return {}


@router.delete("/model-versions/delete-tag")
async def delete_model_version_tag(body: VersionTag, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Remove a tag of a version."""
    version = versions.own_version(sandbox, caller, body.name, body.version)
    versions.save_version(sandbox, caller, replace(version, tags=_without(version.tags, body.key)))
    return {}


@router.get("/model-versions/get-download-uri")
async def get_model_version_download_uri(name: str, version: int, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Where a version is stored."""
    return {"artifact_uri": versions.read_version(sandbox, caller, name, version).storage_location}


@router.post("/model-versions/generate-temporary-credentials")
async def generate_temporary_credentials(body: Credentials, caller: UserCaller, sandbox: Sandbox) -> Json:
    """No credentials of a cloud: default storage, so that clients ask the Files API for presigned addresses."""
    writing = body.operation.endswith("READ_WRITE")
    return {"credentials": versions.credentials(sandbox, caller, body.name, body.version, write=writing)}


@router.post("/model-versions/emit-lineage")
async def emit_lineage(body: Versioned, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A reader says that it reads; the sandbox keeps no lineage."""
    versions.read_version(sandbox, caller, body.name, body.version)
    return {}


def _tags(tags: tuple[Tag, ...]) -> dict[str, str]:
    return {tag.key: tag.value for tag in tags}


def _without(tags: dict[str, str], key: str) -> dict[str, str]:
    return {k: v for k, v in tags.items() if k != key}
