"""Agents that were looked at, for people: a table of what each uses, and what to add."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from agentry.cli.display.layout import Line, Piece
from agentry.cli.display.words import counted
from agentry.inspector.compare import declaration as lines_to_paste
from agentry.inspector.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agentry.inspector.verdict import Inspected
    from agentry.privileges import Privilege

STYLES = {"undeclared": "red", "uncertain": "yellow", "uses": "green", "unused": "yellow", "undecided": "yellow"}
WORDS = {
    Verdict.FAILS: ("will fail", "red"),
    Verdict.UNREADABLE: ("can not be read", "red"),
    Verdict.OPEN: ("not decided", "yellow"),
    Verdict.UNDECLARED: ("without a declaration to compare with", "yellow"),
    Verdict.FINE: ("fine", "green"),
}
HERE = "nothing of it is deployed to compare with; resources=, where it is left out, becomes"
ELSEWHERE = "nothing here logs it, so there is nothing to compare with; log_model needs"
WIDEST = 56
"""Characters of a column but the last; a longer cell pushes its own row only."""


class Row(NamedTuple):
    """One row: how it stands, what, where, by which call, and why it is not known what."""

    status: str
    what: str
    where: str
    about: str
    why: str = ""


def lines(one: Inspected) -> list[Line]:
    """One agent: its name, what it uses and declares, what to add."""
    by = f"  logged at {one.logged_by}" if one.logged_by else ""
    word, style = WORDS[one.verdict]
    found: list[Line] = [(Piece(one.agent or ".", "bold"), Piece(by, "dim"), Piece(f"  {word}", style))]
    if one.comparison is None:
        return [*found, *_reasons(one), ()]
    found += _table(list(_rows(one)))
    if len(found) == 1:
        found.append((Piece("  uses nothing of the workspace", "dim"),))
    return [*found, *_to_add(one), *_needs(one), *((Piece(f"  {note}", "dim"),) for note in one.notes), ()]


def _rows(one: Inspected) -> Iterator[Row]:
    assert one.inspection is not None
    assert one.comparison is not None
    certain = {
        finding.resource for finding in one.findings if finding.rule == "undeclared" and finding.level == "error"
    }
    for use in one.inspection.uses:
        lacking = use in one.comparison.missing
        status = ("undeclared" if use.resource in certain else "uncertain") if lacking else "uses"
        origin = f", its name from {use.origin}" if use.origin else ""
        as_caller = " (as its caller)" if use.resource.on_behalf_of_user else ""
        yield Row(status, f"{use.resource}{as_caller}", use.where, f"{use.construct}{origin}")
    for call in (*one.inspection.undecided, *(one.declaration.undecided if one.declaration else ())):
        yield Row("undecided", f"`{call.expression}`", call.where, call.construct, call.why)
    for resource in one.comparison.unused:
        yield Row(
            "unused", str(resource), one.declaration.resources[resource] if one.declaration else "", "declared only"
        )


def _table(rows: list[Row]) -> list[Line]:
    """The rows in columns as wide as their widest cell."""
    if not rows:
        return []
    status, what, where = (
        max((len(row[column]) for row in rows if len(row[column]) <= WIDEST), default=0) for column in range(3)
    )
    found: list[Line] = []
    for row in rows:
        found.append(
            (
                Piece(f"  {row.status.ljust(status)}  ", STYLES[row.status]),
                Piece(f"{row.what.ljust(what)}  "),
                Piece(f"{row.where.ljust(where)}  {row.about}", "dim"),
            )
        )
        if row.why:
            found.append((Piece(f"  {' ' * status}  {row.why}", "dim"),))
    return found


def _to_add(one: Inspected) -> list[Line]:
    """The lines to add to the declaration; the whole of it where there is none."""
    assert one.comparison is not None
    fixes = dict.fromkeys(finding.fix for finding in one.findings if finding.rule in ("undeclared", "scope"))
    if fixes:
        return [(Piece(f"  → {fix}"),) for fix in fixes]
    if one.declaration is None and one.comparison.found:
        text = lines_to_paste(one.comparison.found, one.comparison.undecided, mlflow=one.mlflow)
        head = ELSEWHERE if one.mlflow else HERE
        return [(Piece(f"  {head}", "dim"),), *((Piece(f"    {line}"),) for line in text.splitlines())]
    return []


def _needs(one: Inspected) -> list[Line]:
    """What the owner of its endpoint needs."""
    if not one.privileges:
        return []
    held = ", ".join(_privilege(each) for each in one.privileges)
    return [(Piece(f"  the owner of its endpoint needs {held}", "dim"),)]


def _privilege(privilege: Privilege) -> str:
    return f"{privilege.privilege} on {privilege.securable}"


def _reasons(one: Inspected) -> Iterator[Line]:
    for finding in one.findings:
        first, *rest = str(finding).splitlines()
        yield (Piece(f"  {first}", "red"),)
        yield from ((Piece(f"    {line}", "dim"),) for line in rest)


def summary(inspected: Sequence[Inspected], notes: Sequence[str]) -> list[Line]:
    """The last lines: what was left out, and how many of them will fail."""
    said: list[Line] = [(Piece(note, "dim"),) for note in notes]
    if not inspected:
        return [*said, (Piece("no agent here: nothing logs one, and no module calls mlflow.models.set_model"),)]
    count = Counter(one.verdict for one in inspected)
    pieces = [Piece(counted(len(inspected), "agent"), "bold"), Piece(": ")]
    for verdict, (word, style) in WORDS.items():
        if count[verdict]:
            comma = ", " if len(pieces) > 2 else ""
            pieces += [Piece(comma), Piece(f"{count[verdict]} {word}", style)]
    return [*said, tuple(pieces)]
