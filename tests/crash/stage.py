"""A point tried: the run is killed there, then the next one goes on, on the same machine and on a fresh one."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.crash.killing import KINDS, SAVE, Point, Ran, run
from tests.crash.normal import differences, picture
from tests.crash.project import STACK, Machine, furnish
from tests.crash.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crash.world import Copy

OPERATIONS = ("create", "update", "destroy")
SAME, FRESH = MACHINES = ("same", "fresh")


class Broken(Exception):
    """A run that nobody killed did not succeed."""


@dataclass(frozen=True)
class Whole:
    """An operation that nobody killed: where it begins, where it ends, how long it is."""

    world: Copy
    saved: bytes | None
    end: dict[str, Any]
    ran: Ran

    def points(self, operation: str) -> list[Point]:
        """Every point of it."""
        counts = {kind: self.ran.saves if kind == SAVE else self.ran.requests for kind in KINDS}
        return [Point(operation, number, kind) for kind, count in counts.items() for number in range(1, count + 1)]


@dataclass
class Stage:
    """A workspace of its own, and what each operation comes to there. Made by `set_up`; `stop` it."""

    root: Path
    world: World
    whole: dict[str, Whole] = field(default_factory=dict)
    _machines: int = 0

    @classmethod
    def set_up(cls, root: Path, operations: tuple[str, ...] = OPERATIONS) -> Stage:
        """Do all operations once, up to the last of those that are wanted.

        Raises:
            Broken: One of them does not succeed.
        """
        root.mkdir(parents=True, exist_ok=True)
        stage = cls(root, World.start(root / "world"))
        furnish(stage.world)
        machine = stage._machine()
        last = max(OPERATIONS.index(operation) for operation in operations)
        for operation in OPERATIONS[: last + 1]:
            world, saved = stage.world.copy(), machine.saved()
            machine.declare(operation)
            ran = stage._run(machine, operation)
            if ran.code != 0:
                raise Broken(ran.said)
            stage.whole[operation] = Whole(world, saved, picture(stage.world.copy(), machine.saved()), ran)
        return stage

    def stop(self) -> None:
        """End it, and forget its files."""
        self.world.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def try_point(self, point: Point, machines: tuple[str, ...] = MACHINES) -> list[str]:
        """What was not as it should be after a kill at this point; nothing where all was well.

        Args:
            point: Where.
            machines: On which the next run is.
        """
        whole = self.whole[point.operation]
        self.world.put_back(whole.world)
        killed = self._machine(whole.saved)
        killed.declare(point.operation)
        ran = self._run(killed, point.operation, point)
        world, saved, locked = self.world.copy(), killed.saved(), killed.locked
        if not ran.killed_at:
            # Requests that run side by side are not always as many.
            return self._compare(ran, point, whole, saved)
        wrong = [] if locked else ["killed, and no lock was left: it was not the operation that was killed"]
        if SAME in machines:
            again = self._run(killed, point.operation)
            if locked and "broke the lock" not in again.said:
                wrong.append("the next run on the same machine said nothing of the lock")
            wrong += [f"on the same machine: {line}" for line in self._compare(again, point, whole, killed.saved())]
        if FRESH in machines:
            self.world.put_back(world)
            fresh = self._machine(saved)
            fresh.declare(point.operation)
            again = self._run(fresh, point.operation)
            wrong += [f"on a fresh machine: {line}" for line in self._compare(again, point, whole, fresh.saved())]
            shutil.rmtree(fresh.root.parent)
        shutil.rmtree(killed.root.parent)
        return [f"killed at {ran.killed_at}: {line}" for line in wrong]

    def _compare(self, ran: Ran, point: Point, whole: Whole, saved: bytes | None) -> list[str]:
        if ran.code != 0:
            return [f"the next run of {point.operation} failed: {ran.said}"]
        return differences(whole.end, picture(self.world.copy(), saved))

    def _machine(self, saved: bytes | None = None) -> Machine:
        self._machines += 1
        machine = Machine.new(self.root / f"machine-{self._machines}", self.world)
        machine.give(saved)
        return machine

    def _run(self, machine: Machine, operation: str, point: Point | None = None) -> Ran:
        command = "destroy" if operation == "destroy" else "up"
        return run(self.world, machine, [command, "--stack", STACK, "--yes"], point)
