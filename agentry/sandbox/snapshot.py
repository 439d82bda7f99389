"""The rows of a store as they were at one moment, in memory."""

from __future__ import annotations

import sqlite3
from contextvars import ContextVar

SEEN: ContextVar[Snapshot | None] = ContextVar("seen", default=None)
"""What reads of stores see while a request is answered, if not what is there now."""


class Snapshot:
    """A copy of a store's files.

    Args:
        source: The connection of the store.
        files: The database's name by whether rows are of the metastore.
    """

    def __init__(self, source: sqlite3.Connection, files: dict[bool, str]) -> None:
        copies = {name: sqlite3.connect(":memory:", check_same_thread=False) for name in set(files.values())}
        self._copies = {shared: copies[name] for shared, name in files.items()}
        for name, copy in copies.items():
            source.backup(copy, name=name)

    def __del__(self) -> None:
        """Python 3.13 warns of a connection that nobody closed."""
        for copy in self._copies.values():
            copy.close()

    def bodies(self, table: str, where: str, values: tuple[str, ...], *, metastore: bool) -> list[tuple[str]]:
        """The rows of a table, oldest first.

        Args:
            table: Its name, a constant of a Row class.
            where: "" or a condition.
            values: Of the condition.
            metastore: Whether it is one of the metastore's.
        """
        try:
            found = self._copies[metastore].execute(f"SELECT body FROM {table}{where} ORDER BY rowid", values)  # noqa: S608 - constants
        except sqlite3.OperationalError:
            # A table is made with its first row.
            return []
        return found.fetchall()
