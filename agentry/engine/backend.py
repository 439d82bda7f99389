"""Pulumi's file backend: where checkpoints, locks, history and backups of stacks are kept.

.pulumi/meta.yaml                                       version: 1
.pulumi/stacks/<project>/<stack>.json                   the checkpoint (.bak beside it)
.pulumi/locks/organization/<project>/<stack>/<id>.json  who works on it
.pulumi/history/<project>/<stack>/                      one pair of files for each operation
.pulumi/backups/<project>/<stack>/                      a copy after each operation
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentry.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What `pulumi stack history` shows of an operation. Times in seconds since the epoch; kind is update, refresh or destroy.

    `config` maps keys to `{"string": .., "secret": bool, "object": bool}`; secrets as ciphertext, never in clear.
    """

    kind: str
    start: float
    end: float
    succeeded: bool
    changes: dict[str, int]
    message: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    config: dict[str, dict[str, Any]] = field(default_factory=dict)


class Lock:
    """A stack's lock, held. Release it on every way out."""

    def release(self) -> None:
        """Take the lock file away; once is enough, twice does no harm."""

    def __enter__(self) -> Lock: ...

    def __exit__(self, *_: object) -> None: ...


class FileBackend:
    """The state of one project's stacks below a directory.

    Args:
        url: `file://` and a directory (`~` is the home directory; a relative one counts from `base`). Any other
            backend is `Unsupported`, by name.
        project: The project's name.
        base: What a relative directory counts from.
        clock: For the times that are recorded.
    """

    def __init__(self, url: str, project: str, *, base: Path, clock: Clock) -> None: ...

    def checkpoint_file(self, stack: str) -> Path:
        """Where a stack's checkpoint is, or would be."""

    def stacks(self) -> list[str]:
        """The stacks of this project that have a checkpoint, sorted."""

    def load(self, stack: str) -> bytes | None:
        """A stack's checkpoint, or None. A half file is a `StateError` naming the newest backup."""

    def save(self, stack: str, data: bytes) -> None:
        """Write a checkpoint: whole or not at all, and on the disk when this returns."""

    def lock(self, stack: str, report: Callable[[str], None]) -> Lock:
        """Lock a stack. A lock of this machine whose process is gone is broken, and `report` told so.

        Raises:
            StackLocked: Somebody else works on it: who, since when, and what to type.
        """

    def record(self, stack: str, update: Update) -> None:
        """Note an operation that has ended, in history and backups."""
