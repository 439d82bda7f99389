"""Serving as one running thing: made when the sandbox starts, found again by the routes."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from agentry.sandbox import chat
from agentry.sandbox.errors import InvalidParameter, InvalidState, NotFound
from agentry.sandbox.identity import Caller
from agentry.sandbox.registry.rows import READY, find_version
from agentry.sandbox.secret_scopes import secret_value
from agentry.sandbox.seed import user_name
from agentry.sandbox.serving import mlmodel, rights
from agentry.sandbox.serving.credentials import Rotation
from agentry.sandbox.serving.deployment import Deployment, Means
from agentry.sandbox.serving.endpoint import Endpoint
from agentry.sandbox.serving.endpoints import Endpoints, new_id
from agentry.sandbox.serving.environments import Environments
from agentry.sandbox.serving.forms import SECRET
from agentry.sandbox.serving.instant import InstantDeployment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from agentry.sandbox.principals import Principal
    from agentry.sandbox.serving.config import Config
    from agentry.sandbox.state import State

NAME = "serving"


def prepare(state: State) -> None:
    """Make endpoints known to the permissions API, and the stand-in for an LLM unless it is there."""
    state.permissions.register(rights.object_type(state))
    if state.store.get(Endpoint, chat.NAME) is not None:
        return
    now = state.milliseconds()
    endpoint = Endpoint(
        name=chat.NAME,
        id=new_id(),
        creator="System-User",
        created=now,
        updated=now,
        description=chat.DESCRIPTION,
        task=chat.TASK,
        foundation_model=dict(chat.MODEL),
    )
    deployer = state.principals.named(user_name("deployer"), "User")
    with state.store.transaction():
        state.store.add(endpoint)
        if deployer is not None:
            state.permissions.give(rights.OBJECT, endpoint.id, [(deployer, rights.CAN_QUERY)])


@asynccontextmanager
async def lifespan(state: State) -> AsyncIterator[None]:
    """Run what is served for as long as the sandbox runs."""
    # A line for every question that is passed on would bury what the sandbox has to say.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    deploy = InstantDeployment if state.settings.mode.instant else Deployment
    endpoints = Endpoints(state, means_of(state), deploy)
    state.running[NAME] = endpoints
    endpoints.start()
    try:
        yield
    finally:
        await endpoints.stop()


def means_of(state: State, rotation: Rotation | None = None) -> Means:
    """What deployments in this sandbox rest on."""
    return Means(
        host=state.address,
        environments=Environments(state.settings.cache, state.clock),
        tokens=state.tokens,
        clock=state.clock,
        rotation=rotation or Rotation(),
        files=version_files(state),
        secret=partial(secret, state),
        idle=state.settings.mode.idle,
    )


def endpoints_of(state: State) -> Endpoints:
    """The running endpoints of a sandbox."""
    endpoints: Endpoints = state.running[NAME]
    return endpoints


def version_files(state: State) -> Callable[[str, str], Path]:
    """Finds the directory of a model version; what it gives raises NotFound and InvalidState."""

    def files(model: str, version: str) -> Path:
        if not version.isdecimal():
            raise NotFound(f"Model version '{model}' version {version} does not exist.")
        found = find_version(state, model, int(version))
        if found.status != READY:
            raise InvalidState(f"Model version '{model}' version {version} is {found.status}, not {READY}.")
        return state.tree.locate(found.path)

    return files


def task_of(state: State, config: Config) -> str:
    """The task that all entities have in common, as their MLmodel files say; empty when they differ."""
    files = version_files(state)
    tasks = {
        str(entity.external_model["task"])
        if entity.external_model
        else mlmodel.read(files(entity.entity_name, entity.entity_version)).task
        for entity in config.entities
    }
    return tasks.pop() if len(tasks) == 1 else ""


def secret(state: State, reader: Principal, reference: str) -> str:
    """The value behind `{{secrets/scope/key}}`.

    Args:
        state: The sandbox.
        reader: Who needs READ on the scope: the creator of the endpoint.
        reference: The text of the environment variable.

    Raises:
        NotFound: No such scope or key.
        PermissionDenied: The reader may not read the scope.
    """
    match = SECRET.fullmatch(reference)
    if match is None:
        raise InvalidParameter("A reference to a secret must be {{secrets/scope/key}} and nothing else.")
    return secret_value(state, Caller(reader), match[1], match[2])
