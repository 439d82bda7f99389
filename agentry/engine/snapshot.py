"""The checkpoint while a deployment runs.

A step is saved before it begins (as a pending operation) and after it ended. All steps that wait at the same time share
one write. Resources keep a topological order: new ones as they come to be, then old ones that nothing has touched yet.
"""

from __future__ import annotations

from collections.abc import Callable

from agentry.clock import Clock
from agentry.engine.passphrase import Secrets
from agentry.engine.state import Checkpoint, Resource


class Snapshot:
    """The state of a running deployment. Resources are told apart by identity, never by URN.

    Args:
        checkpoint: What was recorded before; its pending operations are dropped (the caller has looked at them).
        secrets: To encrypt.
        save: Writes a file (in a thread).
        clock: For the manifest's time.
    """

    def __init__(
        self, checkpoint: Checkpoint, *, secrets: Secrets, save: Callable[[bytes], None], clock: Clock
    ) -> None: ...

    @property
    def checkpoint(self) -> Checkpoint:
        """The state as it is now."""

    async def begin(self, kind: str, resource: Resource) -> None:
        """A pending operation begins (creating, updating, deleting, reading, importing); it is on the disk on return."""

    async def end(self, began: Resource, *, add: Resource | None = None, remove: Resource | None = None) -> None:
        """A pending operation ended. On return it is on the disk.

        Args:
            began: What `begin` was given.
            add: The resource that exists now. With `remove` the latter gives up its place.
            remove: The record that is no more.
        """

    def same(self, old: Resource, new: Resource) -> None:
        """A resource is as it was. Written with the next write, if anything but times differs."""

    def add(self, resource: Resource) -> None:
        """Record a resource that no provider made (a component, the stack). Written with the next write."""

    def replace(self, old: Resource, new: Resource) -> None:
        """Put a record in the place of another (outputs registered, marked for deletion). Written with the next write."""

    def remove(self, resource: Resource) -> None:
        """Forget a record. Written with the next write."""

    async def flush(self) -> None:
        """Write if anything changed since the last write; on the disk on return."""
