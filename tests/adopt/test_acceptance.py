"""Which endpoints are taken over, and why the others are not."""

from __future__ import annotations

from typing import Any

import pytest

from agentry.adopt.acceptance import accept
from agentry.errors import AgentryError, AlreadyExists, Conflict, InvalidRequest
from tests.adopt.seen import live

EXTERNAL = {"external_model": {"provider": "openai", "name": "gpt-4o"}, "entity_name": None, "entity_version": None}


def test_what_agents_deploy_made_is_accepted() -> None:
    accept(live(), "agents/dev")


def test_what_an_interrupted_run_of_this_stack_left_is_accepted() -> None:
    accept(live(tags=[{"key": "agentry_owner", "value": "agents/dev"}]), "agents/dev")


@pytest.mark.parametrize(
    ("endpoint", "error", "what"),
    [
        (live(entity=EXTERNAL), InvalidRequest, "it serves the external model openai/gpt-4o"),
        (live(entity={"entity_name": "system.ai.llama"}), InvalidRequest, "it serves a foundation model"),
        (live(entity={"foundation_model": {"name": "llama"}}), InvalidRequest, "it serves a foundation model"),
        (live(entity={"entity_name": "weather"}), InvalidRequest, "weather, a model of the workspace's own registry"),
        (live(entity={"entity_version": None}), InvalidRequest, "the function or feature spec main.ai.weather"),
        (live(config=None), InvalidRequest, "it serves nothing yet"),
        (
            live(tags=[{"key": "agentry_owner", "value": "agents/prod"}]),
            AlreadyExists,
            "is managed by agents/prod already",
        ),
        (
            live(state={"ready": "READY", "config_update": "IN_PROGRESS"}),
            Conflict,
            "is not ready: update in progress",
        ),
        (
            live(state={"ready": "READY", "config_update": "UPDATE_FAILED"}),
            Conflict,
            "is not ready: UPDATE_FAILED",
        ),
        (live(state={"ready": "NOT_READY", "config_update": "NOT_UPDATING"}), Conflict, "is not ready: not ready yet"),
    ],
)
def test_what_is_refused(endpoint: dict[str, Any], error: type[AgentryError], what: str) -> None:
    with pytest.raises(error) as caught:
        accept(endpoint, "agents/dev")
    assert what in caught.value.what
    assert caught.value.why
    assert caught.value.fix
