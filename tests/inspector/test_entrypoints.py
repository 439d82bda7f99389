"""The tables themselves: that every row can be reached, and means what it says."""

from __future__ import annotations

import re

import pytest

from agentry.inspector.entrypoints.clients import (
    CLIENTS,
    CONSTRUCTORS,
    HARMLESS,
    is_client,
    is_harmless,
    pattern,
    rows,
    undecorated,
)
from agentry.inspector.entrypoints.table import ENTRY_POINTS, EntryPoint

NAMES = sorted({name for row in ENTRY_POINTS for name in row.names})


def example(name: str) -> str:
    """A path that a name of the tables stands for."""
    return name.replace("..*", ".x").replace("..", ".").replace("*", "x")


@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_found_by_each_of_its_names(name: str) -> None:
    assert any(name in row.names for row in rows(example(name)))
    assert any(name in row.names for row in rows(example(name.replace("..", ".some.module.", 1))))


@pytest.mark.parametrize("row", ENTRY_POINTS, ids=lambda row: row.names[0])
def test_a_row_says_where_its_argument_is(row: EntryPoint) -> None:
    assert row.keywords or row.every
    assert row.client in {"", "openai", "provider", "default", "deployments"}


@pytest.mark.parametrize("name", [*CLIENTS, *HARMLESS, *CONSTRUCTORS])
def test_a_pattern_matches_what_it_stands_for_and_no_sibling(name: str) -> None:
    assert pattern(name).fullmatch(example(name))
    assert not pattern(name).fullmatch("other" + example(name))


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
        ("mlflow.pyfunc.load_model", True, False),
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
    assert [name for name in NAMES if not re.fullmatch(r"[\w.()]+", name)] == []
