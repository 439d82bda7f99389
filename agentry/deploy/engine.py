"""What the commands, reviews and rollouts know of an engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentry.deploy.stack import Stack
    from agentry.engine.events import Event, Finished, Operation
    from agentry.engine.repairs import Repair


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedResource:
    """A resource as a stack's state has it, with secrets masked: safe to print.

    Attributes:
        urn: Its URN.
        type: Its type token.
        name: The last part of the URN.
        parent: The URN of its parent, or empty.
        id: What its provider calls it; empty for a component.
        custom: Whether a provider manages it.
        inputs: Its inputs.
        outputs: Its outputs.
        init_errors: Why it is not ready, if it is not.
        leaving: Whether it was replaced and still has to be deleted.
    """

    urn: str
    type: str
    name: str
    parent: str
    id: str
    custom: bool
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    init_errors: tuple[str, ...] = ()
    leaving: bool = False


@dataclass(frozen=True, slots=True)
class PendingOperation:
    """An operation that began and of which no end is recorded: the resource may be there, or half there.

    Attributes:
        kind: creating, updating, deleting, reading or importing.
        urn: The URN of what it was done to.
        type: Its type token.
        name: The last part of the URN.
    """

    kind: str
    urn: str
    type: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedUpdate:
    """One entry of a stack's history.

    Attributes:
        version: Counted from 1, the oldest that is recorded; `export_state` takes it.
        kind: update, refresh, destroy, import.
        start: When it began, in seconds since the epoch.
        end: When it ended.
        result: succeeded, failed or in-progress.
        changes: Steps by op: `{"create": 3, "same": 1}`.
        message: What whoever ran it said of it; mostly empty.
    """

    version: int
    kind: str
    start: float
    end: float
    result: str
    changes: dict[str, int] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True, slots=True)
class LockHolder:
    """Who works on a stack.

    Attributes:
        owner: User, machine, process and since when, in words.
        alive: True: a process of this machine that runs; False: one that is gone; None: nobody can say from here.
    """

    owner: str
    alive: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSummary:
    """What is known of a stack without opening its secrets.

    Attributes:
        name: The stack.
        resources: How many its state holds; None when the state can not be read (`trouble` says why).
        updated: When its state was last written, in seconds since the epoch; None for one that never was.
        pending: The operations of which no end is recorded.
        locks: Who works on it.
        trouble: Why the state can not be read, on one line.
    """

    name: str
    resources: int | None = 0
    updated: float | None = None
    pending: tuple[PendingOperation, ...] = ()
    locks: tuple[LockHolder, ...] = ()
    trouble: str = ""


class Engine(Protocol):
    """Brings stacks up, previews, refreshes and destroys them, and looks after what is recorded of them."""

    @property
    def repairs(self) -> bool:
        """Whether it changes records by hand (see `repair`), or names what to type instead."""
        ...

    async def run(
        self,
        operation: Operation,
        stack: Stack,
        *,
        listen: Callable[[Event], None],
        parallel: int | None = None,
        refresh: bool = False,
        clear_pending_creates: bool = False,
    ) -> Finished:
        """Do something with a stack.

        Args:
            operation: What.
            stack: With which.
            listen: Gets every event as it happens, the end (`Finished`) too. A preview plans steps and does none, so
                it has `StepPlanned` events only.
            parallel: How many changes may run side by side; None for no limit.
            refresh: Look at what is there before a preview or an update.
            clear_pending_creates: In a refresh, forget the creates of which no end is recorded.

        Raises:
            DeploymentFailed: Steps failed; each was told as a `StepFailed`.
            Interrupted: SIGINT, SIGTERM or SIGHUP; what was done is saved.
            AgentryError: Anything else that is wrong, in one error of a few lines.
        """
        ...

    async def outputs(self, stack: Stack, *, show_secrets: bool = False) -> dict[str, Any]:
        """What the stack exports, as recorded, secrets masked; empty for a stack that was never brought up.

        Args:
            stack: Which.
            show_secrets: In clear instead.
        """
        ...

    async def resources(self, stack: Stack) -> tuple[RecordedResource, ...]:
        """What the stack holds, as recorded, users after what they use; nothing for one that was never brought up."""
        ...

    async def stacks(self, stack: Stack) -> tuple[StackSummary, ...]:
        """Every stack of the project that has a state where this one has its own (or would), sorted by name.

        It opens no secrets. A state that can not be read is in the list, with its trouble.
        """
        ...

    async def create(self, stack: Stack) -> bool:
        """Make an empty state, so that the stack is known where states are kept; False when it has one already."""
        ...

    async def remove(self, stack: Stack, *, force: bool = False) -> int:
        """Forget a stack: its state and history. Its file stays; so do backups of the state.

        Args:
            stack: Which.
            force: Even if it holds resources, which stay where they are.

        Returns:
            How many resources it held.

        Raises:
            ConfigError: It has no state.
            StateError: It holds resources; or, without `force`, its state can not be read.
            StackLocked: Somebody works on it.
        """
        ...

    async def history(self, stack: Stack) -> tuple[RecordedUpdate, ...]:
        """What was done to a stack, the newest first; nothing for one that was never brought up."""
        ...

    async def export_state(
        self, stack: Stack, *, show_secrets: bool = False, version: int | None = None
    ) -> dict[str, Any]:
        """The state as `pulumi stack export` prints it: `{"version": 3, "deployment": {...}}`.

        Args:
            stack: Which.
            show_secrets: Secrets in clear; encrypted otherwise.
            version: As it was after this entry of the history; None for now.

        Raises:
            ConfigError: It has no state, or none of that version (with those there are).
        """
        ...

    async def import_state(
        self, stack: Stack, deployment: Mapping[str, Any], *, force: bool = False
    ) -> tuple[str, ...]:
        """Put a state in place of the recorded one, of which a backup is kept.

        Pending operations are left out: whoever imports a state has looked after them.

        Args:
            stack: Which.
            deployment: As `export_state` or `pulumi stack export` gives it, secrets encrypted or in clear.
            force: Also one that is not sound.

        Returns:
            Warnings: what is not sound, and each pending operation that was left out.

        Raises:
            StateError: It is no deployment; or, without `force`, resources of another stack, a URN twice, or one that
                uses what is not recorded before it.
            StackLocked: Somebody works on the stack.
        """
        ...

    async def repair(self, stack: Stack, repair: Repair) -> None:
        """Change the records of a stack by hand. A backup of what was there stays.

        Args:
            stack: The stack.
            repair: What is changed.

        Raises:
            StateError: The records would not be sound any more.
            StackLocked: Somebody works on the stack.
            Unsupported: The Pulumi CLI has its own command for it, which is named.
        """
        ...

    async def locks(self, stack: Stack) -> tuple[LockHolder, ...]:
        """Who works on a stack, as far as its locks say."""
        ...

    async def cancel(self, stack: Stack, *, force: bool = False) -> tuple[LockHolder, ...]:
        """Take away the locks of a stack.

        Args:
            stack: Which.
            force: Also those of processes that run on this machine.

        Returns:
            Whose locks are gone; nobody's when it was not locked.

        Raises:
            StackLocked: Its owner runs on this machine.
        """
        ...
