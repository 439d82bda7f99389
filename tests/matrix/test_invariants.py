"""What holds for every kind, whatever it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.matrix.case import Case
    from tests.matrix.ground import Ground
    from tests.matrix.stage import Declared, Stage, Told


async def foreseen(stage: Stage, ground: Ground, *program: Declared) -> Told:
    """Up, after a preview that wrote nothing and said the same steps."""
    ground.requests.clear()
    before = stage.written()
    planned = (await stage.preview(*program)).well()
    assert ground.writes == [], "a preview wrote"
    assert stage.written() == before, "a preview wrote into the state"
    carried_out = (await stage.up(*program)).well()
    assert planned.changes == carried_out.changes, "the preview said otherwise"
    return carried_out


async def done(stage: Stage, *program: Declared) -> None:
    """A second up is nothing."""
    assert not (await stage.up(*program)).well().changes, "a second up does something"


async def settled(stage: Stage, ground: Ground, *program: Declared) -> None:
    """A second up is nothing, and a refresh finds nothing."""
    ground.requests.clear()
    await done(stage, *program)
    refreshed = (await stage.refresh()).well()
    assert {step.partition(" ")[0] for step in refreshed.steps} <= {"refresh", "same"}, refreshed.differences
    assert not (await foreseen(stage, ground, *program)).changes, "a refresh made a difference"
    assert ground.writes == []


def recorded(stage: Stage) -> str:
    return str(stage.records()["it"].id)


async def test_it_is_made_as_previewed_and_then_nothing_is_to_do(case: Case, ground: Ground, stage: Stage) -> None:
    await case.prepare(ground)
    assert (await foreseen(stage, ground, case.declared())).changes == {"create it": 1}
    assert await case.live(ground), "nothing is there"
    await settled(stage, ground, case.declared())


async def test_what_others_change_is_shown_and_repaired(case: Case, ground: Ground, stage: Stage) -> None:
    await case.prepare(ground)
    (await stage.up(case.declared())).well()
    right = await case.live(ground)
    await case.change(ground, recorded(stage))
    assert await case.live(ground) != right, "nobody changed anything"
    shown = (await stage.preview(case.declared())).well()
    assert tuple(shown.differences["it"]) == case.drifts
    assert shown.warnings, "it is said who did not do it"
    assert (await foreseen(stage, ground, case.declared())).changes == {"update it": 1}
    assert await case.live(ground) == right
    await done(stage, case.declared())


async def test_a_refresh_takes_in_what_others_changed(case: Case, ground: Ground, stage: Stage) -> None:
    await case.prepare(ground)
    (await stage.up(case.declared())).well()
    right = await case.live(ground)
    await case.change(ground, recorded(stage))
    changed = await case.live(ground)
    assert (await stage.refresh()).well().steps["update it"] == 1
    assert await case.live(ground) == changed, "a refresh wrote"
    assert (await foreseen(stage, ground, case.declared())).changes == {"update it": 1}
    assert await case.live(ground) == right


async def test_what_others_have_beside_it_stays(case: Case, ground: Ground, stage: Stage) -> None:
    await case.prepare(ground)
    (await stage.up(case.declared())).well()
    await case.add_theirs(ground, recorded(stage))
    theirs = await case.theirs(ground)
    assert theirs, "nobody put anything there"
    await settled(stage, ground, case.declared())
    await case.change(ground, recorded(stage))
    (await stage.refresh()).well()
    (await stage.up(case.declared())).well()
    assert await case.theirs(ground) == theirs
    await done(stage, case.declared())


async def test_what_others_removed_is_made_again(case: Case, ground: Ground, stage: Stage) -> None:
    await case.prepare(ground)
    (await stage.up(case.declared())).well()
    right = await case.live(ground)
    await case.remove(ground, recorded(stage))
    assert await case.live(ground) is None, "nobody removed it"
    told = await foreseen(stage, ground, case.declared())
    steps = {"update": ["update it"], "replace": ["create-replacement it", "delete-replaced it", "replace it"]}
    assert sorted(told.changes) == steps[case.remade]
    assert told.warnings, "it is said that it was not there"
    assert await case.live(ground) == right
    await done(stage, case.declared())


async def test_what_others_removed_is_missing_after_a_refresh_and_made_again(
    case: Case, ground: Ground, stage: Stage
) -> None:
    await case.prepare(ground)
    (await stage.up(case.declared())).well()
    right = await case.live(ground)
    await case.remove(ground, recorded(stage))
    assert (await stage.refresh()).well().steps["delete it"] == 1
    assert (await foreseen(stage, ground, case.declared())).changes == {"create it": 1}
    assert await case.live(ground) == right
    await done(stage, case.declared())


@pytest.mark.parametrize("by", ["us", "hand"])
async def test_an_import_has_no_differences(case: Case, ground: Ground, stage: Stage, by: str) -> None:
    await case.prepare(ground)
    if by == "us":
        (await stage.up(case.declared())).well()
        id_ = case.import_id or recorded(stage)
        stage.forget()
    elif case.by_ours_only:
        return
    else:
        id_ = await case.by_hand(ground)
    ground.requests.clear()
    imported = replace(case.declared(), options={"importId": id_})
    told = await foreseen(stage, ground, imported)
    assert told.changes == {"import it": 1}, told.differences
    assert ground.writes == [], "an import wrote"
    assert not (await foreseen(stage, ground, case.declared())).changes, "an import is no change"
    await settled(stage, ground, case.declared())


async def test_deleting_twice_is_fine(case: Case, ground: Ground, stage: Stage) -> None:
    await case.prepare(ground)
    (await stage.up(case.declared())).well()
    before = stage.file.read_bytes()
    (await stage.destroy()).well()
    assert bool(await case.live(ground)) is bool(case.stays)
    assert not stage.records()
    stage.file.write_bytes(before)  # of a run that was killed before it saved
    (await stage.destroy()).well()
    assert not stage.records()
    (await stage.destroy()).well()
    assert (await foreseen(stage, ground, case.declared())).changes == {"create it": 1}, "and it can be made again"
    await done(stage, case.declared())


async def test_what_others_removed_is_deleted_without_a_word_of_it(case: Case, ground: Ground, stage: Stage) -> None:
    await case.prepare(ground)
    (await stage.up(case.declared())).well()
    await case.remove(ground, recorded(stage))
    assert (await stage.destroy()).well().changes == {"delete it": 1}
    assert await case.live(ground) is None
