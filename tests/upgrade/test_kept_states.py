"""What a release left behind is no change for the code of now, and goes on to live: updates, new versions, destroy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agentry.provider.kinds.registry import KINDS
from agentry.provider.recorded import FIRST, KEY, version_of
from tests.peers.peer import ENDPOINTS
from tests.upgrade.kept import NAME, RELEASES, STATES, restored

if TYPE_CHECKING:
    from pathlib import Path

LATER: dict[str, set[str]] = {}
"""By release the kinds (their tokens) that came after it, and can not be in what it left."""
each_release = pytest.mark.parametrize("release", RELEASES)
ENDPOINT = f"agents_local-agents-{NAME}"


@pytest.mark.process
@each_release
async def test_a_kept_stack_lives_on(release: str, tmp_path: Path) -> None:
    with restored(release, tmp_path) as row:
        assert (await row.preview()).went_well().steps == set()
        before = row.workspace.mark()
        assert (await row.up()).went_well().steps == set()
        assert row.workspace.writes(before) == []
        assert (await row.refresh()).went_well().changes == {}

        program = row.root / "__main__.py"
        program.write_text(program.read_text().replace("Tells the weather", "Tells it anew"))
        updated = (await row.up()).went_well().steps
        assert updated == {"update weather"}
        assert row.workspace.endpoint(ENDPOINT)["description"] == "Tells it anew"

        (row.root / "agent/agent.py").write_text((row.root / "agent/agent.py").read_text() + "\nEDITED = True\n")
        (await row.up()).went_well()
        [entity] = row.workspace.endpoint(ENDPOINT)["config"]["served_entities"]
        assert entity["entity_version"] == "2"

        (await row.destroy()).went_well()
        assert await row.state() == {}
        assert row.workspace.client("admin").get(f"{ENDPOINTS}/{ENDPOINT}").status_code == 404


@each_release
def test_every_kind_of_a_release_is_in_what_is_kept(release: str) -> None:
    state = json.loads((STATES / release / "state.json").read_text())
    records = [one for one in state["checkpoint"]["latest"]["resources"] if one["type"] in KINDS]
    for record in records:
        for properties in (record["inputs"], record["outputs"]):
            assert FIRST <= properties[KEY] <= version_of(KINDS[record["type"]])
    assert set(KINDS) - {one["type"] for one in records} == LATER.get(release, set())
