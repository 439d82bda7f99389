"""What can be done with registered models, and who may."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from agentry.sandbox.access import Securable
from agentry.sandbox.catalog.entities import check_name, require_containers
from agentry.sandbox.errors import AlreadyExists, InvalidParameter, InvalidState, NotFound
from agentry.sandbox.registry.rows import ModelVersion, RegisteredModel, checked_tags, find_model, find_version
from agentry.sandbox.store import KeyTaken

if TYPE_CHECKING:
    from agentry.sandbox.identity import Caller
    from agentry.sandbox.state import State

_ALIAS = re.compile(r"[A-Za-z0-9_\-]{1,255}")
_VERSION_LIKE = re.compile(r"v\d+", re.IGNORECASE)


def create_model(
    state: State, caller: Caller, full_name: str, *, comment: str = "", tags: dict[str, str] | None = None
) -> RegisteredModel:
    """A new model, owned by the caller, who needs CREATE MODEL on the schema.

    Raises:
        AlreadyExists: The name is taken; said before CREATE MODEL is asked for, since mlflow creates the model
            before every version.
    """
    securable = Securable("FUNCTION", check_name("FUNCTION", full_name))
    require_containers(state, securable)
    state.access.require_parents(caller, securable)
    if state.access.exists(securable):
        raise _taken(securable)
    state.access.require(caller, securable.parents()[0], "CREATE MODEL")
    now = state.milliseconds()
    model = RegisteredModel(securable.name, now, caller.name, now, caller.name, comment, checked_tags(tags or {}))
    with state.store.transaction():
        try:
            state.store.add(model)
        except KeyTaken as error:
            raise _taken(securable) from error
        state.access.set_owner(securable, caller.name)
    return model


def read_model(state: State, caller: Caller, full_name: str) -> RegisteredModel:
    """A model, for a caller who owns it or holds EXECUTE on it."""
    securable = Securable("FUNCTION", full_name.lower())
    require_containers(state, securable)
    state.access.require_parents(caller, securable)
    model = find_model(state, full_name)
    if not state.access.manages(caller.principal, securable):
        state.access.require(caller, securable, "EXECUTE", "CREATE MODEL VERSION")
    return model


def own_model(state: State, caller: Caller, full_name: str) -> RegisteredModel:
    """A model, for a caller who may change it: its owner, a holder of MANAGE, or an admin."""
    securable = Securable("FUNCTION", full_name.lower())
    require_containers(state, securable)
    state.access.require_parents(caller, securable)
    model = find_model(state, full_name)
    state.access.require_management(caller, securable)
    return model


def visible_models(state: State, caller: Caller, schema: str | None = None) -> list[RegisteredModel]:
    """The models that the caller may read, of one schema or of all."""
    access, principal = state.access, caller.principal

    def visible(model: RegisteredModel) -> bool:
        if access.manages(principal, model.securable):
            return True
        reachable = all(access.holds(principal, p, f"USE {p.type}") for p in model.securable.parents())
        return reachable and access.holds_any(principal, model.securable, "EXECUTE", "CREATE MODEL VERSION")

    return [model for model in state.store.rows(RegisteredModel, parent=schema) if visible(model)]


def save_model(state: State, caller: Caller, model: RegisteredModel) -> RegisteredModel:
    """Remember a changed model, and who changed it when."""
    return state.store.put(replace(model, updated_at=state.milliseconds(), updated_by=caller.name))


def rename_model(state: State, caller: Caller, model: RegisteredModel, new_name: str) -> RegisteredModel:
    """Give a model another name in its schema; versions, files, owner and grants go with it."""
    securable = Securable("FUNCTION", check_name("FUNCTION", new_name))
    if securable.parents() != model.securable.parents():
        raise InvalidParameter("A model can be renamed only within its schema.")
    state.access.require(caller, securable.parents()[0], "CREATE MODEL")
    if state.access.exists(securable):
        raise _taken(securable)
    with state.store.transaction():
        versions = state.store.rows(ModelVersion, parent=model.full_name)
        for version in versions:
            state.store.delete(ModelVersion, version.key)
            state.store.put(replace(version, model=securable.name))
        state.store.delete(RegisteredModel, model.full_name)
        state.access.rename(model.securable, securable.name)
        old, new = (f"/Models/{name.replace('.', '/')}" for name in (model.full_name, securable.name))
        if versions and state.tree.locate(old).exists():
            state.tree.locate(old).rename(state.tree.locate(new))
        return save_model(state, caller, replace(model, full_name=securable.name))


def delete_model(state: State, caller: Caller, full_name: str) -> None:
    """Remove a model that has no versions.

    Raises:
        InvalidState: It has some.
    """
    model = own_model(state, caller, full_name)
    versions = state.store.rows(ModelVersion, parent=model.full_name)
    if versions:
        raise InvalidState(
            f"Function '{model.full_name}' is not empty. The function has {len(versions)} model versions(s)"
        )
    with state.store.transaction():
        state.store.delete(RegisteredModel, model.full_name)
        state.access.forget(model.securable)


def set_alias(state: State, caller: Caller, full_name: str, alias: str, version: int) -> RegisteredModel:
    """Point an alias at a version.

    Raises:
        InvalidParameter: The alias can not be one, or reads like a version.
        NotFound: There is no such version.
    """
    if not _ALIAS.fullmatch(alias) or _VERSION_LIKE.fullmatch(alias) or alias.lower() == "latest":
        raise InvalidParameter(f"Invalid alias name: '{alias}'")
    model = own_model(state, caller, full_name)
    find_version(state, full_name, version)
    return save_model(state, caller, replace(model, aliases={**model.aliases, alias: version}))


def delete_alias(state: State, caller: Caller, full_name: str, alias: str) -> RegisteredModel:
    """Remove an alias.

    Raises:
        NotFound: The model has none of this name.
    """
    model = own_model(state, caller, full_name)
    if alias not in model.aliases:
        raise _no_alias(model, alias)
    return save_model(state, caller, replace(model, aliases={a: v for a, v in model.aliases.items() if a != alias}))


def version_of_alias(state: State, caller: Caller, full_name: str, alias: str) -> ModelVersion:
    """The version that an alias points at.

    Raises:
        NotFound: The model has no such alias.
    """
    model = read_model(state, caller, full_name)
    if alias not in model.aliases:
        raise _no_alias(model, alias)
    return find_version(state, full_name, model.aliases[alias])


def _no_alias(model: RegisteredModel, alias: str) -> NotFound:
    return NotFound(f"Alias '{alias}' of Routine or Model '{model.full_name}' does not exist.")


def _taken(securable: Securable) -> AlreadyExists:
    return AlreadyExists(f"{securable} already exists.")
