"""Where the Agentry that runs came from, which is where a new repository gets it from."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

from agentry import __version__
from agentry.errors import ConfigError

WHEELS = "wheels"
"""Where a new repository keeps a wheel that no registry has."""
_WHEEL = re.compile(r"agentry-[^-]+-py3-none-any\.whl")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a new repository gets Agentry from.

    Attributes:
        wheel: A wheel that goes along with the repository; None for the package of that version on the registry.
        clone: The clone whose editable install runs, or None. A clone is a path of this machine, so no file names it.
    """

    wheel: Path | None = None
    clone: Path | None = None

    @property
    def requirement(self) -> str:
        """What is installed: a requirement, or the wheel's path in the repository."""
        return f"{WHEELS}/{self.wheel.name}" if self.wheel else f"agentry=={__version__}"


def find_origin(wheel: Path | None = None) -> Origin:
    """The wheel that was given, else what was installed, by the record of PEP 610.

    Raises:
        ConfigError: The path that was given is no wheel of Agentry.
    """
    if wheel is not None:
        if not wheel.is_file() or not _WHEEL.fullmatch(wheel.name):
            raise ConfigError(
                "is no wheel of Agentry" if wheel.is_file() else "there is no such file",
                where=str(wheel),
                fix=f"--wheel agentry-{__version__}-py3-none-any.whl, or without it",
            )
        return Origin(wheel=wheel)
    return _recorded(_direct_url())


def _recorded(direct_url: str) -> Origin:
    """What a `direct_url.json` says; a package of a registry has none."""
    if not direct_url:
        return Origin()
    record = json.loads(direct_url)
    url = urlsplit(str(record.get("url", "")))
    if url.scheme != "file":
        return Origin()
    path = Path(unquote(url.path))
    if path.is_file() and _WHEEL.fullmatch(path.name):
        return Origin(wheel=path)
    return Origin(clone=path if (path / "pyproject.toml").is_file() else None)


def _direct_url() -> str:
    try:
        return distribution("agentry").read_text("direct_url.json") or ""
    except PackageNotFoundError:
        return ""
