"""Which Python of this machine a served version runs under: the nearest to the one it was logged with."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Python:
    """One interpreter."""

    version: tuple[int, int, int]
    path: Path

    def __str__(self) -> str:
        return ".".join(map(str, self.version))

    def has_minor_of(self, wanted: str) -> bool:
        """Whether it is of the same minor version: "3.11.7" and "3.11" are; "" is any."""
        return not wanted or wanted.split(".")[:2] == [str(part) for part in self.version[:2]]


def own() -> Python:
    """The interpreter behind the sandbox's own environment: there always is this one."""
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return Python(sys.version_info[:3], base if base.exists() else Path(sys.executable))


def installed(listing: str) -> list[Python]:
    """What `uv python list --only-installed --output-format json` said, and the sandbox's own; no other implementations."""
    try:
        found = json.loads(listing)
    except ValueError:
        found = []
    pythons = [
        Python((parts["major"], parts["minor"], parts["patch"]), Path(entry["path"]))
        for entry in found
        if entry["implementation"] == "cpython" and entry["variant"] == "default" and entry["path"]
        for parts in [entry["version_parts"]]
    ]
    return [own(), *pythons]


def nearest(wanted: str, pythons: Iterable[Python]) -> Python:
    """The one to use.

    The minor version decides, then the patch: packages are built for minor versions. Between an older and a newer one that are equally far the newer one
    wins, for code rarely needs what a newer Python dropped.

    Args:
        wanted: Such as "3.11.7" or "3.11"; "" for any.
        pythons: At least one.
    """
    pythons = list(pythons)
    numbers = [int(part) for part in wanted.split(".")[:3] if part.isdigit()]
    if len(numbers) < 2:
        return pythons[0]

    def distance(python: Python) -> tuple[int, int, int, int]:
        major, minor, patch = python.version
        away = abs(patch - numbers[2]) if len(numbers) > 2 else 0
        return abs(major - numbers[0]), abs(minor - numbers[1]), -minor, away

    return min(pythons, key=distance)
