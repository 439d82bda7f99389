"""Three hundred resources of the test provider, which does nothing: what the engines themselves take."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from agentry.deploy import EmbeddedEngine, Stack
from agentry.engine.events import Operation
from tests.bench.row import Row
from tests.engine.playground import PASSPHRASE, Cli, Playground

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

COUNT = 300
STEPS = (
    ("create", Operation.UP),
    ("preview, nothing to do", Operation.PREVIEW),
    ("up, nothing to do", Operation.UP),
    ("destroy", Operation.DESTROY),
)


def rows(engines: Sequence[str]) -> Iterator[Row]:
    """Each engine through its life with them; how many times faster the embedded one is stands in its row."""
    known: dict[str, float] = {}
    for engine in sorted(engines, reverse=True):
        with tempfile.TemporaryDirectory() as scratch:
            playground = Playground(Path(scratch))
            playground.program(f"for number in range({COUNT}):\n    Thing(f'thing-{{number}}', value=number)\n")
            run = _embedded if engine == "embedded" else _cli(Path(scratch) / "home")
            for what, operation in STEPS:
                began = time.perf_counter()
                run(playground, operation)
                seconds = time.perf_counter() - began
                times = f" ({known[what] / seconds:.1f} times as fast)" if engine == "embedded" and known else ""
                known.setdefault(what, seconds)
                yield Row(f"{engine}: {what}, {COUNT} resources{times}", (seconds,))


def _embedded(playground: Playground, operation: Operation) -> None:
    """In a process of its own, as the CLI is one."""
    arguments = (str(playground.root), playground.stack.backend, operation.value)
    subprocess.run([sys.executable, "-m", "tests.bench.things", *arguments], check=True)


def _cli(home: Path) -> Callable[[Playground, Operation], None]:
    def run(playground: Playground, operation: Operation) -> None:
        outcome = asyncio.run(Cli(home).run(playground, operation))
        assert outcome.succeeded, outcome.text

    return run


def main(root: str, backend: str, operation: str) -> None:
    """`python -m tests.bench.things ROOT BACKEND OPERATION`: one operation of the embedded engine."""
    stack = Stack(root=Path(root), name="dev", backend=backend, passphrase=PASSPHRASE)
    asyncio.run(EmbeddedEngine().run(Operation(operation), stack, listen=lambda _: None))


if __name__ == "__main__":
    main(*sys.argv[1:])
