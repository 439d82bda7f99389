from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from agentry.engine import plan, values
from agentry.engine.events import Difference, Op
from agentry.engine.goal import Goal
from agentry.engine.plan import Change, Diff, Judgement, Verdict
from agentry.engine.values import UNKNOWN
from agentry.errors import ProgramError
from tests.engine.records import record, urn_of

NONE, SOME = Diff(Change.NONE), Diff(Change.SOME)
SAME, UPDATE, REPLACE = Verdict.SAME, Verdict.UPDATE, Verdict.REPLACE


def goal(**fields: Any) -> Goal:
    asked: dict[str, Any] = {"type": "fake:index:Item", "name": "a", "custom": True, "inputs": {"x": 1}} | fields
    return Goal(**asked)


def judge(diff: Diff | None, *, old: dict[str, Any] | None = None, **wanted: Any) -> Judgement:
    arguments = {name: wanted.pop(name) for name in ("forced",) if name in wanted}
    recorded = record("a", **{"inputs": {"x": 1}} | (old or {}))
    asked = goal(**wanted)
    return plan.judge(asked, recorded, plan.desired(asked, urn_of("a"), asked.inputs, "", recorded), diff, **arguments)


@pytest.mark.parametrize(
    ("wanted", "old", "forced"),
    [
        ({"replace_with": (urn_of("b"),)}, {}, "replaceWith"),
        ({"replace_with": (urn_of("c"),)}, {}, ""),
        ({"deleted_with": urn_of("b")}, {}, "deletedWith"),
        ({"deleted_with": urn_of("c")}, {}, ""),
        ({"replacement_trigger": 2}, {"replacement_trigger": 1}, "replacementTrigger"),
        ({"replacement_trigger": 1}, {"replacement_trigger": 1.0}, ""),
        ({"replacement_trigger": values.secret([1])}, {"replacement_trigger": [1]}, ""),
        ({"replacement_trigger": False}, {"replacement_trigger": 0}, "replacementTrigger"),
        ({"replacement_trigger": UNKNOWN}, {"replacement_trigger": "x"}, "replacementTrigger"),
        ({"replacement_trigger": 1}, {}, ""),
        ({}, {"replacement_trigger": 1}, ""),
    ],
)
def test_options_that_replace_whatever_the_provider_says(
    wanted: dict[str, Any], old: dict[str, Any], forced: str
) -> None:
    assert plan.must_replace(goal(**wanted), record("a", **old), {urn_of("b")}) == forced


@pytest.mark.parametrize(
    ("diff", "old", "wanted", "verdict", "reasons"),
    [
        pytest.param(NONE, {}, {}, SAME, (), id="the provider sees no change"),
        pytest.param(SOME, {}, {}, UPDATE, (), id="the provider sees one"),
        pytest.param(Diff(Change.SOME, replaces=("x",)), {}, {}, REPLACE, ("x",), id="and it forces a replacement"),
        pytest.param(
            Diff(Change.SOME, detailed={"x.y": "update-replace"}), {}, {}, REPLACE, ("x.y",), id="as the details say"
        ),
        pytest.param(
            Diff(Change.NONE, detailed={"x": "update-replace"}), {}, {}, SAME, (), id="no change has no details"
        ),
        pytest.param(Diff(Change.UNKNOWN), {}, {}, SAME, (), id="it does not know, and the inputs are the same"),
        pytest.param(Diff(Change.UNKNOWN), {"inputs": {"x": 0}}, {}, UPDATE, (), id="it does not know, they are not"),
        pytest.param(
            Diff(Change.UNKNOWN, replaces=("x",)), {"inputs": {"x": 0}}, {}, REPLACE, ("x",), id="but it names one"
        ),
        pytest.param(None, {"inputs": {"x": 0}}, {"custom": True}, UPDATE, (), id="nobody to ask: inputs differ"),
        pytest.param(None, {}, {}, SAME, (), id="nobody to ask: inputs are the same"),
        pytest.param(
            None, {"inputs": {"x": 0}}, {"ignore_changes": ("x",)}, SAME, (), id="nobody to ask: it is ignored"
        ),
        pytest.param(NONE, {"init_errors": ("not ready",)}, {}, UPDATE, (), id="it never became ready"),
        pytest.param(
            NONE,
            {"init_errors": ("not ready",)},
            {"replace_on_changes": ("#initerror",)},
            REPLACE,
            ("#initerror",),
            id="it never became ready, and that is to replace it",
        ),
        pytest.param(
            Diff(Change.SOME, detailed={"x.y[0]": "add"}, changed=("x",)),
            {},
            {"replace_on_changes": ("x.y",)},
            REPLACE,
            ("x.y[0]",),
            id="replaceOnChanges names what is above the change",
        ),
        pytest.param(
            Diff(Change.SOME, changed=("x",)), {}, {"replace_on_changes": ("*",)}, REPLACE, ("x",), id="any change"
        ),
        pytest.param(SOME, {}, {"replace_on_changes": ("other",)}, UPDATE, (), id="replaceOnChanges of something else"),
        pytest.param(NONE, {"taint": True}, {}, REPLACE, (), id="tainted"),
        pytest.param(NONE, {"pending_replacement": True}, {}, REPLACE, (), id="a replacement that was begun"),
        pytest.param(None, {}, {"forced": "provider"}, REPLACE, ("provider",), id="another provider"),
        pytest.param(NONE, {"custom": False}, {}, REPLACE, (), id="it was a component"),
        pytest.param(
            None,
            {"inputs": {"x": 0}},
            {"replace_on_changes": ("x",)},
            UPDATE,
            (),
            id="nobody names the changes of a component",
        ),
    ],
)
def test_verdicts(
    diff: Diff | None, old: dict[str, Any], wanted: dict[str, Any], verdict: Verdict, reasons: tuple[str, ...]
) -> None:
    judgement = judge(diff, old=old, **wanted)
    assert (judgement.verdict, judgement.reasons) == (verdict, reasons)


@pytest.mark.parametrize(
    ("said", "asked", "first"),
    [(True, None, True), (False, None, False), (True, False, False), (False, True, True)],
)
def test_the_program_has_the_last_word_on_what_is_deleted_first(said: bool, asked: bool | None, first: bool) -> None:
    diff = Diff(Change.SOME, replaces=("x",), delete_before_replace=said)
    assert judge(diff, delete_before_replace=asked).delete_first is first


def test_the_differences_are_for_people() -> None:
    judgement = judge(Diff(Change.SOME, detailed={"x": "update"}), old={"inputs": {"x": 0}})
    assert judgement.differences == (Difference("x", "update", 0, 1),)


def test_what_is_protected_is_not_replaced() -> None:
    with pytest.raises(ProgramError, match="protected") as caught:
        judge(Diff(Change.SOME, replaces=("x",)), old={"protect": True}, protect=True)
    assert caught.value.where == urn_of("a")
    assert "x" in caught.value.why


def test_taking_the_protection_away_and_replacing_is_one_step() -> None:
    assert judge(Diff(Change.SOME, replaces=("x",)), old={"protect": True}).verdict is REPLACE


def test_what_is_still_imported_is_not_replaced() -> None:
    with pytest.raises(ProgramError, match="import"):
        judge(Diff(Change.SOME, replaces=("x",)), old={"import_id": "1"}, import_id="1")


def test_the_record_under_its_name_comes_before_those_under_aliases() -> None:
    recorded = {resource.urn: resource for resource in (record("a"), record("b"), record("c"))}
    assert plan.find_old(urn_of("a"), [urn_of("b")], recorded) is recorded[urn_of("a")]
    assert plan.find_old(urn_of("x"), [urn_of("y"), urn_of("c"), urn_of("b")], recorded) is recorded[urn_of("c")]
    assert plan.find_old(urn_of("x"), [], recorded) is None


@pytest.mark.parametrize(
    ("old", "wanted", "needed"),
    [
        (None, {}, False),
        (None, {"import_id": "1"}, True),
        ({"id": "1"}, {"import_id": "1"}, False),
        ({"id": "2", "import_id": "1"}, {"import_id": "1"}, False),
        ({"id": "2"}, {"import_id": "1"}, True),
        ({"id": "1", "external": True}, {"import_id": "1"}, True),
    ],
)
def test_when_a_resource_is_imported(old: dict[str, Any] | None, wanted: dict[str, Any], needed: bool) -> None:
    assert plan.needs_import(goal(**wanted), record("a", **old) if old is not None else None) is needed


def test_ignored_inputs_stay_as_they_were_but_not_those_of_somebody_else() -> None:
    wanted = goal(inputs={"x": 1, "y": 2}, ignore_changes=("y",))
    assert plan.wanted_inputs(wanted, record("a", inputs={"y": 0})) == {"x": 1, "y": 0}
    assert plan.wanted_inputs(wanted, record("a", inputs={"y": 0}, external=True)) == {"x": 1, "y": 2}
    assert plan.wanted_inputs(wanted, None) == {"x": 1, "y": 2}


def test_a_record_carries_what_the_engine_does_not_know() -> None:
    old = record("a", extra={"novel": 1}, outputs={"y": 2}, created="then")
    wanted = plan.desired(goal(protect=True), urn_of("b"), {"x": 1}, "p", old)
    assert (wanted.urn, wanted.id, wanted.outputs, wanted.created) == (urn_of("b"), "id-a", {"y": 2}, "then")
    assert wanted.extra == {"novel": 1}
    assert wanted.protect


def ops(steps: list[plan.Step]) -> list[tuple[Op, str]]:
    return [(step.op, step.urn.rpartition("::")[2]) for step in steps]


NEW = record("a", inputs={"x": 2}, id="", outputs={})
OLD = record("a")


@pytest.mark.parametrize(
    ("old", "judgement", "expected"),
    [
        (None, None, [Op.CREATE]),
        (OLD, Judgement(SAME), [Op.SAME]),
        (OLD, Judgement(UPDATE), [Op.UPDATE]),
        (OLD, Judgement(REPLACE), [Op.CREATE_REPLACEMENT, Op.REPLACE]),
        (OLD, Judgement(REPLACE, delete_first=True), [Op.DELETE_REPLACED, Op.REPLACE, Op.CREATE_REPLACEMENT]),
        (
            dataclasses.replace(OLD, pending_replacement=True),
            Judgement(REPLACE, delete_first=True),
            [Op.REPLACE, Op.CREATE_REPLACEMENT],
        ),
    ],
)
def test_steps_of_one_registration(old: Any, judgement: Judgement | None, expected: list[Op]) -> None:
    steps = plan.plan_resource(old, NEW, judgement)
    assert [step.op for step in steps] == expected
    assert all(step.urn == NEW.urn for step in steps)


def test_what_replaces_a_resource_has_nothing_of_it() -> None:
    wanted = dataclasses.replace(NEW, id="id-a", outputs={"old": True}, created="then")
    create, _ = plan.plan_resource(OLD, wanted, Judgement(REPLACE, ("x",)))
    assert create.new
    assert (create.new.id, create.new.outputs, create.new.created) == ("", {}, "")
    assert create.reasons == ("x",)


def test_dependents_go_before_what_they_use_and_stay_recorded_as_pending() -> None:
    dependents = [record("b"), record("c", retain_on_delete=True), record("gone", pending_replacement=True)]
    steps = plan.plan_resource(OLD, NEW, Judgement(REPLACE, delete_first=True), dependents=dependents)
    assert ops(steps) == [
        (Op.DELETE_REPLACED, "c"),
        (Op.DELETE_REPLACED, "b"),
        (Op.DELETE_REPLACED, "a"),
        (Op.REPLACE, "a"),
        (Op.CREATE_REPLACEMENT, "a"),
    ]
    assert all(step.pending_replacement for step in steps[:3])
    assert [step.record_only for step in steps[:3]] == [True, False, False]


def test_what_is_deleted_with_the_replaced_one_asks_no_provider() -> None:
    steps = plan.plan_resource(
        OLD, NEW, Judgement(REPLACE, delete_first=True), dependents=[record("b", deleted_with=urn_of("a"))]
    )
    assert steps[0].record_only


def test_a_protected_dependent_stops_the_replacement() -> None:
    with pytest.raises(ProgramError, match="deletes this resource first") as caught:
        plan.plan_resource(OLD, NEW, Judgement(REPLACE, delete_first=True), dependents=[record("b", protect=True)])
    assert caught.value.where == urn_of("b")


def test_what_was_deleted_on_the_way_is_made_again() -> None:
    assert ops(plan.plan_recreate(OLD, NEW)) == [(Op.REPLACE, "a"), (Op.CREATE_REPLACEMENT, "a")]


def test_only_what_changes_the_record_needs_a_write() -> None:
    assert plan.may_skip_write(OLD, dataclasses.replace(OLD, modified="now"))
    assert not plan.may_skip_write(OLD, dataclasses.replace(OLD, protect=True))
