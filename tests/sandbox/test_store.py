"""The store: rows by type and key, transactions, and that all of it survives a restart."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.sandbox.store import KeyTaken, Row, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Thing(Row):
    """A row for these tests."""

    TABLE = "things"

    name: str
    shelf: str = ""
    content: Any = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.name

    @property
    def parent(self) -> str:
        return self.shelf


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store(":memory:")
    yield opened
    opened.close()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(name=st.text(), content=json_values)
def test_what_is_put_is_got(name: str, content: Any) -> None:
    store = Store(":memory:")
    thing = store.put(Thing(name, content=content))
    assert store.get(Thing, name) == thing
    store.close()


def test_put_replaces_and_keeps_the_place(store: Store) -> None:
    store.put(Thing("a"))
    store.put(Thing("b"))
    store.put(Thing("a", content=1))
    assert [thing.name for thing in store.rows(Thing)] == ["a", "b"]
    assert store.get(Thing, "a") == Thing("a", content=1)


def test_add_refuses_a_key_that_is_taken(store: Store) -> None:
    store.add(Thing("a", content=1))
    with pytest.raises(KeyTaken):
        store.add(Thing("a", content=2))
    assert store.get(Thing, "a") == Thing("a", content=1)


def test_rows_of_a_parent(store: Store) -> None:
    for thing in (Thing("a", "top"), Thing("b", "low"), Thing("c", "top")):
        store.add(thing)
    assert [thing.name for thing in store.rows(Thing, parent="top")] == ["a", "c"]
    assert store.rows(Thing, parent="none") == []


def test_delete_says_whether_there_was_one(store: Store) -> None:
    store.add(Thing("a"))
    assert store.delete(Thing, "a") is True
    assert store.delete(Thing, "a") is False
    assert store.get(Thing, "a") is None


def test_a_transaction_that_fails_changes_nothing(store: Store) -> None:
    store.add(Thing("a", content=1))

    def fail() -> None:
        with store.transaction():
            store.put(Thing("a", content=2))
            with store.transaction():
                store.add(Thing("b"))
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fail()
    assert store.rows(Thing) == [Thing("a", content=1)]


def test_a_table_that_was_first_used_in_a_failed_transaction_can_be_used_again(store: Store) -> None:
    def fail() -> None:
        with store.transaction():
            store.add(Thing("a"))
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fail()
    assert store.add(Thing("a")) == Thing("a")


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    store.add(Thing("a", "top", {"x": [1, 2]}))
    numbers = [store.next_number("n") for _ in range(3)]
    store.close()
    again = Store(tmp_path / "a.db")
    assert again.rows(Thing) == [Thing("a", "top", {"x": [1, 2]})]
    assert [*numbers, again.next_number("n")] == [1, 2, 3, 4]
    again.close()


def test_a_row_of_another_release_is_read_as_far_as_it_goes(store: Store) -> None:
    """A field that went is dropped, one that came has its default."""

    @dataclass(frozen=True)
    class Newer(Row):
        TABLE = "things"
        name: str
        colour: str = "red"

        @property
        def key(self) -> str:
            return self.name

    store.add(Thing("a", "top"))
    found = store.get(Newer, "a")
    assert found == Newer("a", "red")


def test_threads_count_without_gaps(store: Store) -> None:
    def count() -> None:
        for _ in range(50):
            with store.transaction():
                thing = store.get(Thing, "n") or Thing("n", content=0)
                store.put(replace(thing, content=thing.content + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get(Thing, "n") == Thing("n", content=200)
