"""A secret canary is in nothing that is kept or shown: not in state, history, events, previews, lines or errors."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agentry.errors import InvalidRequest
from agentry.provider.wire import Secret

if TYPE_CHECKING:
    import pytest

    from tests.matrix.case import Case
    from tests.matrix.ground import Ground
    from tests.matrix.stage import Declared, Stage, Told

CANARY = "canary-7d1f"
KEY = "-----BEGIN CANARY-----\n'7d1f' \"canary of many lines\"\n\t-----END CANARY-----\n"


def of(case: Case, bird: str = CANARY) -> Declared:
    return replace(case.declared(), inputs=case.canaries(Secret(bird)))


def silent(told: Told, stage: Stage, birds: str = "canary") -> None:
    """Nothing of what was told or written has it."""
    assert birds not in repr(told.events)
    assert birds not in told.text
    assert birds not in repr(told.differences)
    assert birds not in stage.written()


async def test_a_secret_is_nowhere(case: Case, ground: Ground, stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await case.prepare(ground)
    first, second = of(case), of(case, "canary-second")
    for run, program in (
        (stage.preview, first),
        (stage.up, first),
        (stage.preview, first),
        (stage.up, first),
        (stage.preview, second),
        (stage.up, second),
    ):
        silent((await run(program)).well(), stage)
    assert "canary-second" in repr(ground.writes) or not case.sends_secrets, "it was sent"
    await case.change(ground, stage.records()["it"].id)
    for again in (stage.preview(second), stage.refresh(), stage.up(second), stage.destroy()):
        silent((await again).well(), stage)
    assert "canary" not in caplog.text


async def test_a_secret_is_in_no_error(secretive: Case, ground: Ground, stage: Stage) -> None:
    """The platform often repeats what it does not take."""
    await secretive.prepare(ground)
    for bird, says in (
        (CANARY, str),
        (KEY, str),
        (KEY, repr),
        (KEY, json.dumps),
        (KEY, lambda text: " ".join(text.split())),
    ):
        told_so = says(bird)
        ground.refusing = InvalidRequest(f"can not take {told_so}", where=told_so, why=f"{told_so} is no", fix=told_so)
        told = await stage.up(of(secretive, bird))
        assert told.failed
        silent(told, stage)
        assert "BEGIN" not in told.text
    ground.refusing = None
    (await stage.up(of(secretive))).well()
    ground.refusing = InvalidRequest(f"can not take {CANARY}")
    for failing in (stage.up(of(secretive, "canary-second")), stage.destroy()):
        silent(await failing, stage)


async def test_a_secret_is_in_no_refusal(case: Case, ground: Ground, stage: Stage) -> None:
    """Whatever is wrong with a value, its reason does not repeat one that is secret."""
    await case.prepare(ground)
    for name, value in case.inputs().items():
        # No name, number, address or principal is so.
        wrong = Secret([CANARY] if isinstance(value, (dict, list)) else "canary: / 'a\\b'")
        told = await stage.preview(case.declared(**{name: wrong}))
        silent(told, stage)
        if not told.failed:
            silent(await stage.up(case.declared(**{name: wrong})), stage)
    silent(await stage.preview(case.declared(nothing_of_the_kind=Secret(CANARY))), stage)


async def test_an_import_of_what_holds_a_secret_does_not_tell_it(secretive: Case, ground: Ground, stage: Stage) -> None:
    """What the declaration calls a secret is one from the first look at it."""
    await secretive.prepare(ground)
    (await stage.up(of(secretive))).well()
    id_ = secretive.import_id or str(stage.records()["it"].id)
    stage.forget()
    told = (await stage.up(replace(of(secretive), options={"importId": id_}))).well()
    silent(told, stage)
    silent((await stage.up(of(secretive))).well(), stage)


async def test_what_is_hidden_is_in_no_difference(secretive: Case, ground: Ground, stage: Stage) -> None:
    """`hideDiffs` is for what is no secret, and still nobody's business; also where somebody else changed it."""
    plain: dict[str, Any] = secretive.canaries(CANARY)
    hidden = [name for name, value in plain.items() if value != secretive.inputs().get(name)]
    await secretive.prepare(ground)
    first = replace(secretive.declared(), inputs=plain, options={"hideDiffs": hidden})
    second = replace(first, inputs=secretive.canaries("canary-second"))
    (await stage.up(first)).well()
    for run in (stage.preview, stage.up):
        told = (await run(second)).well()
        assert "canary" not in repr(told.shown)
        assert "canary" not in told.text
    await secretive.change(ground, stage.records()["it"].id)
    told = (await stage.refresh()).well()
    assert "canary" not in repr(told.shown)
