"""How a sandbox behaves where a real workspace leaves no choice: decided when it starts, and remembered."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

from agentry.errors import SandboxError
from agentry.sandbox.faults.pace import WINDOW
from agentry.sandbox.places import read_json, write_private

if TYPE_CHECKING:
    from agentry.sandbox.places import Places

INSTANT = "AGENTRY_SANDBOX_INSTANT"
FILES, PRESIGNED = "files", "presigned"
"""The two routes of the platform: the Files API itself, and addresses that carry their own permission."""
IDLE = 1800.0
"""Seconds after which the platform is said to scale to zero."""
_NO = ("", "0", "false", "no", "off")


@dataclass(frozen=True)
class Mode:
    """How a sandbox behaves.

    Attributes:
        instant: Served versions are ready at once, without environment and process; a stand-in repeats the question.
        latency: Milliseconds that every request takes longer.
        storage: How clients move files of models and logged models: FILES or PRESIGNED.
        idle: Seconds without a question after which a served version that may scale to zero is stopped.
        endpoint_limit: How many creates and updates of endpoints there may be; 0 for any number.
        endpoint_window: Within how many seconds.
    """

    instant: bool = False
    latency: int = 0
    storage: str = FILES
    idle: float = IDLE
    endpoint_limit: int = 0
    endpoint_window: float = WINDOW

    def __str__(self) -> str:
        said = ["served agents are stand-ins that are ready at once"] if self.instant else []
        said += [f"{self.latency} ms are added to each request"] if self.latency else []
        said += ["files move by presigned addresses"] if self.storage == PRESIGNED else []
        said += [f"agents that may scale to zero do so after {self.idle:g} s"] if self.idle != IDLE else []
        limit = f"{self.endpoint_limit} creates and updates of endpoints in {self.endpoint_window:g} s"
        said += [f"no more than {limit}"] if self.endpoint_limit else []
        return "; ".join(said)


@dataclass(frozen=True)
class Choice:
    """What somebody who starts a sandbox says of its mode; None leaves it as it was at the last start."""

    instant: bool | None = None
    latency: int | None = None
    storage: str | None = None
    idle: float | None = None
    endpoint_limit: int | None = None
    endpoint_window: float | None = None

    def __post_init__(self) -> None:
        if self.storage not in (None, FILES, PRESIGNED):
            raise SandboxError(f"files do not move by {self.storage!r}", fix=f"--storage {FILES}, or {PRESIGNED}")
        if self.idle is not None and self.idle <= 0:
            raise SandboxError(
                f"nothing is idle for {self.idle:g} s", why="agents would stop at once", fix="a number above 0"
            )
        if self.endpoint_limit is not None and self.endpoint_limit < 0:
            raise SandboxError(
                f"a limit of {self.endpoint_limit} endpoints is not possible", fix="0 for any number, or more"
            )
        if self.endpoint_window is not None and self.endpoint_window <= 0:
            raise SandboxError(f"a window of {self.endpoint_window:g} s is not possible", fix="a number above 0")
        if self.latency is not None and not 0 <= self.latency <= 60_000:
            raise SandboxError(
                f"a latency of {self.latency} ms is not possible", why="it is added to each request", fix="0 to 60000"
            )

    def of(self, mode: Mode) -> Mode:
        """The mode with what was said."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(mode, **{name: value for name, value in said.items() if value is not None})

    def from_environment(self) -> Choice:
        """The same, with what AGENTRY_SANDBOX_INSTANT says where nothing was said."""
        said = os.environ.get(INSTANT)
        if self.instant is not None or said is None:
            return self
        return replace(self, instant=said.strip().lower() not in _NO)


def recall(places: Places) -> Mode:
    """The mode of the last start."""
    known = read_json(places.mode_file)
    kept = {field.name: known[field.name] for field in fields(Mode) if field.name in known}
    return replace(Mode(), **kept)  # type: ignore[arg-type]


def remember(places: Places, mode: Mode) -> None:
    """Keep it for the next start."""
    write_private(places.mode_file, json.dumps(asdict(mode)))


def require_same(places: Places, choice: Choice) -> None:
    """Check that a sandbox that runs is of the mode that somebody wants.

    Raises:
        SandboxError: It is another one.
    """
    mode = recall(places)
    if choice.of(mode) != mode:
        raise SandboxError(
            f"the sandbox {places.name} runs already, in another mode",
            why=str(mode) or "served agents run for real, no request takes longer, and files move by the Files API",
            fix=f"{places.command('stop')}, then start it again",
        )
