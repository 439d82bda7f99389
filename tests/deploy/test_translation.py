"""The CLI's events, recorded from real runs of tests/deploy/test_engines.py's provider, as ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation.events import EngineEvent, OpType

from agentry.deploy.translation import Translation
from agentry.engine.events import Difference, Event, Message, Op, Operation, StepDone, StepFailed, StepPlanned
from tests.engine.playground import name_of

RECORDED = Path(__file__).parent / "events"
THING = "urn:pulumi:dev::shop::world:index:Thing::"
BELOW = "urn:pulumi:dev::shop::test:groups:Group$world:index:Thing::"
GROUP = "urn:pulumi:dev::shop::test:groups:Group::"
STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"


class Ticking:
    """A clock on which a second passes whenever somebody looks."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        self.seconds += 1
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


def translation(operation: Operation, **options: Any) -> Translation:
    return Translation(operation, clock=Ticking(), redact=options.pop("redact", lambda text: text), **options)


def recorded(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (RECORDED / f"{name}.jsonl").read_text().splitlines()]


def take(made: Translation, *events: dict[str, Any]) -> list[Event]:
    return [one for event in events for one in made.take(EngineEvent.from_json(event))]


def replayed(name: str, operation: Operation, **options: Any) -> tuple[Translation, list[Event]]:
    made = translation(operation, **options)
    return made, take(made, *recorded(name))


def said(text: str, severity: str = "info", urn: str = "", **more: Any) -> dict[str, Any]:
    diagnostic = {
        "message": f"{text}\n",
        "color": "never",
        "severity": severity,
        **({"urn": urn} if urn else {}),
        **more,
    }
    return {"sequence": 1, "timestamp": 0, "diagnosticEvent": diagnostic}


def steps(events: list[Event]) -> list[str]:
    words = {StepPlanned: "plan", StepDone: "done", StepFailed: "fail"}
    return [
        f"{words[type(event)]} {event.op.value} {name_of(event.urn)}"
        for event in events
        if isinstance(event, (StepPlanned, StepDone, StepFailed))
    ]


def test_each_step_is_planned_and_done_and_default_providers_are_nobodys() -> None:
    made, events = replayed("first", Operation.UP)
    assert steps(events) == [
        *("plan create shop-dev", "done create shop-dev", "plan create g", "done create g"),
        *("plan create a", "done create a", "plan create b", "done create b"),
    ]
    assert made.changes == {"create": 4}
    assert made.outputs == {"one": 1, "value": "[secret]"}
    planned = {name_of(event.urn): event for event in events if isinstance(event, StepPlanned)}
    assert (planned["a"].parent, planned["a"].custom, planned["g"].custom) == (f"{GROUP}g", True, False)
    assert planned["a"].inputs == {"size": 1, "value": "[secret]"}
    done = next(event for event in events if isinstance(event, StepDone) and event.urn == f"{BELOW}a")
    assert done.outputs == {"size": 1, "value": "[secret]", "length": 8, "serial": 1}
    assert done.seconds > 0


def test_what_is_said_is_said_without_empty_lines_and_debugging() -> None:
    _, events = replayed("first", Operation.UP)
    assert sorted(event.text for event in events if isinstance(event, Message) and not event.urn) == [
        "careful",
        "careless",
        "hello",
    ]
    of_b = [event for event in events if isinstance(event, Message) and event.urn]
    assert of_b == [
        Message("info", "half way", f"{THING}b", ephemeral=True),
        Message("warning", "take care", f"{THING}b"),
    ]


def test_a_preview_plans_with_differences_and_does_nothing() -> None:
    made, events = replayed("preview", Operation.PREVIEW)
    assert steps(events) == [
        *("plan same shop-dev", "plan same g", "plan update a"),
        *("plan create-replacement b", "plan replace b", "plan delete-replaced b"),
    ]
    assert made.changes == {"same": 2, "update": 1, "replace": 1}
    differences = {
        name_of(event.urn): event.differences
        for event in events
        if isinstance(event, StepPlanned) and event.op in {Op.UPDATE, Op.REPLACE}
    }
    assert differences == {
        "a": (Difference("value", "update", "[secret]", "[secret]"),),
        "b": (Difference("fixed", "add-replace", None, 1), Difference("value", "delete", 1, None)),
    }


def test_a_replacement_is_one_change_in_three_steps() -> None:
    made, events = replayed("replace", Operation.UP)
    assert made.changes == {"same": 2, "update": 1, "replace": 1}
    assert [step for step in steps(events) if step.endswith(" b")] == [
        *("plan create-replacement b", "done create-replacement b", "plan replace b", "done replace b"),
        *("plan delete-replaced b", "done delete-replaced b"),
    ]


def test_what_a_refresh_found_is_a_step_of_its_own() -> None:
    made, events = replayed("refresh", Operation.REFRESH)
    assert {*steps(events)} == {
        *("plan refresh a", "plan refresh b"),
        *("plan delete a", "done delete a", "plan update b", "done update b"),
    }
    assert made.changes == {"delete": 1, "update": 1}
    found = next(event for event in events if isinstance(event, StepPlanned) and event.op is Op.UPDATE)
    assert found.differences == (Difference("more", "add", None, True), Difference("value", "add", None, "drift"))
    assert made.outputs == {"one": 1}


def test_a_preview_that_refreshes_counts_only_what_it_would_do() -> None:
    made, events = replayed("refresh-preview", Operation.PREVIEW)
    assert steps(events)[:4] == ["plan refresh a", "plan refresh b", "plan delete a", "plan update b"]
    assert made.changes == {"same": 2, "create": 1, "update": 1}
    assert not [event for event in events if isinstance(event, StepDone)]


def test_a_failed_step_has_its_reason_or_why_it_is_not_ready() -> None:
    made, events = replayed("failed", Operation.UP)
    failed = [event for event in events if isinstance(event, StepFailed)]
    assert failed == [
        StepFailed(f"{THING}unready", Op.CREATE, ("unready is not ready",), partial=True),
        StepFailed(f"{THING}refused", Op.CREATE, ("the world refuses to create refused",)),
    ]
    assert (made.failures, made.errors) == (2, [])
    assert "update failed" not in str(events)


def test_what_check_refuses_has_no_step_and_a_value_that_nobody_may_see() -> None:
    made, events = replayed("refused", Operation.PREVIEW)
    assert "{&{{bad}}}" in (RECORDED / "refused.jsonl").read_text(), "the CLI still tells the secret"
    assert [event for event in events if isinstance(event, StepFailed)] == [
        StepFailed(f"{BELOW}d", Op.CREATE, ("value: bad is no value",), parent=f"{GROUP}g")
    ]
    assert made.failures == 1


def test_a_programs_own_failure_is_of_no_resource() -> None:
    made, events = replayed("program", Operation.PREVIEW)
    assert len(made.errors) == 1
    assert "ValueError: no such luck" in made.errors[0]
    assert not [event for event in events if isinstance(event, StepFailed)]


def test_everything_goes() -> None:
    made, events = replayed("destroy", Operation.DESTROY)
    assert {*steps(events)} >= {"plan delete g", "done delete g", "plan delete shop-dev", "done delete shop-dev"}
    assert set(made.changes) == {"delete"}
    assert made.outputs == {}


def test_what_follows_from_a_failure_is_not_said() -> None:
    made = translation(Operation.UP)
    assert take(made, said("a line", "info#err")) == [Message("info", "a line")]
    assert len(take(made, said("it is broken", "error", f"{THING}x"))) == 1
    assert take(made, said("Traceback (most recent call last):", "info#err"), said("update failed", "error")) == []
    assert take(made, said("careful", "warning")) == [Message("warning", "careful")]
    assert made.errors == []


def test_the_words_of_the_cli_on_an_interrupt_are_ours_to_say() -> None:
    made = translation(Operation.UP)
    event = {"sequence": 1, "timestamp": 0, "stdoutEvent": {"message": "^C received; cancelling.\n", "color": "never"}}
    assert take(made, event) == [Message("info", "^C received; cancelling.")]
    made.interrupted = True
    assert take(made, event, said("KeyboardInterrupt", "info#err"), said("update failed", "error")) == []


@pytest.mark.parametrize(
    ("operation", "parents", "op", "parent"),
    [
        (Operation.UP, {f"{THING}x": STACK}, Op.UPDATE, STACK),
        (Operation.DESTROY, {f"{THING}x": STACK}, Op.DELETE, STACK),
        (Operation.UP, {}, Op.CREATE, ""),
        (Operation.UP, {STACK: ""}, Op.CREATE, STACK),
    ],
)
def test_who_failed_before_it_had_a_step(operation: Operation, parents: dict[str, str], op: Op, parent: str) -> None:
    made = translation(operation, parents=parents)
    (failed,) = take(made, said("it is protected", "error", f"{THING}x"))
    assert failed == StepFailed(f"{THING}x", op, ("it is protected",), parent=parent)


def test_a_parent_is_not_guessed_between_two() -> None:
    made = translation(Operation.UP, parents={f"{GROUP}g": STACK, f"{GROUP}h": STACK})
    (failed,) = take(made, said("no", "error", f"{BELOW}x"))
    assert isinstance(failed, StepFailed)
    assert failed.parent == ""


def test_a_policy_that_must_hold_fails_its_resource_and_another_warns() -> None:
    def violated(level: str) -> dict[str, Any]:
        policy = {"message": "too wide", "policyName": "narrow", "policyPackName": "house", "enforcementLevel": level}
        return {"sequence": 1, "timestamp": 0, "policyEvent": {**policy, "resourceUrn": f"{THING}x"}}

    made = translation(Operation.PREVIEW)
    assert take(made, violated("advisory")) == [Message("warning", "policy narrow of house: too wide", f"{THING}x")]
    (failed,) = take(made, violated("mandatory"))
    assert failed == StepFailed(f"{THING}x", Op.CREATE, ("policy narrow of house: too wide",))


def test_an_error_whose_step_never_ended_is_told_at_the_end() -> None:
    made = translation(Operation.UP)
    first = recorded("failed")
    until = next(index for index, event in enumerate(first) if "resOpFailedEvent" in event)
    take(made, *first[:until])
    assert [event.urn for event in made.close() if isinstance(event, StepFailed)] == [f"{THING}unready"]


def test_all_texts_pass_whoever_knows_the_secrets() -> None:
    made = translation(Operation.UP, redact=lambda text: text.replace("hunter22", "[secret]"))
    told = take(made, said("it is hunter22"), said("not hunter22", "error", f"{THING}x"))
    assert "hunter22" not in str(told)
    made = translation(Operation.UP, redact=lambda text: text.replace("hunter22", "[secret]"))
    take(made, said("never hunter22", "error"))
    assert made.errors == ["never [secret]"]


def test_every_step_of_the_cli_is_one_of_ours() -> None:
    event = recorded("destroy")[1]
    for kind in OpType:
        event["resourcePreEvent"]["metadata"]["op"] = kind.value
        (planned,) = take(translation(Operation.UP), event)
        assert isinstance(planned, StepPlanned)
        assert planned.op.value == kind.value
