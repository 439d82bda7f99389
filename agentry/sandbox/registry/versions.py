"""What can be done with model versions, and who may."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from agentry.sandbox.errors import InvalidParameter, InvalidState, PathNotFound
from agentry.sandbox.registry.models import own_model, read_model, save_model
from agentry.sandbox.registry.rows import (
    DEPENDENCY_TYPES,
    FAILED,
    PENDING,
    READY,
    ModelVersion,
    RegisteredModel,
    checked_tags,
    find_model,
    find_version,
)

if TYPE_CHECKING:
    from agentry.sandbox.files.tree import Guard
    from agentry.sandbox.identity import Caller
    from agentry.sandbox.state import State


@dataclass(frozen=True)
class NewVersion:
    """What a client says of a version that it is about to upload."""

    source: str = ""
    run_id: str = ""
    run_tracking_server_id: str = ""
    model_id: str = ""
    comment: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    dependencies: list[dict[str, str]] = field(default_factory=list)


def create_version(state: State, caller: Caller, full_name: str, new: NewVersion) -> ModelVersion:
    """The next version, pending until it is finalized; for the model's owner or a holder of CREATE MODEL VERSION."""
    model = read_model(state, caller, full_name)
    if not state.access.manages(caller.principal, model.securable):
        state.access.require(caller, model.securable, "CREATE MODEL VERSION")
    for dependency in new.dependencies:
        if dependency.get("type") not in DEPENDENCY_TYPES or not dependency.get("name"):
            raise InvalidParameter(f"Unknown model version dependency {dependency}")
    number, now = model.last_version + 1, state.milliseconds()
    version = ModelVersion(
        model=model.full_name,
        version=number,
        created_at=now,
        created_by=caller.name,
        updated_at=now,
        updated_by=caller.name,
        storage_location=f"s3://sandbox-metastore/models/{model.id}/versions/{number}",
        source=new.source,
        run_id=new.run_id,
        run_tracking_server_id=new.run_tracking_server_id,
        model_id=new.model_id,
        comment=new.comment,
        tags=checked_tags(new.tags),
        dependencies=new.dependencies,
    )
    with state.store.transaction():
        state.store.put(replace(model, last_version=number))
        return state.store.add(version)


def finalize_version(state: State, caller: Caller, full_name: str, number: int) -> ModelVersion:
    """Say that all files of a version are there: it is READY then, or FAILED without an MLmodel.

    Raises:
        InvalidState: It was finalized already.
    """
    version = _own_upload(state, caller, full_name, number)
    if version.status != PENDING:
        raise InvalidState(f"Model version '{version.model}' version {number} is {version.status}, not {PENDING}.")
    if state.tree.locate(f"{version.path}/MLmodel").is_file():
        return save_version(state, caller, replace(version, status=READY))
    why = "The version has no file MLmodel."
    return save_version(state, caller, replace(version, status=FAILED, status_message=why))


def read_version(state: State, caller: Caller, full_name: str, number: int) -> ModelVersion:
    """A version, for a caller who may read its model."""
    read_model(state, caller, full_name)
    return find_version(state, full_name, number)


def versions_of(state: State, caller: Caller, full_name: str) -> list[ModelVersion]:
    """All versions of a model, newest first."""
    model = read_model(state, caller, full_name)
    return state.store.rows(ModelVersion, parent=model.full_name)[::-1]


def save_version(state: State, caller: Caller, version: ModelVersion) -> ModelVersion:
    """Remember a changed version, and who changed it when."""
    return state.store.put(replace(version, updated_at=state.milliseconds(), updated_by=caller.name))


def own_version(state: State, caller: Caller, full_name: str, number: int) -> ModelVersion:
    """A version, for a caller who may change its model."""
    own_model(state, caller, full_name)
    return find_version(state, full_name, number)


def delete_version(state: State, caller: Caller, full_name: str, number: int) -> None:
    """Remove a version, its files, and the aliases that point at it."""
    version = own_version(state, caller, full_name, number)
    model = find_model(state, full_name)
    with state.store.transaction():
        left = {alias: v for alias, v in model.aliases.items() if v != version.version}
        if left != model.aliases:
            save_model(state, caller, replace(model, aliases=left))
        state.store.delete(ModelVersion, version.key)
    state.tree.remove(version.path)


def credentials(state: State, caller: Caller, full_name: str, number: int, *, write: bool) -> dict[str, Any]:
    """What a client is given for the files of a version.

    No credentials of a cloud, but default storage, so that it asks the Files API for presigned addresses.
    """
    state.tree.require(caller, f"/Models/{full_name.replace('.', '/')}/{number}", write=write)
    return {"expiration_time": state.milliseconds() + 3_600_000, "storage_mode": "DEFAULT_STORAGE"}


def guard_files(state: State) -> Guard:
    """Who may use `/Models`: readers with EXECUTE; writers are the creator of a version, until it is finalized."""

    def guard(caller: Caller, parts: tuple[str, ...], write: bool) -> None:  # noqa: FBT001 - the form of a Guard
        model = state.store.get(RegisteredModel, ".".join(parts[:3]))
        if model is None or len(parts) < 4 or not parts[3].isdecimal():
            raise PathNotFound(f"No such path: /Models/{'/'.join(parts)}")
        number = int(parts[3])
        version = state.store.get(ModelVersion, f"{model.full_name}/{number}")
        if version is None:
            raise PathNotFound(f"No such path: /Models/{'/'.join(parts)}")
        if not write and version.created_by != caller.name:
            read_model(state, caller, model.full_name)
            return
        _own_upload(state, caller, model.full_name, number)
        if write and version.status != PENDING:
            raise InvalidState(
                f"Model version '{version.model}' version {number} is {version.status}: it can not change."
            )

    return guard


def _own_upload(state: State, caller: Caller, full_name: str, number: int) -> ModelVersion:
    """A version, for who created it and may still use its schema, or for who manages the model."""
    version = find_version(state, full_name, number)
    model = find_model(state, full_name)
    state.access.require_parents(caller, model.securable)
    if version.created_by != caller.name:
        state.access.require_management(caller, model.securable)
    return version
