"""docs/network.md says the limits that the code has."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentry.cli.ask import PATIENCE as ASKING
from agentry.engine.client import HANDSHAKE_LIMIT
from agentry.engine.plugin import START_LIMIT
from agentry.provider.kinds.endpoint_waits import TIMEOUT as ENDPOINT
from agentry.provider.kinds.model_version import TIMEOUT as VERSION
from agentry.workspace.budget import SECONDS
from agentry.workspace.client import THREADS
from agentry.workspace.registration import TIMEOUT as UPLOAD
from agentry.workspace.retries import PATIENCE, TURNED_AWAY
from agentry.workspace.transport import CONNECT_SECONDS
from agentry.workspace.uploads import FIRST_LOOK, SILENCE
from agentry.workspace.waits import FIRST_INTERVAL, LONGEST_INTERVAL, span

TEXT = (Path(__file__).parents[2] / "docs/network.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("row", "limit"),
    [
        ("for the workspace to answer at all", f"{CONNECT_SECONDS:g} s"),
        ("for any answer, all checks and diffs", span(SECONDS)),
        ("while a workspace is away or busy", span(PATIENCE)),
        ("for the time that a 429 names", span(TURNED_AWAY)),
        ("for an endpoint to take an update", span(ENDPOINT)),
        ("for a model version to be READY", span(VERSION)),
        ("for one upload", span(UPLOAD)),
        ("for an agent to answer", f"{ASKING.read:g} s"),
        ("for a provider to print its port", span(HANDSHAKE_LIMIT)),
        ("requests at once", str(THREADS)),
    ],
)
def test_a_row_has_its_limit(row: str, limit: str) -> None:
    (line,) = [line for line in TEXT.splitlines() if line.startswith(f"| {row}")]
    assert limit in line.split("|")[2]


def test_the_other_figures() -> None:
    assert HANDSHAKE_LIMIT == START_LIMIT
    assert FIRST_LOOK * 1.5 + 2 * SILENCE <= 22
    assert f"begin after {FIRST_INTERVAL:g} s, grow to {LONGEST_INTERVAL:g} s" in TEXT
