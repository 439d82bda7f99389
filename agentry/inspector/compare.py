"""What the code uses against what its declaration says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.errors import UndeclaredResource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentry.inspector.inspection import Inspection
    from agentry.inspector.uses import Undecided, Use
    from agentry.resources import Resource


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome.

    Attributes:
        missing: Uses of what is not declared.
        unused: What is declared and not used by anything that could be decided; empty while something is undecided.
        undecided: Calls of which it is not known what they use.
        resources: What to declare: the declaration, or what was found where there is none.
        declared: Whether there is a declaration.
    """

    missing: tuple[Use, ...]
    unused: tuple[Resource, ...]
    undecided: tuple[Undecided, ...]
    resources: tuple[Resource, ...]
    declared: bool

    def complaint(self) -> UndeclaredResource | None:
        """The error that this is, or None: something used is not declared, or not decided and nothing declared."""
        if self.missing:
            return _missing(self.missing)
        if self.undecided and not self.declared:
            return _undecided(self.undecided)
        return None


def compare(inspection: Inspection, declared: Sequence[Resource] | None) -> Comparison:
    """Hold what the code uses against a declaration; None is no declaration, which is not an empty one."""
    used = {(use.resource.type, use.resource.name): use.resource for use in inspection.uses}
    if declared is None:
        return Comparison((), (), inspection.undecided, tuple(sorted(used.values())), declared=False)
    known = {(resource.type, resource.name) for resource in declared}
    missing = tuple(use for use in inspection.uses if (use.resource.type, use.resource.name) not in known)
    unused = tuple(resource for resource in declared if (resource.type, resource.name) not in used)
    return Comparison(
        missing, () if inspection.undecided else unused, inspection.undecided, tuple(declared), declared=True
    )


def _missing(uses: Sequence[Use]) -> UndeclaredResource:
    first, *others = list({use.resource: use for use in reversed(uses)}.values())[::-1]
    name = f"; its name comes from {first.origin}" if first.origin else ""
    also = "".join(f"\nalso {use.where}: {use.construct} uses {use.resource}" for use in others)
    calls = ", ".join(f'Resource("{use.resource.type}", "{use.resource.name}")' for use in (first, *others))
    return UndeclaredResource(
        f"{first.construct} uses {first.resource}, which `resources` lacks",
        where=first.where,
        why=f"a served agent has credentials only for what is declared{name}{also}",
        fix=f"add {calls} to resources, or leave resources out and have them found",
    )


def _undecided(calls: Sequence[Undecided]) -> UndeclaredResource:
    first, *others = calls
    also = "".join(f"\nalso {call.where}: {call.construct} of {call.expression}: {call.why}" for call in others)
    return UndeclaredResource(
        f"what {first.construct} uses can not be decided from `{first.expression}`",
        where=first.where,
        why=f"{first.why}{also}",
        fix="write # agentry: uses <type> <name> (or: nothing) on that line, or declare resources=[...]",
    )
