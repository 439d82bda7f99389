"""The deployer is no admin: taking away each privilege in turn makes preview or question fail by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.end_to_end.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

DEPLOYER = "deployer@sandbox.example"


def as_admin(project: Project, method: str, path: str, body: Mapping[str, object] | None = None) -> httpx.Response:
    profile = project.profile("local-admin")
    return httpx.request(
        method,
        profile["host"] + path,
        json=body,
        headers={"Authorization": f"Bearer {profile['token']}"},
        trust_env=False,
    )


def catalog_privilege(project: Project, securable: str, privilege: str, verb: str) -> None:
    body = {"changes": [{"principal": DEPLOYER, verb: [privilege]}]}
    answer = as_admin(project, "PATCH", f"/api/2.1/unity-catalog/permissions/{securable}", body)
    assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose agent answers."""
    project = Project.copy_to(tmp_path_factory.mktemp("privileges") / "project")
    up = project.run("up")
    assert up.code == 0, up.out + up.err
    yield project
    project.run("sandbox", "stop", "--quiet")


@pytest.mark.parametrize(
    ("securable", "privilege"),
    [
        ("CATALOG/local", "USE CATALOG"),
        ("SCHEMA/local.agents", "USE SCHEMA"),
        ("SCHEMA/local.agents", "CREATE MODEL"),
        ("SCHEMA/local.agents", "CREATE TABLE"),
    ],
)
def test_preview_names_a_missing_privilege_of_the_catalog(
    tmp_path_factory: pytest.TempPathFactory, deployed: Project, securable: str, privilege: str
) -> None:
    fresh = Project.copy_to(tmp_path_factory.mktemp("fresh") / "project")
    fresh.edit("__main__.py", "weather", "forecast")
    fresh.edit("__main__.py", "agents/forecast", "agents/weather")
    (fresh.root / ".agentry").mkdir()
    (fresh.root / ".agentry" / "databrickscfg").symlink_to(deployed.root / ".agentry" / "databrickscfg")
    catalog_privilege(deployed, securable, privilege, "remove")
    try:
        ran = fresh.run("preview")
        assert ran.code == 1, ran.out + ran.err
        assert privilege in ran.out + ran.err
        assert securable.split("/")[1] in ran.out + ran.err
    finally:
        catalog_privilege(deployed, securable, privilege, "add")


def test_a_question_needs_can_query_and_a_grant_that_goes_is_revoked(deployed: Project) -> None:
    asker = deployed.profile("local-asker")
    url = f"{asker['host']}/serving-endpoints/agents_local-agents-weather/invocations"

    def ask() -> httpx.Response:
        body = {"messages": [{"role": "user", "content": "What is the weather in sf?"}]}
        headers = {"Authorization": f"Bearer {asker['token']}"}
        return httpx.post(url, json=body, headers=headers, trust_env=False, timeout=60)

    assert ask().status_code == 200
    deployed.edit("__main__.py", 'access={"group:analysts": "CAN_QUERY"},', "")
    assert deployed.run("up").code == 0
    refused = ask()
    assert refused.status_code == 403
    assert "CAN_QUERY" in refused.text


def test_without_the_llm_endpoint_the_agent_can_not_be_previewed(
    tmp_path_factory: pytest.TempPathFactory, deployed: Project
) -> None:
    endpoint = as_admin(deployed, "GET", "/api/2.0/serving-endpoints/sandbox-chat").json()["id"]
    path = f"/api/2.0/permissions/serving-endpoints/{endpoint}"
    before = as_admin(deployed, "GET", path).json()["access_control_list"]
    kept = [
        {"user_name": one["user_name"], "permission_level": one["all_permissions"][0]["permission_level"]}
        for one in before
        if one.get("user_name") not in (None, DEPLOYER)
    ]
    assert as_admin(deployed, "PUT", path, {"access_control_list": kept}).status_code == 200
    try:
        ran = deployed.run("preview")
        asked = deployed.run("ask", "weather", "What is the weather in sf?")
        assert (ran.code, "CAN_QUERY" in ran.out + ran.err, "sandbox-chat" in ran.out + ran.err) == (1, True, True)
        assert asked.code == 1, asked.out
    finally:
        restored = {"access_control_list": [{"user_name": DEPLOYER, "permission_level": "CAN_QUERY"}]}
        assert as_admin(deployed, "PATCH", path, restored).status_code == 200
