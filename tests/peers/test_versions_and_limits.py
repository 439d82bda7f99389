"""Rows 4, 9 and 11."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.peers.row import Row

pytestmark = pytest.mark.process


def serving(row: Row, version: str, more: str = "") -> str:
    return f'ServingEndpoint("e", name={row.name!r}, model={row.model!r}, version={version!r}, {more})'


async def test_row_11_a_new_version_leaves_who_may_ask_as_it_is(row: Row) -> None:
    model = row.workspace.register(row.model)
    first, second = (row.workspace.version(model) for _ in range(2))
    row.program(serving(row, first))
    (await row.up()).went_well()
    before = row.workspace.mark()
    row.program(serving(row, second))
    assert (await row.preview()).steps == {"update e"}
    seen = (await row.up()).went_well()
    assert seen.steps == {"update e"}
    assert row.workspace.requests(after=before, path="permissions") == []
    assert (await row.up()).steps == set()


async def test_row_09_a_version_that_does_not_exist_fails_at_preview(row: Row) -> None:
    row.workspace.register(row.model)
    row.program(serving(row, "7"))
    seen = await row.preview()
    assert f"{row.model} has no version 7" in seen.said
