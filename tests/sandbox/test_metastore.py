"""The metastore that sandboxes share: what is in it, who it is, and how a sandbox of an earlier release moves in."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from agentry.clock import FakeClock
from agentry.errors import SandboxError
from agentry.sandbox import app, metastore
from agentry.sandbox.access import Change, Grant, Ownership, Securable
from agentry.sandbox.catalog import Entity
from agentry.sandbox.catalog.entities import create_entity
from agentry.sandbox.directories import Directory
from agentry.sandbox.errors import Unauthenticated
from agentry.sandbox.registry.rows import ModelVersion, RegisteredModel
from agentry.sandbox.seed import seed_people
from agentry.sandbox.state import Settings, open_state
from agentry.sandbox.store import Row, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agentry.sandbox.state import State

MODEL = RegisteredModel("dev.agents.m", 1, "a", 1, "a")
VERSION = ModelVersion("dev.agents.m", 1, 1, "a", 1, "a", "s3://x")
ADMIN = "admin@sandbox.example"


_opened: list[State] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().store.close()


def opened(root: Path, name: str) -> State:
    _opened.append(open_state(Settings(name, root / name, root / "cache"), FakeClock()))
    return _opened[-1]


def started(root: Path, name: str) -> State:
    """With all that a new sandbox has."""
    state = opened(root, name)
    seed_people(state)
    app.create_app(state)
    return state


def old_sandbox(root: Path, name: str, *rows: Row, metastore_id: str = "m-old") -> None:
    """As an earlier release left it: everything in one file and one tree."""
    directory = root / name
    (directory / "files/Models" / name / "agents/m/1").mkdir(parents=True)
    (directory / "files/Models" / name / "agents/m/1/MLmodel").write_text("old")
    (directory / "files/WorkspaceInternal").mkdir()
    identity = {"workspace_id": "1", "metastore_id": metastore_id, "account_id": "a-old", "signing_key": "k"}
    (directory / "workspace.json").write_text(json.dumps(identity))
    store = Store(directory / "sandbox.db")
    for row in rows:
        store.add(row)
    store.close()


def tables(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_the_tables_of_the_metastore_are_those_of_its_rows() -> None:
    rows = {row.TABLE for row in Row.__subclasses__() if row.METASTORE and row.__module__.startswith("agentry.")}
    assert metastore.TABLES.keys() == rows


def test_rows_and_files_of_the_metastore_are_seen_from_both_and_others_are_not(tmp_path: Path) -> None:
    one, two = opened(tmp_path, "local"), opened(tmp_path, "dev")
    one.store.add(MODEL)
    one.store.add(Directory("/Shared/a", 1))
    for path in ("/Models/dev/agents/m/1/MLmodel", "/Volumes/dev/a/b/c", "/WorkspaceInternal/x"):
        with one.tree.writing(path, overwrite=False) as file:
            file.write(b"x")
    assert two.store.get(RegisteredModel, MODEL.key) == MODEL
    assert two.store.rows(Directory) == []
    assert two.tree.locate("/Models/dev/agents/m/1/MLmodel").read_bytes() == b"x"
    assert two.tree.locate("/Volumes/dev/a/b/c").exists()
    assert not two.tree.locate("/WorkspaceInternal/x").exists()
    assert one.workspace.metastore_id == two.workspace.metastore_id
    assert one.workspace.account_id == two.workspace.account_id
    assert one.workspace.workspace_id != two.workspace.workspace_id
    assert one.workspace.signing_key != two.workspace.signing_key


def test_users_and_tokens_are_each_sandboxes_own_and_grants_are_names(tmp_path: Path) -> None:
    one, two = started(tmp_path, "local"), started(tmp_path, "dev")
    made = one.principals.create("User", "new@sandbox.example")
    assert two.principals.named(made.name) is None
    admin = one.principals.named(ADMIN)
    assert admin is not None
    with pytest.raises(Unauthenticated):
        two.tokens.caller(f"Bearer {one.tokens.issue(admin)}")
    one.access.change(Securable("CATALOG", "dev"), [Change(made.name, add=["USE CATALOG"])])
    assert made.name in {grant.principal for grant in two.access.grants(Securable("CATALOG", "dev"))}


def test_a_transaction_that_fails_changes_neither_file(tmp_path: Path) -> None:
    state = opened(tmp_path, "local")

    def fail() -> None:
        with state.store.transaction():
            state.store.add(MODEL)
            state.store.add(Directory("/Shared/a", 1))
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fail()
    assert (state.store.rows(RegisteredModel), state.store.rows(Directory)) == ([], [])


def test_each_new_sandbox_has_a_catalog_of_its_own_in_it(tmp_path: Path) -> None:
    started(tmp_path, "local")
    state = started(tmp_path, "dev")
    assert [row.full_name for row in state.store.rows(Entity)] == ["local", "local.agents", "dev", "dev.agents"]


def test_a_sandbox_of_an_earlier_release_moves_in_with_everything(tmp_path: Path) -> None:
    old_sandbox(tmp_path, "dev", MODEL, VERSION, Grant("CATALOG", "dev", "a", ["USE CATALOG"]), Directory("/Shared", 7))
    state = opened(tmp_path, "dev")
    assert state.store.rows(RegisteredModel) == [MODEL]
    assert state.store.rows(ModelVersion, parent="dev.agents.m") == [VERSION]
    assert state.store.rows(Directory) == [Directory("/Shared", 7)]
    assert state.tree.locate("/Models/dev/agents/m/1/MLmodel").read_text() == "old"
    assert not (tmp_path / "dev/files/Models").exists()
    assert not tables(tmp_path / "dev/sandbox.db") & metastore.TABLES.keys()
    # Stacks that were deployed there know the metastore by this id.
    assert (state.workspace.workspace_id, state.workspace.metastore_id) == ("1", "m-old")
    other = opened(tmp_path, "local")
    assert other.workspace.metastore_id == "m-old"
    assert other.store.get(ModelVersion, VERSION.key) == VERSION


def test_the_identity_of_the_metastore_is_that_of_local_where_there_are_several(tmp_path: Path) -> None:
    old_sandbox(tmp_path, "dev", metastore_id="m-dev")
    old_sandbox(tmp_path, "local", metastore_id="m-local")
    assert opened(tmp_path, "dev").workspace.metastore_id == "m-local"


def test_moving_in_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    """It died after the rows were copied and half of the files were moved."""
    old_sandbox(tmp_path, "dev", MODEL, VERSION)
    first = Store(tmp_path / "x.db", _made(tmp_path) / metastore.DATABASE)
    first.add(MODEL)
    first.add(VERSION)
    first.close()
    there = tmp_path / "_metastore/files/Models/dev/agents/m/1"
    there.mkdir(parents=True)
    (there / "agent.py").write_text("moved")
    state = opened(tmp_path, "dev")
    assert state.store.rows(ModelVersion) == [VERSION]
    assert {path.name for path in there.iterdir()} == {"MLmodel", "agent.py"}
    assert not (tmp_path / "dev/files/Models").exists()


def test_what_two_sandboxes_call_alike_is_said_and_neither_is_lost(tmp_path: Path) -> None:
    old_sandbox(tmp_path, "dev", Entity("CATALOG", "main", "a", 1, id="1"), MODEL)
    old_sandbox(tmp_path, "local", Entity("CATALOG", "main", "b", 2, id="2"))
    opened(tmp_path, "local")
    with pytest.raises(SandboxError) as raised:
        opened(tmp_path, "dev")
    assert "CATALOG main" in raised.value.why
    assert "agentry sandbox reset --name dev" in raised.value.fix
    assert {"entities", "models"} <= tables(tmp_path / "dev/sandbox.db")
    assert opened(tmp_path, "local").store.rows(RegisteredModel) == []


def test_emptying_a_catalog_leaves_all_others(tmp_path: Path) -> None:
    state = started(tmp_path, "dev")
    for securable in (
        Securable("CATALOG", "dev_2"),
        Securable("SCHEMA", "dev_2.agents"),
        Securable("CONNECTION", "dev"),
    ):
        create_entity(state, securable, ADMIN)
    for model in ("dev.agents.m", "dev_2.agents.m"):
        state.store.add(RegisteredModel(model, 1, "a", 1, "a"))
        state.access.set_owner(Securable("FUNCTION", model), ADMIN)
        with state.tree.writing(f"/Models/{model.replace('.', '/')}/1/MLmodel", overwrite=False):
            pass
    metastore.empty_catalog(tmp_path / "_metastore", "dev")
    assert {row.key for row in state.store.rows(Entity)} == {"CATALOG dev_2", "SCHEMA dev_2.agents", "CONNECTION dev"}
    assert [row.key for row in state.store.rows(RegisteredModel)] == ["dev_2.agents.m"]
    assert {row.name for row in state.store.rows(Ownership)} == {"dev_2", "dev_2.agents", "dev", "dev_2.agents.m"}
    assert state.store.rows(Grant) == []
    assert not state.tree.locate("/Models/dev").exists()
    assert state.tree.locate("/Models/dev_2/agents/m/1/MLmodel").exists()


def test_a_metastore_that_can_not_be_read_says_what_to_type(tmp_path: Path) -> None:
    metastore.empty_catalog(tmp_path / "none", "dev")
    (_made(tmp_path) / metastore.DATABASE).write_text("this is no database" * 100)
    with pytest.raises(SandboxError) as raised:
        metastore.empty_catalog(tmp_path / "_metastore", "dev")
    assert "reset --all" in raised.value.fix


def _made(root: Path) -> Path:
    (root / "_metastore").mkdir()
    return root / "_metastore"
