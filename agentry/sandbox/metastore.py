"""The metastore that all sandboxes of a project share, as workspaces of a region share one: `.agentry/sandbox/_metastore`.

In it are the rows of Unity Catalog (`TABLES`), the files of models and volumes, and who it is. Everything else is each
sandbox's own. A sandbox of an earlier release has all of it for itself; it moves in when it is started.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import uuid
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentry.errors import SandboxError
from agentry.sandbox.places import IDENTITY, locked, read_json, write_private
from agentry.sandbox.store import BUSY_SECONDS, COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATABASE, WHO = "metastore.db", "metastore.json"
TABLES = {
    # Table: the field of its rows that begins with the name of a catalog.
    "entities": "full_name",
    "models": "full_name",
    "model_versions": "model",
    "vector_search_indexes": "name",
    "grants": "name",
    "owners": "name",
}
_IN_NO_CATALOG = ("CONNECTION", "METASTORE")
FILES = ("Models", "Volumes")
"""The parts of the Files API's tree that are the metastore's."""


@dataclass(frozen=True)
class Metastore:
    """Who a metastore is; it stays the same through restarts and resets.

    Attributes:
        metastore_id: A UUID.
        account_id: A UUID.
    """

    metastore_id: str
    account_id: str


@contextmanager
def opening(directory: Path) -> Iterator[None]:
    """Hold the metastore's lock: while a sandbox opens it, or somebody empties a part of it."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(directory / "opening"):
        yield


def who(directory: Path, *sandboxes: Path) -> Metastore:
    """Who the metastore is, made up when it is new.

    Args:
        directory: The metastore's.
        sandboxes: Directories of sandboxes, the first choice first. The metastore that one of them had for itself is
            the one that stacks deployed there know, so a new metastore takes its identity.
    """
    for file in (directory / WHO, *(sandbox / IDENTITY for sandbox in sandboxes)):
        known = read_json(file)
        if "metastore_id" in known:
            break
    else:
        known = {"metastore_id": str(uuid.uuid4()), "account_id": str(uuid.uuid4())}
    found = Metastore(str(known["metastore_id"]), str(known["account_id"]))
    if not (directory / WHO).exists():
        write_private(directory / WHO, json.dumps(vars(found)))
    return found


def move_in(directory: Path, sandbox: Path) -> None:
    """Move what a sandbox of an earlier release had for itself into the metastore; nothing of it is lost.

    Done again after it was interrupted, it goes on where it was.

    Args:
        directory: The metastore's.
        sandbox: The sandbox's.

    Raises:
        SandboxError: Both have a thing of one name; nothing was moved.
    """
    with closing(_connected(sandbox / "sandbox.db")) as connection:
        have = {name for (name,) in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")}
        old = [table for table in TABLES if table in have]
        if old:
            connection.execute("ATTACH DATABASE ? AS metastore", (str(directory / DATABASE),))
            _copy_rows(connection, old, sandbox)
            for part in FILES:
                _move_files(sandbox / "files" / part, directory / "files" / part)
            for table in old:
                connection.execute(f"DROP TABLE main.{table}")


def empty_catalog(directory: Path, catalog: str) -> None:
    """Remove a catalog with all that is in it, and the files of its models and volumes.

    Raises:
        SandboxError: The database can not be read.
    """
    if not (directory / DATABASE).exists():
        return
    try:
        with opening(directory), closing(_connected(directory / DATABASE)) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            _delete_rows(connection, catalog)
            for part in FILES:
                shutil.rmtree(directory / "files" / part / catalog, ignore_errors=True)
    except sqlite3.DatabaseError as error:
        raise SandboxError(
            "the metastore of this project's sandboxes can not be read",
            where=str(directory / DATABASE),
            why=str(error),
            fix="agentry sandbox reset --all begins with an empty one",
        ) from error


def _delete_rows(connection: sqlite3.Connection, catalog: str) -> None:
    have = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table in have & TABLES.keys():
        rows = connection.execute(f"SELECT key, body FROM {table}").fetchall()  # noqa: S608 - a constant
        gone = [(key,) for key, body in rows if _catalog_of(table, json.loads(body)) == catalog]
        connection.executemany(f"DELETE FROM {table} WHERE key = ?", gone)  # noqa: S608 - a constant


def empty(directory: Path) -> None:
    """Remove all that the metastore holds. It stays the same metastore; no sandbox runs."""
    for entry in directory.iterdir() if directory.exists() else ():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != WHO:
            entry.unlink()


def _connected(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(database, timeout=BUSY_SECONDS, isolation_level=None)


def _catalog_of(table: str, row: dict[str, Any]) -> str:
    return "" if row.get("type") in _IN_NO_CATALOG else str(row[TABLES[table]]).partition(".")[0]


def _copy_rows(connection: sqlite3.Connection, tables: list[str], sandbox: Path) -> None:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        taken: list[str] = []
        for table in tables:
            connection.execute(f"CREATE TABLE IF NOT EXISTS metastore.{table} {COLUMNS}")
            for row in connection.execute(f"SELECT key, parent, body FROM main.{table} ORDER BY rowid").fetchall():  # noqa: S608 - constants
                there = connection.execute(f"SELECT body FROM metastore.{table} WHERE key = ?", row[:1]).fetchone()  # noqa: S608
                if there is None:
                    connection.execute(f"INSERT INTO metastore.{table} VALUES (?, ?, ?)", row)  # noqa: S608
                elif there[0] != row[2]:
                    taken.append(row[0])
        if taken:
            raise _collision(sandbox.name, taken)


def _collision(name: str, taken: list[str]) -> SandboxError:
    shown = ", ".join(taken[:3]) + (f" and {len(taken) - 3} more" if len(taken) > 3 else "")
    return SandboxError(
        f"sandbox {name} can not move into the metastore that the sandboxes of this project share now",
        why=f"it has {shown}, and so has another sandbox; nothing was moved or lost",
        fix=f"agentry sandbox reset --name {name} empties it, agentry sandbox reset --all all of them",
    )


def _move_files(source: Path, target: Path) -> None:
    """Move a directory, into one that may be there already."""
    if not source.exists():
        return
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
        return
    for entry in source.iterdir():
        if entry.is_dir():
            _move_files(entry, target / entry.name)
        else:
            os.replace(entry, target / entry.name)
    source.rmdir()
