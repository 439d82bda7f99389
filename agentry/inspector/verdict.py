"""An agent that was looked at: what it uses beside what it declares, and whether it will answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from agentry.inspector.compare import compare
from agentry.inspector.findings import Finding, undecided, unreadable
from agentry.privileges import needed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.errors import AgentryError
    from agentry.inspector.compare import Comparison
    from agentry.inspector.inspection import Inspection
    from agentry.inspector.uses import Undecided
    from agentry.privileges import Privilege
    from agentry.resources import Resource


class Verdict(Enum):
    """What is to be expected of an agent."""

    FAILS = "fails"
    """It uses something that it does not declare."""
    FINE = "fine"
    """All that it uses is declared, as far as that can be decided."""
    OPEN = "open"
    """Not everything that it uses or declares can be decided."""
    UNDECLARED = "undeclared"
    """Nothing says what it declares, so there is nothing to compare with."""
    UNREADABLE = "unreadable"
    """Its code can not be read."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What something says that an agent uses.

    Attributes:
        resources: Each with where it is declared, `file:line` or a word such as `stack local`.
        api_scopes: What it may do as its caller; None where nothing says it.
        undecided: Parts of it that are known only when it runs.
        inferred: Whether what is missing may be added by whoever logs it, as MLflow's langchain flavour does.
        uncertain: What is used and not declared, unless a part that is not decided declares it.
    """

    resources: Mapping[Resource, str]
    api_scopes: tuple[str, ...] | None = None
    undecided: tuple[Undecided, ...] = ()
    inferred: bool = False
    uncertain: frozenset[Resource] = frozenset()


@dataclass(frozen=True, slots=True)
class Inspected:
    """One agent.

    Attributes:
        agent: What people call it: its directory, or the file that MLflow loads.
        entry: The file that MLflow loads.
        logged_by: Where a script or notebook logs it, `file:line`; empty where nothing was found.
        inspection: What its code uses; None where it can not be read.
        declaration: What is declared; None where nothing says it.
        comparison: The one against the other; None where it can not be read.
        findings: What is to be told, errors first.
        notes: What else is worth to know.
        mlflow: Whether it is declared to MLflow, else in a program of Agentry.
    """

    agent: str
    entry: str
    logged_by: str
    inspection: Inspection | None
    declaration: Declaration | None
    comparison: Comparison | None
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    mlflow: bool = False

    @property
    def verdict(self) -> Verdict:
        """What is to be expected of it."""
        if self.inspection is None:
            return Verdict.UNREADABLE
        if any(finding.level == "error" for finding in self.findings):
            return Verdict.FAILS
        if any(finding.rule in ("undeclared", "undecided") for finding in self.findings):
            return Verdict.OPEN
        return Verdict.UNDECLARED if self.declaration is None and self.inspection.uses else Verdict.FINE

    @property
    def privileges(self) -> list[Privilege]:
        """What the owner of its endpoint needs for what the code was seen to use."""
        return needed([use.resource for use in self.comparison.found]) if self.comparison else []


def looked_at(
    inspection: Inspection,
    declaration: Declaration | None,
    *,
    agent: str,
    entry: str,
    logged_by: str = "",
    notes: tuple[str, ...] = (),
    strict: bool = False,
    mlflow: bool = False,
) -> Inspected:
    """Compare what was found with what is declared.

    Args:
        inspection: What the code uses.
        declaration: What is declared; None where nothing says it, and then nothing can be missing.
        agent: What people call it.
        entry: The file that MLflow loads.
        logged_by: `file:line` of what logs it.
        notes: What else is worth to know.
        strict: Whether what can not be decided is an error.
        mlflow: Whether it is declared to MLflow, else in a program of Agentry.
    """
    resources, scopes = (None, None) if declaration is None else (list(declaration.resources), declaration.api_scopes)
    comparison = compare(inspection, resources, scopes)
    places = declaration.resources if declaration else {}
    findings = comparison.findings(strict=strict, places=places, mlflow=mlflow)
    if declaration is not None:
        findings = [_softened(finding, declaration) for finding in findings]
        findings += [undecided(part, is_error=strict) for part in declaration.undecided]
    ordered = sorted(findings, key=lambda finding: finding.level)
    return Inspected(agent, entry, logged_by, inspection, declaration, comparison, tuple(ordered), notes, mlflow)


def not_readable(error: AgentryError, *, agent: str, entry: str, logged_by: str = "") -> Inspected:
    """An agent of which a file can not be read."""
    return Inspected(agent, entry, logged_by, None, None, None, (unreadable(error),))


def _softened(finding: Finding, declaration: Declaration) -> Finding:
    """What is missing is not certain where a part of the declaration is not known."""
    if finding.rule != "undeclared":
        return finding
    if declaration.inferred:
        reason = "MLflow's langchain flavour may find it by itself when it logs; a list of your own is certain"
    elif finding.resource in declaration.uncertain:
        parts = ", ".join(f"`{part.expression}` ({part.where})" for part in declaration.undecided)
        reason = f"it may be in {parts or 'what the declaration says'}, which is known only when it runs"
    else:
        return finding
    return replace(finding, level="warning", why=f"{finding.why}\n{reason}")
