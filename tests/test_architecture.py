"""Who may import whom. The rooms are drawn in CONTRIBUTING.md; this holds them."""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

import agentry.components
import components

ROOT = Path(__file__).parents[1]
SMALL = {
    "errors",
    "clock",
    "resources",
    "privileges",
    "api_scopes",
    "source",
    "stacks",
    "model_config",
    "report",
    "headers",
    "protocol",
    "memo",
    "endpoint_name",
}
ROOMS = {
    "components",
    "inspector",
    "package",
    "workspace",
    "provider",
    "engine",
    "deploy",
    "adopt",
    "sandbox",
    "new",
    "cli",
}
MAY = {
    "small": set(),
    "components": {"inspector"},
    "inspector": set(),
    "package": set(),
    "workspace": set(),
    "provider": {"inspector", "package", "workspace"},
    "engine": set(),
    "deploy": {"engine"},
    # Reads a workspace through its door, words what it finds as the provider does, and has an engine prove it.
    "adopt": {"workspace", "provider", "engine", "deploy"},
    "sandbox": set(),
    "new": set(),
    "cli": ROOMS - {"components"},
}
ONLY_IN = {
    "databricks": ("agentry/workspace/",),
    # The runner runs in the environment of the agent that it serves; nothing of ours imports it.
    "mlflow": ("agentry/workspace/worker.py", "agentry/sandbox/serving/runner.py"),
    "fastapi": ("agentry/sandbox/",),
    "uvicorn": ("agentry/sandbox/",),
    "typer": ("agentry/cli/",),
    "rich": ("agentry/cli/",),
    "grpc": ("agentry/engine/", "agentry/provider/"),
    "pulumi": ("agentry/engine/", "agentry/deploy/", "agentry/protocol.py", "agentry/components/"),
}


@cache
def imported(path: Path) -> frozenset[str]:
    """The modules that a file imports, anywhere in it and for types too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def files() -> list[Path]:
    """The package's own; `new/files` belongs to repositories that are still to be written."""
    return [
        path for path in sorted((ROOT / "agentry").rglob("*.py")) if not path.is_relative_to(ROOT / "agentry/new/files")
    ]


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[1] in ROOMS else "small"


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("room", sorted(MAY))
def test_a_room_imports_only_what_stands_below_it(room: str) -> None:
    wrong = [
        f"{name_of(path)} imports {module}"
        for path in files()
        if room_of(path) == room
        for module in sorted(imported(path))
        if module.startswith("agentry.")
        and (below := module.split(".")[1]) in ROOMS
        and below != room
        and below not in MAY[room]
    ]
    assert wrong == []


@pytest.mark.parametrize("package", sorted(ONLY_IN))
def test_a_package_is_imported_only_where_it_belongs(package: str) -> None:
    wrong = [
        name_of(path)
        for path in files()
        if any(module.split(".")[0] == package for module in imported(path))
        and not name_of(path).startswith(ONLY_IN[package])
    ]
    assert wrong == []


def test_components_import_nothing_heavy() -> None:
    allowed = {*sys.stdlib_module_names, "agentry", "pulumi", "yaml", "typing_extensions"}
    used = {m.split(".")[0] for path in files() if room_of(path) == "components" for m in imported(path)}
    assert used <= allowed


def test_the_program_is_a_table_of_contents() -> None:
    lines = (ROOT / "__main__.py").read_text().splitlines()
    assert len(lines) <= 40
    assert {m.split(".")[0] for m in imported(ROOT / "__main__.py")} == {"pulumi", "components"}


def test_the_program_s_words_are_those_of_the_package() -> None:
    """`components/` of a repository names what `agentry.components` has, and is the place for its own."""
    assert imported(ROOT / "components/__init__.py") == {
        "agentry.components",
        *(f"agentry.components.{name}" for name in agentry.components.__all__),
    }
    assert components.__all__ == agentry.components.__all__


def test_every_small_module_is_known_here() -> None:
    there = {path.stem for path in (ROOT / "agentry").glob("*.py")} - {"__init__"}
    assert there <= SMALL
