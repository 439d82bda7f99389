"""A repository as one module of it sees it: which files there are, where imports start, what a path leads to."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from agentry.errors import AgentCodeError
from agentry.inspector.code.modules import Modules, reachable
from agentry.inspector.code.tree import Tree
from agentry.inspector.evaluation.values import HOLE
from agentry.inspector.repository.checkout import CODE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentry.inspector.repository.checkout import Checkout

BROKEN = 20  # files that are no Python and are left out of a driver's modules, before it is given up


@dataclass(slots=True)
class View:
    """A repository as a driver or an agent sees it.

    What a notebook writes itself is there in place of what lies in the repository; what other notebooks write is there
    where nothing else is, unless two write it differently.

    Attributes:
        checkout: The repository.
        home: The module that this is the view of.
        written: What notebooks write: path -> the notebook.
        clashes: What several notebooks write differently, so that none is read: path -> why.
    """

    checkout: Checkout
    home: str
    written: dict[str, str] = field(default_factory=dict)
    clashes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        notebook = self.written.get(self.home, self.home)
        for path, writers in self.checkout.written.items():
            if notebook in writers:
                self.written[path] = notebook
            elif path not in self.checkout.files and len(set(writers.values())) == 1:
                self.written.setdefault(path, min(writers))
            elif path not in self.checkout.files:
                self.clashes[path] = f"{' and '.join(sorted(writers))} write it, and differ"

    @property
    def directory(self) -> str:
        """The directory of the module, which is the current one when it runs as a notebook."""
        return posixpath.dirname(self.home)

    def has(self, file: str) -> bool:
        """Whether there is such a file."""
        return file in self.written or file in self.checkout.files

    def content(self, file: str) -> bytes:
        """A file as it is."""
        notebook = self.written.get(file)
        return self.checkout.written[file][notebook] if notebook else self.checkout.content(file)

    def python(self, file: str) -> bytes:
        """A file as Python."""
        return self.content(file) if file in self.written else self.checkout.python(file)

    def where(self, file: str, line: int = 0) -> str:
        """`file:line` for people; of what a notebook writes, the notebook's."""
        return self.checkout.where(self.written.get(file, file), line)

    def upwards(self) -> Iterator[str]:
        """The module's directory and all above it, nearest first, the repository's last."""
        directory = self.directory
        while directory:
            yield directory
            directory = posixpath.dirname(directory)
        yield ""

    def find(self, written: str, suffixes: Sequence[str] = ("",)) -> str:
        """The file that a path in the code leads to; empty when there is none.

        It is looked for from the module's directory, then from those above it: where a script is started is not known.
        An absolute path of a workspace leads to the one file whose path it ends in.
        """
        path = known_end(written)
        if not path or path == ".":
            return ""
        for directory in self.upwards() if not path.startswith("/") else ():
            for suffix in suffixes:
                candidate = posixpath.normpath(posixpath.join(directory, path)) + suffix
                if self.has(candidate):
                    return candidate
        parts = path.strip("/").split("/")
        ends = ["/".join(parts[start:]) for start in range(1, len(parts))] if path.startswith("/") else []
        for end in ends:
            found = [file for file in self.checkout.files if any(f"/{file}".endswith(f"/{end}{s}") for s in suffixes)]
            if found:
                return found[0] if len(found) == 1 else ""
        return ""

    def find_directory(self, written: str) -> str | None:
        """The directory that a path in the code leads to; None when there is none."""
        path = known_end(written)
        if path.startswith("/") or (not path and written.strip(HOLE + "/")):
            return None
        for directory in self.upwards():
            candidate = posixpath.normpath(posixpath.join(directory, path or "."))
            if candidate == ".":
                return ""
            if any(file.startswith(f"{candidate}/") for file in self.checkout.files):
                return candidate
        return None

    def roots(self, more: Sequence[str] = ()) -> tuple[str, ...]:
        """Where imports start: the module's directory, `more`, then every directory above, each with its `src`."""
        found = [self.directory, *more]
        for directory in self.upwards():
            found += [posixpath.join(directory, "src"), directory]
        return tuple(dict.fromkeys(found))

    def tree(self, more: Sequence[str] = (), *, as_script: bool = False) -> Tree:
        """The module's tree.

        Args:
            more: Directories that imports start from, too.
            as_script: Whether the module is run and not imported, so that `if __name__ == "__main__":` is entered.
        """
        written_in, home = dict(self.written), self.home
        if "." in posixpath.basename(home).rpartition(".")[0]:
            # No import could name it; MLflow loads it by its path all the same.
            home = posixpath.join(self.directory, _importable(posixpath.basename(home)))
            written_in[home] = self.written.get(self.home, self.home)
        files = _Files(self, {home: self.home}, home if as_script else "")
        return Tree(files, self.checkout.shown, home, self.roots(more), written_in, self.checkout.parsed)


class _Files(Mapping[str, bytes]):
    """Every file as Python; those that are counted out are the ones beside and below the module."""

    def __init__(self, view: View, names: Mapping[str, str], script: str) -> None:
        self._view = view
        self._names = names
        self._script = script

    def __getitem__(self, file: str) -> bytes:
        name = self._names.get(file, file)
        if not self._view.has(name):
            raise KeyError(file)
        content = self._view.python(name)
        if file == self._script:
            # As a script it enters this; lines stay where they are.
            for quote in (b'"', b"'"):
                content = content.replace(b"if __name__ == " + quote + b"__main__" + quote + b":", b"if True:")
        return content

    def __contains__(self, file: object) -> bool:
        return isinstance(file, str) and self._view.has(self._names.get(file, file))

    def __iter__(self) -> Iterator[str]:
        directory = f"{self._view.directory}/" if self._view.directory else ""
        for file in dict.fromkeys((*self._view.written, *self._view.checkout.files)):
            if file.startswith(directory) and file.endswith(CODE):
                yield file

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Beside(Mapping[str, bytes]):
    """The files that code reads, by their paths from where it may be started: its own directory or one above."""

    def __init__(self, view: View) -> None:
        self._view = view

    def __getitem__(self, path: str) -> bytes:
        file = self._view.find(path)
        if not file:
            raise KeyError(path)
        return self._view.content(file)

    def __iter__(self) -> Iterator[str]:
        return iter(self._view.checkout.files)

    def __len__(self) -> int:
        return len(self._view.checkout.files)


def readable(tree: Tree) -> tuple[Modules, list[AgentCodeError]]:
    """The modules of a tree without those that can not be read, and why these can not.

    Raises:
        AgentCodeError: The entry itself can not be read, or too many can not.
    """
    broken: list[AgentCodeError] = []
    while True:
        try:
            return reachable(tree), broken
        except AgentCodeError as error:  # noqa: PERF203 - each round leaves one file out
            shown = error.where.rpartition(":")[0]
            bad = {file for file in tree.written_in if tree.where(file) == shown}
            bad.add(shown.removeprefix(f"{tree.shown}/") if tree.shown else shown)
            if tree.entry in bad or len(broken) == BROKEN or not any(file in tree.files for file in bad):
                raise
            broken.append(error)
            tree = replace(tree, files=_Without(tree.files, bad))


class _Without(Mapping[str, bytes]):
    """Some files less."""

    def __init__(self, files: Mapping[str, bytes], bad: set[str]) -> None:
        self._files = files
        self._bad = bad

    def __getitem__(self, file: str) -> bytes:
        if file in self._bad:
            raise KeyError(file)
        return self._files[file]

    def __contains__(self, file: object) -> bool:
        return file not in self._bad and file in self._files

    def __iter__(self) -> Iterator[str]:
        return (file for file in self._files if file not in self._bad)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def known_end(path: str) -> str:
    """The end of a path that is known, in whole names: of `HOLE/agents/agent.py` all but the hole."""
    if HOLE not in path:
        return path
    end = path.rpartition(HOLE)[2]
    return end.lstrip("/") if end.startswith("/") else end.partition("/")[2]


def _importable(name: str) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"{stem.replace('.', '_')}.{suffix}"
