"""What the embedded engine does with the records of a stack where nothing is deployed: its state, history and locks."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from agentry.deploy.engine import LockHolder, PendingOperation, RecordedUpdate, StackSummary
from agentry.deploy.opening import state_opener
from agentry.engine import exports, state
from agentry.engine import history as histories
from agentry.engine import locks as lock_files
from agentry.engine import project as projects
from agentry.engine import urn as urns
from agentry.engine.backend import FileBackend
from agentry.engine.passphrase import Secrets
from agentry.errors import AgentryError, ConfigError, StackLocked, StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.clock import Clock
    from agentry.deploy.stack import Stack
    from agentry.engine.repairs import Repair

_ORGANIZATION = "organization"


@dataclass(frozen=True)
class Records:
    """The records of one stack.

    Attributes:
        stack: Which.
        clock: For the times that are recorded.
    """

    stack: Stack
    clock: Clock

    @cached_property
    def _project(self) -> projects.Project:
        return projects.find_project(self.stack.root)

    @cached_property
    def _store(self) -> FileBackend:
        return FileBackend(
            self.stack.backend,
            self._project.name,
            base=self._project.root,
            clock=self.clock,
            option=self.stack.option,
        )

    @property
    def _name(self) -> str:
        return self.stack.name

    @property
    def _where(self) -> str:
        return str(self._store.checkpoint_file(self._name))

    def stacks(self) -> tuple[StackSummary, ...]:
        """See `Engine.stacks`."""
        return tuple(map(self._summary, self._store.stacks()))

    def _summary(self, name: str) -> StackSummary:
        held = self._holders(name)
        try:
            found = exports.overview(self._store.load(name) or b"", str(self._store.checkpoint_file(name)))
        except AgentryError as error:
            return StackSummary(name=name, resources=None, locks=held, trouble=error.what)
        pending = tuple(_pending(kind, urn) for kind, urn in found.pending)
        return StackSummary(name=name, resources=found.resources, updated=found.updated, pending=pending, locks=held)

    def create(self) -> bool:
        """See `Engine.create`."""
        with self._store.lock(self._name, _ignore):
            if self._store.load(self._name) is not None:
                return False
            self._save(state.Checkpoint(stack=self._whole_name), self._open_secrets(None))
        return True

    def file_secrets(self) -> Secrets:
        """The secrets of the stack's file; one without a salt gets that of the state, or a new one.

        Raises:
            ConfigError: File and state have different salts.
            WrongPassphrase: The passphrase is not this stack's.
        """
        data = self._store.load(self._name)
        return self._open_secrets(state.salt_of(data, self._where) if data else None)

    def _open_secrets(self, recorded: str | None) -> Secrets:
        """The stack's secrets, given the salt of its state, if there is one; a stack file without a salt gets it."""
        file = projects.read_stack(self._project, self._name)
        return state_opener(self.stack, file, write=True)(recorded)

    @property
    def _whole_name(self) -> str:
        return f"{_ORGANIZATION}/{self._project.name}/{self._name}"

    def _save(self, checkpoint: state.Checkpoint, secrets: Secrets) -> None:
        self._store.save(self._name, state.write(checkpoint, secrets, time=state.timestamp(self.clock.now())))

    def remove(self, *, force: bool) -> int:
        """See `Engine.remove`."""
        self._require_state()
        with self._store.lock(self._name, _ignore):
            held = self._count(force=force)
            if held and not force:
                raise StateError(
                    f"stack {self._name} still holds {held} resource{'' if held == 1 else 's'}",
                    where=self._where,
                    why="nobody would know of them any more",
                    fix=f"agentry destroy {self.stack.option}; or leave them where they are: --force",
                )
            self._store.remove(self._name)
        return held

    def _count(self, *, force: bool) -> int:
        try:
            return exports.overview(self._store.load(self._name) or b"", self._where).resources
        except AgentryError:
            if not force:
                raise
            return 0

    def _require_state(self) -> None:
        if not self._store.checkpoint_file(self._name).exists():
            known = ", ".join(self._store.stacks()) or "none"
            raise ConfigError(f"stack {self._name} has no state", where=self._where, why=f"stacks with one: {known}")

    def history(self) -> tuple[RecordedUpdate, ...]:
        """See `Engine.history`."""
        return tuple(map(_update, reversed(self._entries())))

    def _entries(self) -> list[histories.Entry]:
        return histories.read(self._store.history_directory(self._name))

    def export(self, *, show_secrets: bool, version: int | None) -> dict[str, Any]:
        """See `Engine.export_state`."""
        data, where = self._data(version)
        return exports.export(data, where, self._secrets_of(data, where) if show_secrets else None)

    def _secrets_of(self, data: bytes, where: str) -> Secrets:
        # An older state may have been written under another salt than the file has now.
        salt = state.salt_of(data, where)
        return Secrets.open(self.stack.passphrase, salt, where=where) if salt else Secrets.new(self.stack.passphrase)

    def _data(self, version: int | None) -> tuple[bytes, str]:
        if version is None:
            self._require_state()
            return self._store.load(self._name) or b"", self._where
        entries = {entry.version: entry for entry in self._entries()}
        entry = entries.get(version)
        if entry is None or not entry.checkpoint_file.exists():
            known = [number for number, one in entries.items() if one.checkpoint_file.exists()]
            there = f"{known[0]} to {known[-1]}" if known else "none"
            raise ConfigError(
                f"stack {self._name} has no version {version}",
                why=f"versions in its history: {there}",
                fix=f"agentry history {self.stack.option}",
            )
        return entry.checkpoint_file.read_bytes(), str(entry.checkpoint_file)

    def replace(self, deployment: Mapping[str, Any], *, force: bool) -> tuple[str, ...]:
        """See `Engine.import_state`."""
        where = "the deployment"
        data = exports.checkpoint_data(deployment, self._whole_name)
        salt = exports.salt_of(data, where)
        with self._store.lock(self._name, _ignore):
            own = self._open_secrets(self._recorded_salt())
            theirs = Secrets.open(self.stack.passphrase, salt, where=where) if salt and salt != own.state else own
            imported = state.read(data, theirs, where, in_order=False)
            unsound = exports.problems(imported, self._name)
            if unsound and not force:
                raise StateError(
                    "this state is not sound" if len(unsound) == 1 else f"this state has {len(unsound)} faults",
                    why="\n".join(unsound),
                    fix="mend it; or import it as it is, which can be dangerous: --force",
                )
            imported, left = exports.without_pending(imported)
            self._store.back_up(self._name)
            self._save(imported, own)
        return (*unsound, *left)

    def repair(self, repair: Repair) -> None:
        """See `Engine.repair`."""
        self._require_state()
        with self._store.lock(self._name, _ignore):
            data = self._store.load(self._name) or b""
            changed = exports.repaired(data, self._where, repair, time=state.timestamp(self.clock.now()))
            self._store.back_up(self._name)
            self._store.save(self._name, changed)

    def _recorded_salt(self) -> str | None:
        """The salt of the state that is there. One that can not be read has none: it is about to be replaced."""
        with suppress(StateError):
            data = self._store.load(self._name)
            return state.salt_of(data, self._where) if data else None
        return None

    def locks(self) -> tuple[LockHolder, ...]:
        """See `Engine.locks`."""
        return self._holders(self._name)

    def _holders(self, stack: str) -> tuple[LockHolder, ...]:
        return tuple(map(_holder, lock_files.owners(self._store.lock_directory(stack)).values()))

    def cancel(self, *, force: bool) -> tuple[LockHolder, ...]:
        """See `Engine.cancel`."""
        held = lock_files.owners(self._store.lock_directory(self._name))
        for owner in held.values():
            if owner.is_alive() and not force:
                raise StackLocked(
                    f"stack {self._name} is locked by {owner}, which runs",
                    why="a second operation beside it would lose what it records",
                    fix=f"end it in order: kill -INT {owner.pid}; or take its lock all the same: --force",
                )
        for file in held:
            file.unlink(missing_ok=True)
        return tuple(map(_holder, held.values()))


def _ignore(_: str) -> None:
    """A lock of a dead process was broken: nothing is lost that the command would not see."""


def _holder(owner: lock_files.Owner) -> LockHolder:
    return LockHolder(str(owner), True if owner.is_alive() else False if owner.is_dead() else None)


def _pending(kind: str, urn: str) -> PendingOperation:
    parts = urns.split(urn)
    return PendingOperation(kind, urn, parts.type, parts.name)


def _update(entry: histories.Entry) -> RecordedUpdate:
    record = entry.record
    return RecordedUpdate(
        version=entry.version,
        kind=str(record.get("kind") or ""),
        start=float(record.get("startTime") or 0),
        end=float(record.get("endTime") or 0),
        result=str(record.get("result") or ""),
        changes={str(op): int(count) for op, count in (record.get("resourceChanges") or {}).items()},
        message=str(record.get("message") or ""),
    )
