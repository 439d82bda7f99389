"""Each directory of tests/inspect is an agent; its code says on the line what is found there.

`#> type name; type name` are uses, with `(caller)` behind those on behalf of the user; `#? words` is one undecided
call whose reason holds these words. case.yaml may hold `model_config` and `environment`. Lines that say nothing must
find nothing. Adding a directory adds a case.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentry.inspector import inspect_agent

CASES = Path(__file__).parents[1] / "inspect"
# Those of whole repositories are read by a test of their own.
NAMES = sorted(path.parent.name for path in CASES.glob("*/agent.py") if not path.parent.name.startswith("repo_"))


def expected(directory: Path, pattern: str) -> dict[str, str]:
    """What the code says it is found to do, by `file:line`."""
    found = {}
    for path in sorted(directory.rglob("*.py")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.search(pattern, line)
            if match:
                found[f"{path.relative_to(directory).as_posix()}:{number}"] = match[1].strip()
    return found


def inspected(name: str) -> Any:
    directory = CASES / name
    case = directory / "case.yaml"
    given = yaml.safe_load(case.read_text()) if case.exists() else {}
    return inspect_agent(directory, given.get("model_config", {}), given.get("environment", {}), shown="x")


@pytest.mark.parametrize("name", NAMES)
def test_uses(name: str) -> None:
    found: dict[str, set[str]] = {}
    for use in inspected(name).uses:
        if use.construct == "marker comment":
            continue
        caller = " (caller)" if use.resource.on_behalf_of_user else ""
        found.setdefault(use.where.removeprefix("x/"), set()).add(f"{use.resource.type} {use.resource.name}{caller}")
    wanted = expected(CASES / name, r"#> (.*?)(?: +#\?.*)?$")
    assert found == {where: set(text.split("; ")) for where, text in wanted.items()}


@pytest.mark.parametrize("name", NAMES)
def test_undecided(name: str) -> None:
    wanted = expected(CASES / name, r"#\? (.*)")
    found = {each.where.removeprefix("x/"): each.why for each in inspected(name).undecided}
    assert set(found) == set(wanted), found
    assert {where: why for where, why in found.items() if wanted[where] not in why} == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_case_says_what_it_is_about(name: str) -> None:
    assert re.match(r'"""[A-Z].*\."""\n|# Databricks notebook source\n', (CASES / name / "agent.py").read_text())
