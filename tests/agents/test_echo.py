from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.agents.packaged import ask

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

TEXT = "Say  it\nexactly so"


def said(content: Any) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": "before"}, {"role": "user", "content": content}]}


async def test_echo_as_it_is_served(tmp_path: Path) -> None:
    parts = [{"type": "input_text", "text": "in "}, {"type": "input_text", "text": "parts"}]
    steps: list[dict[str, Any]] = [
        {"question": said(TEXT)},
        {"question": said(parts)},
        {"question": said(TEXT), "stream": True},
    ]
    whole, in_parts, stream = await ask("echo", {}, steps, tmp_path)

    assert whole["output"][0]["content"][0]["text"] == TEXT
    assert in_parts["output"][0]["content"][0]["text"] == "in parts"

    *deltas, done = stream
    assert "".join(event["delta"] for event in deltas) == TEXT
    assert len(deltas) == 4
    assert done["type"] == "response.output_item.done"
    assert done["item"]["content"][0]["text"] == TEXT
    assert {event["item_id"] for event in deltas} == {done["item"]["id"]}
