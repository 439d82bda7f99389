from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from agentry.workspace import threads
from agentry.workspace.threads import Threads

NEVER = """
import threading
from agentry.workspace.threads import Threads
Threads(1, "never").submit(threading.Event().wait)
print("said")
"""


def test_no_more_than_so_many_run_at_once() -> None:
    pool, together = Threads(3, "few"), threading.Barrier(3)
    futures = [pool.submit(together.wait, 10) for _ in range(9)]
    # Each needs two others beside it, and none gets a fourth.
    assert sorted(future.result(10) for future in futures) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert sum(thread.name.startswith("few-") for thread in threading.enumerate()) <= 3


def test_one_thread_is_enough_for_one_after_the_other() -> None:
    pool = Threads(9, "single")
    names = {pool.submit(lambda: threading.current_thread().name).result(10) for _ in range(2)}
    assert names <= {"single-1", "single-2"}  # the first may not have noted yet that it is free


def test_an_error_is_raised_where_the_result_is_wanted() -> None:
    with pytest.raises(ZeroDivisionError):
        Threads(1, "error").submit(lambda: 1 / 0).result(10)


def test_an_idle_thread_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "IDLE", 0.001)
    pool = Threads(1, "idle")
    (found,) = [pool.submit(threading.current_thread).result(10)]
    found.join(10)
    assert not found.is_alive()
    assert pool.submit(lambda: 7).result(10) == 7


@pytest.mark.process
def test_a_call_that_never_ends_does_not_hold_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", NEVER], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "said\n"
