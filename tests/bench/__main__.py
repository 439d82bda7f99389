"""`make bench`: what is measured here, beside what it has to reach and what it stands against.

`make bench ROOMS=engine` measures one of its parts: inspector, package, engine, away. With a Pulumi CLI on PATH the part
`engine` measures that too, in the same run.
"""

from __future__ import annotations

import os
import platform
import sys

from rich.console import Console
from rich.table import Table

from tests.bench import away, engine, inspector, package

ROOMS = {"inspector": inspector.rows, "package": package.rows, "engine": engine.rows, "away": away.rows}


def main(chosen: list[str]) -> None:
    """Print a table; every figure is of this run."""
    table = Table(title=f"Python {platform.python_version()}, {os.cpu_count()} cores", title_justify="left")
    for column in ("what", "median s", "min", "max", "to reach"):
        table.add_column(column, justify="left" if column == "what" else "right")
    console = Console()
    with console.status("measuring"):  # ten minutes with a Pulumi CLI, so each figure is told as it comes
        for room in chosen or ROOMS:
            for row in ROOMS[room]():
                print(f"{row.what}: {row.median:.3f} s", file=sys.stderr, flush=True)
                reach = "" if row.target is None else f"≤ {row.target:g} {'✓' if row.median <= row.target else '✗'}"
                spread = (f"{row.median:.3f}", f"{min(row.seconds):.3f}", f"{max(row.seconds):.3f}")
                table.add_row(row.what, *spread, reach)
    console.print(table)
    if not chosen or "engine" in chosen:
        console.print(_memory())
    if chosen and "inspector" not in chosen:
        return
    counted = Table(title="The inspector on tests/inspect", title_justify="left")
    counted.add_column("what")
    counted.add_column("", justify="right")
    for what, figure in inspector.quality():
        counted.add_row(what, figure)
    console.print(counted)


def _memory() -> Table:
    table = Table(title="Most memory of a process", title_justify="left")
    for column in ("engine", "agents", "process", "MB", "to reach"):
        table.add_column(column, justify="left" if column in {"engine", "process"} else "right")
    for (name, count), peaks in engine.PEAKS.found.items():
        for process, peak in sorted(peaks.items()):
            limit = engine.PROVIDER_MB[count] if process == "provider" else None
            reach = "" if limit is None else f"≤ {limit:.0f} {'✓' if peak <= limit else '✗'}"
            table.add_row(name, str(count), process, f"{peak:.0f}", reach)
    return table


main(sys.argv[1:])
