"""Comments that say what no reading of the code can tell.

# agentry: uses function main.tools.f
# agentry: uses genie_space 01ef on behalf of the user, table main.crm.customers
# agentry: uses nothing
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.errors import AgentCodeError
from agentry.inspector.code.tokens import tokens
from agentry.resources import RESOURCE_TYPES, Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKER = re.compile(r"#\s*agentry:\s*(.*?)\s*$")
_NOTHING = re.compile(r"uses\s+nothing")
_USES = re.compile(r"uses\s+(?=\S)")
_RESOURCE = re.compile(
    r"(?P<type>\w+)\s+(?:\"(?P<double>[^\"]+)\"|'(?P<single>[^']+)'|(?P<bare>[^\s,;\"']+))"
    r"(?P<user>\s+on\s+behalf\s+of\s+(?:the\s+)?user)?\s*(?:[,;]\s*(?=\S)|$)"
)
_LEVELS = re.compile(r"[^.*]+\.[^.*]+\.[^.*]+")


@dataclass(frozen=True, slots=True)
class Marker:
    """`# agentry: uses <type> <name>`, or `# agentry: uses nothing` (resource None)."""

    line: int
    resource: Resource | None


def markers(source: str, shown: str) -> Iterator[Marker]:
    """The marker comments of a file; a comment that begins as one and is none is an error, never ignored.

    Raises:
        AgentCodeError: A marker comment is not understood.
    """
    if "agentry:" not in source:
        return
    for written, end in tokens(source):
        match = _MARKER.match(written) if written.startswith("#") else None
        if match:
            line = source.count("\n", 0, end) + 1
            for resource in _resources(match, f"{shown}:{line}"):
                yield Marker(line, resource)


def _resources(marker: re.Match[str], where: str) -> list[Resource | None]:
    said = marker[1]
    if _NOTHING.fullmatch(said):
        return [None]
    found: list[Resource | None] = []
    uses = _USES.match(said)
    at = uses.end() if uses else 0
    while uses and at < len(said):
        match = _RESOURCE.match(said, at)
        if not match or match["type"] not in RESOURCE_TYPES:
            raise _not_understood(marker[0], where, said[at:].split()[0])
        found.append(_resource(match, marker[0], where))
        at = match.end()
    if not found:
        raise _not_understood(marker[0], where)
    return found


def _resource(match: re.Match[str], marker: str, where: str) -> Resource:
    name = match["double"] or match["single"] or match["bare"]
    if RESOURCE_TYPES[match["type"]].parents:
        name = name.replace("`", "")
        if not _LEVELS.fullmatch(name):
            raise AgentCodeError(
                f"the comment `{marker}` is not understood",
                where=where,
                why=f"{name!r} is not a name of three levels",
                fix=f"write # agentry: uses {match['type']} <catalog>.<schema>.<name>",
            )
    return Resource(match["type"], name, bool(match["user"]))


def _not_understood(marker: str, where: str, type: str = "") -> AgentCodeError:
    near = difflib.get_close_matches(type.lower(), RESOURCE_TYPES, 1) if type not in RESOURCE_TYPES else []
    meant = f"{type} is none; {near[0]} is near: " if near else ""
    return AgentCodeError(
        f"the comment `{marker}` is not understood",
        where=where,
        why=f"{meant}the types are {', '.join(RESOURCE_TYPES)}",
        fix="write # agentry: uses <type> <name>, or # agentry: uses nothing",
    )
