"""One thing to tell of an agent, at a line of its code: for terminals, for machines, for reviews of changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from agentry.api_scopes import MissingScopes
    from agentry.errors import AgentryError
    from agentry.inspector.uses import Undecided, Use
    from agentry.resources import Resource

Level = Literal["error", "warning"]

RULES = {
    "undeclared": "The code uses a resource that its declaration lacks: the first question that needs it fails.",
    "unused": "A resource is declared, and nothing in the code uses it: a credential that nobody needs.",
    "undecided": "The code uses something of the workspace that can not be known without running it.",
    "scope": "The code acts as its caller, and the auth policy lacks an API scope for that.",
    "unused-scope": "The auth policy asks for an API scope that nothing in the code needs.",
    "unreadable": "A file of the agent can not be read.",
}
"""Every rule, with what it means."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to tell.

    Attributes:
        rule: A key of `RULES`.
        level: `error` where the agent would fail, else `warning`.
        what: What it is, one line.
        where: `file:line`; empty where no line says it.
        why: The reason, one or more lines.
        fix: What to add, change or take out.
        resource: The resource that it is about, where it is about one.
    """

    rule: str
    level: Level
    what: str
    where: str
    why: str
    fix: str
    resource: Resource | None = None

    @property
    def file(self) -> str:
        """The file of `where`."""
        file, _, line = self.where.rpartition(":")
        return file if line.isdecimal() else self.where

    @property
    def line(self) -> int:
        """The line of `where`, from 1."""
        line = self.where.rpartition(":")[2]
        return int(line) if line.isdecimal() else 1

    def __str__(self) -> str:
        """As a message on a resource: what and where, why, what to do."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return "\n".join(part for part in (head, self.why, self.fix and f"→ {self.fix}") if part)


def undeclared(use: Use, line: str) -> Finding:
    """Used, and not declared."""
    name = f"; its name comes from {use.origin}" if use.origin else ""
    return Finding(
        "undeclared",
        "error",
        f"{use.construct} uses {use.resource}, which `resources` lacks",
        use.where,
        f"a served agent has credentials only for what is declared{name}",
        f"add {line}",
        use.resource,
    )


def undecided(call: Undecided, *, is_error: bool) -> Finding:
    """Used, and not known what."""
    return Finding(
        "undecided",
        "error" if is_error else "warning",
        f"what {call.construct} uses can not be decided from `{call.expression}`",
        call.where,
        call.why,
        "write # agentry: uses <type> <name> (or: nothing) on that line",
    )


def unused(resource: Resource, where: str, line: str) -> Finding:
    """Declared, and not used."""
    return Finding(
        "unused",
        "warning",
        f"{resource} is declared, and nothing in the code was seen to use it",
        where,
        "the served agent gets a credential that it does not need",
        f"take {line} out, or write # agentry: uses {resource.type} {resource.name} where it is used",
        resource,
    )


def missing_scope(missing: MissingScopes, where: str, *, is_certain: bool) -> Finding:
    """Done as the caller, and the caller's credentials do not reach it, unless a scope does that nobody knows."""
    resource = missing.resource
    level: Level = "error" if is_certain else "warning"
    if not missing.scopes:
        return Finding(
            "scope",
            level,
            f"{resource} is used as the caller, which Model Serving has no API scope for",
            where,
            "the credentials of the caller are cut down to the scopes of the auth policy",
            "use it as the agent: without ModelServingUserCredentials",
            resource,
        )
    return Finding(
        "scope",
        level,
        f"{resource} is used as the caller, and the auth policy lacks an API scope for that",
        where,
        "the credentials of the caller are cut down to the scopes of the auth policy",
        f"add {', '.join(map(repr, missing.scopes))} to api_scopes of the user_auth_policy in auth_policy",
        resource,
    )


def unused_scope(scope: str) -> Finding:
    """An API scope that nothing needs."""
    return Finding(
        "unused-scope",
        "warning",
        f"the auth policy has the API scope {scope}, and nothing was seen to be used as the caller that needs it",
        "",
        "whoever asks the agent lends it more than it needs",
        f"take {scope!r} out of api_scopes",
    )


def unreadable(error: AgentryError) -> Finding:
    """A file that is no Python, or a comment that is none of ours."""
    return Finding("unreadable", "error", error.what, error.where, error.why, error.fix)
