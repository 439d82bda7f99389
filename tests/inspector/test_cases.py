"""Each directory of tests/inspect is an agent; its code says on the line what is found there (see its README).

Lines that say nothing must find nothing. Adding a directory adds a case.
"""

from __future__ import annotations

import re

import pytest

from tests.inspector.corpus import CASES, NAMES, Score, found_uses, inspected, score, wanted_undecided, wanted_uses


@pytest.mark.parametrize("name", NAMES)
def test_uses(name: str) -> None:
    assert found_uses(inspected(name)) == wanted_uses(name)


@pytest.mark.parametrize("name", NAMES)
def test_undecided(name: str) -> None:
    wanted = wanted_undecided(name)
    found = {each.where.removeprefix("x/"): each.why for each in inspected(name).undecided}
    assert set(found) == set(wanted), found
    assert {where: why for where, why in found.items() if wanted[where] not in why} == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_case_says_what_it_is_about(name: str) -> None:
    assert re.match(r'"""[A-Z].*\."""\n|# Databricks notebook source\n', (CASES / name / "agent.py").read_text())


def test_a_score_counts_what_is_missed_and_what_is_made_up() -> None:
    half = Score(cases=1, wanted=4, found=5, right=2, undecided=(0, 0))
    assert (half.recall, half.precision) == (0.5, 0.4)
    assert score(["nothing"]).found == 0
    assert score(["chat_databricks"]).right == len(wanted_uses("chat_databricks"))


def test_there_are_enough_of_them() -> None:
    assert len(NAMES) >= 60
