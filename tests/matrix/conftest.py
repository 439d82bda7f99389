"""A workspace and a stage for each test; each test is one for every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.matrix.case import cases
from tests.matrix.ground import Ground
from tests.matrix.stage import Stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CASES = {case.name: case for case in cases().values()}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`case` is every kind, and `field` with it every field of it; `secretive` those whose secrets are sent."""
    if "field" in metafunc.fixturenames:
        pairs = [(case, name) for case in CASES.values() for name in case.variants]
        ids = [f"{case.name}-{name}" for case, name in pairs]
        metafunc.parametrize(("case", "field"), pairs, ids=ids)
    elif "secretive" in metafunc.fixturenames:
        sending = {name: case for name, case in CASES.items() if case.sends_secrets}
        metafunc.parametrize("secretive", sending.values(), ids=sending)
    elif "case" in metafunc.fixturenames:
        metafunc.parametrize("case", CASES.values(), ids=CASES)


@pytest.fixture
async def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ground]:
    """An empty workspace and an empty project."""
    async with Ground.laid(tmp_path) as made:
        monkeypatch.setattr("agentry.workspace.registration.upload", made.upload)
        monkeypatch.setattr("os.fsync", lambda _: None)  # nobody pulls the plug here, and a busy disk takes its time
        yield made


@pytest.fixture
def stage(ground: Ground) -> Stage:
    """The engine with the provider in that workspace."""
    return Stage.set(ground.root, ground.connect, ground.clock)
