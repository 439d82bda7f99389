"""Each tests/inspect/repo_*/repository is a repository; case.yaml beside it says what is found of each of its agents.

An agent of case.yaml is told by `entry` and `driver`; what a key lacks is expected to be empty. `declared: null` is a
declaration that nothing makes. Adding a directory adds a case.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentry.inspector.repository import Repository, inspect_repository

if TYPE_CHECKING:
    from agentry.inspector.repository import LoggedAgent
    from agentry.resources import Resource

CASES = Path(__file__).parents[1] / "inspect"
NAMES = sorted(path.name for path in CASES.glob("repo_*"))


def expected(name: str) -> dict[str, Any]:
    case: dict[str, Any] = yaml.safe_load((CASES / name / "case.yaml").read_text())
    return case


def inspected(name: str) -> Repository:
    return inspect_repository(CASES / name / "repository", environment=expected(name).get("environment", {}), shown="")


def said(resource: Resource) -> str:
    return f"{resource.type} {resource.name}{' (caller)' if resource.on_behalf_of_user else ''}"


def found(agent: LoggedAgent) -> dict[str, Any]:
    """An agent as case.yaml writes it."""
    return {
        "declared": None if agent.declared is None else sorted({said(each.resource) for each in agent.declared}),
        "used": sorted({said(use.resource) for use in agent.inspection.uses}),
        "missing": sorted({said(use.resource) for use in agent.missing}),
        "uncertain": sorted({said(use.resource) for use in agent.uncertain}),
        "unused": sorted({said(each.resource) for each in agent.unused}),
        "undecided": sorted(each.where for each in agent.undecided),
        "undecided_declaration": sorted(f"{each.type} {each.where}".strip() for each in agent.undecided_declaration),
        "api_scopes": None if agent.api_scopes is None else list(agent.api_scopes),
        "inferred": agent.inferred,
    }


def wanted(case: dict[str, Any]) -> dict[str, Any]:
    lists = ("used", "missing", "uncertain", "unused", "undecided", "undecided_declaration")
    return {
        "declared": None if case["declared"] is None else sorted(case["declared"]),
        **{key: sorted(case.get(key, [])) for key in lists},
        "api_scopes": case.get("api_scopes"),
        "inferred": case.get("inferred", False),
    }


@pytest.mark.parametrize("name", NAMES)
def test_what_is_found(name: str) -> None:
    agents = inspected(name).agents
    cases = expected(name)["agents"]
    assert [(each.entry, each.driver) for each in agents] == [(each["entry"], each["driver"]) for each in cases]
    assert [found(each) for each in agents] == [wanted(each) for each in cases]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_told(name: str) -> None:
    repository = inspected(name)
    case = expected(name)
    assert len(repository.notes) == len(case.get("notes", []))
    assert all(word in note for note, word in zip(repository.notes, case.get("notes", []), strict=True))
    for agent, each in zip(repository.agents, case["agents"], strict=True):
        assert agent.shown == each.get("shown", each["entry"])
        assert len(agent.notes) == len(each.get("notes", [])), agent.notes
        assert all(word in note for note, word in zip(agent.notes, each.get("notes", []), strict=True))
        assert (each.get("failed") or "") in str(agent.failed)
        assert bool(agent.failed) == bool(each.get("failed"))


@pytest.mark.parametrize("name", [name for name in NAMES if "declared_at" in (CASES / name / "case.yaml").read_text()])
def test_where_it_is_declared(name: str) -> None:
    (agent,) = inspected(name).agents
    assert [each.where for each in agent.declared or ()] == expected(name)["agents"][0]["declared_at"]


@pytest.mark.parametrize("name", [name for name in NAMES if "origins" in (CASES / name / "case.yaml").read_text()])
def test_where_names_come_from(name: str) -> None:
    (agent,) = inspected(name).agents
    assert [use.origin for use in agent.inspection.uses] == expected(name)["agents"][0]["origins"]
