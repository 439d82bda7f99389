"""Every row has a test, and the page says what the rows say."""

from __future__ import annotations

from tests.peers.rows import NOT_YET, PAGE, ROWS, page, rows_with_a_test


def test_the_rows_are_counted() -> None:
    assert [case.number for case in ROWS] == list(range(1, 30))


def test_each_row_has_a_test_or_is_listed_as_not_yet() -> None:
    rows = {case.number for case in ROWS}
    assert rows_with_a_test() <= rows
    assert rows - rows_with_a_test() == NOT_YET, "a row without a test belongs to NOT_YET, and one with a test does not"


def test_the_page_says_what_the_rows_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.peers.rows"
