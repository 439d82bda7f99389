"""Rows 1 to 4: deployments that fail, updates of others, and what ready means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.peers.peer import ENDPOINTS

if TYPE_CHECKING:
    from tests.peers.row import Row

pytestmark = pytest.mark.process


def serving(row: Row, version: str, more: str = "") -> str:
    return f'ServingEndpoint("e", name={row.name!r}, model={row.model!r}, version={version!r}, {more})'


def start(row: Row, how: str, **more: Any) -> None:
    row.fault({"endpoint": row.name, "start": how, **more})


async def test_row_01_a_first_deployment_that_fails_is_kept_and_repaired(row: Row) -> None:
    row.workspace.register(row.model)
    row.workspace.version(row.model)
    starts = {"build": "fails-to-build", "load": "fails-to-load"}
    row.program(
        "\n".join(f'ServingEndpoint("{n}", name="{row.name}-{n}", model="{row.model}", version="1")' for n in starts)
    )
    row.fault(*({"endpoint": f"{row.name}-{n}", "start": how, "message": f"no {n} today"} for n, how in starts.items()))
    failed = await row.up()
    assert failed.error is not None
    assert failed.partial == {"build", "load"}
    state = await row.state()
    for n, log in (("build", "build log"), ("load", "service log")):
        assert f"UPDATE_FAILED: no {n} today" in failed.failed[n]
        assert f"end of the {log}:" in failed.failed[n]
        assert "a_module_that_is_missing" in failed.failed[n]
        assert (state[n]["id"], state[n]["outputs"]["ready"]) == (f"{row.name}-{n}", False)
        assert f"no {n} today" in state[n]["outputs"]["health"]
        assert row.workspace.endpoint(f"{row.name}-{n}")["state"]["config_update"] == "UPDATE_FAILED"

    planned = await row.preview()
    assert planned.steps == {"update build", "update load"}
    assert "no build today" in planned.said
    assert "no load today" in planned.said
    # Neither does a refresh make it well: the peers' second deployment said "unchanged" of an endpoint that never served.
    (await row.refresh()).went_well()
    planned = await row.preview()
    assert planned.steps == {"update build", "update load"}
    assert "no load today" in planned.said
    mark = row.workspace.mark()
    assert (await row.up()).went_well().steps == {"update build", "update load"}
    assert sorted(row.workspace.writes(mark)) == [f"PUT {ENDPOINTS}/{row.name}-{n}/config" for n in starts]
    assert [one["outputs"]["ready"] for one in (await row.state()).values()] == [True, True]
    assert (await row.preview()).steps == set()


async def test_row_02_an_update_that_fails_leaves_the_old_version_with_all_questions(row: Row) -> None:
    row.workspace.register(row.model)
    for _ in range(2):
        row.workspace.version(row.model, task="agent/v1/responses")
    row.program(serving(row, "1"))
    made = (await row.up()).went_well()
    old = made.done["e"]["servedEntity"]
    start(row, "fails-to-load", message="no memory left", times=None)
    row.program(serving(row, "2"))
    failed = await row.up()
    assert failed.partial == {"e"}
    assert "UPDATE_FAILED: no memory left; version 1 still serves" in failed.failed["e"]
    assert "end of the service log:" in failed.failed["e"]
    state = (await row.state())["e"]["outputs"]
    assert (state["servedVersion"], state["servedEntity"], state["ready"]) == ("1", old, True)
    routes = row.workspace.endpoint(row.name)["config"]["traffic_config"]["routes"]
    assert {one["served_model_name"]: one["traffic_percentage"] for one in routes} == {old: 100}
    assert row.workspace.ask(row.name).status_code == 200

    planned = await row.preview()
    assert planned.steps == {"update e"}
    assert "no memory left; version 1 still serves" in planned.said
    (await row.refresh()).went_well()
    assert (await row.preview()).steps == {"update e"}
    # Going back needs no new version, and clears what is left of the attempt.
    row.program(serving(row, "1"))
    assert (await row.up()).went_well().steps == {"update e"}
    assert row.workspace.endpoint(row.name)["state"]["config_update"] == "NOT_UPDATING"
    assert (await row.preview()).steps == set()


async def test_row_03_an_update_of_somebody_else_is_waited_out(row: Row) -> None:
    row.workspace.register(row.model)
    for _ in range(2):
        row.workspace.version(row.model)
    row.program(serving(row, "1"))
    (await row.up()).went_well()
    # It begins between our last look and our update, which is answered 409.
    row.fault({"endpoint": row.name, "busy": 0.5})
    row.program(serving(row, "2"))
    mark = row.workspace.mark()
    seen = (await row.up()).went_well()
    answers = [one.status for one in row.workspace.requests("PUT", after=mark, path=row.name)]
    assert answers[0] == 409
    assert answers[-1] == 200
    assert f"waiting for endpoint {row.name} (another update runs), at most 30 min" in seen.progress
    assert (await row.state())["e"]["outputs"]["servedVersion"] == "2"

    # It runs already: nothing is sent before it is over.
    running = {"state": {"config_update": "IN_PROGRESS"}}
    row.fault({"method": "GET", "path": f"{ENDPOINTS}/{row.name}", "times": 4, "merge": running})
    row.program(serving(row, "1"))
    mark = row.workspace.mark()
    seen = (await row.up()).went_well()
    asked = [(one.method, one.status) for one in row.workspace.requests(after=mark, path=f"{ENDPOINTS}/{row.name}")]
    assert asked.index(("PUT", 200)) >= 4
    assert f"waiting for endpoint {row.name} (an update runs already), at most 30 min" in seen.progress


async def test_row_03_the_wait_has_an_end_that_says_for_what_it_waited(row: Row) -> None:
    row.workspace.register(row.model)
    for _ in range(2):
        row.workspace.version(row.model)
    limit = 'opts=ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(update="1s"))'
    row.program(serving(row, "1", limit))
    (await row.up()).went_well()
    row.fault({"endpoint": row.name, "busy": 3600})
    row.program(serving(row, "2", limit))
    seen = await row.up()
    assert f"waited 1 s for endpoint {row.name} (another update runs)" in seen.failed["e"]
    assert "customTimeouts gives it longer" in seen.failed["e"]
    assert (await row.state())["e"]["outputs"]["servedVersion"] == "1"


async def test_row_04_it_is_ready_when_it_says_so_and_every_entity_is_deployed(row: Row) -> None:
    row.workspace.register(row.model)
    row.workspace.version(row.model)
    row.program(serving(row, "1"))
    name = f"{row.model.replace('.', '-')}_1"
    entity = {"name": name, "entity_name": row.model, "entity_version": "1",
              "state": {"deployment": "DEPLOYMENT_CREATING", "deployment_state_message": "Loading the model."}}  # fmt: skip
    path = {"method": "GET", "path": f"{ENDPOINTS}/{row.name}"}
    # No update runs in any of these answers, which is all that the peers look at. Two looks precede the creation.
    idle = {"config_update": "NOT_UPDATING"}
    row.fault(
        {**path, "skip": 2, "times": 2, "merge": {"state": {**idle, "ready": "NOT_READY"}}},
        {
            **path,
            "skip": 2,
            "times": 2,
            "merge": {"state": {**idle, "ready": "READY"}, "config": {"served_entities": [entity]}},
        },
    )
    seen = (await row.up()).went_well()
    left = row.workspace.send("GET", "/sandbox/faults")["faults"]
    assert left == [], "it was taken for ready while it was not"
    assert "waiting for version 1 (not ready yet), at most 30 min" in seen.progress
    assert "waiting for version 1 (Loading the model.), at most 30 min" in seen.progress
    state = (await row.state())["e"]["outputs"]
    assert (state["ready"], state["health"]) == (True, "")

    # Later too: one that is not ready is never unchanged.
    row.fault({**path, "times": None, "merge": {"state": {**idle, "ready": "NOT_READY"}}})
    planned = await row.preview()
    assert planned.steps == {"update e"}
    assert "not ready yet" in planned.said


async def test_row_04_an_answer_that_is_older_than_the_update_is_none(row: Row) -> None:
    row.workspace.register(row.model)
    for _ in range(2):
        row.workspace.version(row.model)
    row.program(serving(row, "1"))
    row.fault({"method": "GET", "path": f"{ENDPOINTS}/{row.name}", "stale": 1})
    seen = (await row.up()).went_well()
    assert "waiting for version 1 (not to be seen yet), at most 30 min" in seen.progress
    row.program(serving(row, "2", 'description="new"'))
    seen = (await row.up()).went_well()
    assert seen.done["e"]["servedVersion"] == "2"
    assert not [line for line in seen.lines if "still says" in line]
    row.program(serving(row, "2", 'description="newer"'))
    seen = (await row.up()).went_well()
    assert not [line for line in seen.lines if "still says" in line]
    assert (await row.preview()).steps == set()
