"""Who shows a deployment while it runs: given the events one by one, and told when it is over."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Protocol, TextIO

from agentry.cli.display import layout, plain
from agentry.cli.display.document import document
from agentry.cli.display.layout import Line, Options
from agentry.cli.display.view import State, View
from agentry.cli.display.words import counted, seconds_of
from agentry.engine.events import Operation

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from agentry.clock import Clock
    from agentry.engine.events import Event
    from agentry.errors import AgentryError

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
FRAMES_A_SECOND = 8


class Display(Protocol):
    """Shows one deployment."""

    view: View

    def __call__(self, event: Event) -> None:
        """Take an event; the engine calls it."""
        ...

    def close(self, error: AgentryError | None = None) -> None:
        """It is over; `error` is what ended it, if no step did. Said once by whoever prints errors, not here."""
        ...

    def discard(self) -> None:
        """It is over and went well, and nobody needs to see how."""
        ...


class JsonDisplay:
    """Silent until the end, then one document.

    Args:
        view: An empty view.
        out: Where the document goes.
    """

    def __init__(self, view: View, out: TextIO) -> None:
        self.view = view
        self._out = out

    def __call__(self, event: Event) -> None:
        """Remember it."""
        self.view.apply(event)

    def close(self, error: AgentryError | None = None) -> None:
        """Print the document."""
        json.dump(document(self.view, error), self._out, indent=2, ensure_ascii=False)
        self._out.write("\n")
        self._out.flush()

    def discard(self) -> None:
        """Nothing was printed."""


class PlainDisplay:
    """A line for each thing that happens.

    Args:
        view: An empty view.
        out: Where the lines go.
        everything: All properties (`--diff`).
        hold: Print nothing before the end, which may be discarded.
    """

    def __init__(self, view: View, out: TextIO, *, everything: bool = False, hold: bool = False) -> None:
        self.view = view
        self._out = out
        self._held: list[str] | None = [] if hold else None
        self._everything = everything
        self._last = ""

    def __call__(self, event: Event) -> None:
        """Print what it says."""
        self.view.apply(event)
        for line in plain.lines(self.view, event):
            if line == self._last:
                continue  # progress that says the same again is none
            self._last = line
            if self._held is None:
                print(line, file=self._out, flush=True)
            else:
                self._held.append(line)

    def close(self, error: AgentryError | None = None) -> None:  # noqa: ARG002 - printed by whoever called us
        """Print the end."""
        end = plain.ending(self.view, everything=self._everything)
        for line in self._held or ():
            print(line, file=self._out)
        self._out.write(f"\n{end}" if self._last and end else end)
        self._out.flush()

    def discard(self) -> None:
        """Forget what was held."""


class LiveDisplay:
    """The tree, drawn anew several times a second while things happen, and once whole at the end.

    Args:
        view: An empty view.
        console: The terminal.
        clock: For the seconds of what runs.
        everything: All resources and properties at the end (`--diff`).
    """

    def __init__(self, view: View, console: Console, clock: Clock, *, everything: bool = False) -> None:
        from rich.live import Live  # noqa: PLC0415 - 50 ms, and only where a terminal is

        self.view = view
        self._console = console
        self._clock = clock
        self._everything = everything
        self._begun = clock.monotonic()
        # The events come from the engine's loop, the drawing from rich's thread.
        self._lock = threading.Lock()
        self._live = Live(
            console=console,
            get_renderable=self._drawn,
            refresh_per_second=FRAMES_A_SECOND,
            transient=True,
            vertical_overflow="crop",
        )
        self._live.start()

    def __call__(self, event: Event) -> None:
        """Take it in; the next drawing shows it."""
        with self._lock:
            self.view.apply(event, self._clock.monotonic())

    def close(self, error: AgentryError | None = None) -> None:  # noqa: ARG002 - printed by whoever called us
        """Put the whole tree in the place of the moving one."""
        self._live.stop()
        tree = layout.tree(self.view, Options(everything=self._everything))
        below = layout.ending(self.view)
        for line in [*tree, *([()] if tree and below else []), *below]:
            self._console.print(styled([line]), soft_wrap=True)

    def discard(self) -> None:
        """Take the moving tree away."""
        self._live.stop()

    def _drawn(self) -> Text:
        with self._lock:
            now = self._clock.monotonic()
            height, width = self._console.height, self._console.width
            return styled(moving(self.view, now=now, begun=self._begun, height=height), width)


def moving(view: View, *, now: float, begun: float, height: int) -> list[Line]:
    """The tree while it is worked on, in no more than `height` lines, and how far everything is.

    Args:
        view: The deployment.
        now: The time, in the seconds of the view.
        begun: When the deployment began.
        height: Of the terminal, in lines.
    """
    frame = FRAMES[int(now * FRAMES_A_SECOND) % len(FRAMES)]
    options = Options(running=True, now=now, frame=frame)
    lines = layout.tree(view, options)
    most = height - 4  # below: one line of news, a blank one, how far it is, the cursor
    if len(lines) > most:
        active = layout.tree(view, Options(running=True, now=now, frame=frame, active=True))
        lines = (active or lines)[:most]
    states = [row.state for row in view.shown_rows()]
    running = states.count(State.RUNNING)
    far = f"{counted(len(states) - running, 'resource')} done, {running} running"
    if not states or view.operation is Operation.PREVIEW:
        far = f"{counted(len(states), 'resource')} looked at" if states else "reading the program"
    general = layout.messages([message for message in view.shown_messages() if layout.is_general(message)][-1:])
    return [*lines, *general[:1], (), ((layout.Piece(f"{frame} {far}  {seconds_of(now - begun)}", "dim")),)]


def styled(lines: list[Line], width: int = 0) -> Text:
    """Lines for rich; cut at `width` characters where it is given, so that a drawn line never wraps."""
    from rich.text import Text  # noqa: PLC0415 - only where a terminal is

    drawn = []
    for line in lines:
        text = Text.assemble(*((piece.text, piece.style) for piece in line))
        if width:
            text.truncate(width, overflow="ellipsis")
        drawn.append(text)
    return Text("\n").join(drawn)
