"""What each behaviour of the sandbox comes from: `agentry sandbox facts`."""

from __future__ import annotations

from dataclasses import dataclass

from agentry.sandbox.app import AREAS
from agentry.sandbox.area import Fact

__all__ = ["AreaFacts", "Fact", "facts"]


@dataclass(frozen=True)
class AreaFacts:
    """The facts of one area."""

    area: str
    facts: tuple[Fact, ...]

    @property
    def unconfirmed(self) -> tuple[Fact, ...]:
        """Those that nothing at hand confirms."""
        return tuple(fact for fact in self.facts if not fact.confirmed)


def facts() -> list[AreaFacts]:
    """All facts, by area, in the order of the areas."""
    return [AreaFacts(area.name, area.facts) for area in AREAS]
