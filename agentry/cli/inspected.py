"""Agents that were looked at, as one JSON document; its shape is documented in docs/inspector.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agentry.inspector import Undecided, Use
    from agentry.inspector.findings import Finding
    from agentry.inspector.verdict import Inspected
    from agentry.resources import Resource


def document(inspected: Sequence[Inspected], notes: Sequence[str] = ()) -> dict[str, Any]:
    """For machines: each list over all agents, an entry naming the one that it is of."""
    return {
        "agents": [_agent(one) for one in inspected],
        "used": [_use(one, use) for one in inspected if one.inspection for use in one.inspection.uses],
        "declared": [_declared(one, *each) for one in inspected for each in _resources(one)],
        "undecided": [
            _undecided(one, call) for one in inspected if one.inspection for call in one.inspection.undecided
        ],
        "findings": [_finding(one, finding) for one in inspected for finding in one.findings],
        "notes": list(notes),
    }


def _agent(one: Inspected) -> dict[str, Any]:
    return {
        "agent": one.agent,
        "entry": one.entry,
        "loggedBy": one.logged_by or None,
        "verdict": one.verdict.value,
        "declares": one.declaration is not None,
        "apiScopes": list(one.declaration.api_scopes or ()) if one.declaration else [],
        "privileges": [
            {"securableType": each.securable_type, "securable": each.securable, "privilege": each.privilege}
            for each in one.privileges
        ],
        "notes": list(one.notes),
    }


def _resource(one: Inspected, resource: Resource) -> dict[str, Any]:
    return {
        "agent": one.agent,
        "type": resource.type,
        "name": resource.name,
        "onBehalfOfUser": resource.on_behalf_of_user,
    }


def _use(one: Inspected, use: Use) -> dict[str, Any]:
    place = {"file": use.file, "line": use.line, "via": use.construct, "origin": use.origin or None}
    missing = one.comparison.missing if one.comparison else ()
    declared = None if one.declaration is None else use not in missing
    return {**_resource(one, use.resource), **place, "declared": declared}


def _resources(one: Inspected) -> Iterable[tuple[Resource, str]]:
    return one.declaration.resources.items() if one.declaration else ()


def _declared(one: Inspected, resource: Resource, where: str) -> dict[str, Any]:
    file, _, line = where.rpartition(":")
    unused = one.comparison.unused if one.comparison else ()
    return {
        **_resource(one, resource),
        "file": file or None,
        "line": int(line) if line.isdecimal() else None,
        "unused": resource in unused,
    }


def _undecided(one: Inspected, call: Undecided) -> dict[str, Any]:
    return {
        "agent": one.agent,
        "expression": call.expression,
        "file": call.file,
        "line": call.line,
        "why": call.why,
        "via": call.construct,
    }


def _finding(one: Inspected, finding: Finding) -> dict[str, Any]:
    return {
        "agent": one.agent,
        "rule": finding.rule,
        "level": finding.level,
        "what": finding.what,
        "file": finding.file or None,
        "line": finding.line if finding.where else None,
        "why": finding.why,
        "fix": finding.fix,
    }
