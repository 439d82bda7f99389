"""A new repository, written."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.errors import ConfigError
from agentry.new.repository import contents

if TYPE_CHECKING:
    from pathlib import Path

    from agentry.new.names import Names
    from agentry.new.origin import Origin


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and what was there already and kept as it was; paths in the directory, with `/`."""

    written: tuple[str, ...]
    kept: tuple[str, ...]


def write(directory: Path, names: Names, origin: Origin, *, beside: bool = False) -> Written:
    """Write a new repository.

    Args:
        directory: Made where it does not exist. A `.git` alone counts as empty.
        names: Of its project and its agent.
        origin: Where it gets Agentry from.
        beside: Write into a directory that holds other things; a file that exists stays as it is.

    Raises:
        ConfigError: The directory is none, is not empty, or can not be written.
    """
    _require_room(directory, beside=beside)
    written: list[str] = []
    kept: list[str] = []
    try:
        for path, text in contents(names, origin.requirement).items():
            file = directory / path
            if file.exists():
                kept.append(path)
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            written.append(path)
        if origin.wheel:
            wheel = directory / origin.requirement
            wheel.parent.mkdir(exist_ok=True)
            # It may be the very file that was installed.
            (kept if wheel.exists() else written).append(origin.requirement)
            if not wheel.exists():
                shutil.copyfile(origin.wheel, wheel)
    except OSError as error:
        raise ConfigError(
            "can not be written", where=str(error.filename or directory), why=error.strerror or str(error)
        ) from error
    return Written(tuple(sorted(written)), tuple(kept))


def _require_room(directory: Path, *, beside: bool) -> None:
    if directory.exists() and not directory.is_dir():
        raise ConfigError("is a file", where=str(directory), fix="give a directory")
    there = sorted(path.name for path in directory.iterdir() if path.name != ".git") if directory.is_dir() else []
    if there and not beside:
        names = ", ".join(there[:3]) + (f" and {len(there) - 3} more" if len(there) > 3 else "")
        raise ConfigError(
            "is not empty",
            where=str(directory),
            why=f"it has {names}",
            fix="give another directory, or --beside to write beside what is there and to overwrite nothing",
        )
