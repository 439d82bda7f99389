"""What `agentry doctor` makes of what it found out: pure, so that every case can be looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from agentry.cli.display.layout import Line, Piece

SKEW_SECONDS = 60.0
"""OAuth tokens are refused by a server whose clock differs more."""
PYTHONS = ((3, 10), (3, 13))


class State(str, Enum):
    """How a check ended."""

    OK = "ok"
    MISSING = "missing"
    SKIPPED = "-"


@dataclass(frozen=True, slots=True)
class Right:
    """A privilege that a deployment needs. `how` is empty where it is not held; `givers` says who can give it."""

    privilege: str
    securable: str
    how: str
    givers: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was found out.

    Attributes:
        stack: The stack.
        python: Version of the Python that runs.
        uv: Version of uv, or "".
        pulumi: Version of the Pulumi CLI, or "".
        venv: The project's virtual environment, as Pulumi.yaml says: `.venv`.
        has_venv: Whether there is a Python in it.
        running: Version of the Agentry that runs this command.
        installed: Version of the Agentry in the virtual environment, which is the one that deploys; or "".
        provider: Where Pulumi.yaml says the provider's plugin is, if it is there; else "".
        backend: Where the embedded engine keeps the stack's state, in words; empty when nobody says.
        place: Which workspace the stack means, in words.
        sandbox: Name of its sandbox, or "".
        host: The workspace's address; empty when it could not be reached.
        identity: Who we are there.
        trouble: Why it could not be reached, and what to type; empty otherwise.
        rights: What a deployment needs, and how it is held.
        skew: Seconds that our clock is ahead of the workspace's; None when nobody could say.
    """

    stack: str
    python: tuple[int, int, int]
    uv: str
    pulumi: str
    venv: str
    has_venv: bool
    running: str
    installed: str
    provider: str
    backend: str
    place: str
    sandbox: str = ""
    host: str = ""
    identity: str = ""
    trouble: tuple[str, str] = ("", "")
    rights: tuple[Right, ...] = field(default_factory=tuple)
    skew: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table."""

    name: str
    state: State
    found: str
    fix: str = ""


def checks(facts: Facts) -> list[Check]:
    """The table, in the order in which things have to be mended."""
    return [*_machine(facts), *_workspace(facts), *_rights(facts), _clock(facts)]


def all_well(table: list[Check]) -> bool:
    """Whether nothing that is needed is missing."""
    return not any(check.state is State.MISSING for check in table)


def _machine(facts: Facts) -> list[Check]:
    version = ".".join(map(str, facts.python))
    python = PYTHONS[0] <= facts.python[:2] <= PYTHONS[1]
    return [
        _check(
            "Python",
            version if python else f"{version}; 3.10 to 3.13 are needed",
            python,
            "make clean setup PYTHON=python3.12",
        ),
        _check("uv", facts.uv or "the sandbox builds environments with it", bool(facts.uv), "make setup"),
        _check(facts.venv, "there" if facts.has_venv else "the program runs in it", facts.has_venv, "make setup"),
        _agentry(facts),
        _check(
            "provider",
            facts.provider or "plugins.providers of Pulumi.yaml names no directory of agentry's",
            bool(facts.provider),
            "agentry new --beside . writes it; then in Pulumi.yaml: plugins: {providers: [{name: agentry, path: provider}]}",
        ),
        _pulumi(facts),
        _backend(facts),
    ]


def _check(name: str, found: str, well: bool, fix: str) -> Check:  # noqa: FBT001 - a table reads better so
    return Check(name, State.OK if well else State.MISSING, found, "" if well else fix)


def _agentry(facts: Facts) -> Check:
    """One version plans and deploys: that of this command has to be that of the program and the provider."""
    if not facts.has_venv:
        return Check("Agentry", State.SKIPPED, f"{facts.running}; not known what {facts.venv} will have")
    if not facts.installed:
        return Check("Agentry", State.MISSING, f"{facts.venv} has none", "make setup")
    if facts.installed != facts.running:
        found = f"{facts.running} runs this command, {facts.venv} has {facts.installed}"
        return Check("Agentry", State.MISSING, found, f"type {facts.venv}/bin/agentry instead of agentry")
    return Check("Agentry", State.OK, facts.running)


def _pulumi(facts: Facts) -> Check:
    if facts.pulumi:
        return Check("Pulumi CLI", State.OK, facts.pulumi)
    why = "for stack local" if facts.stack == "local" else "where state is kept in files, as the embedded engine does"
    return Check("Pulumi CLI", State.SKIPPED, f"not needed {why}")


def _backend(facts: Facts) -> Check:
    if facts.backend:
        return Check("state", State.OK, facts.backend)
    if facts.pulumi:
        return Check("state", State.SKIPPED, "PULUMI_BACKEND_URL is not set; the Pulumi CLI knows its own backend")
    return Check(
        "state", State.MISSING, "PULUMI_BACKEND_URL is not set", "export PULUMI_BACKEND_URL=file://<directory>"
    )


def _workspace(facts: Facts) -> list[Check]:
    if facts.host:
        return [
            Check("credentials", State.OK, facts.place),
            Check("workspace", State.OK, facts.host),
            Check("identity", State.OK, facts.identity),
        ]
    why, fix = facts.trouble
    return [
        Check("workspace", State.MISSING, f"{facts.place}: {why}", fix),
        Check("identity", State.SKIPPED, "not known without the workspace"),
    ]


def _rights(facts: Facts) -> list[Check]:
    if not facts.host:
        return [Check("rights", State.SKIPPED, "not known without the workspace")]
    return [
        Check(right.privilege, State.OK, f"on {right.securable}, {right.how}")
        if right.how
        else Check(right.privilege, State.MISSING, f"on {right.securable}", f"ask {right.givers} to grant it")
        for right in facts.rights
    ]


def _clock(facts: Facts) -> Check:
    if facts.skew is None:
        return Check("clock", State.SKIPPED, "nothing to compare it with")
    words = f"{abs(facts.skew):.0f} s {'ahead of' if facts.skew > 0 else 'behind'} the workspace's"
    well = abs(facts.skew) <= SKEW_SECONDS
    return (
        Check("clock", State.OK, "right") if well else Check("clock", State.MISSING, words, "timedatectl set-ntp true")
    )


_STYLES = {State.OK: "green", State.MISSING: "bold red", State.SKIPPED: "dim"}


def lines(table: list[Check]) -> list[Line]:
    """The table as a person reads it."""
    width = max(len(check.name) for check in table)
    found: list[Line] = []
    for check in table:
        found.append(
            (
                Piece(check.state.value.ljust(9), _STYLES[check.state]),
                Piece(f"{check.name.ljust(width)}  {check.found}"),
            )
        )
        if check.fix:
            found.append((Piece(f"{'':9}{'':{width}}  → {check.fix}"),))
    return found
