"""What the code uses against what its declaration says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.errors import UndeclaredResource
from agentry.inspector.findings import Finding, undecided, undeclared, unused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from agentry.inspector.inspection import Inspection
    from agentry.inspector.uses import Undecided, Use
    from agentry.resources import Resource

Key = tuple[str, str]

# What a resource may bring along without a line of code that says so; which it is, only the workspace knows.
BRINGS: Mapping[str, frozenset[str]] = {
    "vector_search_index": frozenset({"serving_endpoint"}),
    "genie_space": frozenset({"sql_warehouse", "table", "function"}),
    "function": frozenset(
        {"table", "function", "vector_search_index", "serving_endpoint", "uc_connection", "sql_warehouse"}
    ),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome.

    Attributes:
        missing: Uses of what is not declared.
        unused: What is declared and not used; empty while something is undecided.
        brought: What is declared, not used by the code, and may be what something used brings along.
        undecided: Calls of which it is not known what they use.
        resources: What to declare: the declaration, or what was found where there is none.
        found: What was found, each once, with its first use.
        declared: Whether there is a declaration.
    """

    missing: tuple[Use, ...]
    unused: tuple[Resource, ...]
    brought: tuple[Resource, ...]
    undecided: tuple[Undecided, ...]
    resources: tuple[Resource, ...]
    found: tuple[Use, ...]
    declared: bool

    def findings(
        self, *, strict: bool = False, places: Mapping[Resource, str] | None = None, mlflow: bool = False
    ) -> list[Finding]:
        """Everything to tell, by severity.

        Args:
            strict: Whether what is undecided is an error.
            places: Where something is declared, as `file:line`.
            mlflow: Whether the line to add is one of MLflow's, else one of a program of Agentry.
        """
        line = _in_mlflow if mlflow else _in_program
        found = [undeclared(use, line(use.resource)) for use in _first_uses(self.missing)]
        found += [undecided(call, is_error=strict) for call in self.undecided]
        found += [unused(resource, (places or {}).get(resource, ""), line(resource)) for resource in self.unused]
        return sorted(found, key=lambda finding: finding.level)

    def complaint(self) -> UndeclaredResource | None:
        """The error that this is, or None: something used is not declared, or not decided and nothing declared."""
        if self.missing:
            return _missing(self.missing)
        if self.undecided and not self.declared:
            return _undecided(self.undecided, self.found)
        return None


def compare(inspection: Inspection, declared: Sequence[Resource] | None) -> Comparison:
    """Hold what the code uses against a declaration; None is no declaration, which is not an empty one."""
    used = {_key(use.resource): use.resource for use in inspection.uses}
    found = tuple(_first_uses(inspection.uses))
    if declared is None:
        # The same name may be used as the agent and as its caller: it is declared for both.
        both = tuple(sorted({use.resource for use in inspection.uses}))
        return Comparison((), (), (), inspection.undecided, both, found, declared=False)
    known = {_key(resource) for resource in declared}
    missing = tuple(use for use in inspection.uses if _key(use.resource) not in known)
    idle = [resource for resource in declared if _key(resource) not in used]
    brings = frozenset[str]().union(*(BRINGS.get(kind, ()) for kind, _ in used))
    return Comparison(
        missing,
        tuple(resource for resource in idle if resource.type not in brings and not inspection.undecided),
        tuple(resource for resource in idle if resource.type in brings),
        inspection.undecided,
        tuple(declared),
        found,
        declared=True,
    )


def _key(resource: Resource) -> Key:
    return resource.type, resource.name


def _first_uses(uses: Iterable[Use]) -> list[Use]:
    """Each resource once, where it is used first."""
    first: dict[Resource, Use] = {}
    for use in uses:
        first.setdefault(use.resource, use)
    return list(first.values())


def _in_program(resource: Resource) -> str:
    return resource.in_program


def _in_mlflow(resource: Resource) -> str:
    return resource.in_mlflow


def _missing(uses: Sequence[Use]) -> UndeclaredResource:
    first, *others = _first_uses(uses)
    name = f"; its name comes from {first.origin}" if first.origin else ""
    also = "".join(f"\nalso {use.where}: {use.construct} uses {use.resource}" for use in others)
    calls = ", ".join(use.resource.in_program for use in (first, *others))
    return UndeclaredResource(
        f"{first.construct} uses {first.resource}, which `resources` lacks",
        where=first.where,
        why=f"a served agent has credentials only for what is declared{name}{also}",
        fix=f"add {calls} to resources, or leave resources out and have them found",
    )


def _undecided(calls: Sequence[Undecided], found: Sequence[Use]) -> UndeclaredResource:
    first, *others = calls
    also = "".join(f"\nalso {call.where}: {call.construct} of `{call.expression}`: {call.why}" for call in others)
    return UndeclaredResource(
        f"what {first.construct} uses can not be decided from `{first.expression}`",
        where=first.where,
        why=f"{first.why}{also}",
        fix="write # agentry: uses <type> <name> (or: nothing) on that line, or declare it, with what was found:\n"
        + declaration(found, calls),
    )


def declaration(found: Sequence[Use], undecided: Sequence[Undecided] = (), *, mlflow: bool = False) -> str:
    """The lines to paste: what was found, and a gap for each call that was not decided."""
    line, gap = (_in_mlflow, "...") if mlflow else (_in_program, 'Resource("<type>", "<name>"),')
    lines = [f"    {line(use.resource)},  # {use.where}" for use in found]
    lines += [f"    {gap}  # {call.where}: {call.construct}" for call in undecided]
    return "\n".join(["resources=[", *lines, "],"])
