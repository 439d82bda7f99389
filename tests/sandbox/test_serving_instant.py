"""Served versions that are ready at once: no environment, no process, no network."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from agentry.sandbox.serving import service
from agentry.sandbox.serving.instant import InstantDeployment
from tests.sandbox.serving_workspace import Workspace, config, entity, pretending

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from agentry.sandbox.web import Json

URL = "/api/2.0/serving-endpoints"


@pytest.fixture
async def workspace(tmp_path: Path) -> AsyncIterator[Workspace]:
    async with pretending(tmp_path, InstantDeployment) as (workspace, _):
        workspace.version(task="agent/v2/chat")
        workspace.version(task="agent/v1/responses")
        yield workspace


async def state(workspace: Workspace) -> Json:
    await asyncio.sleep(0)
    endpoint = (await workspace.deployer.get(f"{URL}/e")).json()
    return {**endpoint["state"], "entities": [e["entity_version"] for e in endpoint["config"]["served_entities"]]}


async def test_ready_with_the_next_look(workspace: Workspace) -> None:
    created = await workspace.deployer.post(URL, json={"name": "e", "config": config(entity())})
    assert created.json()["state"] == {"ready": "NOT_READY", "config_update": "IN_PROGRESS"}
    ready = {"ready": "READY", "config_update": "NOT_UPDATING"}
    assert await state(workspace) == ready | {"entities": ["1"]}
    await workspace.deployer.put(f"{URL}/e/config", json=config(entity("2")))
    assert await state(workspace) == ready | {"entities": ["2"]}


async def test_it_answers_in_the_form_of_the_version(workspace: Workspace) -> None:
    await workspace.deployer.post(URL, json={"name": "e", "config": config(entity())})
    asked = {"messages": [{"role": "user", "content": "hello"}]}
    await asyncio.sleep(0)
    answer = await workspace.deployer.post("/serving-endpoints/e/invocations", json=asked)
    assert answer.json()["messages"][0]["content"] == "hello"
    await workspace.deployer.put(f"{URL}/e/config", json=config(entity("2")))
    await asyncio.sleep(0)
    answer = await workspace.deployer.post("/serving-endpoints/e/invocations", json={"input": asked["messages"]})
    assert answer.json()["output"][0]["content"][0]["text"] == "hello"


async def test_after_a_restart_it_is_ready_again(workspace: Workspace) -> None:
    await workspace.deployer.post(URL, json={"name": "e", "config": config(entity())})
    await state(workspace)
    await workspace.endpoints.stop()
    workspace.endpoints.start()
    await asyncio.sleep(0)
    assert (await state(workspace))["ready"] == "READY"


async def test_rights_are_asked_as_ever(workspace: Workspace) -> None:
    refused = await workspace.asker.post(URL, json={"name": "e", "config": config(entity())})
    assert refused.json()["error_code"] == "PERMISSION_DENIED"
    await workspace.deployer.post(URL, json={"name": "e", "config": config(entity())})
    unasked = await workspace.asker.post("/serving-endpoints/e/invocations", json={"inputs": [1]})
    assert unasked.status_code == 403


async def test_gone_before_it_was_ready_is_gone(workspace: Workspace) -> None:
    endpoints = service.endpoints_of(workspace.state)
    await workspace.deployer.post(URL, json={"name": "e", "config": config(entity())})
    endpoints.delete("e")
    await asyncio.sleep(0)
    assert (await workspace.deployer.get(f"{URL}/e")).status_code == 404
