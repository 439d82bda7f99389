"""Every field of every kind, changed alone: sent, or refused with a reason. Never a success without a request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agentry.provider.fields import Does, Field
from agentry.provider.operations import fields_of
from tests.matrix.case import ITSELF, Case, Variant
from tests.matrix.test_invariants import foreseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.matrix.ground import Ground
    from tests.matrix.stage import Declared, Stage, Told


def row(case: Case, field: str) -> Field:
    """The field as the kind's table has it."""
    return next(one for one in fields_of(case.kind) if one.name == field)


def before(case: Case, field: str, one: Variant) -> Declared:
    first = {} if one.first is None else {field: one.first}
    return case.declared(**{**one.rest, **first})


def after(case: Case, field: str, one: Variant) -> Declared:
    return case.declared(**{**one.rest, field: one.value})


def texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


def tops(told: Told) -> set[str]:
    """The properties whose difference was shown."""
    return {path.partition(".")[0].partition("[")[0] for path in told.differences["it"]}


async def test_a_field_changed_alone_is_sent_or_refused(case: Case, field: str, ground: Ground, stage: Stage) -> None:
    one = case.variants[field]
    await case.prepare(ground)
    if one.refused:
        await refused(case, field, one, ground, stage)
        return
    (await stage.up(before(case, field, one))).well()
    told = await foreseen(stage, ground, after(case, field, one))
    if not one.seen:
        reason = row(case, field).behaviour(Does.SILENT)
        assert reason, "a change that nobody sees has its reason in the table"
        assert reason.reason
        assert not told.changes
        assert ground.writes == []
        return
    seen = field if one.seen == ITSELF else one.seen
    assert seen.partition(".")[0] in tops(told)
    assert told.changes
    if one.seen == ITSELF and not row(case, field).has(Does.INPUT_ONLY):
        sent = json.dumps(ground.writes, default=repr, ensure_ascii=False)
        old = set(texts(before(case, field, one).inputs))
        missing = [text for text in texts(one.value) if text not in old and text not in sent]
        assert missing == [], "a success without a request that says so"
        assert ground.writes
    elif one.seen != ITSELF:
        assert ground.writes
    assert not (await stage.up(after(case, field, one))).well().changes, "a second up does something"
    await taken_back(case, field, one, ground, stage)


async def refused(case: Case, field: str, one: Variant, ground: Ground, stage: Stage) -> None:
    """It is refused at preview, at its path and with its reason; so it is by an `up`, and nothing is sent."""
    (await stage.up(case.declared())).well()
    ground.requests.clear()
    for run in (stage.preview, stage.up):
        told = await run(after(case, field, one))
        assert one.refused in told.failed["it"]
        assert field in told.failed["it"]
        assert ground.writes == []


async def taken_back(case: Case, field: str, one: Variant, ground: Ground, stage: Stage) -> None:
    """Declared no more: what was sent is taken back, or the workspace may choose."""
    behaves = row(case, field)
    if behaves.required or field in case.essential:
        return
    gone = case.declared(**{**one.rest, field: None})
    told = await foreseen(stage, ground, gone)
    if told.changes:
        seen = field if one.seen == ITSELF else one.seen
        assert seen.partition(".")[0] in tops(told)
        assert ground.writes or behaves.has(Does.INPUT_ONLY), "a success without a request"
    else:
        # What nobody declares the workspace may choose, or it is by default what was declared.
        assert behaves.has(Does.BACKEND_DEFAULT) or one.value == case.by_default.get(field, behaves.default)
    assert not (await stage.up(gone)).well().changes, "a second up does something"
