"""A resource that two agents of a stack use, and another stack too: each may go, and the others go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.end_to_end.project import Project, Ran

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

PROGRAM = """
import pulumi

from components import Agent, Resource

config = pulumi.Config()
models = f"{config.require('catalog')}.{config.require('schema')}"
chat = config.require("llm_endpoint")
for name in ("weather", "forecast"):
    Agent(
        name,
        code="agents/weather",
        model=f"{models}.{name}",
        model_config={"llm_endpoint": chat},
        resources=[Resource("serving_endpoint", chat), Resource("function", "local.tools.lookup")],
    )
"""
TWIN = """config:
  agentry:sandbox: local
  agents:catalog: local
  agents:schema: twin
  agents:llm_endpoint: sandbox-chat
"""
CATALOG, DEPLOYER, QUESTION = "/api/2.1/unity-catalog", "deployer@sandbox.example", "What is the weather in sf?"
ON_TWIN = ("--stack", "twin", "--sandbox")


def run(project: Project, *arguments: str) -> Ran:
    return project.run(*arguments, environment={"AGENTRY_SANDBOX_INSTANT": "1"})


def done(project: Project, *arguments: str) -> str:
    ran = run(project, *arguments)
    assert ran.code == 0, ran.out + ran.err
    return ran.out


def as_admin(project: Project, method: str, path: str, **body: Any) -> Any:
    profile = project.profile("local-admin")
    headers = {"Authorization": f"Bearer {profile['token']}"}
    url = f"{profile['host']}{CATALOG}{path}"
    answer = httpx.request(method, url, json=body or None, headers=headers, trust_env=False, timeout=30)
    assert answer.status_code < 300, answer.text
    return answer.json()


def may_execute(project: Project) -> bool:
    """Whether the deployer, who owns the endpoints, holds EXECUTE on the function itself."""
    found = as_admin(project, "GET", "/permissions/FUNCTION/local.tools.lookup")["privilege_assignments"]
    return {"principal": DEPLOYER, "privileges": ["EXECUTE"]} in found


def test_what_is_shared_stays_for_those_who_are_left(project: Project) -> None:
    done(project, "sandbox", "start", "--instant")
    _the_deployer_may_give_the_function_and_does_not_hold_it(project)
    (project.root / "__main__.py").write_text(PROGRAM)
    (project.root / "stacks/Pulumi.twin.yaml").write_text(TWIN)
    done(project, "up")
    assert may_execute(project)

    project.edit("__main__.py", '("weather", "forecast")', '("weather",)')
    said = done(project, "up")
    assert "keeps EXECUTE" in said
    assert may_execute(project)
    assert QUESTION in done(project, "ask", "weather", QUESTION)

    done(project, "up", *ON_TWIN)
    said = done(project, "destroy", "--yes")
    assert "endpoint agents_local-twin-weather lives on it too" in said
    assert may_execute(project)
    assert QUESTION in done(project, "ask", "weather", QUESTION, *ON_TWIN)
    assert '"update"' not in done(project, "preview", "--json", *ON_TWIN)


def _the_deployer_may_give_the_function_and_does_not_hold_it(project: Project) -> None:
    """Who owns a schema may grant on what others have in it, and reads or runs none of that without a grant."""
    for name in ("tools", "twin"):
        as_admin(project, "POST", "/schemas", name=name, catalog_name="local")
        as_admin(project, "PATCH", f"/schemas/local.{name}", owner=DEPLOYER)
    place = {"catalog_name": "local", "schema_name": "tools"}
    as_admin(project, "POST", "/functions", function_info={"name": "lookup", **place})
    assert not may_execute(project)
