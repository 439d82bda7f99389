from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.endpoint_name import default_name

names = st.text(alphabet="abcXYZ019_-", min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("main.agents.weather", "agents_main-agents-weather"),
        ("training.llm.chat_agent_sample", "agents_training-llm-chat_agent_sample"),
        ("a.b." + "c" * 60, "agents_a-b-" + "c" * 52),
        ("a.b." + "c" * 51 + "." * 3, "agents_a-b-" + "c" * 51),
        ("a.b.c_", "agents_a-b-c"),
    ],
)
def test_the_name_as_agents_deploy_forms_it(model: str, name: str) -> None:
    assert default_name(model) == name


@given(names, names, names)
def test_a_default_name_is_a_name(catalog: str, schema: str, model: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", default_name(f"{catalog}.{schema}.{model}"))
