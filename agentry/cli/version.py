"""`agentry version`: what a report of a bug should say."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of

from agentry import __version__
from agentry.cli.app import new
from agentry.cli.console import say, show_json, table
from agentry.cli.options import NO, AsJson

app = new()

NAMED = ("pulumi", "databricks-sdk", "mlflow-skinny", "uv")


@app.command()
def version(*, as_json: AsJson = NO) -> None:
    """Print the versions of Agentry, Python and what they stand on."""
    found = versions()
    if as_json:
        show_json(found)
    else:
        say("\n".join(table([[name, number] for name, number in found.items()])))


def versions() -> dict[str, str]:
    """Version by name; `missing` for a package that is not installed."""
    return {"agentry": __version__, "python": platform.python_version(), **{name: _version(name) for name in NAMED}}


def _version(package: str) -> str:
    try:
        return version_of(package)
    except PackageNotFoundError:
        return "missing"
