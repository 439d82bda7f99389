"""`make bench`: what is measured here, beside what it has to reach and what it stands against."""

from __future__ import annotations

import os
import platform

from rich.console import Console
from rich.table import Table

from tests.bench import engine, inspector, package


def main() -> None:
    """Print a table; every figure is of this run."""
    table = Table(title=f"Python {platform.python_version()}, {os.cpu_count()} cores", title_justify="left")
    for column in ("what", "median s", "min", "max", "to reach"):
        table.add_column(column, justify="left" if column == "what" else "right")
    console = Console()
    with console.status("measuring"):
        for room in (inspector, package, engine):
            for row in room.rows():
                reach = "" if row.target is None else f"≤ {row.target:g} {'✓' if row.median <= row.target else '✗'}"
                spread = (f"{row.median:.3f}", f"{min(row.seconds):.3f}", f"{max(row.seconds):.3f}")
                table.add_row(row.what, *spread, reach)
    console.print(table)
    counted = Table(title="The inspector on tests/inspect", title_justify="left")
    counted.add_column("what")
    counted.add_column("", justify="right")
    for what, figure in inspector.quality():
        counted.add_row(what, figure)
    console.print(counted)


main()
