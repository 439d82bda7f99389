"""What each process of `make crash` does: a workspace of its own, and one point after the other."""

from __future__ import annotations

import os
from pathlib import Path

from tests.crash.killing import Point
from tests.crash.stage import Stage

_stage: Stage | None = None


def begin(scratch: str, operations: tuple[str, ...]) -> None:
    """Set up, once per process.

    Args:
        scratch: A directory that all of them share.
        operations: Those of which points are tried.
    """
    global _stage  # noqa: PLW0603 one per process
    _stage = Stage.set_up(Path(scratch) / str(os.getpid()), operations)


def one(point: str) -> list[str]:
    """Try one point; what was not as it should be."""
    assert _stage is not None
    try:
        return _stage.try_point(Point.parse(point))
    except Exception as error:  # noqa: BLE001 one point that can not be tried is one that did not end well
        return [f"{type(error).__name__}: {error}"]
