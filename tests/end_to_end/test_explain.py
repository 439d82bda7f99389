"""The two runs that this project comes from, as `agentry demo --explain` shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.end_to_end.project import Project

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]


def test_undeclared_fails_at_preview_then_at_its_first_question_and_declared_answers(project: Project) -> None:
    ran = project.run("demo", "--explain", timeout=580)
    text = ran.out
    assert ran.code == 0, text + ran.err
    refused, failed, answered = (
        text.index("serving endpoint sandbox-chat"),
        text.index("default auth: cannot configure default credentials"),
        text.index("It's always sunny in sf"),
    )
    assert refused < failed < answered
    assert "agents/weather/agent.py:" in text[:failed]
    assert project.run("status", "--json").json["agents"] == []
