"""Golden files: what a person sees, kept beside the tests.

`pytest tests/cli --regenerate` writes them anew; look at the difference before committing it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).with_name("golden")

Golden = Callable[[str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    # Another room's conftest may have the same flag; it means the same.
    with contextlib.suppress(ValueError):
        parser.addoption("--regenerate", action="store_true", help="write golden files anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with `golden/<name>`, or write it there."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if request.config.getoption("--regenerate", default=False):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8")

    return compare
