"""Notebooks as Python: `.ipynb`, and the `.py` that Databricks exports.

Each line of code stands on the line where it stands in the notebook's own file, so that `file:line` opens it: nbformat
writes every source line as a line of JSON. Where several share one (JSON without line ends, a source that is one
string) they come one after the other from there on, and the numbers are off by as much.
"""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentry.errors import AgentCodeError
from agentry.inspector.code.cells import Cell, read_cell
from agentry.inspector.code.syntax import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_BYTES = 20_000_000  # what is printed and drawn in a notebook is in it
_EXPORTED = b"# Databricks notebook source"
_COMMAND = re.compile(r"# COMMAND -+\s*")
_MAGIC = re.compile(r"# MAGIC ?")
_LINE_END = re.compile(r"\r\n|\r|\n")
_COOKIE = re.compile(r"[ \t\f]*#.*?coding[:=]")
# Where notebooks run: Google Colab, and Databricks' driver.
_WORKING_DIRECTORIES = ("/content/", "/databricks/driver/")
_WRITTEN = (".py", ".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook as Python.

    Attributes:
        source: Its own code cells.
        files: What its cells write with `%%writefile`: path relative to the notebook's directory -> content. Python,
            YAML and JSON only; what is written out of the directory is left out.
    """

    source: bytes
    files: dict[str, bytes]


def is_notebook(file: str, content: bytes) -> bool:
    """Whether a file is a notebook: by its name, or by the first line that Databricks gives what it exports."""
    if file.endswith(".py"):
        return content.removeprefix(b"\xef\xbb\xbf").startswith(_EXPORTED)
    return file.endswith(".ipynb")


def read_notebook(file: str, content: bytes, shown: str) -> Notebook:
    """Read a notebook.

    Args:
        file: Its path.
        content: What is in it.
        shown: How its path is said to people.

    Raises:
        AgentCodeError: It is too large, no JSON, or JSON that is no notebook.
    """
    if len(content) > MAX_BYTES:
        raise AgentCodeError(
            f"the notebook is {len(content) / 1e6:.0f} MB, more than {MAX_BYTES / 1e6:.0f} MB",
            where=f"{shown}:1",
            fix="clear the outputs of its cells",
        )
    if file.endswith(".py"):
        return _assembled(file, _exported_cells(decoded(content, shown)), python=True)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _no_notebook(f"{shown}:{line}", "it is not UTF-8") from error
    reader = _Reader(text, shown)
    reader.document()
    return _assembled(file, reader.code_cells(), python=reader.is_python())


def _no_notebook(where: str, why: str) -> AgentCodeError:
    return AgentCodeError("this is no notebook", where=where, why=why, fix="save it again as a notebook, or remove it")


@dataclass(slots=True)
class _Page:
    """A file under construction."""

    lines: list[str] = field(default_factory=list)

    def put(self, line: int, lines: Sequence[str]) -> None:
        """Add lines, the first on the line of that number, or behind what is there already."""
        self.lines.extend([""] * (line - 1 - len(self.lines)))
        self.lines.extend(lines)

    def content(self) -> bytes:
        # An encoding that a cell declares for itself is none of the notebook, which is UTF-8.
        head = ["" if _COOKIE.match(line) else line for line in self.lines[:2]]
        return "\n".join([*head, *self.lines[2:], ""]).encode("utf-8", "replace")


def _assembled(file: str, cells: Iterator[tuple[int, list[str], bool]], *, python: bool) -> Notebook:
    """Of cells: the line of the file that each begins on, its lines, and whether IPython reads them."""
    own, written = _Page(), dict[str, _Page]()
    for line, lines, magic in cells:
        cell = read_cell(lines, python=python) if magic else Cell(lines)
        own.put(line, cell.code)
        path = _beside(file, cell.written)
        if path:
            page = written.get(path) if cell.append else None
            page = written[path] = page or _Page()
            page.put(line + cell.body, lines[cell.body :])
    return Notebook(own.content(), {path: page.content() for path, page in written.items()})


def _beside(file: str, path: str) -> str:
    """A path that a notebook writes to, from the notebook's directory; empty when it is out of it, or of no interest."""
    if not path.endswith(_WRITTEN):
        return ""
    if path.startswith("/"):
        directory = posixpath.dirname(file)
        starts = (*_WORKING_DIRECTORIES, *((f"/{directory}/",) if directory else ()))
        start = next((each for each in starts if each in path), None)
        if start is None or (start in _WORKING_DIRECTORIES and not path.startswith(start)):
            return ""
        path = path.partition(start)[2]
    path = posixpath.normpath(path)
    return "" if path.startswith(("../", "/")) else path


def _exported_cells(text: str) -> Iterator[tuple[int, list[str], bool]]:
    """Runs of lines with and without `# MAGIC`, which is taken away; the lines without are plain Python."""
    start, cell, was_magic = 1, list[str](), False
    for number, line in enumerate(_LINE_END.split(text), 1):
        magic = _MAGIC.match(line)
        if _COMMAND.fullmatch(line) or bool(magic) != was_magic:
            yield start, cell, was_magic
            start, cell, was_magic = number, [], bool(magic)
        cell.append(line[magic.end() :] if magic else line)
    yield start, cell, was_magic


class _Reader:
    """Reads the JSON of a notebook, and on which line its sources are."""

    def __init__(self, text: str, shown: str) -> None:
        self._text = text
        self._shown = shown
        self._at = 0
        self._line = (0, 1)  # a position and the line it is on: positions are asked for in ascending order
        self._cells: list[dict[str, Any]] | None = None
        self._metadata: object = None
        self._decoder = json.JSONDecoder()

    def document(self) -> None:
        """Read all of it."""
        for key in self._members():
            if key == "cells" and self._peek() == "[":
                self._cells = [self._cell() for _ in self._elements()]
            elif key == "metadata":
                self._metadata = self._value()
            else:
                self._value()
        if self._peek():
            raise _no_notebook(self._where(), "there is more behind its JSON")
        if self._cells is None:
            raise _no_notebook(f"{self._shown}:1", "it has no list of cells")

    def is_python(self) -> bool:
        """Whether the cells are Python where they say nothing else."""
        metadata = self._metadata if isinstance(self._metadata, dict) else {}
        places = (
            ("language_info", "name"),
            ("kernelspec", "language"),
            ("application/vnd.databricks.v1+notebook", "language"),
        )
        said = [metadata[key].get(name) for key, name in places if isinstance(metadata.get(key), dict)]
        return all(str(language).lower().startswith(("py", "ipy")) for language in said if language)

    def code_cells(self) -> Iterator[tuple[int, list[str], bool]]:
        """The cells of code."""
        for cell in self._cells or ():
            metadata = cell.get("metadata")
            code = metadata.get("vscode") if isinstance(metadata, dict) else None
            language = code.get("languageId", "python") if isinstance(code, dict) else "python"
            if cell.get("cell_type") == "code" and language == "python":
                yield cell["line"], _LINE_END.split(cell["source"]), True

    def _cell(self) -> dict[str, Any]:
        cell: dict[str, Any] = {"source": "", "line": 1}
        for key in self._members():
            if key == "source":
                cell["source"], cell["line"] = self._source()
            elif key in {"cell_type", "metadata"}:
                cell[key] = self._value()
            else:
                self._value()
        return cell

    def _source(self) -> tuple[str, int]:
        """A cell's source, one string or a list of them, and the line where it begins."""
        line, parts = 0, []
        for _ in self._elements() if self._peek() == "[" else (None,):
            self._peek()
            line = line or self._line_here()
            part = self._value()
            if not isinstance(part, str):
                raise _no_notebook(self._where(), "the source of a cell is no text")
            parts.append(part)
        return "".join(parts), line or self._line_here()

    # JSON

    def _peek(self) -> str:
        """The character that comes next, white space skipped."""
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._text[self._at : self._at + 1]

    def _take(self, expected: str) -> str:
        found = self._peek()
        if not found or found not in expected:
            raise _no_notebook(self._where(), f"expected {' or '.join(expected)} in its JSON")
        self._at += 1
        return found

    def _value(self) -> Any:
        self._peek()
        try:
            value, self._at = self._decoder.raw_decode(self._text, self._at)
        except (ValueError, RecursionError) as error:
            where = self._where(getattr(error, "lineno", 0))
            raise _no_notebook(where, f"its JSON can not be read: {getattr(error, 'msg', error)}") from error
        return value

    def _members(self) -> Iterator[str]:
        """The keys of an object; whoever asks reads the value before the next."""
        self._take("{")
        while self._peek() != "}":
            key = self._value()
            if not isinstance(key, str):
                raise _no_notebook(self._where(), "a key of its JSON is no text")
            self._take(":")
            yield key
            if self._take(",}") == "}":
                return
        self._at += 1

    def _elements(self) -> Iterator[None]:
        """The elements of a list; whoever asks reads one before the next."""
        self._take("[")
        while self._peek() != "]":
            yield
            if self._take(",]") == "]":
                return
        self._at += 1

    def _where(self, line: int = 0) -> str:
        """`file:line` of a line, or of what comes next; an end that comes too early is on the last line."""
        last = self._text.count("\n") + (not self._text.endswith("\n"))
        return f"{self._shown}:{max(min(line or self._line_here(), last), 1)}"

    def _line_here(self) -> int:
        position, line = self._line
        line += self._text.count("\n", position, self._at)
        self._line = (self._at, line)
        return line


_SPACE = re.compile(r"[ \t\r\n]*")
