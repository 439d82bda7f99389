"""The first thing every process of the engine runs: it ends with the engine, however the engine ends.

    python launcher.py DESCRIPTOR SCRIPT [ARGUMENT ...]

DESCRIPTOR is the reading end of a pipe whose other end only the engine holds. When it closes (also by SIGKILL, where
no handler runs) this process and all that it started are ended. Otherwise this is `python SCRIPT ARGUMENT ...`.
It runs in the Python of a program or a plugin, so it imports nothing but the standard library.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
from pathlib import Path

GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL."""


def watch(descriptor: int) -> None:
    """Wait until the engine is gone, then end this process group (the engine starts each child in a group of its own)."""
    while os.read(descriptor, 4096):
        pass
    os.killpg(os.getpgrp(), signal.SIGTERM)
    threading.Event().wait(GRACE)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main() -> None:
    """Watch the pipe in a thread of its own and become the script."""
    descriptor, script = int(sys.argv[1]), Path(sys.argv[2])
    threading.Thread(target=watch, args=(descriptor,), name="engine-watch", daemon=True).start()
    sys.argv = sys.argv[2:]
    # Python put the directory of this file first; its modules (`values`, `state`, `plan`) must not shadow the program's.
    if sys.path and Path(sys.path[0]).resolve() == Path(__file__).resolve().parent:
        sys.path.pop(0)
    runpy.run_path(str(script), run_name="__main__")


if __name__ == "__main__":
    main()
