"""The live display on a terminal that is a text."""

from __future__ import annotations

import io

from rich.console import Console

from agentry.cli.display import LiveDisplay, View
from agentry.clock import FakeClock
from agentry.engine.events import Operation
from tests.cli.recordings import STACK, one_line_edited


def shown(*, colours: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, no_color=not colours, width=100, height=30, legacy_windows=False)
    display = LiveDisplay(View(Operation.UP, STACK), console, FakeClock())
    for _, event in one_line_edited(Operation.UP):
        display(event)
    display.close()
    return out.getvalue()


def test_the_whole_tree_stays_on_the_screen() -> None:
    text = shown(colours=True)
    last = text[text.rindex("agents/local") :]
    assert "ModelVersion weather" in last
    assert "1 replaced" in last
    assert "\x1b[35m" in text, "a replacement is magenta"


def test_without_colours_the_words_are_the_same() -> None:
    text = shown(colours=False)
    assert "\x1b[35m" not in text
    assert "± 1 replaced" in text


def test_a_rehearsal_leaves_nothing_on_the_screen() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, height=30, legacy_windows=False)
    display = LiveDisplay(View(Operation.PREVIEW, STACK), console, FakeClock())
    for _, event in one_line_edited(Operation.PREVIEW):
        display(event)
    display.discard()
    erased = out.getvalue().rindex("\x1b[2K")
    assert "ModelVersion" not in out.getvalue()[erased:]
