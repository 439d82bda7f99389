"""Every request of ours is in the table of what sending it twice means."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import agentry
from agentry.workspace.repeats import ROWS, Repeat, row_of

ROOT = Path(agentry.__file__).parent
METHODS = {"post": "POST", "create": "POST", "search": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE"}
RECEIVERS = {"workspace", "there", "asking"}
ELSEWHERE = {
    # Paths that a call takes from elsewhere, by the expression in it; each of them may be meant.
    "creation_route(inputs)": ["/api/2.0/serving-endpoints", "/api/2.0/serving-endpoints/pt"],
    "route": ["/api/2.0/serving-endpoints/*/config", "/api/2.0/serving-endpoints/pt/*/config"],
    "f'{path}/update'": ["/api/2.0/mlflow/unity-catalog/registered-models/update",
                         "/api/2.0/mlflow/unity-catalog/model-versions/update"],
    "f'{path}/set-tag'": ["/api/2.0/mlflow/unity-catalog/registered-models/set-tag",
                          "/api/2.0/mlflow/unity-catalog/model-versions/set-tag"],
    "f'{path}/delete-tag'": ["/api/2.0/mlflow/unity-catalog/registered-models/delete-tag",
                             "/api/2.0/mlflow/unity-catalog/model-versions/delete-tag"],
}  # fmt: skip
Call = tuple[str, str, str]


def calls() -> list[Call]:
    """Where it is, method and path of every write that is sent through the door; names in paths are `*`."""
    return [
        call
        for room in ("workspace", "provider", "cli", "deploy", "adopt", "review", "rollout")
        for file in sorted((ROOT / room).rglob("*.py"))
        if "asking" in (text := file.read_text()) or "orkspace" in text
        for call in calls_in(file, text)
    ]


def calls_in(file: Path, text: str) -> list[Call]:
    tree = ast.parse(text)
    found = []
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        local = {
            target.id: node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Name)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_door(node.func):
                where = f"{file.name}:{node.lineno}"
                found += [(where, METHODS[node.func.attr], path) for path in paths(node.args[0], local, file)]
    return found


def is_door(called: ast.Attribute) -> bool:
    receiver = called.value
    if called.attr not in METHODS or isinstance(receiver, ast.Call):
        return called.attr in METHODS and ast.unparse(receiver).startswith("workspace_of(")
    name = receiver.attr if isinstance(receiver, ast.Attribute) else getattr(receiver, "id", "")
    return name in RECEIVERS


def paths(argument: ast.expr, local: dict[str, ast.expr], file: Path) -> list[str]:
    if isinstance(argument, ast.Name) and argument.id in local:
        argument = local[argument.id]
    if (shown := ast.unparse(argument)) in ELSEWHERE:
        return ELSEWHERE[shown]
    return [text_of(argument, local, file)]


def text_of(part: ast.expr, local: dict[str, ast.expr], file: Path) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    if isinstance(part, ast.JoinedStr):
        return "".join(text_of(one, local, file) for one in part.values)
    if isinstance(part, ast.FormattedValue):
        return text_of(part.value, local, file)
    if isinstance(part, ast.Name):
        name = ".".join(file.relative_to(ROOT.parent).with_suffix("").parts)
        known = getattr(importlib.import_module(name), part.id, None)
        if isinstance(known, str):
            return known
    return "*"


def test_every_write_of_ours_is_in_the_table() -> None:
    found = calls()
    assert len(found) > 25
    assert [call for call in found if row_of(*call[1:]).repeat is Repeat.NEVER] == []


def test_every_row_is_a_request_of_ours() -> None:
    sent = {(method, path) for _, method, path in calls()}
    side = {("PATCH", f"/api/2.0/serving-endpoints/*{one}") for one in ("/tags", "/description", "/notifications")}
    side |= {
        ("PATCH", "/api/2.0/serving-endpoints/*/telemetry-config"),
        ("PUT", "/api/2.0/serving-endpoints/*/ai-gateway"),
    }
    assert {(row.method, row.path.replace("/**", "/*/*")) for row in ROWS} - side <= sent


def test_the_side_calls_of_an_endpoint_are_in_the_table() -> None:
    from agentry.provider.kinds.endpoint_places import SIDE_CALLS, TAGS

    for part in (TAGS, *SIDE_CALLS):
        assert row_of(part.method, f"/api/2.0/serving-endpoints/weather{part.route}").repeat is Repeat.SAME


@pytest.mark.parametrize(
    ("method", "path", "repeat"),
    [
        ("GET", "/anything", Repeat.READ),
        ("POST", "/api/2.0/serving-endpoints", Repeat.MADE),
        ("POST", "/api/2.0/serving-endpoints/pt", Repeat.MADE),
        ("PUT", "/api/2.0/serving-endpoints/pt/weather/config", Repeat.SAME),
        ("POST", "/api/2.0/serving-endpoints/weather", Repeat.NEVER),
        ("DELETE", "/api/2.0/serving-endpoints/a/b", Repeat.NEVER),
    ],
)
def test_a_request_has_its_row(method: str, path: str, repeat: Repeat) -> None:
    assert row_of(method, path).repeat is repeat


def test_every_object_that_has_levels_is_in_the_table() -> None:
    from agentry.resources import RESOURCE_TYPES

    kinds = [row.permissions for row in RESOURCE_TYPES.values() if row.permissions]
    assert kinds
    for kind in kinds:
        assert row_of("PATCH", f"/api/2.0/permissions/{kind}/abc").repeat is Repeat.SAME
