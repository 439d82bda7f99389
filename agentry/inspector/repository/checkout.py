"""A repository as it lies in a directory: its Python files, notebooks, YAML and JSON, read within bounds.

Nothing in it can make the reading fail: what is too large, points out of the directory or is no notebook is a note.
"""

from __future__ import annotations

import os
import posixpath
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentry import source as sources
from agentry.errors import AgentCodeError
from agentry.inspector.code.notebooks import Notebook, is_notebook, read_notebook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentry.inspector.code.tree import Parsed

MAX_FILES = 5_000
MAX_FILE = 2_000_000
MAX_BYTES = 100_000_000
MAX_ENTRIES = 200_000
CODE = (".py", ".ipynb")
SUFFIXES = (*CODE, ".yaml", ".yml", ".json")
"""What is read; where there is too much, in this order."""
_SKIPPED = ("site-packages", "dist-packages", "node_modules", "*.dist-info", "venv", "env.bak", "bower_components")


@dataclass(slots=True)
class Checkout:
    """The files of a repository.

    Attributes:
        root: The real path of its directory.
        shown: What people call it; empty for the current directory.
        files: Every file that is read, by its path in the repository -> its real path.
        notes: What was left out and why, each with its path.
        written: What notebooks write when they run: path -> notebook -> content.
        parsed: The modules that were parsed already: see `Tree`.
    """

    root: str
    shown: str
    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    written: dict[str, dict[str, bytes]] = field(default_factory=dict)
    parsed: Parsed = field(default_factory=dict)
    _contents: dict[str, bytes] = field(default_factory=dict)
    _notebooks: dict[str, Notebook] = field(default_factory=dict)

    def where(self, file: str, line: int = 0) -> str:
        """`agents/weather/agent.py:41`, for people."""
        path = f"{self.shown}/{file}" if self.shown else file
        return f"{path}:{line}" if line else path

    def content(self, file: str) -> bytes:
        """What is in a file; nothing where it can not be read, which is noted."""
        if file not in self._contents:
            try:
                self._contents[file] = Path(self.files[file]).read_bytes()[: MAX_FILE + 1]
            except OSError as error:
                self.notes.append(f"{self.where(file)}: {error.strerror}")
                self._contents[file] = b""
        return self._contents[file]

    def python(self, file: str) -> bytes:
        """A file as Python: of a notebook, its cells.

        Raises:
            AgentCodeError: It is no notebook.
        """
        content = self.content(file)
        return self.notebook(file).source if is_notebook(file, content) else content

    def notebook(self, file: str) -> Notebook:
        """A notebook.

        Raises:
            AgentCodeError: It is none.
        """
        if file not in self._notebooks:
            self._notebooks[file] = read_notebook(file, self.content(file), self.where(file))
        return self._notebooks[file]


def read_checkout(root: Path, shown: str = "") -> Checkout:
    """Read a repository.

    Args:
        root: Its directory.
        shown: What people call it; empty for the current directory.

    Raises:
        AgentCodeError: There is no such directory.
    """
    real = os.path.realpath(root)
    if not os.path.isdir(real):
        raise AgentCodeError("there is no such directory", where=shown or str(root))
    checkout = Checkout(real, shown)
    walk = _Walk(checkout)
    walk.directory(real, "", sources.rules_above(real), (real,))
    checkout.files.update(_within_bounds(walk.found, checkout))
    for file in checkout.files:
        _find_written(file, checkout)
    return checkout


def _find_written(file: str, checkout: Checkout) -> None:
    """What a notebook's cells write, by its path in the repository."""
    if not file.endswith(CODE):
        return
    content = checkout.content(file)
    if not is_notebook(file, content) or (b"%%writefile" not in content and b"%%file" not in content):
        return
    try:
        written = checkout.notebook(file).files
    except AgentCodeError as error:
        checkout.notes.append(f"{error.where}: {error.what}")
        return
    for path, text in written.items():
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
        checkout.written.setdefault(beside, {})[file] = text


class _Walk:
    """One pass over the directories: which files there are, and how large."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        self.found: dict[str, tuple[str, int]] = {}
        self.entries = 0

    def directory(self, path: str, prefix: str, rules: Sequence[Any], trail: tuple[str, ...]) -> None:
        """Collect what is below; `trail` is the real paths of the directories on the way here."""
        rules = [*rules, *sources.rules_of(path)]
        try:
            with os.scandir(path) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError as error:
            self.checkout.notes.append(f"{self.checkout.where(prefix).rstrip('/')}: {error.strerror}")
            return
        for name in names:
            self.entries += 1
            if self.entries == MAX_ENTRIES:
                self.checkout.notes.append(f"{self.checkout.where(prefix + name)}: it and what follows is left out")
            if self.entries < MAX_ENTRIES and not sources.matches(name, (*sources.LEFTOVERS, *_SKIPPED)):
                self.entry(os.path.join(path, name), prefix + name, list(rules), trail)

    def entry(self, path: str, name: str, rules: list[Any], trail: tuple[str, ...]) -> None:
        real = os.path.realpath(path)
        try:
            about = os.stat(real)
        except OSError:
            return  # a link to nothing
        is_directory = stat.S_ISDIR(about.st_mode)
        if not is_directory and not (stat.S_ISREG(about.st_mode) and name.endswith(SUFFIXES)):
            return
        if sources.ignored_by(path, rules, is_directory=is_directory) or not name.isprintable():
            return
        if os.path.islink(path) and os.path.commonpath([self.checkout.root, real]) != self.checkout.root:
            self.checkout.notes.append(f"{self.checkout.where(name)}: a link out of the directory is not followed")
        elif not is_directory and not sources.matches(os.path.basename(real), sources.SECRETS):
            self.found[name] = (real, about.st_size)
        elif is_directory and real not in trail and not os.path.exists(os.path.join(real, "pyvenv.cfg")):
            self.directory(path, name + "/", rules, (*trail, real))


def _within_bounds(found: dict[str, tuple[str, int]], checkout: Checkout) -> dict[str, str]:
    """What is read of the files that there are: code first."""
    kept: dict[str, str] = {}
    total, left = 0, 0
    for file in sorted(found, key=lambda each: (_rank(each), each)):
        path, size = found[file]
        if size > MAX_FILE:
            checkout.notes.append(f"{checkout.where(file)}: {size / 1e6:.0f} MB are more than {MAX_FILE / 1e6:.0f} MB")
        elif len(kept) == MAX_FILES or total + size > MAX_BYTES:
            left += 1
        else:
            kept[file] = path
            total += size
    if left:
        bounds = f"at most {MAX_FILES} files and {MAX_BYTES / 1e6:.0f} MB are read"
        checkout.notes.append(f"{checkout.where('') or '.'}: {left} files are left out: {bounds}")
    return dict(sorted(kept.items()))


def _rank(file: str) -> int:
    return next(number for number, suffix in enumerate(SUFFIXES) if file.endswith(suffix))
