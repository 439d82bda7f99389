"""Rows 15 to 19: a model, its versions and aliases, an experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.package.agents import RESPONSES_AGENT
from tests.peers.elsewhere import on_another_machine
from tests.peers.peer import REGISTRY

if TYPE_CHECKING:
    from tests.peers.row import Row
    from tests.sandbox.workspace import RunningSandbox

pytestmark = pytest.mark.process
EXPERIMENTS = "/api/2.0/mlflow/experiments"


def served_agent(row: Row) -> str:
    """A program whose endpoint serves what the same program makes of code."""
    return f"""
experiment = Experiment("e", name="/Shared/{row.name}")
model = RegisteredModel("m", name={row.model!r})
version = ModelVersion(
    "v", model=model.name, code="agent", experiment_id=experiment.experiment_id,
)
endpoint = ServingEndpoint("s", name={row.name!r}, model=model.name, version=version.version)
ModelAlias("a", model=model.name, alias="champion", version=endpoint.served_version)
export("version", version.version)
"""


def versions(row: Row) -> list[str]:
    """The numbers of all versions, the oldest first."""
    asked = {"filter": f"name='{row.model}'"}
    found = row.workspace.send("GET", f"{REGISTRY}/model-versions/search", params=asked).get("model_versions") or []
    return sorted((str(one["version"]) for one in found), key=int)


def served(row: Row) -> list[str]:
    """The versions that its endpoint serves."""
    entities = row.workspace.endpoint(row.name)["config"]["served_entities"]
    return [str(one["entity_version"]) for one in entities]


def points_at(row: Row, alias: str = "champion") -> str:
    """The version behind an alias, or ""."""
    asked = {"name": row.model, "alias": alias}
    answer = row.workspace.client("admin").get(f"{REGISTRY}/registered-models/alias", params=asked)
    return str(answer.json()["model_version"]["version"]) if answer.status_code == 200 else ""


async def test_row_15_a_version_is_made_of_code_and_served_by_the_same_up(row: Row) -> None:
    row.agent(RESPONSES_AGENT)
    row.program(served_agent(row))
    assert (await row.preview()).went_well().steps == {"create e", "create m", "create v", "create s", "create a"}
    (await row.up()).went_well()
    assert (versions(row), served(row), points_at(row)) == (["1"], ["1"], "1")
    assert (await row.up()).went_well().steps == set()


async def test_row_16_an_alias_is_applied_read_back_and_moved_back(row: Row) -> None:
    model = row.workspace.register(row.model)
    first, second = row.workspace.version(model), row.workspace.version(model)
    row.program(f'ModelAlias("a", model={model!r}, alias="champion", version={first!r})')
    before = row.workspace.mark()
    (await row.up()).went_well()
    assert points_at(row) == first
    asked = row.workspace.requests(after=before, path="/aliases/champion")
    assert [one.method for one in asked][-2:] == ["PUT", "GET"], "what was set is read back"

    row.workspace.send(
        "POST", f"{REGISTRY}/registered-models/alias", {"name": model, "alias": "champion", "version": second}
    )
    seen = await row.preview()
    assert seen.steps == {"update a"}
    assert f"alias {model}@champion points at version {second}: somebody moved it" in seen.said
    (await row.up()).went_well()
    assert points_at(row) == first

    row.workspace.send("DELETE", f"{REGISTRY}/registered-models/alias", {"name": model, "alias": "champion"})
    assert (await row.up()).went_well().steps == {"update a"}
    assert points_at(row) == first
    assert (await row.up()).went_well().steps == set()


def their_version(row: Row) -> str:
    """A version that another team made of our model."""
    return row.workspace.version(row.model)


def registered(row: Row, name: str = "", more: str = "") -> None:
    row.program(f'RegisteredModel("m", name={name or row.model!r}, {more})')


async def test_row_17_a_model_with_versions_of_others_is_neither_destroyed_nor_renamed(row: Row) -> None:
    registered(row)
    (await row.up()).went_well()
    theirs = their_version(row)
    destroyed = await row.destroy()
    assert f"model {row.model} stays" in destroyed.said
    assert f"versions of others: {theirs}" in destroyed.said
    assert versions(row) == [theirs]

    registered(row, f"{row.model}_renamed")
    assert f"model {row.model} stays" in (await row.preview()).said
    # What a program says now does not count: the state has to say it already.
    registered(row, f"{row.model}_renamed", "force_destroy=True")
    before = row.workspace.mark()
    assert f"model {row.model} stays" in (await row.up()).said
    assert row.workspace.writes(before) == [], "what was refused took nothing away, and made nothing"

    registered(row, more="force_destroy=True")
    (await row.up()).went_well()
    registered(row, f"{row.model}_renamed", "force_destroy=True")
    assert (await row.up()).went_well().steps & {"create-replacement m", "replace m"}
    gone = row.workspace.client("admin").get(f"{REGISTRY}/registered-models/get", params={"name": row.model})
    assert gone.status_code == 404


def tags(row: Row) -> dict[str, str]:
    """The tags of the experiment that people see."""
    asked = {"experiment_name": f"/Shared/{row.name}"}
    found = row.workspace.send("GET", f"{EXPERIMENTS}/get-by-name", params=asked)["experiment"]
    return {one["key"]: one["value"] for one in found["tags"] if not one["key"].startswith(("mlflow.", "agentry_"))}


async def test_row_18_tags_of_an_experiment_are_applied_changed_and_removed(row: Row) -> None:
    wanted: list[dict[str, str]] = [{"team": "a", "stage": "x"}, {"team": "b"}, {}]
    for step, declared in enumerate(wanted):
        row.program(f'Experiment("e", name="/Shared/{row.name}", tags={declared!r})')
        assert (await row.up()).went_well().steps == {"create e" if step == 0 else "update e"}
        assert tags(row) == declared
        if step == 0:
            found = (await row.state())["e"]["id"]
            theirs = {"experiment_id": found, "key": "theirs", "value": "x"}
            row.workspace.send("POST", f"{EXPERIMENTS}/set-experiment-tag", theirs)
            assert (await row.up()).went_well().steps == set(), "a tag of others is no difference"
            del theirs["value"]
            row.workspace.send("POST", f"{EXPERIMENTS}/delete-experiment-tag", theirs)


async def test_row_19_the_same_content_is_the_same_version(row: Row, peers_sandbox: RunningSandbox) -> None:
    row.agent(RESPONSES_AGENT)
    row.program(served_agent(row))
    (await row.up()).went_well()
    before = row.workspace.mark()
    assert (await row.up()).went_well().steps == set()
    assert row.workspace.writes(before) == []

    other = on_another_machine(row, peers_sandbox)
    (await other.up()).went_well()
    assert (versions(row), served(row)) == (["1"], ["1"]), "another machine, without a state, makes nothing"

    row.agent(RESPONSES_AGENT + "# edited\n")
    (await row.up()).went_well()
    assert (versions(row), served(row)) == (["1", "2"], ["2"])
    row.agent(RESPONSES_AGENT)
    (await row.up()).went_well()
    assert (versions(row), served(row)) == (["1", "2"], ["1"]), "a revert makes nothing"


async def test_what_somebody_deleted_by_hand_is_made_again_without_a_refresh(row: Row) -> None:
    row.agent(RESPONSES_AGENT)
    row.program(served_agent(row))
    (await row.up()).went_well()
    before = (await row.state())["e"]["id"]
    delete = row.workspace.send
    delete("POST", f"{EXPERIMENTS}/delete", {"experiment_id": before})
    delete("DELETE", f"/api/2.1/unity-catalog/models/{row.model}/aliases/champion")
    delete("DELETE", f"{REGISTRY}/model-versions/delete", {"name": row.model, "version": "1"})
    delete("DELETE", f"{REGISTRY}/registered-models/delete", {"name": row.model})
    seen = (await row.up()).went_well()
    assert {"update e", "update m", "update a"} <= seen.steps
    for gone in (f"model {row.model} was removed", f"version {row.model}/1 was removed", "is in the trash"):
        assert gone in seen.said
    assert served(row) == [points_at(row)] == versions(row)
    assert (await row.state())["e"]["id"] == before, "out of the trash, with its traces"
    assert (await row.up()).went_well().steps == set()
