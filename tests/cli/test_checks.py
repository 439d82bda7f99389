"""The doctor's table, from facts that are made up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from agentry.cli.checks import Check, Facts, Right, State, all_well, checks, lines
from agentry.cli.display.layout import text_of

if TYPE_CHECKING:
    from tests.cli.conftest import Golden

WELL = Facts(
    stack="local",
    python=(3, 11, 7),
    uv="0.9.1",
    pulumi="",
    venv=".venv",
    has_venv=True,
    running="0.1.0",
    installed="0.1.0",
    provider="provider",
    backend="kept below .agentry/",
    place="sandbox local",
    sandbox="local",
    host="http://127.0.0.1:40000",
    identity="deployer@sandbox.example",
    rights=(Right("USE CATALOG", "catalog local", "granted"), Right("CREATE MODEL", "schema local.agents", "owner")),
    skew=0.4,
)
ILL = replace(
    WELL,
    stack="dev",
    python=(3, 14, 0),
    uv="",
    has_venv=False,
    installed="",
    provider="",
    backend="",
    place="profile dev",
    sandbox="",
    rights=(Right("CREATE MODEL", "schema dev.agents", "", "admin@sandbox.example (owner of schema dev.agents)"),),
    skew=-400.0,
)
AWAY = replace(WELL, host="", identity="", rights=(), skew=None, trouble=("does not run", "agentry sandbox start"))


@pytest.mark.parametrize(("name", "facts"), [("well", WELL), ("ill", ILL), ("away", AWAY)])
def test_table(name: str, facts: Facts, golden: Golden) -> None:
    golden(f"doctor.{name}.txt", text_of(lines(checks(facts))))


def found(facts: Facts, name: str) -> Check:
    return next(check for check in checks(facts) if check.name == name)


@pytest.mark.parametrize(
    ("change", "name", "state"),
    [
        ({}, "Python", State.OK),
        ({"python": (3, 9, 1)}, "Python", State.MISSING),
        ({"python": (3, 13, 0)}, "Python", State.OK),
        ({"uv": ""}, "uv", State.MISSING),
        ({"venv": "venv"}, "venv", State.OK),
        ({"has_venv": False}, ".venv", State.MISSING),
        ({"has_venv": False}, "Agentry", State.SKIPPED),
        ({"installed": ""}, "Agentry", State.MISSING),
        ({"installed": "0.2.0"}, "Agentry", State.MISSING),
        ({"provider": ""}, "provider", State.MISSING),
        ({"pulumi": "3.272.0"}, "Pulumi CLI", State.OK),
        ({"stack": "dev"}, "Pulumi CLI", State.SKIPPED),
        ({"stack": "dev", "backend": ""}, "state", State.MISSING),
        ({"stack": "dev", "backend": "", "pulumi": "3.272.0"}, "state", State.SKIPPED),
        ({"skew": 61.0}, "clock", State.MISSING),
        ({"skew": -59.0}, "clock", State.OK),
        ({"skew": None}, "clock", State.SKIPPED),
    ],
)
def test_each_check(change: dict[str, Any], name: str, state: State) -> None:
    check = found(replace(WELL, **change), name)
    assert check.state is state
    assert bool(check.fix) is (state is State.MISSING)


def test_the_verdict() -> None:
    assert all_well(checks(WELL))
    assert not all_well(checks(ILL))
    assert not all_well(checks(AWAY))
