"""What a command prints: lines with styles on a terminal, plain ones elsewhere, JSON for machines."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from agentry.cli.display.layout import Line, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console


def is_terminal(stream: TextIO) -> bool:
    """Whether a person looks at it, on something that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def console(stream: TextIO) -> Console:
    """Rich's console on a stream; NO_COLOR is rich's to obey."""
    from rich.console import Console  # noqa: PLC0415 - 50 ms, and only where a terminal is

    return Console(file=stream, highlight=False, markup=False, emoji=False)


def show(lines: Iterable[Line], stream: TextIO | None = None) -> None:
    """Print lines: in colours on a terminal, plain elsewhere."""
    out = stream or sys.stdout
    if is_terminal(out):
        from agentry.cli.display.display import styled  # noqa: PLC0415 - only where a terminal is

        console(out).print(styled(list(lines)), soft_wrap=True)
    else:
        out.write(text_of(lines))
    out.flush()


@contextmanager
def working(what: str) -> Iterator[None]:
    """Something moves on a terminal's stderr while a person waits; elsewhere nothing is printed."""
    if not is_terminal(sys.stderr):
        yield
        return
    with console(sys.stderr).status(what):
        yield


def say(text: str = "", stream: TextIO | None = None) -> None:
    """Print a plain line now."""
    print(text, file=stream or sys.stdout, flush=True)


def show_json(value: Any) -> None:
    """Print one JSON document on stdout."""
    say(json.dumps(value, indent=2, ensure_ascii=False))


def table(rows: list[list[str]], *, indent: str = "") -> list[str]:
    """Columns as wide as their widest cell, two blanks between; the last one as long as it is."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        (indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]
