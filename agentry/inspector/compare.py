"""What the code uses against what its declaration says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentry.api_scopes import are_known, missing_scopes, unused_scopes
from agentry.errors import UndeclaredResource
from agentry.inspector.findings import Finding, missing_scope, undecided, undeclared, unused, unused_scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from agentry.api_scopes import MissingScopes
    from agentry.inspector.inspection import Inspection
    from agentry.inspector.uses import Undecided, Use
    from agentry.resources import Resource

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
        scopes: What is done as the caller and the auth policy has no API scope for.
        unused_scopes: API scopes that nothing done as the caller can need; empty while something is undecided.
        scopes_known: Whether all of the policy's scopes are known; one that is not may cover more.
    """

    missing: tuple[Use, ...]
    unused: tuple[Resource, ...]
    brought: tuple[Resource, ...]
    undecided: tuple[Undecided, ...]
    resources: tuple[Resource, ...]
    found: tuple[Use, ...]
    declared: bool
    scopes: tuple[MissingScopes, ...] = ()
    unused_scopes: tuple[str, ...] = ()
    scopes_known: bool = True

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
        places_of_use = {use.resource: use.where for use in self.found}
        found = [undeclared(use, line(use.resource)) for use in _first_uses(self.missing)]
        found += [undecided(call, is_error=strict) for call in self.undecided]
        found += [unused(resource, (places or {}).get(resource, ""), line(resource)) for resource in self.unused]
        found += [
            missing_scope(one, places_of_use.get(one.resource, ""), is_certain=self.scopes_known) for one in self.scopes
        ]
        found += [unused_scope(scope) for scope in self.unused_scopes]
        return sorted(found, key=lambda finding: finding.level)

    def complaint(self) -> UndeclaredResource | None:
        """The error that this is, or None: something used is not declared, or not decided and nothing declared."""
        if self.missing:
            return _missing(self.missing)
        wrong = [finding for finding in self.findings() if finding.level == "error"]
        if wrong:
            first = wrong[0]
            return UndeclaredResource(first.what, where=first.where, why=first.why, fix=first.fix)
        if self.undecided and not self.declared:
            return _undecided(self.undecided, self.found)
        return None


def compare(
    inspection: Inspection, declared: Sequence[Resource] | None, api_scopes: Iterable[str] | None = None
) -> Comparison:
    """Hold what the code uses against a declaration.

    What is done as the caller needs API scopes and no resource: the credentials are the caller's.

    Args:
        inspection: What the code uses.
        declared: The resources; None is no declaration, which is not an empty one.
        api_scopes: Those of the auth policy; None for no policy.
    """
    found = tuple(_first_uses(inspection.uses))
    used = {use.resource.key for use in found}
    if declared is None:
        # The same name may be used as the agent and as its caller: it is declared for both.
        both = tuple(sorted(use.resource for use in found))
        comparison = Comparison((), (), (), inspection.undecided, both, found, declared=False)
    else:
        known = {resource.key for resource in declared}
        missing = (use for use in inspection.uses if use.resource.key not in known)
        idle = [resource for resource in declared if resource.key not in used]
        brings = frozenset[str]().union(*(BRINGS.get(kind, ()) for kind, _ in used))
        comparison = Comparison(
            tuple(use for use in missing if not use.resource.on_behalf_of_user),
            tuple(resource for resource in idle if resource.type not in brings and not inspection.undecided),
            tuple(resource for resource in idle if resource.type in brings),
            inspection.undecided,
            tuple(declared),
            found,
            declared=True,
        )
    as_caller = [*(use.resource for use in found), *comparison.resources]
    held = tuple(api_scopes or ())
    return replace(
        comparison,
        scopes=tuple(missing_scopes(as_caller, held)),
        unused_scopes=() if inspection.undecided else tuple(unused_scopes(as_caller, held)),
        scopes_known=are_known(held),
    )


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
