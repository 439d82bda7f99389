"""Row 9: what does not exist is said by the preview, and nothing is begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.peers.row import Row

pytestmark = pytest.mark.process


async def test_row_09_a_version_a_model_or_an_alias_that_does_not_exist_fails_at_preview(row: Row) -> None:
    row.workspace.register(row.model)
    row.program(f"""
        ServingEndpoint("version", name="{row.name}-version", model="{row.model}", version="7")
        ServingEndpoint("model", name="{row.name}-model", model="{row.model}_gone", version="1")
        ServingEndpoint("source", name="{row.name}-source", source="models:/{row.model}/3")
        ServingEndpoint("alias", name="{row.name}-alias", source="models:/{row.model}@champion")
    """)
    expected = (
        f"{row.model} has no version 7",
        f"{row.model}_gone has no version 1",
        f"{row.model} has no version 3",
        f"{row.model} has no alias 'champion'",
    )
    seen = await row.preview()
    assert seen.error is not None
    assert [line for line in expected if line not in seen.said] == []
    before = row.workspace.mark()
    assert (await row.up()).error is not None
    assert row.workspace.writes(before) == []
    assert await row.state() == {}
