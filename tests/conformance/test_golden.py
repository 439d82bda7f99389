"""What the Pulumi CLI did with each program, kept in `golden/`, is what the embedded engine does.

`pytest tests/conformance --regenerate` writes the files anew, with the Pulumi CLI that is on PATH.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.conformance.golden import GOLDEN, KNOWN, each_scenario, is_known, read, told, write
from tests.conformance.observation import differences, observe
from tests.conformance.scenario import PROGRAMS, SCENARIOS

if TYPE_CHECKING:
    from tests.conformance.scenario import Scenario
    from tests.engine.playground import Cli, Engine, Playground


@pytest.mark.process
@each_scenario
async def test_the_embedded_engine_does_what_the_cli_did(
    scenario: Scenario, playground: Playground, embedded: Engine
) -> None:
    seen = json.loads(json.dumps(await observe(embedded, playground, scenario)))
    found = differences(read(scenario), seen)
    found = {path: both for path, both in found.items() if not is_known(scenario, path)}
    assert not found, told(found)


@pytest.mark.process
@pytest.mark.cli
@each_scenario
async def test_the_cli_does_it_still(
    scenario: Scenario, playground: Playground, cli: Cli, request: pytest.FixtureRequest
) -> None:
    seen = json.loads(json.dumps(await observe(cli, playground, scenario)))
    if request.config.getoption("--regenerate", default=False):
        write(scenario, seen)
    found = differences(read(scenario), seen)
    assert not found, told(found)


def test_golden_files_are_made_with_the_cli(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--regenerate", default=False):
        assert shutil.which("pulumi"), "golden files are made with the Pulumi CLI: put it on PATH"


def test_each_program_has_its_golden_file_and_each_file_its_program() -> None:
    assert {file.stem for file in GOLDEN.glob("*.json")} == {file.stem for file in PROGRAMS.glob("*.yaml")}


def test_there_are_as_many_programs_as_promised() -> None:
    assert len(SCENARIOS) >= 35


def test_each_known_difference_has_a_reason_and_a_program() -> None:
    assert set(KNOWN) <= {"*", *map(str, SCENARIOS)}
    assert all(reason for paths in KNOWN.values() for reason in paths.values())
