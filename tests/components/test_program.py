"""The whole program of this repository, run as it is."""

from __future__ import annotations

import runpy
from pathlib import Path

import pulumi
import pytest

from agentry.components.arguments import project_directory
from tests.components.program import Recorded, run

ROOT = Path(__file__).parents[2]


def recorded() -> Recorded:
    pulumi.runtime.set_all_config(
        {"agents:catalog": "dev", "agents:schema": "agents", "agents:llm_endpoint": "some-chat"}
    )
    return run(lambda: runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__") and None, ROOT)


def test_the_weather_agent() -> None:
    program = recorded()
    assert program["ModelVersion/weather"].inputs["resources"] == [{"type": "serving_endpoint", "name": "some-chat"}]
    assert program["RegisteredModel/weather"].inputs["name"] == "dev.agents.weather"
    assert program["Grant/weather-access-group:analysts"].inputs["principal"] == "group:analysts"


def test_it_is_a_table_of_contents() -> None:
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= 40


@pytest.mark.parametrize(("said", "meant"), [("/a/project", "/a/project"), ("root_directory", ""), ("", "")])
def test_code_is_relative_to_the_project_under_pulumis_own_mocks_too(
    said: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pulumi.get_root_directory", lambda: said)
    assert project_directory() == Path(meant or Path.cwd())
