"""Faults on demand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from agentry.clock import FakeClock
from agentry.sandbox.faults.fault import Fault
from agentry.sandbox.faults.faults import Faults
from agentry.sandbox.faults.routes import prepare
from agentry.sandbox.mode import Mode
from tests.sandbox.test_registry import ML, MODEL, make_model, make_version

if TYPE_CHECKING:
    from tests.sandbox.inside import Inside

FAULTS = "/sandbox/faults"
CREATE = f"{ML}/registered-models/create"


async def ask_for(inside: Inside, *faults: dict[str, Any]) -> None:
    await inside.done("admin", "PUT", FAULTS, {"faults": list(faults)})


async def test_a_fault_takes_as_many_requests_as_it_says(inside: Inside) -> None:
    await ask_for(inside, {"path": CREATE, "method": "POST", "status": 429, "retry_after": 2, "times": 2})
    for _ in range(2):
        answer = await inside.call("deployer", "POST", CREATE, {"name": MODEL})
        assert (answer.status, answer.headers["retry-after"]) == (429, "2")
        assert answer.error == "REQUEST_LIMIT_EXCEEDED: A fault that was asked for."
    await make_model(inside)
    listed = await inside.done("admin", "GET", FAULTS)
    assert listed["faults"] == []
    assert [(fault["path"], fault["taken"]) for fault in listed["done"]] == [(CREATE, 2)]


async def test_other_requests_pass(inside: Inside) -> None:
    await ask_for(inside, {"path": CREATE, "method": "PUT", "status": 500}, {"path": "/api", "status": 500})
    await make_model(inside)
    assert len((await inside.done("admin", "GET", FAULTS))["faults"]) == 2


async def test_an_answer_is_lost_after_the_request_was_carried_out(inside: Inside) -> None:
    await ask_for(inside, {"path": CREATE, "status": 500, "after": True})
    assert (await inside.refused("deployer", "POST", CREATE, {"name": MODEL})).startswith("INTERNAL_ERROR")
    assert (await inside.refused("deployer", "POST", CREATE, {"name": MODEL})).startswith("RESOURCE_ALREADY_EXISTS")


async def test_a_state_is_seen_later_than_it_came(inside: Inside) -> None:
    await make_model(inside)
    await make_version(inside)
    pending = {"model_version": {"status": "PENDING_REGISTRATION"}}
    await ask_for(inside, {"path": f"{ML}/model-versions/get", "times": 2, "merge": pending})
    seen = []
    for _ in range(3):
        got = await inside.done("deployer", "GET", f"{ML}/model-versions/get", name=MODEL, version=1)
        seen.append((got["model_version"]["version"], got["model_version"]["status"]))
    assert seen == [("1", "PENDING_REGISTRATION")] * 2 + [("1", "READY")]


async def test_a_refusal_is_not_made_a_success(inside: Inside) -> None:
    await ask_for(inside, {"path": f"{ML}/model-versions/get", "merge": {"model_version": {}}})
    refused = await inside.refused("deployer", "GET", f"{ML}/model-versions/get", name=MODEL, version=1)
    assert refused.startswith("RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize("person", ["deployer", "asker"])
async def test_only_admins_ask_for_faults(inside: Inside, person: str) -> None:
    for method in ("GET", "PUT"):
        assert "Only admins" in await inside.refused(
            person, method, FAULTS, {"faults": []} if method == "PUT" else None
        )


async def test_the_route_of_faults_has_none(inside: Inside) -> None:
    await ask_for(inside, {"path": ".*", "status": 500, "times": 99})
    await ask_for(inside)
    assert await inside.done("admin", "GET", FAULTS) == {"faults": [], "done": []}


async def test_a_delay_has_no_end_and_lets_other_faults_happen(inside: Inside) -> None:
    clock = inside.state.clock
    assert isinstance(clock, FakeClock)
    await ask_for(
        inside,
        {"path": ".*", "delay": 100, "times": None},
        {"path": CREATE, "delay": 50},
        {"path": CREATE, "status": 503, "delay": 7},
        {"path": CREATE, "status": 500, "delay": 1000},
    )
    assert (await inside.call("deployer", "POST", CREATE, {"name": MODEL})).status == 503
    await inside.done("deployer", "GET", "/api/2.0/preview/scim/v2/Me")
    assert clock.slept == pytest.approx([0.157, 0.1])
    assert [fault["delay"] for fault in (await inside.done("admin", "GET", FAULTS))["faults"]] == [100, 1000]


async def test_what_was_chosen_at_the_start_is_so(inside: Inside) -> None:
    mode = Mode(latency=20, endpoint_limit=3, endpoint_window=60)
    faults = Faults()
    prepare(replace(inside.state, settings=replace(inside.state.settings, mode=mode), faults=faults))
    assert faults.to_come == [Fault(".*", times=None, delay=20, id=1)]
    assert (faults.pace.limit, faults.pace.window) == (3, 60)


@pytest.mark.parametrize(
    "fault",
    [
        {"path": "(", "status": 500},
        {"path": ".*"},
        {"status": 500},
        {"path": ".*", "delay": -1},
        {"path": ".*", "status": 200},
        {"path": ".*", "status": 500, "retry-after": 1},
        {"path": ".*", "status": 500, "cut": True},
        {"path": ".*", "stale": 1, "expire": True},
        {"path": ".*", "delay": 1, "after": True},
        {"path": ".*", "status": 500, "seconds": 1},
        {"path": ".*", "start": "slow", "seconds": 1},
        {"path": ".*", "endpoint": "e", "busy": 1},
        {"endpoint": "(", "busy": 1},
        {"endpoint": "e", "start": "slow", "busy": 1},
        {"endpoint": "e", "start": "slow"},
        {"endpoint": "e", "start": "fails"},
        {"endpoint": "e", "start": "never-ready", "status": 500},
        {"endpoint": "e"},
    ],
)
async def test_a_fault_that_can_not_be_is_refused(inside: Inside, fault: dict[str, Any]) -> None:
    refused = await inside.refused("admin", "PUT", FAULTS, {"faults": [fault]})
    assert refused.startswith("INVALID_PARAMETER_VALUE")


async def test_the_first_that_fit_may_pass(inside: Inside) -> None:
    await ask_for(inside, {"path": CREATE, "skip": 1, "status": 503})
    await make_model(inside)
    assert (await inside.refused("deployer", "POST", CREATE, {"name": MODEL})).startswith("TEMPORARILY_UNAVAILABLE")
    assert (await inside.refused("deployer", "POST", CREATE, {"name": MODEL})).startswith("RESOURCE_ALREADY_EXISTS")


async def test_faults_are_added_and_removed_one_by_one(inside: Inside) -> None:
    await ask_for(inside, {"path": CREATE, "status": 500, "times": 5})
    added = await inside.done("admin", "POST", FAULTS, {"path": ".*", "status": 503})
    assert (added["id"], added["taken"]) == (2, 0)
    await inside.refused("deployer", "POST", CREATE, {"name": MODEL})
    await inside.done("admin", "DELETE", f"{FAULTS}/{added['id']}")
    listed = await inside.done("admin", "GET", FAULTS)
    assert [(fault["id"], fault["times"], fault["taken"]) for fault in listed["faults"]] == [(1, 4, 1)]
    assert "There is no fault 2" in await inside.refused("admin", "DELETE", f"{FAULTS}/2")
    await inside.done("admin", "DELETE", FAULTS)
    await make_model(inside)


async def test_a_connection_is_cut_before_or_after_the_effect(inside: Inside) -> None:
    await ask_for(inside, {"path": CREATE, "cut": True}, {"path": CREATE, "cut": True, "after": True})
    for found in ("", MODEL):
        with pytest.raises(ConnectionResetError):
            await inside.call("deployer", "POST", CREATE, {"name": MODEL})
        seen = await inside.call("deployer", "GET", f"{ML}/registered-models/get", name=MODEL)
        assert seen.body.get("registered_model", {}).get("name", "") == found


async def test_a_token_expires_in_the_middle_and_a_new_one_is_good(inside: Inside) -> None:
    me = "/api/2.0/preview/scim/v2/Me"
    await ask_for(inside, {"path": me, "skip": 1, "expire": True})
    await inside.done("deployer", "GET", me)
    refused = await inside.call("deployer", "GET", me)
    assert (refused.status, refused.body) == (403, {"error_code": 403, "message": "Invalid access token."})
    # Everywhere, and for good; others go on.
    assert (await inside.call("deployer", "POST", CREATE, {"name": MODEL})).status == 403
    await inside.done("admin", "GET", me)
    old, inside.tokens["deployer"] = inside.tokens["deployer"], inside.state.tokens.issue(inside.person("deployer"))
    await inside.done("deployer", "GET", me)
    assert [fault["taken"] for fault in (await inside.done("admin", "GET", FAULTS))["done"]] == [1]
    await ask_for(inside)
    inside.tokens["deployer"] = old
    await inside.done("deployer", "GET", me)


async def test_a_token_may_expire_as_an_unknown_one(inside: Inside) -> None:
    await ask_for(inside, {"path": ".*", "expire": True, "status": 401})
    for _ in range(2):
        assert (await inside.refused("deployer", "GET", "/api/2.0/preview/scim/v2/Me")).startswith("UNAUTHENTICATED")
