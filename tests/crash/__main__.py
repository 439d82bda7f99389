"""`make crash`: SIGKILL at every request and every save of a create, an update and a destroy, and what came of it.

    make crash                         every point, in as many processes as there are processors
    make crash ONLY=update             those of one operation
    make crash EVERY=10                every tenth
    make crash POINT=create/17/after   one, with all that was not as it should be
    make crash PROCESSES=1

A point is an operation, the number of a request or save since the run has locked the stack, and what is lost: `before`
it is sent, `after` it took effect, `save` after the answer. After each the same is run again on the same machine, and
on a fresh one with nothing but the program and the saved state; workspace and state are compared, whole, with those
of a run that nobody killed. The exit status is 1 where a point did not end well.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crash import workers
from tests.crash.killing import KINDS, Point
from tests.crash.stage import OPERATIONS, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping


def main() -> int:
    """Try the points that were asked for."""
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=OPERATIONS)
    parser.add_argument("--point", type=Point.parse)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    operations = (asked.point.operation,) if asked.point else (asked.only,) if asked.only else OPERATIONS
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="crash-") as scratch:
        points = [asked.point] if asked.point else _points(Path(scratch), operations)[:: asked.every]
        found = _try(points, Path(scratch), operations, min(asked.processes, len(points)))
    wrong = {point: lines for point, lines in found.items() if lines}
    print("\n".join(_table(found)))
    for point, lines in wrong.items():
        shown = lines if asked.point else lines[:3]
        print(f"\n{point} did not end well; again: make crash POINT={point}")
        print("\n".join(f"  {line}" for line in shown))
    seconds = time.monotonic() - began
    print(f"\n{len(found)} crash points, {len(found) - len(wrong)} ended well, in {seconds:.0f} s")
    return 1 if wrong else 0


def _points(scratch: Path, operations: tuple[str, ...]) -> list[Point]:
    print("looking how many there are", file=sys.stderr, flush=True)
    stage = Stage.set_up(scratch / "whole", operations)
    found = [point for operation in operations for point in stage.whole[operation].points(operation)]
    stage.stop()
    return found


def _try(points: list[Point], scratch: Path, operations: tuple[str, ...], processes: int) -> dict[Point, list[str]]:
    found: dict[Point, list[str]] = {}
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=workers.begin, initargs=(str(scratch), operations)
    ) as pool:
        trying = {pool.submit(workers.one, str(point)): point for point in points}
        for done in as_completed(trying):
            point = trying[done]
            found[point] = done.result()
            bad = sum(map(bool, found.values()))
            line = f"{len(found)} of {len(points)} tried, {len(found) - bad} ended well"
            ending = "\r" if sys.stderr.isatty() else "\n"
            print(
                f"{line} ({point}{', which did not' if found[point] else ''})", end=ending, file=sys.stderr, flush=True
            )
    print(file=sys.stderr)
    return {point: found[point] for point in points}


def _table(found: Mapping[Point, list[str]]) -> list[str]:
    tried = Counter((point.operation, point.kind) for point in found)
    well = Counter((point.operation, point.kind) for point, lines in found.items() if not lines)
    rows = [("operation", "killed", "tried", "ended well")]
    rows += [
        (operation, said, str(tried[operation, kind]), str(well[operation, kind]))
        for operation in OPERATIONS
        for kind, said in KINDS.items()
        if tried[operation, kind]
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}" for row in rows
    ]


if __name__ == "__main__":
    sys.exit(main())
