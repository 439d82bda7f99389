"""Row 9: what does not exist is said by the preview, and nothing is begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.peers.row import Row

pytestmark = pytest.mark.process


async def test_row_09_a_version_a_model_or_an_alias_that_does_not_exist_fails_at_preview(row: Row) -> None:
    row.workspace.register(row.model)
    cases = {
        f'model="{row.model}", version="7"': f"{row.model} has no version 7",
        f'model="{row.model}_gone", version="1"': f"{row.model}_gone has no version 1",
        f'source="models:/{row.model}/3"': f"{row.model} has no version 3",
        f'source="models:/{row.model}@champion"': f"{row.model} has no alias 'champion'",
    }
    for group in row.told_at_once(cases):
        each = enumerate(group)
        row.program("\n".join(f'ServingEndpoint("e{n}", name="{row.name}-{n}", {served})' for n, served in each))
        seen = await row.preview()
        assert seen.error is not None
        assert [said for said in group.values() if said not in seen.said] == []
    before = row.workspace.mark()
    assert (await row.up()).error is not None
    assert row.workspace.writes(before) == []
    assert await row.state() == {}
