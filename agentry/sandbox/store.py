"""The sandbox's memory: rows in SQLite, which survive a restart.

A row is a frozen dataclass of JSON values that says which table it belongs to and what identifies it:

    @dataclass(frozen=True)
    class Experiment(Row):
        TABLE = "experiments"
        experiment_id: str
        name: str

        @property
        def key(self) -> str:
            return self.experiment_id

    store.add(Experiment("1", "/Shared/a"))
    store.put(replace(store.get(Experiment, "1"), name="/Shared/b"))

Fields may be added to a row later (with a default); those that went are dropped when an old row is read.

Rows of the metastore (`METASTORE = True`) are in a second file, which the sandboxes of a project share: each of their
processes has it attached beside its own, so that one transaction covers both, and is one step among the processes too.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from agentry.sandbox.snapshot import SEEN, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Row(ABC):
    """One thing that is remembered.

    Attributes:
        TABLE: Its table's name.
        METASTORE: Whether it belongs to the metastore, and so to all sandboxes of the project.
        FRESH: Whether it is seen as it is by reads that are otherwise behind: who asks is known at once.
    """

    TABLE: ClassVar[str]
    METASTORE: ClassVar[bool] = False
    FRESH: ClassVar[bool] = False

    @property
    @abstractmethod
    def key(self) -> str:
        """What identifies the row in its table."""

    @property
    def parent(self) -> str:
        """What the row belongs to, for `Store.rows(parent=...)`."""
        return ""


R = TypeVar("R", bound=Row)
COLUMNS = "(key TEXT PRIMARY KEY, parent TEXT NOT NULL, body TEXT NOT NULL)"


class KeyTaken(Exception):
    """`Store.add` found a row with the same key."""


BUSY_SECONDS = 30.0
"""How long another process's transaction is waited for; they take milliseconds."""


class Store:
    """Rows by type and key. Safe to use from several threads, and the metastore's from several processes.

    Args:
        path: The database file; its directory exists. ":memory:" forgets everything at the end.
        metastore: The file of the metastore's rows; without one they are kept with the others.
    """

    def __init__(self, path: Path | str, metastore: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None)
        self._files = {False: "main", True: "main"}
        self._settle("main")
        if metastore is not None:
            self._connection.execute("ATTACH DATABASE ? AS metastore", (str(metastore),))
            self._files[True] = "metastore"
            self._settle("metastore")
        self._connection.execute("CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL)")
        self._tables: set[str] = set()
        self._depth = 0

    def _settle(self, file: str) -> None:
        self._connection.execute(f"PRAGMA {file}.journal_mode=WAL")
        # A crash of the machine may lose the last moments, never the database; a crash of the process loses nothing.
        self._connection.execute(f"PRAGMA {file}.synchronous=NORMAL")

    def close(self) -> None:
        """Close the database file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside happen, or none; other threads wait, and processes with the same metastore. May be nested."""
        with self._lock:
            outermost = self._depth == 0
            if outermost:
                # Locks both files: what is read inside does not change until the end.
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if outermost:
                    self._connection.execute("ROLLBACK")
                    # Tables made inside went with it.
                    self._tables.clear()
                raise
            else:
                if outermost:
                    self._connection.execute("COMMIT")
            finally:
                self._depth -= 1

    def get(self, kind: type[R], key: str) -> R | None:
        """The row with this key, or None."""
        found = self._select(kind, " WHERE key = ?", (key,))
        return _read(kind, found[0][0]) if found else None

    def rows(self, kind: type[R], *, parent: str | None = None) -> list[R]:
        """All rows of a type, or those of one parent, oldest first."""
        where, values = ("", ()) if parent is None else (" WHERE parent = ?", (parent,))
        return [_read(kind, body) for (body,) in self._select(kind, where, values)]

    def snapshot(self) -> Snapshot:
        """What is here now. `SEEN` makes reads see it."""
        with self._lock:
            return Snapshot(self._connection, self._files)

    def _select(self, kind: type[Row], where: str, values: tuple[str, ...]) -> list[tuple[str]]:
        seen = SEEN.get()
        with self._lock:
            if seen is not None and not kind.FRESH:
                return seen.bodies(kind.TABLE, where, values, metastore=kind.METASTORE)
            return self._connection.execute(
                f"SELECT body FROM {self._table(kind)}{where} ORDER BY rowid",  # noqa: S608 - the table's name is a constant of a Row class
                values,
            ).fetchall()

    def add(self, row: R) -> R:
        """Remember a new row.

        Raises:
            KeyTaken: There is one with this key.
        """
        with self._lock:
            try:
                self._connection.execute(
                    f"INSERT INTO {self._table(type(row))} (key, parent, body) VALUES (?, ?, ?)",  # noqa: S608 - a constant, as above
                    (row.key, row.parent, json.dumps(asdict(row))),
                )
            except sqlite3.IntegrityError as error:
                raise KeyTaken(row.key) from error
        return row

    def put(self, row: R) -> R:
        """Remember a row in place of the one with its key, or as a new one."""
        with self._lock:
            self._connection.execute(
                f"INSERT INTO {self._table(type(row))} (key, parent, body) VALUES (?, ?, ?) "  # noqa: S608 - a constant, as above
                "ON CONFLICT (key) DO UPDATE SET parent = excluded.parent, body = excluded.body",
                (row.key, row.parent, json.dumps(asdict(row))),
            )
        return row

    def delete(self, kind: type[R], key: str) -> bool:
        """Forget a row; whether there was one."""
        with self._lock:
            done = self._connection.execute(f"DELETE FROM {self._table(kind)} WHERE key = ?", (key,))  # noqa: S608 - a constant, as above
        return done.rowcount > 0

    def next_number(self, counter: str) -> int:
        """1, 2, 3, ...: numbers that are never given twice, also after a restart."""
        with self._lock:
            return int(
                self._connection.execute(
                    "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                    (counter,),
                ).fetchone()[0]
            )

    def _table(self, kind: type[Row]) -> str:
        file = self._files[kind.METASTORE]
        name = f"{file}.{kind.TABLE}"
        if name not in self._tables:
            self._connection.execute(f"CREATE TABLE IF NOT EXISTS {name} {COLUMNS}")
            self._connection.execute(
                f"CREATE INDEX IF NOT EXISTS {file}.{kind.TABLE}_by_parent ON {kind.TABLE} (parent)"
            )
            self._tables.add(name)
        return name


def _read(kind: type[R], body: str) -> R:
    values: dict[str, Any] = json.loads(body)
    known = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in values.items() if name in known})
