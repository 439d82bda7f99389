"""How a sandbox is told to behave, and that it remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.errors import SandboxError
from agentry.sandbox.mode import INSTANT, Choice, Mode, recall, remember, require_same
from agentry.sandbox.places import Places

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(tmp_path, "local")
    places.directory.mkdir(parents=True)
    return places


def test_nothing_said_is_a_workspace_as_it_is(places: Places) -> None:
    assert recall(places) == Mode(instant=False, latency=0)
    assert str(Mode()) == ""


def test_what_is_left_open_stays(places: Places) -> None:
    remember(places, Mode(instant=True, latency=100))
    assert Choice(latency=0).of(recall(places)) == Mode(instant=True, latency=0)
    assert Choice(instant=False).of(recall(places)) == Mode(instant=False, latency=100)


@pytest.mark.parametrize(("said", "instant"), [("1", True), ("true", True), ("0", False), ("", False), ("No", False)])
def test_the_environment_speaks_where_nothing_was_said(
    monkeypatch: pytest.MonkeyPatch, said: str, *, instant: bool
) -> None:
    monkeypatch.setenv(INSTANT, said)
    assert Choice().from_environment().instant is instant
    assert Choice(instant=not instant).from_environment().instant is not instant
    monkeypatch.delenv(INSTANT)
    assert Choice().from_environment() == Choice()


def test_one_that_runs_in_another_mode_is_not_taken_for_what_was_asked(places: Places) -> None:
    remember(places, Mode(latency=100))
    require_same(places, Choice())
    require_same(places, Choice(latency=100))
    with pytest.raises(SandboxError, match="another mode") as raised:
        require_same(places, Choice(instant=True))
    assert raised.value.why == "100 ms are added to each request"


def test_a_file_of_another_release_is_read_as_far_as_it_is_known(places: Places) -> None:
    places.mode_file.write_text('{"instant": true, "colour": "red"}')
    assert recall(places) == Mode(instant=True)


@pytest.mark.parametrize("latency", [-1, 60_001])
def test_a_latency_that_can_not_be(latency: int) -> None:
    with pytest.raises(SandboxError, match="not possible"):
        Choice(latency=latency)


def test_a_time_after_which_to_scale_to_zero(places: Places) -> None:
    mode = Choice(idle=2.5).of(Mode())
    assert str(mode) == "agents that may scale to zero do so after 2.5 s"
    remember(places, mode)
    assert recall(places).idle == 2.5
    with pytest.raises(SandboxError, match="nothing is idle for 0 s"):
        Choice(idle=0)


def test_a_limit_of_endpoints(places: Places) -> None:
    mode = Choice(endpoint_limit=50, endpoint_window=60).of(Mode())
    assert str(mode) == "no more than 50 creates and updates of endpoints in 60 s"
    remember(places, mode)
    assert (recall(places).endpoint_limit, recall(places).endpoint_window) == (50, 60)
    for impossible in ({"endpoint_limit": -1}, {"endpoint_window": 0}):
        with pytest.raises(SandboxError, match="not possible"):
            Choice(**impossible)  # type: ignore[arg-type]
