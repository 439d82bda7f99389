"""SIGINT and SIGTERM end a command in an orderly way."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from agentry.cli.loop import run
from agentry.errors import Interrupted


async def answer() -> int:
    await asyncio.sleep(0)
    return 42


def test_a_result() -> None:
    assert run(answer()) == 42


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_work_end_in_its_own_way(number: signal.Signals) -> None:
    told: list[str] = []

    async def work() -> None:
        os.kill(os.getpid(), number)
        try:
            await asyncio.Event().wait()
        finally:
            told.append("ended")

    with pytest.raises(Interrupted) as raised:
        run(work())
    assert told == ["ended"]
    assert raised.value.exit_code == 130


def test_an_error_of_the_work_is_its_own() -> None:
    async def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(work())
