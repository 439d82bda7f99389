"""One state directory in the hands of both engines in turn: each goes on where the other left it, as if it were alone."""

from __future__ import annotations

import json
from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from agentry.engine.events import Operation
from tests.conformance.golden import each_scenario, is_known, read_whole, told
from tests.conformance.observation import differences, observe_edit

if TYPE_CHECKING:
    from tests.conformance.scenario import Scenario
    from tests.engine.playground import Cli, Engine, Playground

pytestmark = [pytest.mark.process, pytest.mark.cli]


@pytest.mark.parametrize("first", ["embedded", "pulumi"])
@each_scenario
async def test_engines_take_turns(
    scenario: Scenario, first: str, playground: Playground, embedded: Engine, cli: Cli
) -> None:
    turns = cycle([embedded, cli] if first == "embedded" else [cli, embedded])
    engine, other = next(turns), next(turns)
    for edit, golden in zip(scenario.edits, read_whole(scenario), strict=True):
        if edit.operation is Operation.PREVIEW:
            edit.apply(playground)
            continue
        seen = json.loads(json.dumps(await observe_edit(engine, playground, edit)))
        found = differences({key: golden[key] for key in ("steps", "order", "failed", "world", "checkpoint")}, seen)
        found = {path: both for path, both in found.items() if path in golden and not is_known(scenario, path)}
        assert not found, f"{engine.name}, {edit.run}: {told(found)}"
        if edit.operation is Operation.UP and not edit.fails:
            preview = await other.run(playground, Operation.PREVIEW)
            assert preview.succeeded, preview.text
            # What is only read is looked at by each run of either engine.
            changes = [step for step in preview.changes() if not step.startswith("read ")]
            assert not changes, f"{other.name} after {engine.name}"
        engine, other = other, engine
