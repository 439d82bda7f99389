"""Changes of a text by position, and where each place of the changed text was before."""

from __future__ import annotations

import ast
from bisect import bisect_right
from itertools import accumulate


class Edits:
    """Collects changes of a text whose lines end with LF; no line moves.

    Args:
        text: The text before.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._changes: list[tuple[int, int, int, str]] = []  # start, end, order at one place, what is written
        self._starts = _line_starts(text)
        # Filled by `applied`: where each kept piece begins, in bytes, in the changed text and in the one before.
        self._kept: list[int] = []
        self._was: list[int] = []
        self._lengths: list[int] = []
        self._changed = ""

    def at(self, line: int, column: int) -> int:
        """The position of a line, from 1, and a column of characters, from 0."""
        return self._starts[line - 1] + column

    def replace(self, start: int, end: int, written: str) -> None:
        """Write something else there, inside brackets: line ends that would be lost are added."""
        self._changes.append((start, end, 0, written + "\n" * self.text.count("\n", start, end)))

    def remove(self, start: int, end: int) -> None:
        """Write nothing there, whatever else is asked for inside; lines go on with a backslash."""
        self._changes.append((start, end, 0, "\\\n" * self.text.count("\n", start, end)))

    def insert(self, at: int, written: str) -> None:
        """Write something between."""
        self._changes.append((at, at, 0, written))

    def enclose(self, start: int, end: int, opening: str, closing: str) -> None:
        """Write something around; what is inside must be asked for before."""
        order = len(self._changes)
        self._changes.append((start, start, -order, opening))
        self._changes.append((end, end, order, closing))

    def applied(self) -> str:
        """The changed text."""
        parts: list[str] = []
        at = after = before = 0
        for start, end, _, written in [*sorted(self._changes), (len(self.text), len(self.text), 0, "")]:
            if start < at:
                continue  # in what is removed
            kept = self.text[at:start]
            length = len(kept.encode())
            self._kept.append(after)
            self._was.append(before)
            self._lengths.append(length)
            parts += [kept, written]
            after += length + len(written.encode())
            before += length + len(self.text[start:end].encode())
            at = end
        self._changed = "".join(parts)
        return self._changed

    def restore(self, tree: ast.Module) -> None:
        """Give every node of the changed text's tree the place that it has in the text before."""
        changed, before = _byte_starts(self._changed), _byte_starts(self.text)

        def place(line: int, column: int) -> tuple[int, int]:
            offset = changed[line - 1] + column
            piece = bisect_right(self._kept, offset) - 1
            was = self._was[piece] + min(offset - self._kept[piece], self._lengths[piece])
            found = bisect_right(before, was) - 1
            return found + 1, was - before[found]

        for node in ast.walk(tree):
            if isinstance(node, ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias | ast.excepthandler):
                node.lineno, node.col_offset = place(node.lineno, node.col_offset)
                if node.end_lineno is not None and node.end_col_offset is not None:
                    node.end_lineno, node.end_col_offset = place(node.end_lineno, node.end_col_offset)


def _line_starts(text: str) -> list[int]:
    return [0, *accumulate(len(line) + 1 for line in text.split("\n"))]


def _byte_starts(text: str) -> list[int]:
    return [0, *accumulate(len(line.encode()) + 1 for line in text.split("\n"))]
