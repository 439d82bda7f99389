"""The tables themselves: that every row can be reached, means what it says, and is shown by a case."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentry.inspector import inspect_agent
from agentry.inspector.entrypoints.clients import (
    CLIENTS,
    CONSTRUCTORS,
    HARMLESS,
    is_client,
    is_harmless,
    matches,
    names,
    pattern,
    rows,
    undecorated,
)
from agentry.inspector.entrypoints.table import ENTRY_POINTS
from agentry.inspector.entrypoints.workspaces import ROUTES
from agentry.inspector.uses import Finder

if TYPE_CHECKING:
    from agentry.inspector.entrypoints.row import EntryPoint

CASES = Path(__file__).parents[1] / "inspect"
NAMES = sorted({name for row in ENTRY_POINTS for name in row.names})


def example(name: str) -> str:
    """A path that a name of the tables stands for."""
    return name.replace("..*", ".x").replace("..", ".").replace("*", "x")


@pytest.fixture(scope="module")
def looked_up() -> set[str]:
    """The names by which the calls of all cases are found, each with a use or a doubt that came of it."""
    found: set[str] = set()
    row = Finder._row

    def recorded(finder: Finder, entry: EntryPoint, made: Any, path: str) -> None:
        before = len(finder.uses) + len(finder.undecided)
        row(finder, entry, made, path)
        if len(finder.uses) + len(finder.undecided) > before:
            found.update(names(path) & set(entry.names))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Finder, "_row", recorded)
        for directory in sorted(p.parent for p in CASES.glob("*/agent.py") if not p.parent.name.startswith("repo_")):
            case = directory / "case.yaml"
            given = yaml.safe_load(case.read_text()) if case.exists() else {}
            # By a name of its own: what another test has inspected already would not be looked at again.
            shown = f"looked up/{directory.name}"
            inspect_agent(directory, given.get("model_config", {}), given.get("environment", {}), shown=shown)
    return found


def test_every_name_of_every_row_is_shown_by_a_case(looked_up: set[str]) -> None:
    assert sorted(set(NAMES) - looked_up) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_found_by_each_of_its_names(name: str) -> None:
    assert any(name in row.names for row in rows(example(name)))
    if ".." in name:
        assert any(name in row.names for row in rows(example(name.replace("..", ".some.module.", 1))))


@pytest.mark.parametrize("row", ENTRY_POINTS, ids=lambda row: row.names[0])
def test_a_row_says_what_it_reads(row: EntryPoint) -> None:
    assert row.keywords or row.every or row.parts or row.reason
    assert row.client in ROUTES


@pytest.mark.parametrize("name", [*CLIENTS, *HARMLESS, *CONSTRUCTORS])
def test_a_pattern_matches_what_it_stands_for_and_no_sibling(name: str) -> None:
    assert pattern(name).fullmatch(example(name))
    assert not pattern(name).fullmatch("other-" + example(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_matches_what_its_expression_does(name: str) -> None:
    path = example(name)
    for other in (path, f"{path}.more", f"more.{path}", path.replace(".", "..", 1), path.replace(".", ".a[].b().", 1)):
        assert matches(name, other) == bool(pattern(name).fullmatch(other)), other


def test_what_is_harmless_is_no_entry() -> None:
    both = [name for name in HARMLESS if any(row.required for row in rows(example(name)))]
    assert both == []


@pytest.mark.parametrize(
    ("path", "client", "harmless"),
    [
        ("databricks.sdk.WorkspaceClient", True, True),
        ("databricks.sdk.WorkspaceClient().jobs.run_now", True, False),
        ("databricks.sdk.WorkspaceClient().config.authenticate", True, True),
        ("databricks_langchain.SomethingNew", True, False),
        ("openai.RateLimitError", True, True),
        ("openai.OpenAI().files.create", True, False),
        ("mlflow.set_experiment", False, False),
        ("mlflow.deployments.run_local", True, False),
        ("langgraph.graph.StateGraph().compile", False, False),
        ("databricksx.Thing", False, False),
    ],
)
def test_which_calls_have_to_be_known(path: str, client: bool, harmless: bool) -> None:
    assert (is_client(path), is_harmless(path)) == (client, harmless)


def test_what_changes_nothing_is_left_out_of_a_path() -> None:
    path = "openai.OpenAI().with_options().chat.completions.with_raw_response.create"
    assert undecorated(path) == "openai.OpenAI().chat.completions.create"
    assert undecorated("databricks_langchain.ChatDatabricks.__init__") == "databricks_langchain.ChatDatabricks"


def test_names_are_paths() -> None:
    assert [name for name in NAMES if not re.fullmatch(r"[\w.()*]+", name)] == []
