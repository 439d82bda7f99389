"""The golden files: what the Pulumi CLI did, and where the embedded engine is known to differ."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conformance.observation import Observation, dump
from tests.conformance.scenario import SCENARIOS, Scenario

GOLDEN = Path(__file__).with_name("golden")
KNOWN: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("differences.yaml").read_text()) or {}
"""By program the paths (with wildcards) at which the embedded engine differs from the CLI, each with a reason."""

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=str)


def read(scenario: Scenario) -> list[Observation]:
    """What the CLI did, edit by edit."""
    return list(json.loads((GOLDEN / f"{scenario.name}.json").read_text()))


def read_whole(scenario: Scenario) -> list[Observation]:
    """The same, with what did not change since the edit before."""
    whole: list[Observation] = []
    last: Observation = {"world": {}, "checkpoint": {"resources": []}}
    for observation in read(scenario):
        whole.append({**last, **observation})
        last = {key: whole[-1][key] for key in last}
    return whole


def write(scenario: Scenario, seen: list[Observation]) -> None:
    """Keep what the CLI did now."""
    GOLDEN.mkdir(exist_ok=True)
    (GOLDEN / f"{scenario.name}.json").write_text(dump(seen))


def is_known(scenario: Scenario, path: str) -> bool:
    """Whether the embedded engine is known to differ there."""
    return any(fnmatchcase(path, pattern) for of in ("*", scenario.name) for pattern in KNOWN.get(of, {}))


def told(found: dict[str, tuple[Any, Any]]) -> str:
    """Differences, for people."""
    return "\n".join(
        f"{path}\n    golden: {json.dumps(a)}\n    now:    {json.dumps(b)}" for path, (a, b) in found.items()
    )
