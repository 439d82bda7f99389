"""Pulumi's file backend: where checkpoints, locks, history and backups of stacks are kept.

    .pulumi/meta.yaml                                       version: 1
    .pulumi/stacks/<project>/<stack>.json                   the checkpoint (.bak: as it was before the last operation)
    .pulumi/locks/organization/<project>/<stack>/<id>.json  who works on it
    .pulumi/history/<project>/<stack>/                      a pair of files for each operation
    .pulumi/backups/<project>/<stack>/                      a copy after each operation

Source: pkg/backend/diy of Pulumi.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import yaml

from agentry.engine import locks, state
from agentry.errors import ConfigError, StateError, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentry.clock import Clock
    from agentry.engine.locks import Lock

_LAYOUT = 1
# Settings of gocloud's file storage that change nothing for us.
_KNOWN_QUERY = frozenset({"no_tmp_dir", "metadata", "create_dir"})
_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What `pulumi stack history` shows of an operation.

    `kind` is update, refresh or destroy; times are seconds since the epoch; `changes` counts steps by op. `config`
    holds values as the stack file has them: secrets as `{"secure": ciphertext}`, never in clear.
    """

    kind: str
    start: float
    end: float
    succeeded: bool
    changes: dict[str, int]
    message: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)


class FileBackend:
    """The state of one project's stacks below a directory.

    Args:
        url: `file://` and a directory (`~` is the home directory; a relative one counts from `base`).
        project: The project's name.
        base: What a relative directory counts from.
        clock: For the times that are recorded.
        option: What chooses the stack on a command line, for advice; `--stack <stack>` by default.

    Raises:
        Unsupported: Any other backend, by name.
    """

    def __init__(self, url: str, project: str, *, base: Path, clock: Clock, option: str = "") -> None:
        self._root = directory_of(url, base) / ".pulumi"
        self._project = project
        self._clock = clock
        self._option = option
        self._backed_up: set[str] = set()

    def checkpoint_file(self, stack: str) -> Path:
        """Where a stack's checkpoint is, or would be."""
        return self._below("stacks", f"{_safe(stack)}.json")

    def _below(self, *parts: str) -> Path:
        return self._root.joinpath(parts[0], self._project, *parts[1:])

    def stacks(self) -> list[str]:
        """The stacks of this project that have a checkpoint, sorted."""
        self._check_layout()
        return sorted(file.stem for file in self._below("stacks").glob("*.json"))

    def load(self, stack: str) -> bytes | None:
        """A stack's checkpoint, or None when it has none.

        Raises:
            StateError: The file is not whole; the newest backup is named.
            Unsupported: A compressed checkpoint, or the layout of old versions of Pulumi.
        """
        self._check_layout()
        file = self.checkpoint_file(stack)
        for compressed in (file.with_name(file.name + ".gz"), file.with_name(file.name + ".zst")):
            if compressed.exists():
                raise Unsupported(
                    "the embedded engine does not read compressed checkpoints",
                    where=str(compressed),
                    fix="with the Pulumi CLI: PULUMI_DIY_BACKEND_GZIP=false pulumi refresh",
                )
        try:
            data = file.read_bytes()
            json.loads(data)
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise StateError(
                "the checkpoint is not whole", where=str(file), why=str(error), fix=self._restore(stack)
            ) from error
        return data

    def _restore(self, stack: str) -> str:
        """What to type when a checkpoint can not be read."""
        backup = self.newest_backup(stack)
        if backup is None:
            return "there is no backup: import the resources again, or destroy them by hand"
        option = self._option or f"--stack {stack}"
        return (
            f"put the newest backup back, and look at what happened since: "
            f"agentry stack import --file {backup} {option} && agentry refresh {option}"
        )

    def newest_backup(self, stack: str) -> Path | None:
        """The newest whole copy of a stack's checkpoint."""
        backups = sorted(self._below("backups", _safe(stack)).glob(f"{stack}.*.json"), reverse=True)
        file = self.checkpoint_file(stack)
        return next((found for found in (*backups, file.with_name(file.name + ".bak")) if _is_whole(found)), None)

    def save(self, stack: str, data: bytes) -> None:
        """Write a checkpoint: whole or not at all, and on the disk when this returns; `StateError` if that fails."""
        file = self.checkpoint_file(stack)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if stack not in self._backed_up and file.exists():
                shutil.copyfile(file, file.with_name(file.name + ".bak"))
            self._backed_up.add(stack)
            _write(file, data)
            # gocloud's checksum of what the CLI wrote; it is wrong now.
            file.with_name(file.name + ".attrs").unlink(missing_ok=True)
        except OSError as error:
            raise StateError("the checkpoint can not be written", where=str(file), why=str(error)) from error

    def lock(self, stack: str, report: Callable[[str], None]) -> Lock:
        """Lock a stack. A lock of this machine whose process is gone is broken, and `report` told so.

        Raises:
            StackLocked: Somebody else works on it: who, since when, and what to type.
        """
        self._check_layout()
        meta = self._root / "meta.yaml"
        if not meta.exists():
            meta.parent.mkdir(parents=True, exist_ok=True)
            _write(meta, f"version: {_LAYOUT}\n".encode())
        return locks.acquire(self.lock_directory(stack), stack, self._clock, report, self._option)

    def lock_directory(self, stack: str) -> Path:
        """Where a stack's locks are, or would be."""
        return self._root.joinpath("locks", "organization", self._project, _safe(stack))

    def history_directory(self, stack: str) -> Path:
        """Where a stack's history is, or would be."""
        return self._below("history", _safe(stack))

    def record(self, stack: str, update: Update) -> None:
        """Note an operation that has ended, in history and backups."""
        checkpoint = self.checkpoint_file(stack)
        moment = int(self._clock.now() * _NANOSECONDS)
        history = self.history_directory(stack)
        history.mkdir(parents=True, exist_ok=True)
        entry = {
            "kind": update.kind,
            "startTime": int(update.start),
            "message": update.message,
            "environment": update.environment,
            "config": update.config,
            "version": 0,
            "result": "succeeded" if update.succeeded else "failed",
            "endTime": int(update.end),
            "resourceChanges": update.changes,
        }
        _write(history / f"{stack}-{moment}.history.json", json.dumps(entry, sort_keys=True).encode())
        if checkpoint.exists():
            _write(history / f"{stack}-{moment}.checkpoint.json", checkpoint.read_bytes())
            self.back_up(stack)

    def back_up(self, stack: str) -> None:
        """Keep a copy of a stack's checkpoint as it is now, if it has one."""
        backup = self._below("backups", _safe(stack), f"{stack}.{int(self._clock.now() * _NANOSECONDS)}.json")
        with suppress(FileNotFoundError):
            data = self.checkpoint_file(stack).read_bytes()
            backup.parent.mkdir(parents=True, exist_ok=True)
            _write(backup, data)

    def remove(self, stack: str) -> None:
        """Forget a stack, with its history; a backup of its checkpoint stays. Lock it before."""
        self.back_up(stack)
        file = self.checkpoint_file(stack)
        for gone in (file, file.with_name(file.name + ".attrs")):
            gone.unlink(missing_ok=True)
        shutil.rmtree(self.history_directory(stack), ignore_errors=True)

    def _check_layout(self) -> None:
        meta = self._root / "meta.yaml"
        try:
            found = yaml.safe_load(meta.read_text(encoding="utf-8"))["version"]
        except FileNotFoundError:
            # Without the file the CLI takes stacks right below `stacks` for the layout before projects.
            found = 0 if any((self._root / "stacks").glob("*.json")) else _LAYOUT
        except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
            raise StateError("the state's layout is not known", where=str(meta), why=str(error)) from error
        if found != _LAYOUT:
            raise Unsupported(
                f"the embedded engine reads the state layout {_LAYOUT}, not {found}",
                where=str(self._root),
                fix="pulumi state upgrade" if found == 0 else "work on this state with the Pulumi CLI",
            )


def directory_of(url: str, base: Path) -> Path:
    """The directory that a `file://` URL names; `Unsupported` for every other backend, by name."""
    parts = urlsplit(url)
    unknown = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} - _KNOWN_QUERY
    if parts.scheme != "file" or unknown:
        name = f"{parts.scheme}://{parts.hostname or ''}" if parts.scheme else url.rsplit("@", maxsplit=1)[-1]
        raise Unsupported(
            f"the embedded engine does not support the backend {name}"
            + (f" with {', '.join(sorted(unknown))}" if unknown else ""),
            where="PULUMI_BACKEND_URL",
            why="it keeps state in directories only",
            fix="set PULUMI_BACKEND_URL=file://<directory>, or deploy with the Pulumi CLI: pulumi up",
        )
    return base / Path(url.removeprefix("file://").split("?")[0]).expanduser()


def _safe(stack: str) -> str:
    """A stack's name, which becomes a file's name."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", stack) or set(stack) == {"."}:
        raise ConfigError(
            f"{stack!r} can not be a stack's name", fix="use letters, digits, hyphens, underscores and periods"
        )
    return stack


def _write(file: Path, data: bytes) -> None:
    """Write a file whole or not at all, and have it on the disk."""
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".tmp", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)  # the new name is on the disk only with its directory
    finally:
        os.close(directory)


def _is_whole(file: Path) -> bool:
    try:
        state.parse(file.read_bytes(), str(file))
    except (OSError, StateError, Unsupported):
        return False
    return True
