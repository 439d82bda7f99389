"""Recorded events, as a terminal, a log and a machine see them."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from agentry.cli.display import JsonDisplay, PlainDisplay, View, view_of
from agentry.cli.display.display import moving
from agentry.cli.display.layout import Options, difference_line, ending, text_of, tree
from agentry.engine.events import Difference, Message, Op, Operation, StepPlanned
from agentry.errors import ConfigError
from tests.cli.recordings import RECORDINGS, STACK, first_up, whole_agent

if TYPE_CHECKING:
    from tests.cli.conftest import Golden


@pytest.mark.parametrize("name", RECORDINGS)
def test_tree_at_the_end(name: str, golden: Golden) -> None:
    operation, recording = RECORDINGS[name]
    view = view_of(operation, STACK, recording)
    golden(f"{name}.tree.txt", text_of([*tree(view, Options()), (), *ending(view)]))


@pytest.mark.parametrize("name", ["edit", "first_up"])
def test_tree_with_every_property(name: str, golden: Golden) -> None:
    operation, recording = RECORDINGS[name]
    view = view_of(operation, STACK, recording)
    golden(f"{name}.diff.txt", text_of(tree(view, Options(everything=True))))


@pytest.mark.parametrize("name", RECORDINGS)
def test_plain_lines(name: str, golden: Golden) -> None:
    operation, recording = RECORDINGS[name]
    out = io.StringIO()
    display = PlainDisplay(View(operation, STACK), out)
    for _, event in recording:
        display(event)
    display.close()
    assert "\x1b" not in out.getvalue()
    golden(f"{name}.plain.txt", out.getvalue())


@pytest.mark.parametrize("name", RECORDINGS)
def test_json_document(name: str, golden: Golden) -> None:
    operation, recording = RECORDINGS[name]
    out = io.StringIO()
    display = JsonDisplay(View(operation, STACK), out)
    for _, event in recording:
        display(event)
    assert out.getvalue() == "", "nothing before the end"
    display.close()
    assert list(json.loads(out.getvalue())) == [
        "operation",
        "stack",
        "changes",
        "steps",
        "outputs",
        "diagnostics",
        "succeeded",
        "seconds",
    ]
    golden(f"{name}.json", out.getvalue())


def test_json_document_of_an_error_before_the_first_step() -> None:
    out = io.StringIO()
    error = ConfigError("no stack 'x'", why="stacks: dev", fix="give --stack one of them")
    JsonDisplay(View(Operation.UP, "x"), out).close(error)
    document = json.loads(out.getvalue())
    assert document["succeeded"] is False
    assert document["steps"] == []
    assert document["diagnostics"] == [{"severity": "error", "text": str(error), "urn": ""}]


def test_tree_while_it_moves(golden: Golden) -> None:
    until = [(now, event) for now, event in first_up() if now <= 4.15]
    view = view_of(Operation.UP, STACK, until)
    golden("first_up.moving.txt", text_of(moving(view, now=4.25, begun=0.0, height=40)))


def test_a_tree_higher_than_the_terminal_shows_what_runs() -> None:
    recording = [event for number in range(40) for event in whole_agent(f"agent{number}", Op.CREATE)]
    until = [(now, event) for now, event in recording if now <= 4.2]
    lines = text_of(moving(view_of(Operation.UP, STACK, until), now=4.3, begun=0.0, height=12)).splitlines()
    assert len(lines) <= 12
    assert "ServingEndpoint agent0" in lines[2]
    assert "running" in lines[-1]


def test_before_the_first_event_something_moves_too() -> None:
    lines = text_of(moving(View(Operation.UP, STACK), now=0.3, begun=0.0, height=12)).splitlines()
    assert lines[-1].endswith("reading the program  0.3 s")


def test_what_is_said_of_the_whole_is_seen_at_once() -> None:
    said = Message("warning", "interrupted: what runs is ended")
    view = view_of(Operation.UP, STACK, [*first_up()[:6], (4.2, said)])
    assert "warning: interrupted: what runs is ended\n" in text_of(moving(view, now=4.3, begun=0.0, height=40))
    out = io.StringIO()
    PlainDisplay(View(Operation.UP, STACK), out)(said)
    assert out.getvalue() == "warning: interrupted: what runs is ended\n"


def test_a_name_wider_than_its_column_keeps_apart_from_what_is_done() -> None:
    agent = "an-agent-with-a-name-that-is-longer-than-the-column-of-names-can-be"
    lines = text_of(tree(view_of(Operation.PREVIEW, STACK, whole_agent(agent, Op.CREATE)), Options())).splitlines()
    assert any(line.endswith(f"ModelVersion {agent}  create") for line in lines)


def test_what_the_workspace_changed_is_not_shown_as_a_change_to_itself() -> None:
    drift = Difference("description", "update", "ours", "ours")
    assert text_of([difference_line(drift)]).strip() == '~ description: "ours" (the workspace had another)'
    secret = Difference("key", "update", "[secret]", "[secret]")
    assert text_of([difference_line(secret)]).strip() == "~ key: [secret] → [secret]"


def test_a_map_is_shown_in_one_order() -> None:
    shown = [Difference("tags", "add", None, tags) for tags in ({"b": 1, "a": 2}, {"a": 2, "b": 1})]
    assert text_of([difference_line(shown[0])]) == text_of([difference_line(shown[1])])


def test_what_is_between_a_provider_and_its_records_is_not_shown() -> None:
    planned = StepPlanned("urn:pulumi:dev::shop::fake:index:Item::a", Op.CREATE, "", inputs={"__version": 1, "size": 3})
    lines = text_of(tree(view_of(Operation.PREVIEW, STACK, [(0.0, planned)]), Options(everything=True)))
    assert "size: 3" in lines
    assert "__version" not in lines
