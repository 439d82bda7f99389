"""The agents of tests/inspect: what their lines say is found on them, and what the inspector finds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from agentry.inspector import inspect_agent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentry.inspector import Inspection

CASES = Path(__file__).parents[1] / "inspect"
NAMES = sorted(path.parent.name for path in CASES.glob("*/agent.py"))

Uses = frozenset[tuple[str, str]]
"""`file:line` and `type name`, with `(caller)` behind what is used as the caller."""


@dataclass(frozen=True)
class Score:
    """How well the inspector does over some cases.

    Attributes:
        wanted: Uses that the lines say.
        found: Uses that the inspector says.
        right: Those of them that are the same.
        undecided: Calls that the lines say can not be decided, and those that the inspector says.
    """

    cases: int
    wanted: int
    found: int
    right: int
    undecided: tuple[int, int]

    @property
    def recall(self) -> float:
        """How much of what is used is found."""
        return self.right / self.wanted

    @property
    def precision(self) -> float:
        """How much of what is found is used."""
        return self.right / self.found


def written(directory: Path, pattern: str) -> dict[str, str]:
    """What the lines say, by `file:line`."""
    found = {}
    for path in sorted(directory.rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = re.search(pattern, line)
            if match:
                found[f"{path.relative_to(directory).as_posix()}:{number}"] = match[1].strip()
    return found


def wanted_uses(name: str) -> Uses:
    """The uses that the lines of a case say."""
    lines = written(CASES / name, r"#> (.*?)(?: +#\?.*)?$")
    return frozenset((where, use) for where, text in lines.items() for use in text.split("; "))


def wanted_undecided(name: str) -> dict[str, str]:
    """The calls that a case says can not be decided, with words of the reason."""
    return written(CASES / name, r"#\? (.*)")


def inspected(name: str) -> Inspection:
    """What the inspector says of a case."""
    directory = CASES / name
    case = directory / "case.yaml"
    given = yaml.safe_load(case.read_text(encoding="utf-8")) if case.exists() else {}
    return inspect_agent(directory, given.get("model_config", {}), given.get("environment", {}), shown="x")


def found_uses(inspection: Inspection) -> Uses:
    """The uses, but for those that a comment says."""
    return frozenset(
        (
            use.where.removeprefix("x/"),
            f"{use.resource.type} {use.resource.name}{' (caller)' if use.resource.on_behalf_of_user else ''}",
        )
        for use in inspection.uses
        if use.construct != "marker comment"
    )


def score(names: Iterable[str]) -> Score:
    """How well the inspector does over these cases."""
    cases = list(names)
    wanted = found = right = said = seen = 0
    for name in cases:
        inspection = inspected(name)
        ours, theirs = found_uses(inspection), wanted_uses(name)
        wanted, found, right = wanted + len(theirs), found + len(ours), right + len(ours & theirs)
        said, seen = said + len(wanted_undecided(name)), seen + len({call.where for call in inspection.undecided})
    return Score(len(cases), wanted, found, right, (said, seen))
