"""Some points of `make crash`: real processes, killed by SIGKILL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash.killing import AFTER, BEFORE, SAVE
from tests.crash.stage import FRESH, SAME, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage.set_up(tmp_path_factory.mktemp("kill") / "stage")
    yield made
    made.stop()


@pytest.mark.parametrize(
    ("operation", "kind", "share", "machine"),
    [
        ("create", BEFORE, 0.7, SAME),
        ("create", SAVE, 0.5, FRESH),
        ("update", AFTER, 0.8, FRESH),
        ("update", SAVE, 0.6, SAME),
        ("destroy", AFTER, 0.5, FRESH),
        ("destroy", SAVE, 0.5, SAME),
    ],
)
def test_killed_there_the_next_run_comes_to_the_same_end(
    stage: Stage, operation: str, kind: str, share: float, machine: str
) -> None:
    points = [point for point in stage.whole[operation].points(operation) if point.kind == kind]
    assert stage.try_point(points[int(len(points) * share)], (machine,)) == []
