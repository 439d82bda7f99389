"""`agentry`, with its saves told and held: `python held.py DESCRIPTOR NUMBER ARGUMENT ...`.

Of this process alone `os.replace` is another one: it writes a byte to the descriptor before a checkpoint takes its
place, and where it is the NUMBER-th it goes no further, so that whoever reads the byte can kill what is between the
provider's answer and the save of it. Agentry itself has no such thing.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any


def main() -> None:
    """Become `agentry ARGUMENT ...`."""
    descriptor, number = int(sys.argv[1]), int(sys.argv[2])
    replace, saves = os.replace, 0

    def telling(source: Any, target: Any, **options: Any) -> None:
        nonlocal saves
        if Path(target).parent.parent.name == "stacks":
            saves += 1
            os.write(descriptor, b".")
            if saves == number:
                threading.Event().wait()
        replace(source, target, **options)

    os.replace = telling  # type: ignore[assignment]
    from agentry.cli import main as agentry

    agentry(sys.argv[3:])


if __name__ == "__main__":
    main()
