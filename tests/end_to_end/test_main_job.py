"""The main job: from a clone to an answered question, and everything that the first page promises of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.end_to_end.asking import Asker

if TYPE_CHECKING:
    from tests.end_to_end.project import Project, Ran

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

SUNNY, CLOUDY = "It's always sunny in sf", "It might be cloudy in nyc"
ENDPOINT, MODEL = "agents_local-agents-weather", "local.agents.weather"


def get(project: Project, path: str, who: str = "local-admin") -> Any:
    """What the workspace itself says."""
    profile = project.profile(who)
    answer = httpx.get(profile["host"] + path, headers={"Authorization": f"Bearer {profile['token']}"}, trust_env=False)
    return answer.json() if answer.status_code == 200 else answer.status_code


def versions(project: Project) -> list[int]:
    answer = get(project, f"/api/2.1/unity-catalog/models/{MODEL}/versions")
    return sorted(int(one["version"]) for one in answer.get("model_versions", []))


def served(project: Project) -> list[str]:
    config = get(project, f"/api/2.0/serving-endpoints/{ENDPOINT}")["config"]
    return [one["entity_version"] for one in config["served_entities"]]


def alias(project: Project) -> int:
    return int(get(project, f"/api/2.1/unity-catalog/models/{MODEL}/aliases/champion")["version"])


def changed(ran: Ran) -> dict[str, int]:
    """How many resources had something done to them, by operation."""
    assert ran.code == 0, ran.err + ran.out
    return {op: count for op, count in ran.json["changes"].items() if op != "same" and count}


def test_from_a_clone_to_an_answered_question(project: Project) -> None:
    first = project.run("demo")
    assert first.code == 0, first.out + first.err
    assert SUNNY in first.out
    assert CLOUDY in first.out
    assert f"/serving-endpoints/{ENDPOINT}/invocations" in first.out
    assert "sandbox stop" in first.out

    assert changed(project.run("up", "--json")) == {}
    assert versions(project) == [1]

    _edit_one_line_and_lose_no_question(project)
    _revert_it(project)
    _destroy(project)


def _edit_one_line_and_lose_no_question(project: Project) -> None:
    profile = project.profile()
    question = {"messages": [{"role": "user", "content": "What is the weather in sf?"}]}
    asker = Asker(f"{profile['host']}/serving-endpoints/{ENDPOINT}/invocations", profile["token"], question).start()
    project.edit("agents/weather/agent.py", "never guess.", "never guess!")
    ran = project.run("up", "--json")
    asked_until_then = asker.asked
    lost = asker.stop()
    assert changed(ran).get("replace", 0) == 1, ran.out
    assert versions(project) == [1, 2]
    assert served(project) == ["2"]
    assert alias(project) == 2
    assert asked_until_then > 40
    assert lost == []
    assert all(SUNNY in text for text in asker.texts())


def _revert_it(project: Project) -> None:
    project.edit("agents/weather/agent.py", "never guess!", "never guess.")
    assert project.run("up").code == 0
    assert versions(project) == [1, 2]
    assert served(project) == ["1"]
    assert alias(project) == 1
    assert CLOUDY in project.run("ask", "weather", "What is the weather in nyc?").out
    assert changed(project.run("preview", "--json")) == {}


def _destroy(project: Project) -> None:
    gone = project.run("destroy")
    assert gone.code == 0, gone.out + gone.err
    assert get(project, f"/api/2.0/serving-endpoints/{ENDPOINT}") == 404
    assert get(project, f"/api/2.1/unity-catalog/models/{MODEL}") == 404
    name = "/Shared/agentry/agents/local/weather"
    experiment = get(project, f"/api/2.0/mlflow/experiments/get-by-name?experiment_name={name}")["experiment"]
    assert experiment["lifecycle_stage"] == "active"
    assert project.run("destroy").code == 0
