"""How long whole commands take, as a person waits for them: one agent and fifty, near and far, on either engine; and a
preview of five hundred."""

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
HUNDREDS = 500
FAR = 100
"""Milliseconds that each request takes longer."""

# Seconds to reach on two cores, for MANY agents with endpoints that are ready at once; and for one, near.
REACH = {"preview": 2.0, "create": 8.0, "new version of all": 8.0, "destroy": 4.0}
REACH_FAR = {"create": 12.0, "preview": 4.0, "new version of all": 12.0, "destroy": 8.0}
REACH_ONE = {"preview": 1.0}
REACH_HUNDREDS = {"preview": 15.0}
PROVIDER_MB = {MANY: 150.0, HUNDREDS: 250.0}


@dataclass
class Peaks:
    """The most memory that each process had while so many agents were deployed, by engine and number, in MB."""

    found: dict[tuple[str, int], dict[str, float]] = field(default_factory=lambda: defaultdict(dict))

    def learn(self, engine: str, count: int, cost: Cost) -> None:
        """Take note of what one command took."""
        peaks = self.found[engine, count]
        for process, peak in cost.peaks.items():
            peaks[process] = max(peak, peaks.get(process, 0.0))


PEAKS = Peaks()


def rows() -> Iterator[Row]:
    """Fleets of agents, then three hundred resources of a provider that does nothing, on both engines."""
    engines = ["embedded", *(["pulumi"] if shutil.which("pulumi") else [])]
    for engine in engines:
        for count in (1, MANY):
            # How far the workspace is, is the provider's business: one engine shows it.
            for latency in (0, FAR) if engine == "embedded" else (0,):
                yield from _fleet(engine, count, latency)
    # The state of so many is made as people make it, once: two minutes on a quiet machine, most of this part.
    yield from _fleet("embedded", HUNDREDS, 0, LOOKED_AT)
    yield from things.rows(engines)


LOOKED_AT = (("create", "up", 1), ("preview", "preview", 3))
LIVED = (*LOOKED_AT, ("new version of all", "up", 1), ("destroy", "destroy", 1))
"""What is measured, by which command, how often: create, look three times, change every agent, destroy."""


def _fleet(engine: str, count: int, latency: int, life: tuple[tuple[str, str, int], ...] = LIVED) -> Iterator[Row]:
    """What happens to so many agents."""
    with tempfile.TemporaryDirectory() as scratch:
        fleet = Fleet.start(Path(scratch) / "project", count, latency=latency)
        try:
            for what, command, runs in life:
                if what == "new version of all":
                    fleet.edit()
                costs = [fleet.run(command, "--engine", engine, *_agreed(command)) for _ in range(runs)]
                if count in PROVIDER_MB and not latency:
                    for cost in costs:
                        PEAKS.learn(engine, count, cost)
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
    if count == HUNDREDS:
        return REACH_HUNDREDS.get(what)
    return (REACH_FAR if latency else REACH).get(what)
