"""The call in a program that is there already: its names, its imports, its end."""

from __future__ import annotations

import ast

import pytest

from agentry.adopt.declaration import adoption_of
from agentry.adopt.program import appended, block, variable_for
from agentry.errors import ProgramError
from tests.adopt.seen import seen

PROGRAM = '''\
"""Every agent."""

import pulumi

from components import Agent, Endpoint

weather = Agent("other", code="agents/other", model="main.ai.other")
pulumi.export("weather", weather.url)
'''
ADOPTION = adoption_of(seen(), name=None, owner="agents/dev")


def test_a_program_keeps_its_names() -> None:
    text = appended(PROGRAM, block(ADOPTION, PROGRAM, "__main__.py"))
    assert text.startswith(PROGRAM + "\nfrom components import Resource  # noqa: E402\n\nweather_2 = Agent(\n")
    assert text.count('pulumi.export("weather"') == 1
    ast.parse(text)


def test_a_program_without_a_line_break_at_its_end() -> None:
    assert appended("x = 1", "y = 2\n") == "x = 1\n\ny = 2\n"
    assert appended("", "y = 2\n") == "y = 2\n"
    assert appended("x = 1\r\n", "y = 2\n") == "x = 1\r\n\r\ny = 2\r\n"


def test_the_code_stands_in_the_place_of_the_version() -> None:
    text = block(
        ADOPTION,
        "",
        "__main__.py",
        code="agents/weather",
        more={"auth_policy": {"user_auth_policy": {"api_scopes": ["genie"]}}},
    )
    assert '    code="agents/weather",\n    model="main.ai.weather",\n' in text
    assert '    auth_policy={"user_auth_policy": {"api_scopes": ["genie"]}},\n' in text
    assert "source=" not in text


def test_a_program_that_does_not_parse_is_named_by_its_line() -> None:
    with pytest.raises(ProgramError) as caught:
        block(ADOPTION, "x = 1\ny = (\n", "__main__.py")
    assert caught.value.where == "__main__.py:2"


@pytest.mark.parametrize(
    ("name", "taken", "variable"),
    [
        ("weather", (), "weather"),
        ("my-agent.v2", (), "my_agent_v2"),
        ("2nd", (), "agent_2nd"),
        ("class", (), "agent_class"),
        ("a", ("a", "a_2"), "a_3"),
    ],
)
def test_a_variable_is_a_name_of_python(name: str, taken: tuple[str, ...], variable: str) -> None:
    assert variable_for(name, taken) == variable
