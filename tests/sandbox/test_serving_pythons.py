from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentry.sandbox.serving.pythons import Python, installed, nearest, own

PYTHONS = [
    Python((3, minor, patch), Path(f"/p{minor}.{patch}")) for minor, patch in ((10, 1), (11, 2), (11, 7), (13, 0))
]


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        ("3.11.7", (3, 11, 7)),
        ("3.11.6", (3, 11, 7)),
        ("3.11.0", (3, 11, 2)),
        ("3.11", (3, 11, 2)),
        ("3.12.4", (3, 13, 0)),
        ("3.9.1", (3, 10, 1)),
        ("3.14.0", (3, 13, 0)),
        ("", (3, 10, 1)),
        ("nonsense", (3, 10, 1)),
    ],
)
def test_the_nearest(wanted: str, got: tuple[int, int, int]) -> None:
    assert nearest(wanted, PYTHONS).version == got


def test_what_uv_lists() -> None:
    def entry(minor: int, path: str | None = "/p", implementation: str = "cpython", variant: str = "default") -> object:
        parts = {"major": 3, "minor": minor, "patch": 0}
        return {"version_parts": parts, "path": path, "implementation": implementation, "variant": variant}

    listing = [entry(10), entry(11, implementation="pypy"), entry(12, path=None), entry(13, variant="freethreaded")]
    assert installed(json.dumps(listing)) == [own(), Python((3, 10, 0), Path("/p"))]


@pytest.mark.parametrize("listing", ["", "error: no such command"])
def test_the_sandbox_s_own_is_always_there(listing: str) -> None:
    assert installed(listing) == [own()]
    assert own().path.exists()


@pytest.mark.parametrize(
    ("wanted", "same"),
    [("3.11.7", True), ("3.11", True), ("3.11.9", True), ("", True), ("3.1", False), ("3.12.7", False)],
)
def test_the_same_minor_version(wanted: str, *, same: bool) -> None:
    assert PYTHONS[2].has_minor_of(wanted) is same
