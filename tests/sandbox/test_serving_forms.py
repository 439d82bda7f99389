from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.sandbox.errors import BadRequest, InvalidParameter
from agentry.sandbox.serving.config import Config, Route
from agentry.sandbox.serving.entities import read_config
from agentry.sandbox.serving.forms import ConfigForm, check_name
from tests.sandbox.serving_workspace import config, entity


def read(said: dict[str, Any]) -> Config:
    return read_config(ConfigForm(**said), "me", 1)


def test_a_config_as_agents_deploy_sends_it() -> None:
    said = config(
        entity("7", name="local-agents-sample_7", scale_to_zero_enabled=True, environment_vars={"A": "1"}),
        **{"local-agents-sample_7": 100},
    )
    got = read(said)
    assert got.routes == (Route("local-agents-sample_7", 100),)
    served = got.entities[0]
    assert (served.entity_name, served.entity_version, served.creator) == ("local.agents.sample", "7", "me")
    assert served.environment_vars == {"A": "1"}
    assert served.settings == {"workload_size": "Small", "workload_type": "CPU", "scale_to_zero_enabled": True}


def test_a_version_may_come_as_a_number() -> None:
    assert read(config({**entity(), "entity_version": 7})).entities[0].entity_version == "7"


def test_served_models_is_the_older_form() -> None:
    old = {"served_models": [{"model_name": "C.s.M", "model_version": "2", "workload_size": "Small"}]}
    assert read(old).entities[0].version == ("c.s.m", "2")


def test_what_get_answers_besides_is_ignored() -> None:
    state = {"deployment": "DEPLOYMENT_FAILED", "deployment_state_message": "old"}
    got = read(config(entity(creator="somebody", creation_timestamp=5, state=state)))
    assert got.entities[0].creator == "me"
    assert got.entities[0].message == ""


def test_without_a_name_it_is_made_of_model_and_version() -> None:
    assert read(config(entity("3"))).entities[0].name == "local-agents-sample-3"


REFUSED = {
    "no entities": ({}, "at least one served entity"),
    "two of one name": (config(entity("1", name="a"), entity("2", name="a"), a=100), r"Cannot create 2\+ served"),
    "one version twice": (config(entity("1", name="a"), entity("1", name="b"), a=100), r"Cannot create 2\+ served"),
    "sixteen": (config(*(entity(str(n)) for n in range(16))), "cannot contain more than 15 elements"),
    "no version": (config({"entity_name": "a.b.c", "workload_size": "Small"}), "entity_version"),
    "two levels": (config(entity(model="a.b")), "three levels"),
    "a dot in the name": (config(entity(name="a.b")), "at most 63 characters"),
    "a long name": (config(entity(name="a" * 64)), "at most 63 characters"),
    "an unknown size": (config(entity(workload_size="Huge")), "Small, Medium, Large"),
    "size and concurrency": (config(entity(min_provisioned_concurrency=4)), "exclude one another"),
    "an external model": (config(entity(external_model={"name": "x"})), "Only one of external_model and entity_name"),
    "legacy inference tables": (
        {**config(entity()), "auto_capture_config": {"enabled": True}},
        "auto_capture_config is not supported",
    ),
    "two entities without shares": (config(entity("1"), entity("2")), "traffic_config is required"),
    "shares of 99": (config(entity(name="a"), a=99), "add up to 100"),
    "a share of nobody": (config(entity(name="a"), b=100), "not one of a"),
    "a negative share": (config(entity("1", name="a"), entity("2", name="b"), a=-1, b=101), "within 0 and 100"),
    "a lower-case variable": (config(entity(environment_vars={"a": "1"})), "not a valid identifier"),
    "a variable that begins with a digit": (config(entity(environment_vars={"1A": "1"})), "not a valid identifier"),
    "a variable that is no text": (config(entity(environment_vars={"A": 1})), "must be a string"),
    "too many variables": (config(entity(environment_vars={f"A{n}": "" for n in range(31)})), "at most 30"),
    "half a secret": (config(entity(environment_vars={"A": "x {{secrets/s/k}}"})), "and nothing else"),
}


@pytest.mark.parametrize(("said", "why"), REFUSED.values(), ids=REFUSED)
def test_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        read(said)


def test_a_value_that_is_refused_is_not_repeated() -> None:
    with pytest.raises(InvalidParameter) as refused:
        read(config(entity(environment_vars={"A": "hunter2 {{secrets/s/k}}"})))
    assert "hunter2" not in refused.value.message


def test_a_reference_to_a_secret_is_kept() -> None:
    got = read(config(entity(environment_vars={"A": "{{secrets/s/k}}"})))
    assert got.entities[0].environment_vars == {"A": "{{secrets/s/k}}"}


@given(st.text(max_size=80))
def test_names_that_pass_are_short_and_plain(name: str) -> None:
    try:
        check_name(name, "name")
    except InvalidParameter:
        return
    assert 0 < len(name) <= 63
    assert all(c.isascii() and (c.isalnum() or c in "-_") for c in name)
