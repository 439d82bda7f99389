"""Stacks that meet: two in one workspace, one that is pointed at another workspace, one that a service principal deploys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from agentry.sandbox.places import read_profiles
from tests.end_to_end.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.end_to_end.project import Ran

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

INSTANT = {"AGENTRY_SANDBOX_INSTANT": "1"}
QUESTION = "What is the weather in sf?"
CATALOG, SCIM = "/api/2.1/unity-catalog", "/api/2.0/preview/scim/v2"
DEPLOYER = "deployer@sandbox.example"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose stack local is deployed."""
    made = Project.copy_to(tmp_path_factory.mktemp("together") / "project")
    assert run(made, "up").code == 0
    yield made
    made.run("sandbox", "stop", "--all", "--quiet")


def run(project: Project, *arguments: str, **more: str) -> Ran:
    return project.run(*arguments, environment={**INSTANT, **more})


def stack_file(project: Project, name: str, **config: str) -> None:
    """A stack with these settings; `_` stands for `:`."""
    lines = "".join(f"  {key.replace('_', ':', 1)}: {value}\n" for key, value in config.items())
    (project.root / f"stacks/Pulumi.{name}.yaml").write_text(f"config:\n{lines}")


def as_admin(project: Project, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
    profile = project.profile("local-admin")
    headers = {"Authorization": f"Bearer {profile['token']}"}
    answer = httpx.request(method, profile["host"] + path, json=body, headers=headers, trust_env=False, timeout=30)
    assert answer.status_code < 300, answer.text
    return answer.json()


def endpoints(project: Project) -> dict[str, str]:
    """What somebody made in sandbox local, by name, and who."""
    listed = as_admin(project, "GET", "/api/2.0/serving-endpoints")["endpoints"]
    return {one["name"]: one["creator"] for one in listed if one["creator"] != "System-User"}


def schema(project: Project, name: str, principal: str) -> None:
    """A schema of catalog local in which somebody may deploy."""
    as_admin(project, "POST", f"{CATALOG}/schemas", {"name": name, "catalog_name": "local"})
    for securable, privileges in {
        "CATALOG/local": ["USE CATALOG"],
        f"SCHEMA/local.{name}": ["USE SCHEMA", "CREATE MODEL", "CREATE TABLE"],
    }.items():
        changes = {"changes": [{"principal": principal, "add": privileges}]}
        as_admin(project, "PATCH", f"{CATALOG}/permissions/{securable}", changes)


def test_a_stack_that_names_what_another_made_is_refused_with_what_to_type(project: Project) -> None:
    stack_file(project, "twin", agentry_sandbox="local", agents_catalog="local", agents_schema="agents",
               agents_llm_endpoint="sandbox-chat")  # fmt: skip
    ran = run(project, "up", "--stack", "twin", "--sandbox")
    said = ran.out + ran.err
    assert ran.code == 1, said
    assert "model local.agents.weather exists already" in said
    assert "it belongs to agents/local" in said
    assert "choose another name, or take it over: pulumi import agentry:index:RegisteredModel weather" in said
    assert QUESTION in run(project, "ask", "weather", QUESTION).out


def test_two_stacks_of_one_workspace_live_and_die_apart(project: Project) -> None:
    schema(project, "twin", DEPLOYER)
    stack_file(project, "twin", agentry_sandbox="local", agents_catalog="local", agents_schema="twin",
               agents_llm_endpoint="sandbox-chat")  # fmt: skip
    on_twin = ("--stack", "twin", "--sandbox")
    assert run(project, "up", *on_twin).code == 0
    assert QUESTION in run(project, "ask", "weather", QUESTION, *on_twin).out
    assert set(endpoints(project)) == {"agents_local-agents-weather", "agents_local-twin-weather"}
    _another_workspace_is_refused(project)
    gone = run(project, "destroy", "--yes", *on_twin)
    assert gone.code == 0, gone.out + gone.err
    assert QUESTION in run(project, "ask", "weather", QUESTION).out
    assert endpoints(project) == {"agents_local-agents-weather": DEPLOYER}


def _another_workspace_is_refused(project: Project) -> None:
    """A stack remembers its workspace, also where the other one has the same metastore."""
    assert run(project, "sandbox", "start", "--name", "elsewhere", "--quiet").code == 0
    file = "stacks/Pulumi.twin.yaml"
    project.edit(file, "agentry:sandbox: local", "agentry:sandbox: elsewhere")
    for command in ("up", "preview"):
        ran = run(project, command, "--stack", "twin", "--sandbox")
        assert ran.code == 1, ran.out + ran.err
        assert "stack twin belongs to workspace" in ran.out + ran.err, command
        assert "destroy it first, which happens where it is" in ran.out + ran.err, command
    # The file still points elsewhere: destroy works where the stack was deployed.


def test_a_service_principal_deploys_with_a_profile_of_its_own(project: Project) -> None:
    application = _service_principal(project)
    schema(project, "ci", application)
    stack_file(project, "ci", agentry_profile="local-ci", agentry_owner=f"sp:{application}", agents_catalog="local",
               agents_schema="ci", agents_llm_endpoint="sandbox-chat")  # fmt: skip
    variables = {
        "DATABRICKS_CONFIG_FILE": str(project.root / ".agentry/databrickscfg"),
        "PULUMI_BACKEND_URL": f"file://{project.root / '.agentry/ci'}",
        "PULUMI_CONFIG_PASSPHRASE": "",
    }
    (project.root / ".agentry/ci").mkdir()
    up = run(project, "up", "--stack", "ci", "--json", **variables)
    assert up.code == 0, up.out + up.err
    assert run(project, "up", "--stack", "ci", "--json", **variables).json["changes"].keys() == {"same"}
    endpoint = as_admin(project, "GET", "/api/2.0/serving-endpoints/agents_local-ci-weather")
    assert endpoint["creator"] == application
    assert as_admin(project, "GET", f"{CATALOG}/models/local.ci.weather")["owner"] == application
    assert QUESTION in run(project, "ask", "weather", QUESTION, "--stack", "ci", **variables).out
    _its_group_may_ask(project)
    doctor = run(project, "doctor", "--stack", "ci", **variables)
    assert application in doctor.out
    # The stack says who deploys it; somebody else would give the agent other privileges.
    project.edit("stacks/Pulumi.ci.yaml", "agentry:profile: local-ci", "agentry:profile: local")
    project.edit("__main__.py", 'weather = Agent(\n    "weather"', 'weather = Agent(\n    "forecast"')
    refused = run(project, "preview", "--stack", "ci", **variables)
    assert refused.code == 1, refused.out
    assert f"agentry:owner says that sp:{application} creates the endpoints of stack ci" in refused.out + refused.err


def _its_group_may_ask(project: Project) -> None:
    """`access={"group:analysts": "CAN_QUERY"}`: the asker is one of them."""
    asker = project.profile("local-asker")
    answer = httpx.post(
        f"{asker['host']}/serving-endpoints/agents_local-ci-weather/invocations",
        json={"messages": [{"role": "user", "content": QUESTION}]},
        headers={"Authorization": f"Bearer {asker['token']}"},
        trust_env=False,
        timeout=30,
    )
    assert answer.status_code == 200, answer.text


def _service_principal(project: Project) -> str:
    """One that may use the workspace and the LLM, with a profile `local-ci`; its application id."""
    body = {"displayName": "ci", "entitlements": [{"value": "workspace-access"}]}
    application = str(as_admin(project, "POST", f"{SCIM}/ServicePrincipals", body)["applicationId"])
    chat = as_admin(project, "GET", "/api/2.0/serving-endpoints/sandbox-chat")["id"]
    level = {"service_principal_name": application, "permission_level": "CAN_QUERY"}
    as_admin(project, "PATCH", f"/api/2.0/permissions/serving-endpoints/{chat}", {"access_control_list": [level]})
    made = as_admin(project, "POST", "/api/2.0/token-management/on-behalf-of/tokens", {"application_id": application})
    file = project.root / ".agentry/databrickscfg"
    host = read_profiles(file)["local"]["host"]
    file.write_text(f"{file.read_text()}\n[local-ci]\nhost = {host}\ntoken = {made['token_value']}\n")
    return application
