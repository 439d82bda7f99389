"""Rows 26 to 28: a run that is interrupted, an answer that is lost, a workspace that is away."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from agentry.deploy import LOCAL
from agentry.engine.events import Event, Operation, StepDone
from agentry.errors import Interrupted
from agentry.workspace.transport import CONNECT_SECONDS
from tests.engine.playground import name_of
from tests.package.agents import RESPONSES_AGENT
from tests.peers.elsewhere import killed, on_another_machine
from tests.peers.peer import ENDPOINTS, REGISTRY
from tests.peers.row import SALT
from tests.peers.test_models import EXPERIMENTS, points_at, served, served_agent, versions

if TYPE_CHECKING:
    from pathlib import Path

    from tests.peers.row import Row
    from tests.sandbox.workspace import RunningSandbox

pytestmark = pytest.mark.process
PERMISSIONS = "/api/2.1/unity-catalog/permissions"


def serving_theirs(row: Row) -> str:
    """A program without a version of its own: an experiment, an endpoint, an alias of what it serves, and a grant."""
    model = row.workspace.register(row.model)
    return f"""
from agentry.components import Privilege
experiment = Experiment("e", name="/Shared/{row.name}")
granted = Grant("g", principal="group:analysts", privileges=[Privilege("FUNCTION", {model!r}, "EXECUTE")],
                opts=ResourceOptions(depends_on=experiment))
endpoint = ServingEndpoint("s", name={row.name!r}, model={model!r}, version="{row.workspace.version(model)}",
                           opts=ResourceOptions(depends_on=granted))
ModelAlias("a", model={model!r}, alias="champion", version=endpoint.served_version)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
async def test_row_26_a_signal_ends_a_run_in_order_and_another_machine_goes_on(
    row: Row, peers_sandbox: RunningSandbox, number: signal.Signals
) -> None:
    row.program(serving_theirs(row))
    mark = row.workspace.mark()

    def listen(event: Event) -> None:
        if isinstance(event, StepDone) and name_of(event.urn) == "g":
            os.kill(os.getpid(), number)

    with pytest.raises(Interrupted) as interrupted:
        await row.engine.run(Operation.UP, row.stack, listen=listen)
    assert interrupted.value.exit_code == 130
    assert interrupted.value.fix, "it says how to go on"
    recorded = await row.state()
    assert {"e", "g"} <= recorded.keys()
    assert "a" not in recorded, "nothing more was begun"

    other = on_another_machine(row, peers_sandbox, state=True)
    (await other.up()).went_well()
    assert points_at(row) == served(row)[0] == "1"
    assert set(await other.state()) == {"e", "g", "s", "a"}
    writes = row.workspace.writes(mark)
    for made in (f"POST {EXPERIMENTS}/create", f"POST {ENDPOINTS}", f"PATCH {PERMISSIONS}/FUNCTION/{row.model}"):
        assert writes.count(made) == 1, "nothing is made twice"
    assert (await other.up()).went_well().steps == set()


async def test_row_26_a_run_that_is_killed_is_gone_on_with_by_another_machine(
    row: Row, peers_sandbox: RunningSandbox
) -> None:
    row.agent(RESPONSES_AGENT)
    row.program(served_agent(row))
    mark = row.workspace.mark()
    # The endpoint is made, and it is being waited for.
    row.fault({"method": "GET", "path": f"{ENDPOINTS}/{row.name}", "skip": 3, "times": None, "delay": 20_000})
    made = f"POST {ENDPOINTS}"
    await killed(row, lambda: any(str(one) == made and one.status == 200 for one in row.workspace.requests(after=mark)))
    row.fault()

    other = on_another_machine(row, peers_sandbox, state=True)
    (await other.up()).went_well()
    assert (versions(row), served(row), points_at(row)) == (["1"], ["1"], "1")
    assert set(await other.state()) == {"e", "m", "v", "s", "a"}
    creates = (made, f"POST {EXPERIMENTS}/create", f"POST {REGISTRY}/model-versions/create")
    assert [row.workspace.writes(mark).count(create) for create in creates] == [1, 1, 1]
    assert (await other.up()).went_well().steps == set()


CREATES = (
    ("POST", f"{EXPERIMENTS}/create"),
    ("POST", "/api/2.0/workspace/mkdirs"),
    ("POST", f"{REGISTRY}/registered-models/create"),
    ("POST", "/api/2.0/mlflow/logged-models"),
    ("POST", f"{REGISTRY}/model-versions/create"),
    ("POST", f"{REGISTRY}/model-versions/finalize"),
    ("POST", ENDPOINTS),
    ("PUT", ".*/aliases/champion"),
    ("PATCH", f"{PERMISSIONS}/.*"),
)


@pytest.mark.parametrize("lost", [{"status": 500}, {"cut": True}], ids=["error", "cut"])
async def test_row_27_what_was_made_is_taken_up_when_the_answer_is_lost(row: Row, lost: dict[str, Any]) -> None:
    row.agent(RESPONSES_AGENT)
    grant = 'Grant("g", principal="group:analysts", privileges=[Privilege("FUNCTION", model.name, "EXECUTE")])'
    row.program(f"from agentry.components import Privilege{served_agent(row)}{grant}")
    row.fault(*({"method": method, "path": path, "after": True, **lost} for method, path in CREATES))
    (await row.up()).went_well()
    left = row.workspace.send("GET", "/sandbox/faults")["faults"]
    assert [one["path"] for one in left if one["times"] != 0] == [], "each of them was met"
    assert (versions(row), served(row), points_at(row)) == (["1"], ["1"], "1")
    assert (await row.up()).went_well().steps == set()
    (await row.destroy()).went_well()
    gone = row.workspace.client("admin").get(f"{REGISTRY}/registered-models/get", params={"name": row.model})
    assert gone.status_code == 404, "all of it was known to be ours"


async def test_reads_that_lag_behind_writes_are_waited_for(row: Row) -> None:
    row.agent(RESPONSES_AGENT)
    row.program(served_agent(row))
    row.fault({"method": "GET", "path": "/api/2.*", "stale": 0.5, "times": None})
    (await row.up()).went_well()
    row.agent(RESPONSES_AGENT + "# edited\n")
    (await row.up()).went_well()
    row.fault()
    assert (versions(row), served(row), points_at(row)) == (["1", "2"], ["2"], "2")
    assert (await row.up()).went_well().steps == set()


@pytest.mark.parametrize("kind", ["RegisteredModel", "Experiment", "ServingEndpoint"])
async def test_row_27_what_is_not_provably_ours_is_refused_with_what_to_type(row: Row, kind: str) -> None:
    model = row.workspace.register(row.model)
    if kind == "Experiment":
        row.workspace.send("POST", "/api/2.0/workspace/mkdirs", {"path": "/Shared"})
        row.workspace.send("POST", f"{EXPERIMENTS}/create", {"name": f"/Shared/{row.name}"}, person="deployer")
    if kind == "ServingEndpoint":
        entity = {"entity_name": model, "entity_version": row.workspace.version(model), "scale_to_zero_enabled": True}
        body = {"name": row.name, "config": {"served_entities": [{**entity, "workload_size": "Small"}]}}
        row.workspace.send("POST", ENDPOINTS, body, person="deployer")
    declared = {
        "RegisteredModel": f"name={model!r}",
        "Experiment": f'name="/Shared/{row.name}"',
        "ServingEndpoint": f'name={row.name!r}, model={model!r}, version="1"',
    }
    row.program(f'{kind}("x", {declared[kind]})')
    seen = await row.preview()
    assert "it was made outside of this stack" in seen.said
    typed = f"agentry adopt {row.name}" if kind == "ServingEndpoint" else f"pulumi import agentry:index:{kind} x "
    assert typed in seen.said
    mark = row.workspace.mark()
    assert (await row.up()).error is not None
    assert row.workspace.writes(mark) == []


@pytest.fixture
def silent() -> Any:
    """The address of somebody who takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("way", ["refused", "silent"])
async def test_row_28_a_workspace_that_is_away_is_one_clear_error(
    row: Row, silent: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = silent
    if way == "refused":
        with socket.create_server(("127.0.0.1", 0)) as closed:
            host = f"http://127.0.0.1:{closed.getsockname()[1]}"
    (tmp_path / "databrickscfg").write_text(f"[away]\nhost = {host}\ntoken = none\n")
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "databrickscfg"))
    settings = f'{{"encryptionsalt": "{SALT}", "config": {{"agentry:profile": "away"}}}}'
    (row.root / f"Pulumi.{LOCAL}.yaml").write_text(settings)
    row.program(f'Experiment("e", name="/Shared/{row.name}")\nRegisteredModel("m", name={row.model!r})')
    for seen in (await row.preview(), await row.up()):
        assert host in seen.said
        assert "Traceback" not in seen.said
        said = (
            f"no answer from {host} within {CONNECT_SECONDS:g} s" if way == "silent" else f"{host} can not be reached"
        )
        assert said in seen.said
        assert "check address and network" in seen.said
    assert CONNECT_SECONDS < 5
