"""Agents that were looked at, for people: a table of what each uses, and what to add."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from agentry.cli.display.layout import Line, Piece
from agentry.cli.display.words import counted
from agentry.inspector.compare import declaration as lines_to_paste
from agentry.inspector.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agentry.inspector.verdict import Inspected

STYLES = {
    "undeclared": "red",
    "no scope": "red",
    "uncertain": "yellow",
    "uses": "green",
    "unused": "yellow",
    "undecided": "yellow",
}
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


def lines(one: Inspected, width: int | None = None) -> list[Line]:
    """One agent: its name, what it uses and declares, what to add.

    Args:
        one: The agent.
        width: Columns of the terminal, where there is one; None does not wrap anything.
    """
    by = f"  logged at {one.logged_by}" if one.logged_by else ""
    word, style = WORDS[one.verdict]
    found: list[Line] = [(Piece(one.agent or ".", "bold"), Piece(by, "dim"), Piece(f"  {word}", style))]
    if one.comparison is None:
        return [*found, *_reasons(one), ()]
    found += _table(list(_rows(one)), width)
    if len(found) == 1:
        found.append((Piece("  uses nothing of the workspace", "dim"),))
    found += _to_add(one)
    for sentence in (*_needs(one), *_not_checked(one), *one.notes):
        found += [(Piece(f"  {line}", "dim"),) for line in _wrapped(sentence, width)]
    return [*found, ()]


def _wrapped(sentence: str, width: int | None) -> list[str]:
    return textwrap.wrap(sentence, width - 2, subsequent_indent="  ") if width else [sentence]


def _rows(one: Inspected) -> Iterator[Row]:
    assert one.inspection is not None
    assert one.comparison is not None
    certain = {
        finding.resource for finding in one.findings if finding.rule == "undeclared" and finding.level == "error"
    }
    without_scope = {missing.resource for missing in one.comparison.scopes}
    for use in one.inspection.uses:
        status = "no scope" if use.resource in without_scope else "uses"
        if use in one.comparison.missing:
            status = "undeclared" if use.resource in certain else "uncertain"
        origin = f", its name from {use.origin}" if use.origin else ""
        as_caller = " (as its caller)" if use.resource.on_behalf_of_user else ""
        yield Row(status, f"{use.resource}{as_caller}", use.where, f"{use.construct}{origin}")
    for call in (*one.inspection.undecided, *(one.declaration.undecided if one.declaration else ())):
        yield Row("undecided", f"`{call.expression}`", call.where, call.construct, call.why)
    for resource in one.comparison.unused:
        yield Row(
            "unused",
            str(resource),
            one.declaration.resources[resource] if one.declaration else "",
            "nothing was seen to use it",
        )
    for scope in one.comparison.unused_scopes:
        yield Row("unused", f"API scope {scope}", "", "nothing was seen to use it")


def _table(rows: list[Row], width: int | None) -> list[Line]:
    """The rows in columns as wide as their widest cell; place and call on a line of their own where the terminal is narrow."""
    if not rows:
        return []
    status, what, where = (
        max((len(row[column]) for row in rows if len(row[column]) <= WIDEST), default=0) for column in range(3)
    )
    indent = status + 4
    about = max(len(row.about) for row in rows)
    is_narrow = width is not None and indent + what + 2 + where + 2 + about > width
    found: list[Line] = []
    for row in rows:
        head = Piece(f"  {row.status.ljust(status)}  ", STYLES[row.status])
        about_it = f"{row.where}  {row.about}".strip() if is_narrow else f"{row.where.ljust(where)}  {row.about}"
        beside = () if is_narrow else (Piece(f"  {about_it}", "dim"),)
        found.append((head, Piece(row.what if is_narrow else row.what.ljust(what)), *beside))
        below = [*([about_it] if is_narrow else []), *([row.why] if row.why else [])]
        below = [line for text in below for line in _wrapped(text, width and width - indent)]
        found += [(Piece(f"{' ' * indent}{line}", "dim"),) for line in below]
    return found


def _to_add(one: Inspected) -> list[Line]:
    """The lines to add to the declaration; the whole of it where there is none."""
    assert one.comparison is not None
    fixes = {
        finding.fix: "" if finding.level == "error" else "unless it is declared already, "
        for finding in one.findings
        if finding.rule in ("undeclared", "scope")
    }
    if fixes:
        return [(Piece(f"  → {condition}{fix}"),) for fix, condition in fixes.items()]
    if one.declaration is None and one.comparison.found:
        text = lines_to_paste(one.comparison.found, one.comparison.undecided, mlflow=one.mlflow)
        head = ELSEWHERE if one.mlflow else HERE
        return [(Piece(f"  {head}", "dim"),), *((Piece(f"    {line}"),) for line in text.splitlines())]
    return []


def _needs(one: Inspected) -> Iterator[str]:
    """What the owner of its endpoint needs."""
    if one.privileges:
        held = ", ".join(f"{each.privilege} on {each.securable}" for each in one.privileges)
        yield f"the owner of its endpoint needs {held}"


def _not_checked(one: Inspected) -> Iterator[str]:
    """What only the workspace knows: a preview asks it."""
    assert one.comparison is not None
    for use in one.comparison.found:
        if use.implied and not use.resource.on_behalf_of_user:
            yield f"not checked: {use.resource} also needs {use.implied}"


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
