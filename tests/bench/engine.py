"""How long whole commands take, as a person waits for them: one agent and fifty, near and far, on either engine."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import things
from tests.bench.fleet import Fleet
from tests.bench.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.fleet import Cost

MANY = 50
FAR = 100
"""Milliseconds that each request takes longer."""

# Seconds to reach on two cores, for MANY agents with endpoints that are ready at once; and for one, near.
REACH = {"preview": 2.0, "create": 8.0, "new version of all": 8.0, "destroy": 4.0}
REACH_FAR = {"create": 12.0}
REACH_ONE = {"preview": 1.0}
PROVIDER_MB = 150.0


@dataclass
class Peaks:
    """The most memory that each process had while MANY agents were deployed, by engine, in MB."""

    found: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))

    def learn(self, engine: str, cost: Cost) -> None:
        """Take note of what one command took."""
        for process, peak in cost.peaks.items():
            self.found[engine][process] = max(peak, self.found[engine].get(process, 0.0))


PEAKS = Peaks()


def rows() -> Iterator[Row]:
    """Fleets of agents, then three hundred resources of a provider that does nothing, on both engines."""
    engines = ["embedded", *(["pulumi"] if shutil.which("pulumi") else [])]
    for engine in engines:
        for count in (1, MANY):
            # How far the workspace is, is the provider's business: one engine shows it.
            for latency in (0, FAR) if engine == "embedded" else (0,):
                yield from _fleet(engine, count, latency)
    yield from things.rows(engines)


def _fleet(engine: str, count: int, latency: int) -> Iterator[Row]:
    """Create, look three times, change every agent, destroy."""
    with tempfile.TemporaryDirectory() as scratch:
        fleet = Fleet.start(Path(scratch) / "project", count, latency=latency)
        try:
            for what, command, runs in (
                ("create", "up", 1),
                ("preview", "preview", 3),
                ("new version of all", "up", 1),
                ("destroy", "destroy", 1),
            ):
                if what == "new version of all":
                    fleet.edit()
                costs = [fleet.run(command, "--engine", engine, *_agreed(command)) for _ in range(runs)]
                if count == MANY and not latency:
                    for cost in costs:
                        PEAKS.learn(engine, cost)
                agents = "1 agent" if count == 1 else f"{count} agents"
                far = f", requests {latency} ms slower" if latency else ""
                target = _reach(what, count, latency) if engine == "embedded" else None
                seconds = tuple(cost.seconds for cost in costs)
                yield Row(f"{engine}: {what}, {agents}{far}", seconds, target=target)
        finally:
            fleet.stop()


def _agreed(command: str) -> tuple[str, ...]:
    return ("--yes",) if command == "destroy" else ()


def _reach(what: str, count: int, latency: int) -> float | None:
    if count == 1:
        return None if latency else REACH_ONE.get(what)
    return (REACH_FAR if latency else REACH).get(what)
