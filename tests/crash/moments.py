"""Every moment at which a kill leaves something else behind than at the moment before.

What a killed run leaves is the workspace and the saved state, nothing else. Both change at certain moments only: when
the workspace has carried out a request that writes, and when a save is on the disk. Killed anywhere between two of
them (before a request that only reads, before the next write is sent, after the provider answered and before that is
saved) a run leaves what it would have left right after the first of the two. So one run that is copied at each of
them holds every crash of it: what the run did afterwards is thrown away with everything that it had in memory.

Of moments in a row that are alike the first and the last stand for all: the files of one upload, which are only ever
looked at together, and saves between which nothing was written, which differ in what they say is about to begin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.crash.world import Call, Copy, Watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import pytest

    from tests.crash.project import Machine
    from tests.crash.world import World


@dataclass(frozen=True)
class Moment:
    """What a kill leaves.

    Attributes:
        label: What had just happened.
        world: The workspace.
        saved: The state; None before its first save.
    """

    label: str
    world: Copy
    saved: bytes | None


class Moments(Watch):
    """Watches a run."""

    def __init__(self, world: World, machine: Machine) -> None:
        self._world = world
        self._machine = machine
        self._saves = 0
        self.found: list[Moment] = []

    async def after(self, call: Call, *, changed: bool) -> None:
        """A copy for each request that wrote something."""
        if changed:
            self._keep(str(call), await self._world.copy_now())

    def saved(self) -> None:
        """A copy for each save."""
        self._saves += 1
        self._keep(f"save {self._saves}", self._world.copy())

    def _keep(self, label: str, copy: Copy) -> None:
        if len(self.found) > 1 and all(_alike(one.label) == _alike(label) != "" for one in self.found[-2:]):
            self.found.pop()
        self.found.append(Moment(label, copy, self._machine.saved()))


def _alike(label: str) -> str:
    """What moments that are alike have in common: that they are saves, or where a file of an upload goes; or ""."""
    if label.startswith("save"):
        return "save"
    method, _, path = label.partition(" ")
    return path.rpartition("/")[0] if method == "PUT" and path.startswith("/api/2.0/fs/files") else ""


async def moments(
    world: World, machine: Machine, run: Callable[[], Awaitable[Any]], monkeypatch: pytest.MonkeyPatch
) -> list[Moment]:
    """All of one run, from before it to after it."""
    from agentry.engine.backend import FileBackend

    watch = Moments(world, machine)
    save = FileBackend.save

    def saving(self: FileBackend, stack: str, data: bytes) -> None:
        save(self, stack, data)
        watch.saved()

    watch.found.append(Moment("the beginning", world.copy(), machine.saved()))
    with monkeypatch.context() as patched:
        patched.setattr(FileBackend, "save", saving)
        world.watch(watch)
        try:
            await run()
        finally:
            world.watch(Watch())
    return watch.found
