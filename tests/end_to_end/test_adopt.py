"""What `agents.deploy()` made, taken over: unchanged first, then by its code; it answers all the while."""

from __future__ import annotations

import shutil
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from agentry.resources import Resource
from tests.adopt.deployed import ENDPOINTS, Deploy, Deployed, Workspace
from tests.end_to_end.asking import Asker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.project import Project, Ran

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]
CANARY = "canary-d21f90"
MODEL, ENDPOINT = "local.agents.weather", "agents_local-agents-weather"
PROGRAM = '"""Every agent of this repository."""\n'
KEY = "  weather_api_token:\n    type: string\n    secret: true\n"
QUESTION = {"messages": [{"role": "user", "content": "What is the weather in sf?"}]}
READY_SECONDS = 240.0
CLI = pytest.param(
    "pulumi",
    marks=[pytest.mark.cli, pytest.mark.skipif(shutil.which("pulumi") is None, reason="no Pulumi CLI on PATH")],
)


@pytest.fixture
def workspace(project: Project) -> Iterator[Workspace]:
    """A sandbox, and whoever deployed there."""
    assert project.run("sandbox", "start", "--quiet").code == 0
    profile = project.profile()
    headers = {"Authorization": f"Bearer {profile['token']}"}
    with httpx.Client(base_url=profile["host"], headers=headers, trust_env=False, timeout=120) as client:
        yield Workspace(client)


def deployed(project: Project, workspace: Workspace) -> Deployed:
    """The weather agent, logged and deployed by somebody else, once it answers; its code is gone from here then."""
    directory = project.root / "agents" / "weather"
    config = {"llm_endpoint": "sandbox-chat"}
    version = workspace.log(MODEL, directory, [Resource("serving_endpoint", "sandbox-chat")], model_config=config)
    made = Deploy(workspace, environment_vars={"API_TOKEN": CANARY})(MODEL, version, "/Shared/traces")
    alias = f"/api/2.1/unity-catalog/models/{MODEL}/aliases/champion"
    workspace.ask("PUT", alias, json={"version_num": int(version)})
    until, pause = time.monotonic() + READY_SECONDS, threading.Event()
    while workspace.ask("GET", f"{ENDPOINTS}/{ENDPOINT}")["state"]["ready"] != "READY":
        assert time.monotonic() < until, "it does not become ready"
        pause.wait(0.2)  # between two looks; nothing depends on how long it is
    shutil.rmtree(directory)
    (project.root / "__main__.py").write_text(PROGRAM)
    settings = project.root / "Pulumi.yaml"
    settings.write_text(settings.read_text() + KEY)
    return made


def changed(ran: Ran) -> dict[str, int]:
    """How many resources had something done to them, by operation."""
    assert ran.code == 0, ran.out + ran.err
    return {op: count for op, count in ran.json["changes"].items() if op != "same" and count}


def served(workspace: Workspace) -> list[str]:
    live: dict[str, Any] = workspace.ask("GET", f"{ENDPOINTS}/{ENDPOINT}")
    return [str(one["entity_version"]) for one in live["config"]["served_entities"]]


@pytest.mark.parametrize("engine", ["embedded", CLI])
def test_adopt_then_go_on_from_code(project: Project, workspace: Workspace, engine: str) -> None:
    deployed(project, workspace)
    by = ("--engine", engine)
    taken = project.run("adopt", ENDPOINT, "--write", "--code", "agents/weather", *by)
    assert taken.code == 0, taken.out + taken.err
    assert "a preview with it: 5 unchanged, nothing to change" in taken.out
    assert "a preview of the whole program: 5 of them unchanged" in taken.out
    assert "create ModelVersion weather" in taken.out
    assert changed(project.run("preview", "--json", *by)) == {}
    assert changed(project.run("up", "--json", *by)) == {}
    assert served(workspace) == ["1"]
    again = project.run("adopt", ENDPOINT, *by)
    assert (again.code, "is in stack local already, as weather" in again.err) == (1, True)

    profile = project.profile("local-asker")
    asker = Asker(f"{profile['host']}/serving-endpoints/{ENDPOINT}/invocations", profile["token"], QUESTION, rate=5)
    id_ = workspace.ask("GET", f"{ENDPOINTS}/{ENDPOINT}")["id"]
    given = [{"user_name": "asker@sandbox.example", "permission_level": "CAN_QUERY"}]
    workspace.ask("PATCH", f"/api/2.0/permissions/serving-endpoints/{id_}", json={"access_control_list": given})
    asker.start()
    project.edit("__main__.py", f'source="models:/{MODEL}/1"', 'code="agents/weather"')
    project.edit("agents/weather/agent.py", "never guess.", "never guess!")
    assert changed(project.run("up", "--json", *by)) == {"create": 1, "update": 2}
    assert asker.stop() == []
    assert asker.asked
    assert served(workspace) == ["2"]
    assert changed(project.run("up", "--json", *by)) == {}
    assert "sunny" in project.run("ask", "weather", "What is the weather in sf?").out
    state = [path for path in (project.root / ".agentry" / "state").rglob("*") if path.is_file()]
    assert state
    assert [path.name for path in state if CANARY.encode() in path.read_bytes()] == []
    assert CANARY not in (project.root / "stacks" / "Pulumi.local.yaml").read_text()
