from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.sandbox.errors import Conflict
from agentry.sandbox.serving.config import ABORTED, CREATING, FAILED, READY, RECOVERING, Config, Route, ServedEntity
from agentry.sandbox.serving.endpoint import (
    IN_PROGRESS,
    NOT_UPDATING,
    UPDATE_FAILED,
    Endpoint,
    begin,
    report,
    restarted,
)


def served(name: str = "a", version: str = "1", **said: object) -> ServedEntity:
    return ServedEntity(name, "c.s.m", version, **said)  # type: ignore[arg-type]


def wants(*entities: ServedEntity) -> Config:
    return Config(entities, (Route(entities[0].name, 100),))


def new(*entities: ServedEntity) -> Endpoint:
    return begin(Endpoint("e", "1", "me", 0, 0), wants(*entities), 5)


def all_ready(endpoint: Endpoint) -> Endpoint:
    for run in endpoint.deployments():
        endpoint = report(endpoint, run, READY)
    return endpoint


def deployments(config: Config | None) -> dict[str, str]:
    return {entity.name: entity.deployment for entity in config.entities} if config else {}


def test_a_new_endpoint_is_not_ready_while_it_comes_up() -> None:
    endpoint = new(served())
    assert endpoint.state() == {"ready": "NOT_READY", "config_update": IN_PROGRESS}
    assert endpoint.serving is None
    assert deployments(endpoint.wanted) == {"a": CREATING}


def test_it_is_ready_when_every_entity_is() -> None:
    endpoint = new(served("a"), served("b", "2"))
    first, second = endpoint.deployments()
    endpoint = report(endpoint, first, READY)
    assert endpoint.update == IN_PROGRESS
    endpoint = report(endpoint, second, READY)
    assert endpoint.state() == {"ready": "READY", "config_update": NOT_UPDATING}
    assert endpoint.wanted is None
    assert endpoint.serving is not None
    assert endpoint.serving.version == 1


def test_a_first_failure_leaves_nothing_that_serves_and_says_why() -> None:
    endpoint = new(served())
    endpoint = report(endpoint, next(iter(endpoint.deployments())), FAILED, "no such package")
    assert endpoint.state() == {"ready": "NOT_READY", "config_update": UPDATE_FAILED}
    wire = endpoint.to_wire()
    assert "config" not in wire
    assert wire["pending_config"]["served_entities"][0]["state"] == {
        "deployment": FAILED,
        "deployment_state_message": "no such package",
    }
    assert endpoint.deployments() == {}


def test_what_serves_goes_on_serving_until_the_new_one_is_ready() -> None:
    old = all_ready(new(served("a", "1")))
    endpoint = begin(old, wants(served("b", "2")), 6)
    assert endpoint.state() == {"ready": "READY", "config_update": IN_PROGRESS}
    assert deployments(endpoint.serving) == {"a": READY}
    new_run = endpoint.wanted.entities[0].run if endpoint.wanted else ""
    endpoint = report(endpoint, new_run, READY)
    assert deployments(endpoint.serving) == {"b": READY}
    assert endpoint.serving is not None
    assert endpoint.serving.version == 2


def test_what_serves_goes_on_serving_when_the_update_fails() -> None:
    old = all_ready(new(served("a", "1")))
    endpoint = begin(old, wants(served("b", "2"), served("c", "3")), 6)
    assert endpoint.wanted is not None
    endpoint = report(endpoint, endpoint.wanted.entities[1].run, FAILED, "broken")
    assert endpoint.state() == {"ready": "READY", "config_update": UPDATE_FAILED}
    assert deployments(endpoint.serving) == {"a": READY}
    assert deployments(endpoint.wanted) == {"b": ABORTED, "c": FAILED}
    assert set(endpoint.deployments()) == set(old.deployments())


def test_a_second_update_is_refused_while_one_runs() -> None:
    with pytest.raises(Conflict, match="currently being updated"):
        begin(new(served()), wants(served("b", "2")), 6)


def test_an_update_after_a_failure_starts_anew() -> None:
    endpoint = new(served())
    failed = next(iter(endpoint.deployments()))
    endpoint = begin(report(endpoint, failed, FAILED), wants(served()), 7)
    assert endpoint.update == IN_PROGRESS
    assert failed not in endpoint.deployments()


def test_an_entity_that_stays_as_it_is_is_not_started_again() -> None:
    old = all_ready(new(served("a", "1")))
    endpoint = begin(old, wants(served("a", "1"), served("b", "2")), 6)
    assert set(old.deployments()) < set(endpoint.deployments())
    assert endpoint.is_ready


@pytest.mark.parametrize(
    "change",
    [{"entity_version": "2"}, {"environment_vars": {"A": "1"}}, {"settings": {"workload_size": "Large"}}],
    ids=["version", "variables", "size"],
)
def test_an_entity_that_changed_is_another_deployment(change: dict[str, object]) -> None:
    old = all_ready(new(served()))
    endpoint = begin(old, wants(replace(served(), **change)), 6)  # type: ignore[arg-type]
    assert len(endpoint.deployments()) == 2


def test_a_change_of_shares_alone_is_ready_at_once() -> None:
    old = all_ready(new(served("a", "1"), served("b", "2")))
    assert old.serving is not None
    endpoint = begin(old, Config(old.serving.entities, (Route("b", 100),)), 6)
    assert endpoint.update == NOT_UPDATING
    assert endpoint.serving is not None
    assert endpoint.serving.routes == (Route("b", 100),)


def test_a_crash_is_shown_until_the_process_runs_again() -> None:
    endpoint = all_ready(new(served()))
    run = next(iter(endpoint.deployments()))
    endpoint = report(endpoint, run, RECOVERING, "ended")
    assert endpoint.state() == {"ready": "NOT_READY", "config_update": NOT_UPDATING}
    assert report(endpoint, run, READY).is_ready


def test_an_entity_whose_process_is_lost_for_good_is_started_anew_by_the_next_update() -> None:
    endpoint = all_ready(new(served()))
    run = next(iter(endpoint.deployments()))
    endpoint = begin(report(endpoint, run, FAILED), wants(served()), 8)
    assert endpoint.wanted is not None
    assert endpoint.wanted.entities[0].run != run


def test_after_a_restart_nothing_is_ready_and_updates_go_on() -> None:
    old = all_ready(new(served("a", "1")))
    endpoint = restarted(begin(old, wants(served("b", "2")), 6))
    assert endpoint.state() == {"ready": "NOT_READY", "config_update": IN_PROGRESS}
    assert deployments(endpoint.serving) == {"a": RECOVERING}
    assert deployments(endpoint.wanted) == {"b": CREATING}
    assert all_ready(endpoint).state() == {"ready": "READY", "config_update": NOT_UPDATING}


def test_a_failed_update_stays_failed_after_a_restart() -> None:
    endpoint = new(served())
    endpoint = report(endpoint, next(iter(endpoint.deployments())), FAILED, "why")
    assert restarted(endpoint) == endpoint


def test_it_survives_the_store() -> None:
    endpoint = begin(all_ready(new(served(settings={"workload_size": "Small"}))), wants(served("b", "2")), 6)
    kept = Endpoint(**json.loads(json.dumps(asdict(endpoint))))
    assert kept.to_wire() == endpoint.to_wire()


def test_both_names_of_a_route_are_answered() -> None:
    routes = all_ready(new(served())).to_wire()["config"]["traffic_config"]["routes"]
    assert routes == [{"served_model_name": "a", "served_entity_name": "a", "traffic_percentage": 100}]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([READY, FAILED, RECOVERING, CREATING])), max_size=12))
def test_whatever_is_reported_the_states_agree(reports: list[tuple[int, str]]) -> None:
    endpoint = begin(all_ready(new(served("a", "1"), served("b", "2"))), wants(served("b", "2"), served("c", "3")), 6)
    runs = [*endpoint.deployments(), "unknown"]
    for number, deployment in reports:
        endpoint = report(endpoint, runs[number], deployment)
        assert endpoint.serving is not None
        assert endpoint.is_ready == all(e.is_ready for e in endpoint.serving.entities)
        assert (endpoint.update == NOT_UPDATING) == (endpoint.wanted is None)
        if endpoint.is_updating:
            assert endpoint.wanted is not None
            assert FAILED not in deployments(endpoint.wanted).values()
