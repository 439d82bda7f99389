"""Where the texts of a new repository come from."""

from __future__ import annotations

from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
FILES = HERE / "files"
"""What only a new repository has."""


@cache
def own_repository() -> Path:
    """Agentry's own repository: what a wheel carries of it (`hatch_build.py`), or the clone around this file."""
    carried = HERE / "carried"
    return carried if carried.is_dir() else HERE.parents[1]


def plugin() -> Path:
    """The provider plugin's directory, which is the same everywhere."""
    return HERE.parent / "provider" / "plugin"
