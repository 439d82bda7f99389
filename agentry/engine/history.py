"""What was done to a stack: the pairs of files that each operation leaves, oldest first.

    .pulumi/history/<project>/<stack>/<stack>-<nanoseconds>.history.json     what, when, with which end
    .pulumi/history/<project>/<stack>/<stack>-<nanoseconds>.checkpoint.json  the state after it

The file backend gives its entries no numbers (the CLI shows each as version 0), so they are counted here.
Source: pkg/backend/diy/state.go of Pulumi.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentry.errors import StateError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation.

    Attributes:
        version: Counted from 1, the oldest that is there.
        file: Where it is recorded.
        record: What is recorded.
    """

    version: int
    file: Path
    record: dict[str, Any]

    @property
    def checkpoint_file(self) -> Path:
        """The state as it was after it."""
        return self.file.with_name(self.file.name.replace(".history.json", ".checkpoint.json"))


def read(directory: Path) -> list[Entry]:
    """The history in a directory, oldest first; empty where there is none.

    Raises:
        StateError: A file that can not be read, by its name.
    """
    files = sorted(directory.glob("*.history.json"), key=_moment)
    return [Entry(version, file, _record(file)) for version, file in enumerate(files, 1)]


def _moment(file: Path) -> tuple[int, str]:
    """When it was, in nanoseconds: these may have fewer digits on a clock that is far behind."""
    digits = file.name.removesuffix(".history.json").rpartition("-")[2]
    return (int(digits) if digits.isdecimal() else 0, file.name)


def _record(file: Path) -> dict[str, Any]:
    try:
        record = json.loads(file.read_bytes())
        return dict(record)
    except (OSError, ValueError, TypeError) as error:
        raise StateError(
            "an entry of the history can not be read",
            where=str(file),
            why=str(error),
            fix=f"take it out of the way: mv {file} {file}.broken",
        ) from error
