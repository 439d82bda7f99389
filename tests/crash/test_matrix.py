"""Killed at any moment of a create, an update or a destroy of everything that an agent is: the next run comes to the same end.

The moments are those of `moments.py`: one for each request that writes (its answer is lost, or was not yet saved) and
one for each save (before the next request is sent). The next run is on another machine, which has a clone of the
program and the saved state, and nothing else: no lock, no cache, no provider that runs. What is compared is the whole
workspace and the whole state. `make crash` does the same with processes that are killed.
"""

from __future__ import annotations

import dataclasses
import shutil
from typing import TYPE_CHECKING

import pytest

from agentry.engine.events import Operation
from tests.crash.inprocess import Failed, run
from tests.crash.moments import moments
from tests.crash.normal import differences, picture
from tests.crash.project import Machine

if TYPE_CHECKING:
    from tests.crash.moments import Moment
    from tests.crash.world import World

pytestmark = [pytest.mark.process, pytest.mark.timeout(600), pytest.mark.usefixtures("shared_processes")]

BEFORE = {"create": (), "update": ("create",), "destroy": ("create", "update")}


def kind(operation: str) -> Operation:
    return Operation.DESTROY if operation == "destroy" else Operation.UP


@pytest.mark.parametrize("operation", BEFORE)
async def test_the_end_is_the_same_as_without_the_crash(
    operation: str, world: World, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = world.copy()
    for before in BEFORE[operation]:
        machine.declare(before)
        await run(machine, Operation.UP)
    machine.declare(operation)
    found = await moments(world, machine, lambda: run(machine, kind(operation)), monkeypatch)
    wanted = picture(world.copy(), machine.saved())
    assert len(found) > 15
    wrong = [line for moment in found for line in await gone_on(moment, operation, world, machine, wanted)]
    world.put_back(empty)
    assert not wrong, "\n".join(wrong)


async def gone_on(
    moment: Moment, operation: str, world: World, killed: Machine, wanted: dict[str, object]
) -> list[str]:
    """Go on after a crash at that moment, on another machine; what is not as it should be then."""
    world.put_back(moment.world)
    place = killed.root.parent.with_name("another")
    another = dataclasses.replace(Machine.new(place, world), profiles=killed.profiles)
    another.declare(operation)
    another.give(moment.saved)
    try:
        await run(another, kind(operation))
    except Failed as error:
        return [f"killed after {moment.label}: {error}"]
    else:
        wrong = differences(wanted, picture(world.copy(), another.saved()))
        return [f"killed after {moment.label}: {line}" for line in wrong]
    finally:
        shutil.rmtree(place)
