"""One run of the provider: its settings, its workspace, and what a kind gets to work with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from agentry.errors import ConfigError, Interrupted, WorkspaceError
from agentry.provider.kinds.kind import Context
from agentry.report import Reporter
from agentry.workspace import connect
from agentry.workspace.budget import Budget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentry.clock import Clock
    from agentry.report import Line
    from agentry.stacks import Settings
    from agentry.workspace import Workspace


class Connect(Protocol):
    """How a workspace is found; `agentry.workspace.connect` but in tests."""

    async def __call__(self, settings: Settings, *, clock: Clock, cancelled: asyncio.Event | None = None) -> Workspace:
        """Find it."""
        ...


@dataclass
class Session:
    """One run.

    Attributes:
        settings: The stack's `agentry:` keys.
        clock: Time.
        tell: Who takes lines for people.
        connect: How the workspace is found.
        cancelled: Set once the engine asks to stop.
        budget: What all checks and diffs of this run may wait together for a workspace that is silent.
        declared: Kind and name of what this run has checked so far: it may not exist yet, and will.
        given: Privileges that this run's grants have added so far.
        prepare_uploads: Starts what uploads need, in the background.
    """

    settings: Settings
    clock: Clock
    tell: Callable[[Line], None]
    connect: Connect = connect
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    budget: Budget = field(default_factory=Budget)
    declared: set[tuple[str, str]] = field(default_factory=set)
    given: set[tuple[str, ...]] = field(default_factory=set)
    prepare_uploads: Callable[[], None] = lambda: None
    _connection: asyncio.Task[Workspace] | None = None
    _uploads_expected: bool = False
    _works: bool = False

    def begin(self) -> None:
        """Look for the workspace in the background, so that it is there when the first resource is checked."""
        if self._connection is None and not self.settings.offline:
            self._connection = asyncio.ensure_future(
                self.connect(self.settings, clock=self.clock, cancelled=self.cancelled)
            )
            # Its error is raised wherever the workspace is needed; a run that needs none shall not be told.
            self._connection.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def workspace(self) -> Workspace:
        """The workspace, for real work.

        Raises:
            ConfigError: `agentry:offline` is set.
            WorkspaceError: It does not answer, or refuses us.
        """
        if self.settings.offline:
            raise ConfigError(
                "agentry:offline is set, so nothing can be read or changed",
                why="offline is for previews",
                fix="pulumi config rm agentry:offline",
            )
        self.begin()
        assert self._connection is not None
        return await asyncio.shield(self._connection)

    async def asking(self) -> Workspace | None:
        """The workspace for checks and diffs, within the run's budget; None when offline."""
        return None if self.settings.offline else (await self.workspace()).within(self.budget)

    def report(self, urn: str) -> Reporter:
        """Lines on one resource."""
        return Reporter(urn, self.tell, self.cancelled)

    def context(
        self,
        urn: Urn,
        workspace: Workspace | None,
        *,
        timeout: float = 0.0,
        preview: bool = False,
        interrupted: Mapping[str, Any] | None = None,
    ) -> Context:
        """What a kind gets to work with."""
        report = self.report(urn.text)
        return Context(
            workspace=workspace.telling(report, timeout or None) if workspace else None,
            report=report,
            clock=self.clock,
            root=self.settings.root,
            project=urn.project,
            stack=urn.stack,
            urn=urn.text,
            timeout=timeout or None,
            preview=preview,
            strict=self.settings.strict,
            declared_owner=self.settings.owner,
            declared=self.declared,
            guarded=self.settings.guarded,
            traffic_minutes=self.settings.traffic_minutes,
            given=self.given,
            interrupted=dict(interrupted or {}),
            expect_upload=self.expect_upload,
        )

    def expect_upload(self) -> None:
        """A Check has seen content that has to be uploaded, unless this run is a preview."""
        if not self._uploads_expected:
            self._uploads_expected = True
            if self._works:
                self.prepare_uploads()

    def works(self) -> None:
        """A write of this run begins, so it is no preview: what Checks have foreseen comes."""
        if not self._works:
            self._works = True
            if self._uploads_expected:
                self.prepare_uploads()

    def still_wanted(self) -> None:
        """Begin nothing after a cancel.

        Raises:
            Interrupted: The engine asked to stop.
        """
        if self.cancelled.is_set():
            raise Interrupted("nothing more is begun", why="the deployment was cancelled", fix="run it again to go on")

    async def close(self) -> None:
        """Let go of a connection that is still being made."""
        if self._connection is not None:
            self._connection.cancel()
            await asyncio.gather(self._connection, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Urn:
    """A resource's URN, `urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>`."""

    text: str
    stack: str
    project: str
    type: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Urn:
        """Its parts; a name may itself hold `::`."""
        head, project, types, name = text.split("::", 3)
        return cls(text, head.rpartition(":")[2], project, types.rpartition("$")[2], name)


def same_workspace(recorded: Mapping[str, Any], workspace: Workspace, stack: str) -> None:
    """Refuse to work in another workspace than the one that the state is of.

    Raises:
        WorkspaceError: With both named.
    """
    here = {"workspaceId": workspace.workspace_id, "metastoreId": workspace.metastore_id}
    for key, ours in here.items():
        theirs = recorded.get(key)
        if isinstance(theirs, str) and theirs and ours and theirs != ours:
            what = "workspace" if key == "workspaceId" else "metastore"
            raise WorkspaceError(
                f"stack {stack} belongs to {what} {theirs}, and this is {what} {ours} ({workspace.host})",
                why="a stack belongs to one workspace; its resources are not here",
                fix=(
                    "set agentry:host, agentry:profile or agentry:sandbox back; "
                    "to move it here, destroy it first, which happens where it is; "
                    f"to have it in both, copy its file stacks/Pulumi.{stack}.yaml to that of a new stack"
                ),
            )
