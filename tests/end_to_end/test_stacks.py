"""Every shipped stack beside the others, each on a sandbox workspace of its own, at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from agentry.stacks import stack_names
from tests.end_to_end.project import ROOT, Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.project import Ran

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

STACKS = ("local", "dev", "staging", "prod-eu", "prod-us")
INSTANT = {"AGENTRY_SANDBOX_INSTANT": "1"}
QUESTION = "What is the weather in sf?"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project of which nothing is deployed; all of its sandboxes are stopped at the end."""
    made = Project.copy_to(tmp_path_factory.mktemp("stacks") / "project")
    yield made
    made.run("sandbox", "stop", "--all", "--quiet")


def of(stack: str) -> list[str]:
    """What says on the command line that a stack is meant, on its sandbox."""
    return [] if stack == "local" else ["--stack", stack, "--sandbox"]


def catalog(stack: str) -> str:
    return stack.replace("-", "_")


def on(project: Project, stack: str, *arguments: str) -> Ran:
    return project.run(*arguments, *of(stack), environment=INSTANT)


def each(project: Project, *arguments: str) -> dict[str, Ran]:
    """The same command for all stacks, in as many processes at once."""
    with ThreadPoolExecutor(len(STACKS)) as pool:
        return dict(zip(STACKS, pool.map(lambda stack: on(project, stack, *arguments), STACKS), strict=True))


def answer(project: Project, stack: str, path: str) -> Any:
    """What the stack's workspace says to its admin."""
    profile = project.profile(f"{catalog(stack)}-admin")
    headers = {"Authorization": f"Bearer {profile['token']}"}
    found = httpx.get(profile["host"] + path, headers=headers, trust_env=False, timeout=30)
    return found.json() if found.status_code == 200 else found.status_code


def test_the_shipped_stacks_are_these() -> None:
    assert sorted(STACKS) == stack_names(ROOT)


def test_every_shipped_stack_comes_up_beside_the_others(project: Project) -> None:
    for stack, ran in each(project, "up", "--json").items():
        assert ran.code == 0, f"{stack}: {ran.err}{ran.out}"
        assert ran.json["changes"].get("create"), stack
    _each_answers_from_its_own_catalog(project)
    for stack, ran in each(project, "up", "--json").items():
        changes = {op: count for op, count in ran.json["changes"].items() if op != "same" and count}
        assert (ran.code, changes) == (0, {}), stack
    _commands_name_the_workspace_of_the_stack(project)
    _destroying_one_leaves_the_others(project)


def _each_answers_from_its_own_catalog(project: Project) -> None:
    workspaces = set()
    for stack, ran in each(project, "ask", "weather", QUESTION).items():
        assert ran.code == 0, f"{stack}: {ran.err}{ran.out}"
        assert QUESTION in ran.out, stack
    for stack in STACKS:
        assignment = answer(project, stack, "/api/2.1/unity-catalog/current-metastore-assignment")
        workspaces.add((assignment["metastore_id"], assignment["workspace_id"]))
        endpoints = answer(project, stack, "/api/2.0/serving-endpoints")["endpoints"]
        assert {one["name"] for one in endpoints if one["creator"] != "System-User"} == {
            f"agents_{catalog(stack)}-agents-weather"
        }
        models = answer(project, stack, "/api/2.1/unity-catalog/models")["registered_models"]
        assert {model["full_name"] for model in models} == {f"{catalog(s)}.agents.weather" for s in STACKS}
    assert len({metastore for metastore, _ in workspaces}) == 1
    assert len(workspaces) == len(STACKS)


def _commands_name_the_workspace_of_the_stack(project: Project) -> None:
    addresses = {stack: project.profile(catalog(stack))["host"] for stack in STACKS}
    assert len(set(addresses.values())) == len(STACKS)
    listed = project.run("sandbox", "status", "--json")
    assert {one["name"]: one["address"] for one in listed.json} == {catalog(s): addresses[s] for s in STACKS}
    for stack, ran in each(project, "doctor", "--json").items():
        found = {check["name"]: check["found"] for check in ran.json["checks"]}
        assert (found["workspace"], found["credentials"]) == (addresses[stack], f"sandbox {catalog(stack)}"), stack
        assert found["CREATE MODEL"].startswith(f"on schema {catalog(stack)}.agents"), stack
    for stack, ran in each(project, "status").items():
        assert ran.code == 0, ran.err
        assert f"agents/{stack} in sandbox {catalog(stack)}" in ran.out, stack
        assert f"{catalog(stack)}.agents.weather" in ran.out, stack
        assert addresses[stack] in ran.out, stack
    for stack, ran in each(project, "logs", "weather").items():
        assert ran.code == 0, f"{stack}: {ran.err}"


def _destroying_one_leaves_the_others(project: Project) -> None:
    gone = on(project, "staging", "destroy", "--yes")
    assert gone.code == 0, gone.err + gone.out
    for stack in STACKS:
        ran = on(project, stack, "ask", "weather", QUESTION)
        assert (ran.code == 0) == (stack != "staging"), f"{stack}: {ran.err}"
    models = answer(project, "local", "/api/2.1/unity-catalog/models")["registered_models"]
    assert {model["full_name"] for model in models} == {f"{catalog(s)}.agents.weather" for s in STACKS} - {
        "staging.agents.weather"
    }
