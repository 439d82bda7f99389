"""The sandbox's files: a directory on this machine, and who may read and write which part of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from typing import TYPE_CHECKING, NamedTuple

from agentry.sandbox.errors import AlreadyExists, InvalidParameter, PathNotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import IO

    from agentry.sandbox.identity import Caller

    # Refuses a caller; gets the parts of the path after the prefix, and whether it is to be written.
    Guard = Callable[[Caller, tuple[str, ...], bool], None]


class Entry(NamedTuple):
    """One line of a directory."""

    path: str
    name: str
    is_directory: bool
    size: int
    modified: float


class FileTree:
    """Absolute paths such as `/Models/local/agents/weather/1/MLmodel`, kept below directories of this machine.

    Args:
        root: Where the files are.
        elsewhere: Other directories, by the first part of the paths that are kept there: `Models`.
    """

    def __init__(self, root: Path, elsewhere: Mapping[str, Path] | None = None) -> None:
        self._root = root
        self._elsewhere = dict(elsewhere or {})
        self._guards: list[tuple[tuple[str, ...], Guard]] = []

    def guard(self, prefix: str, guard: Guard) -> None:
        """Say who may use the paths below a prefix. What no guard covers does not exist."""
        self._guards.append((split(prefix), guard))

    def require(self, caller: Caller, path: str, *, write: bool) -> None:
        """Check that the caller may read or write this path.

        Raises:
            PathNotFound: Nothing can be there.
            PermissionDenied: By the guard of its part of the tree.
        """
        parts = split(path)
        for prefix, guard in self._guards:
            if parts[: len(prefix)] == prefix:
                guard(caller, parts[len(prefix) :], write)
                return
        raise PathNotFound(f"No such path: {absolute(path)}")

    def locate(self, path: str) -> Path:
        """Where the path is on this machine; it need not exist."""
        parts = split(path)
        return self._root_of(parts).joinpath(*parts)

    def _root_of(self, parts: tuple[str, ...]) -> Path:
        return self._elsewhere.get(parts[0], self._root) if parts else self._root

    def entries(self, path: str) -> list[Entry]:
        """What a directory contains, by name.

        Raises:
            PathNotFound: It is no directory.
        """
        directory = self.locate(path)
        if not directory.is_dir():
            raise PathNotFound(f"The directory being accessed is not found: {absolute(path)}")
        prefix = absolute(path)
        return [
            Entry(f"{prefix}/{entry.name}", entry.name, entry.is_dir(), entry.stat().st_size, entry.stat().st_mtime)
            for entry in sorted(os.scandir(directory), key=lambda e: e.name)
        ]

    @contextlib.contextmanager
    def writing(self, path: str, *, overwrite: bool) -> Iterator[IO[bytes]]:
        """A file to write to, that takes the path's place when the block ends without an error.

        Raises:
            AlreadyExists: There is a file, and `overwrite` is not set.
            InvalidParameter: The path is a directory, or goes through a file.
        """
        target = self.locate(path)
        if target.is_dir():
            raise InvalidParameter(f"The path is a directory: {absolute(path)}")
        if target.exists() and not overwrite:
            raise AlreadyExists(f"The file being created already exists: {absolute(path)}").coded("ALREADY_EXISTS")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise InvalidParameter(f"The path goes through a file: {absolute(path)}") from error
        # Beside the tree, so that no list ever shows half a file.
        partial = self._root_of(split(path)) / ".partial"
        partial.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=partial, delete=False) as file:
            try:
                yield file
                file.flush()
                os.replace(file.name, target)
            except BaseException:
                os.unlink(file.name)
                raise

    def make_directory(self, path: str) -> None:
        """Make a directory and its parents; one that exists is left.

        Raises:
            AlreadyExists: A file has the name.
        """
        try:
            self.locate(path).mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise AlreadyExists(f"A file exists at {absolute(path)}").coded("ALREADY_EXISTS") from error

    def remove(self, path: str) -> None:
        """Remove whatever is there, without asking; nothing is fine too."""
        target = self.locate(path)
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)


def split(path: str) -> tuple[str, ...]:
    """The parts of an absolute path.

    Raises:
        InvalidParameter: A part that would lead out of the tree, or that no file can be called.
    """
    parts = tuple(part for part in path.split("/") if part)
    for part in parts:
        if part in (".", "..") or "\0" in part or len(part.encode()) > 255:
            raise InvalidParameter(f"'{part}' can not be part of a path")
    # Unity Catalog keeps names in lower case, clients send them as they were typed.
    names = 3 if parts[:1] == ("Models",) else 0
    return tuple(part.lower() if 1 <= i <= names else part for i, part in enumerate(parts))


def absolute(path: str) -> str:
    """The path as it is kept: one slash in front and between, none at the end."""
    return "/" + "/".join(split(path))
