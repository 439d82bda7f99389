"""`agentry adopt` in a sandbox: what it shows, that it changes nothing, and that it puts back what it can not finish."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.adopt.deployed import ENDPOINTS, REGISTRY, Deploy, Deployed, Workspace
from tests.end_to_end.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]
CANARY = "canary-7b21d0"
MODEL, ENDPOINT = "local.agents.weather", "agents_local-agents-weather"
KEY = "  weather_api_token:\n    type: string\n    secret: true\n"
ENDS_EARLY = '"""Every agent."""\n\nimport sys\n\nimport pulumi\n\nsys.exit(0)\n'
CHAT = {"databricks": {"serving_endpoint": [{"name": "sandbox-chat"}]}, "api_version": "1"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project without agents, whose sandbox serves stand-ins."""
    made = Project.copy_to(tmp_path_factory.mktemp("adopt") / "project")
    (made.root / "__main__.py").write_text('"""Every agent."""\n', encoding="utf-8")
    assert made.run("sandbox", "start", "--instant", "--quiet").code == 0
    yield made
    made.run("sandbox", "stop", "--quiet")


@pytest.fixture(scope="module")
def workspace(project: Project) -> Iterator[Workspace]:
    """Whoever deployed there."""
    profile = project.profile()
    headers = {"Authorization": f"Bearer {profile['token']}"}
    with httpx.Client(base_url=profile["host"], headers=headers, trust_env=False, timeout=30) as client:
        yield Workspace(client)


@pytest.fixture(scope="module")
def deployed(workspace: Workspace) -> Deployed:
    """Two versions, each of which was deployed; the second one serves. Model and experiment have tags of others."""
    workspace.stub(MODEL, resources=CHAT)
    version = workspace.stub(MODEL, resources=CHAT)
    named = {"name": MODEL}
    workspace.ask("PATCH", f"{REGISTRY}/registered-models/update", json={**named, "description": "Of the weather team"})
    workspace.ask("POST", f"{REGISTRY}/registered-models/set-tag", json={**named, "key": "cost", "value": "sky"})
    made = Deploy(workspace, environment_vars={"API_TOKEN": CANARY, "UNITS": "metric"})(
        MODEL, version, "/Shared/traces"
    )
    tag = {"experiment_id": made.experiment_id, "key": "team", "value": "sky"}
    workspace.ask("POST", "/api/2.0/mlflow/experiments/set-experiment-tag", json=tag)
    live = workspace.ask("GET", f"{ENDPOINTS}/{ENDPOINT}")
    entity = {"entity_name": MODEL, "workload_size": "Small", "scale_to_zero_enabled": True}
    ours = {
        key: value for key, value in live["config"]["served_entities"][0].items() if key not in ("state", "creator")
    }
    others = {**entity, "name": "local-agents-weather_1", "entity_version": "1"}
    routes = [{"served_model_name": ours["name"], "traffic_percentage": 100}]
    body = {"served_entities": [others, ours], "traffic_config": {"routes": routes}}
    workspace.ask("PUT", f"{ENDPOINTS}/{ENDPOINT}/config", json=body)
    for alias, number in (("champion", 2), ("previous", 1)):
        path = f"/api/2.1/unity-catalog/models/{MODEL}/aliases/{alias}"
        workspace.ask("PUT", path, json={"version_num": number})
    given = [{"group_name": "analysts", "permission_level": "CAN_QUERY"}]
    workspace.ask("PATCH", f"/api/2.0/permissions/serving-endpoints/{live['id']}", json={"access_control_list": given})
    return made


def files(project: Project) -> dict[str, str]:
    """The files that a person has in the project."""
    kept = {".agentry", ".venv", "agentry", "components"}
    return {
        path.relative_to(project.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for entry in project.root.iterdir()
        if entry.name not in kept
        for path in (entry.rglob("*") if entry.is_dir() else [entry])
        if path.is_file()
    }


def state(project: Project) -> list[Path]:
    return [path for path in (project.root / ".agentry" / "state").rglob("*.json") if "stacks" in path.parts]


def everything(workspace: Workspace, deployed: Deployed) -> list[Any]:
    """What could have been changed of it."""
    id_ = workspace.ask("GET", f"{ENDPOINTS}/{ENDPOINT}")["id"]
    return [
        workspace.ask("GET", f"{ENDPOINTS}/{ENDPOINT}"),
        workspace.ask("GET", f"/api/2.0/permissions/serving-endpoints/{id_}"),
        workspace.ask("GET", f"{REGISTRY}/registered-models/get", params={"name": MODEL}),
        workspace.ask("GET", f"/api/2.1/unity-catalog/models/{MODEL}", params={"include_aliases": True}),
        workspace.ask("GET", "/api/2.0/mlflow/experiments/get", params={"experiment_id": deployed.experiment_id}),
    ]


def asked(project: Project, after: int = 0) -> list[dict[str, Any]]:
    """The requests that the sandbox has seen since one of them."""
    profile = project.profile("local-admin")
    headers = {"Authorization": f"Bearer {profile['token']}"}
    answer = httpx.get(f"{profile['host']}/sandbox/requests", params={"after": after}, headers=headers, trust_env=False)
    found: list[dict[str, Any]] = answer.json()["requests"]
    return found


def test_nothing_changes_and_no_secret_is_shown(project: Project, workspace: Workspace, deployed: Deployed) -> None:
    before, there, recorded = files(project), everything(workspace, deployed), state(project)
    last = asked(project)[-1]["number"]
    shown = project.run("adopt", ENDPOINT, "--json")
    assert {one["method"] for one in asked(project, last)} == {"GET"}
    assert shown.code == 0, shown.out + shown.err
    found = shown.json
    assert found["preview"] == {"unchanged": 6, "changes": [], "problems": []}
    assert found["source"] == f"models:/{MODEL}/2"
    assert 'Resource("serving_endpoint", "sandbox-chat")' in found["program"]["block"]
    assert 'access={"group:analysts": "CAN_QUERY"}' in found["program"]["block"]
    assert found["secrets"] == {"API_TOKEN": "weather_api_token"}
    assert "served entity local-agents-weather_1 (version 1, 0 %) stays as it is" in found["notes"]
    assert "alias previous points to version 1 and stays there" in found["notes"]
    assert CANARY not in shown.out + shown.err
    assert (files(project), everything(workspace, deployed)) == (before, there)
    assert state(project) == recorded


def test_what_can_not_be_finished_is_put_back(project: Project, workspace: Workspace, deployed: Deployed) -> None:
    there = everything(workspace, deployed)
    undeclared = project.run("adopt", ENDPOINT, "--write")
    assert undeclared.code == 1
    assert "the `config:` block of Pulumi.yaml does not declare it" in undeclared.err
    assert not (project.root / "imports").exists()

    settings = project.root / "Pulumi.yaml"
    settings.write_text(settings.read_text() + KEY)
    program = project.root / "__main__.py"
    program.write_text(ENDS_EARLY)
    ended = project.run("adopt", ENDPOINT, "--write")
    assert ended.code == 1, ended.out
    assert program.read_text() == ENDS_EARLY
    assert project.run("stack", "export").json["deployment"].get("resources", []) == []
    assert everything(workspace, deployed) == there
    assert CANARY not in ended.out + ended.err
    stored = [path for path in project.root.rglob("*") if path.is_file() and "sandbox" not in path.as_posix()]
    assert [path for path in stored if not path.is_symlink() and CANARY.encode() in path.read_bytes()] == []


def test_an_endpoint_made_by_hand(project: Project, workspace: Workspace, deployed: Deployed) -> None:
    entity = {"name": "current", "entity_name": deployed.model, "entity_version": "1", "workload_size": "Small"}
    config = {"served_entities": [{**entity, "scale_to_zero_enabled": False, "environment_vars": {"UNITS": "metric"}}]}
    workspace.ask(
        "POST", ENDPOINTS, json={"name": "ask-weather", "config": config, "tags": [{"key": "a", "value": "b"}]}
    )
    shown = project.run("adopt", "ask-weather", "--name", "by-hand")
    assert shown.code == 0, shown.out + shown.err
    assert "by_hand = Agent(" in shown.out
    assert "agent_variables=False" in shown.out
    assert "experiment=False" in shown.out
    assert "nothing to change" in shown.out
    assert "nothing is written. → agentry adopt ask-weather --write --name by-hand" in shown.out


@pytest.mark.cli
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="no Pulumi CLI on PATH")
def test_the_import_file_is_one_of_the_pulumi_cli(project: Project, workspace: Workspace, tmp_path: Path) -> None:
    model = "local.agents.plain"
    made = Deploy(workspace, scale_to_zero=False)(model, workspace.stub(model, resources=CHAT), "/Shared/plain")
    shown = project.run("adopt", made.endpoint, "--json")
    assert shown.code == 0, shown.out + shown.err
    found = shown.json
    file = tmp_path / "imports.json"
    file.write_text(json.dumps(found["import_file"]))
    (project.root / "__main__.py").write_text("import pulumi\n\n" + found["program"]["block"])
    states = tmp_path / "states"
    states.mkdir()
    variables = {
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": states.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    named = ("--stack", "local")
    for command in (
        ("stack", "select", "--create", "local"),
        ("import", "--file", str(file), "--yes", "--skip-preview", "--protect=false", "--generate-code=false", *named),
        ("preview", "--expect-no-changes", *named),
    ):
        ran = subprocess.run(
            ["pulumi", "--non-interactive", *command],
            cwd=project.root,
            env={**project.environment, **variables},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_name_that_is_not_there(project: Project, deployed: Deployed) -> None:
    missing = project.run("adopt", deployed.endpoint.replace("weather", "wether"))
    assert missing.code == 1
    assert "there is no endpoint agents_local-agents-wether, or you may not see it" in missing.err
    assert f"near it: {ENDPOINT}" in missing.err


def test_an_external_model_is_no_agent(project: Project, workspace: Workspace) -> None:
    model = {"name": "gpt-4o", "provider": "openai", "task": "llm/v1/chat"}
    config = {
        "served_entities": [
            {"name": "gpt", "external_model": {**model, "openai_config": {"openai_api_key_plaintext": CANARY}}}
        ]
    }
    workspace.ask("POST", ENDPOINTS, json={"name": "gpt", "config": config})
    refused = project.run("adopt", "gpt")
    assert refused.code == 1
    assert "endpoint gpt is no agent's: it serves the external model openai/gpt-4o" in refused.err
