"""Principals as SCIM resources, SCIM's filters, and its PATCH operations."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agentry.sandbox.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from agentry.sandbox.principals import Principal, Principals

_CORE = "urn:ietf:params:scim:schemas:core:2.0:"
_WORKSPACE = "urn:ietf:params:scim:schemas:extension:workspace:2.0:User"
SCHEMAS = {
    "User": [f"{_CORE}User", _WORKSPACE],
    "Group": [f"{_CORE}Group"],
    "ServicePrincipal": [f"{_CORE}ServicePrincipal"],
}
# The attribute that holds the name grants use, per kind.
NAME_ATTRIBUTE = {"User": "userName", "Group": "displayName", "ServicePrincipal": "applicationId"}
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
_CLAUSE = re.compile(r"""\s*([\w.]+)\s+(eq|ne|co|sw|ew)\s+"((?:[^"\\]|\\.)*)"\s*""", re.IGNORECASE)
_JOIN = re.compile(r"(and|or)\b", re.IGNORECASE)
_SELECTED = re.compile(r"""(members|entitlements)\[value eq "([^"]*)"\]""")


class ScimNotFound(NotFound):
    """404 as SCIM words it."""

    def body(self) -> dict[str, Any]:
        """SCIM's error message."""
        return {"schemas": [_ERROR], "detail": self.message, "status": "404"}


class ScimInvalid(BadRequest):
    """400 as SCIM words it."""

    def body(self) -> dict[str, Any]:
        """SCIM's error message."""
        return {"schemas": [_ERROR], "detail": self.message, "status": "400", "scimType": "invalidValue"}


def resource(principals: Principals, principal: Principal) -> dict[str, Any]:
    """A principal as clients read it."""
    shown: dict[str, Any] = {
        "schemas": SCHEMAS[principal.kind],
        "id": principal.id,
        "displayName": principal.display_name,
        NAME_ATTRIBUTE[principal.kind]: principal.name,
        "groups": _groups(principals, principal),
        "entitlements": [{"value": entitlement} for entitlement in principal.entitlements],
        "roles": [],
    }
    if principal.kind == "Group":
        shown["members"] = _members(principals, principal)
        shown["meta"] = {"resourceType": "WorkspaceGroup" if principal.name in ("admins", "users") else "Group"}
        return shown
    shown["active"] = principal.active
    if principal.kind == "User":
        shown["emails"] = [{"type": "work", "value": principal.name, "primary": True}]
        shown["name"] = {"givenName": principal.display_name}
    return shown


def _groups(principals: Principals, principal: Principal) -> list[dict[str, Any]]:
    direct = [group for group in principals.all("Group") if principal.id in group.members]
    return [{"display": g.display_name, "type": "direct", "value": g.id, "$ref": f"Groups/{g.id}"} for g in direct]


def _members(principals: Principals, group: Principal) -> list[dict[str, Any]]:
    known = {p.id: p for kind in SCHEMAS for p in principals.all(kind)}
    members = [known[member] for member in group.members if member in known]
    return [{"display": m.display_name, "value": m.id, "$ref": f"{m.kind}s/{m.id}"} for m in members]


def matches(shown: dict[str, Any], filter: str) -> bool:
    """Whether a resource passes a SCIM filter: clauses with eq, ne, co, sw, ew, joined by and / or.

    Raises:
        ScimInvalid: The filter has another form.
    """
    # `and` binds closer than `or`: a list of groups of clauses, of which one must hold entirely.
    groups: list[list[bool]] = [[]]
    position = 0
    while True:
        clause = _CLAUSE.match(filter, position)
        if clause is None:
            raise ScimInvalid(f"Given filter operator is not supported: {filter}")
        groups[-1].append(_holds(shown, *clause.groups()))
        position = clause.end()
        if position == len(filter):
            return any(all(group) for group in groups)
        join = _JOIN.match(filter, position)
        if join is None:
            raise ScimInvalid(f"Given filter operator is not supported: {filter}")
        if join.group().lower() == "or":
            groups.append([])
        position = join.end()


def _holds(shown: dict[str, Any], attribute: str, operator: str, value: str) -> bool:
    # SCIM compares attributes that are not `caseExact` without case.
    wanted = value.lower()
    present = [text.lower() for text in _values(shown, attribute.split("."))]
    match operator.lower():
        case "eq":
            return wanted in present
        case "ne":
            return wanted not in present
        case "co":
            return any(wanted in text for text in present)
        case "sw":
            return any(text.startswith(wanted) for text in present)
        case _:
            return any(text.endswith(wanted) for text in present)


def _values(value: Any, path: list[str]) -> list[str]:
    if isinstance(value, list):
        return [found for item in value for found in _values(item, path)]
    if not path:
        return [str(value)]
    if not isinstance(value, dict):
        return []
    return [found for key, item in value.items() if key.lower() == path[0].lower() for found in _values(item, path[1:])]


def patched(principal: Principal, operations: list[dict[str, Any]]) -> Principal:
    """The principal after SCIM PATCH operations on `members`, `entitlements`, `active` and `displayName`.

    Raises:
        ScimInvalid: An operation or path of another kind.
    """
    for operation in operations:
        op, path, value = str(operation.get("op", "")).lower(), operation.get("path"), operation.get("value")
        fields = {str(path): value} if path else value
        if op not in ("add", "remove", "replace") or not isinstance(fields, dict):
            raise ScimInvalid(f"Unsupported operation {operation}")
        for name, given in fields.items():
            principal = _patched_field(principal, op, name, given)
    return principal


def _patched_field(principal: Principal, op: str, path: str, value: Any) -> Principal:
    selected = _SELECTED.fullmatch(path)
    if selected:
        path, value = selected[1], [{"value": selected[2]}]
    if path in ("members", "entitlements"):
        given = [str(item["value"] if isinstance(item, dict) else item) for item in value or []]
        present: list[str] = getattr(principal, path)
        left = [] if op == "replace" else [item for item in present if item not in given]
        if op == "remove" and not given:
            left = []
        after = left if op == "remove" else [*left, *dict.fromkeys(given)]
        return replace(principal, members=after) if path == "members" else replace(principal, entitlements=after)
    if path == "active" and op != "remove":
        return replace(principal, active=str(value).lower() == "true")
    if path == "displayName" and op != "remove":
        return replace(principal, display_name=str(value))
    raise ScimInvalid(f"Unsupported path {path} for {op}")
