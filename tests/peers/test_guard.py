"""What is guarded in production, on both engines: an endpoint that is asked, a model with versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.stacks import ALLOW_DESTRUCTIVE
from tests.package.agents import RESPONSES_AGENT
from tests.peers.peer import ENDPOINTS

if TYPE_CHECKING:
    from tests.peers.row import Row

pytestmark = pytest.mark.process


def program(row: Row, *, name: str = "", extra: str = "") -> str:
    return f"""
        model = RegisteredModel("m", name={row.model!r})
        version = ModelVersion("v", model=model.name, code="agent")
        endpoint = ServingEndpoint("s", name={name or row.name!r}, model=model.name, version=version.version{extra})
    """


def ask(row: Row) -> None:
    row.workspace.send("POST", f"/serving-endpoints/{row.name}/invocations", {"input": []}, person="deployer")


async def test_an_endpoint_that_is_asked_is_not_replaced(row: Row) -> None:
    row.agent(RESPONSES_AGENT)
    row.settings(production="true")
    row.program(program(row))
    (await row.up()).went_well()
    assert (await row.state())["m"]["protect"] is True
    ask(row)

    row.program(program(row, name=f"{row.name}_new"))
    refused = await row.preview()
    assert "is in use and would be replaced" in refused.failed["s"]
    assert "1 request in the past minute" in refused.failed["s"]
    assert "agentry up --allow-destructive" in refused.failed["s"]
    before = row.workspace.mark()
    assert (await row.up()).failed
    assert row.workspace.writes(before, path="serving-endpoints") == []

    row.settings(production="true", trafficMinutes="0")
    assert (await row.preview()).went_well().steps >= {"replace s"}
    row.settings(production="true", allowDestructive="true")
    (await row.up()).went_well()
    assert row.workspace.client("admin").get(f"{ENDPOINTS}/{row.name}").status_code == 404
    assert row.workspace.endpoint(f"{row.name}_new")["state"]["ready"] == "READY"


async def test_neither_the_model_nor_an_asked_endpoint_goes(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    row.agent(RESPONSES_AGENT)
    row.settings(production="true")
    row.program(program(row))
    (await row.up()).went_well()
    ask(row)
    refused = await row.destroy()
    assert "is in use and would be deleted" in refused.failed["s"]
    assert set(await row.state()) == {"m", "v", "s"}

    # Its protection taken off and nobody asking, the versions are still in the way.
    row.settings(production="true", trafficMinutes="0")
    row.program(program(row).replace(f"name={row.model!r}", f"name={row.model!r}, opts=ResourceOptions(protect=False)"))
    (await row.up()).went_well()
    assert "it has version 1" in (await row.destroy()).failed["m"]
    # A destroy does not see settings anew, so the word for it is in the environment.
    monkeypatch.setenv(ALLOW_DESTRUCTIVE, "true")
    (await row.destroy()).went_well()
    assert await row.state() == {}


async def test_elsewhere_nothing_is_asked_for(row: Row) -> None:
    row.agent(RESPONSES_AGENT)
    row.program(program(row))
    (await row.up()).went_well()
    assert "protect" not in (await row.state())["m"]
    ask(row)
    (await row.destroy()).went_well()
