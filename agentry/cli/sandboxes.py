"""What the commands about sandboxes share: which one is meant, and where the project is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentry.stacks import find_root

NAME = "local"


def _as_catalog(name: str) -> str:
    """As stack prod-eu has sandbox prod_eu: catalogs have no dashes."""
    return name.replace("-", "_")


Name = Annotated[
    str,
    typer.Option(
        "--name",
        help="Which sandbox; its catalog and its profile have the same name (prod-eu: prod_eu).",
        callback=_as_catalog,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing.")]


def root() -> Path:
    """The project's directory."""
    return find_root(Path.cwd().resolve())


def option(name: str) -> str:
    """What names this sandbox on a command line."""
    return "" if name == NAME else f" --name {name}"
