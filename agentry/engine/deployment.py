"""One run over a stack: what its parts share, how it fails, and that nothing it began is lost.

Steps are tasks of the deployment, never of the request that asked for them: gRPC cancels a handler when its client goes
away, and a program that fails closes its channel while resources are being made. Whoever asked waits behind a shield;
`drain` waits for all of them before the last save.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

from agentry.engine import values
from agentry.engine.events import Event, Message, Op, StepFailed
from agentry.engine.providers import Provider, ProviderResources, Providers
from agentry.engine.state import Resource, by_urn
from agentry.engine.urn import ROOT_STACK_TYPE, is_provider, reference, split
from agentry.errors import AgentryError, ConfigError, DeploymentFailed, ProviderError, StateError, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from agentry.clock import Clock
    from agentry.engine.goal import Goal
    from agentry.engine.redaction import Redactor
    from agentry.engine.snapshot import Snapshot
    from agentry.engine.values import Properties

T = TypeVar("T")

HALVES = frozenset(
    {Op.CREATE_REPLACEMENT, Op.IMPORT_REPLACEMENT, Op.READ_REPLACEMENT, Op.DELETE_REPLACED, Op.DISCARD_REPLACED}
)
"""Steps that are parts of a replacement, which is counted once, by the step of that name."""

NOT_OF_A_STEP = (ConfigError, Unsupported, StateError)
"""Errors that are about the project, not about one resource: they end the run as they are."""


class Aborted(Exception):
    """What was asked for is not done: the run failed or was interrupted before."""


class Deployment:
    """The state of one run.

    Args:
        project: The project's name.
        stack: The stack's name.
        preview: Ask, but change nothing.
        snapshot: The stack's state, saved around each step.
        providers: The running providers.
        provider_config: The configuration of a package's namespace, for its default provider.
        listen: Gets every event.
        clock: Time.
        redactor: Knows the texts that must not be shown.
        parallel: How many calls that change something may run side by side; None for no limit.
    """

    def __init__(
        self,
        *,
        project: str,
        stack: str,
        preview: bool,
        snapshot: Snapshot,
        providers: Providers,
        provider_config: Callable[[str], Properties],
        listen: Callable[[Event], None],
        clock: Clock,
        redactor: Redactor,
        parallel: int | None = None,
    ) -> None:
        self.project = project
        self.stack = stack
        self.preview = preview
        self.snapshot = snapshot
        self.providers = providers
        self.provider_resources = ProviderResources(providers)
        self.provider_config = provider_config
        self.listen = listen
        self.clock = clock
        self.redactor = redactor
        self.slots = asyncio.Semaphore(parallel) if parallel else None

        self.before = dict(by_urn(snapshot.checkpoint.resources))
        """The live records as they were when the run began, by URN."""
        self.pending_before = snapshot.checkpoint.pending
        """What an earlier run began and did not end."""
        self.registered: dict[str, Resource] = {}
        """What the program asked for and got so far, by URN; in a preview, what it would get."""
        self.goals: dict[str, Goal] = {}
        """What was asked for, by URN: children inherit from it."""
        self.former: dict[str, str] = {}
        """What each resource that was found by an alias was recorded under: its children moved with it."""
        self.renamed: dict[str, str] = {}
        """The reverse: from the URN of a record to that of the resource that took it over."""
        self.replaced: set[str] = set()
        self.default_providers: dict[str, asyncio.Task[str]] = {}
        self.stack_outputs: Properties | None = None
        self.completed = False
        """Whether the program said that it asked for everything it wants."""

        self.changes: Counter[str] = Counter()
        self.failures = 0
        self.interrupted = False
        self.error: BaseException | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._told: set[str] = set()

    @property
    def stopped(self) -> bool:
        """Whether no step may begin any more. A preview goes on after a failed step, to tell of all that would fail."""
        return self.interrupted or self.error is not None or (self.failures > 0 and not self.preview)

    def go_on(self, *, although_failed: bool = False) -> None:
        """Raise `Aborted` where no step may begin any more; `although_failed` where failed steps are no reason."""
        if self.stopped and (self.interrupted or self.error or not although_failed):
            raise Aborted

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something as a task of the deployment: it goes on when whoever waits for it is cancelled."""
        return await asyncio.shield(self.spawn(work))

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin a task of the deployment; whatever it raises beside `Aborted` ends the run."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error and not isinstance(error, Aborted):
            self.fail(error)

    async def provider(self, name: str) -> Provider:
        """The provider of a recorded resource, started if nothing in this run needed it yet.

        Raises:
            Aborted: It does not start, or refuses its configuration. That is said once, not for each of its resources.
        """
        try:
            return await self.providers.load(name, self.recorded_provider(name))
        except ProviderError as error:
            self.fail(error)
            raise Aborted from error

    def recorded_provider(self, name: str) -> Resource | None:
        """The provider resource of a reference, be it alive or marked for deletion."""
        for resource in self.snapshot.checkpoint.resources:
            if is_provider(resource.type) and reference(resource.urn, resource.id) == name:
                return resource
        return None

    async def drain(self) -> None:
        """Wait until nothing runs any more."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def running(self) -> int:
        """How many tasks run."""
        return len(self._tasks)

    def fail(self, error: BaseException) -> None:
        """The run ends with this error, unless there was one before."""
        self.error = self.error or error

    def step_failed(self, urn: str, op: Op, error: AgentryError, *, partial: bool = False, parent: str = "") -> None:
        """A step failed: tell, and begin no other. What was told of another resource already is told in one line."""
        self.failures += 1
        reasons = error.reasons if isinstance(error, ProviderError) else (str(error),)
        told = tuple(self.redactor.redact(reason) for reason in reasons)
        said = tuple(reason.partition("\n")[0] if reason in self._told else reason for reason in told)
        self._told.update(told)
        self.listen(StepFailed(urn, op, said, partial, parent))

    def message(self, severity: str, text: str, *, urn: str = "") -> None:
        """Tell a person something, secrets masked."""
        self.listen(Message(severity, self.redactor.redact(text), urn))

    def count(self, op: Op, resource: Resource) -> None:
        """Count what is one change to a person: not the halves of a replacement, nor default providers."""
        if op not in HALVES and not is_default_provider(resource):
            self.changes[op.value] += 1

    def outputs(self) -> Properties:
        """The stack's outputs as they are recorded now."""
        records = self.snapshot.checkpoint.resources
        stack = next((one for one in records if one.type == ROOT_STACK_TYPE and not one.delete), None)
        recorded = stack.outputs if stack else {}
        return self.stack_outputs if self.preview and self.stack_outputs is not None else recorded

    def masked_outputs(self) -> Properties:
        """The stack's outputs for a person's eyes."""
        masked: Properties = values.mask(self.outputs())
        return masked

    def result(self) -> None:
        """Raise what the run ended with, if it did not end well."""
        if self.error:
            raise self.error
        if self.failures:
            what = "preview" if self.preview else "deployment"
            steps = "a step" if self.failures == 1 else f"{self.failures} steps"
            raise DeploymentFailed(f"the {what} failed: {steps} did not succeed")


def is_default_provider(resource: Resource) -> bool:
    """Whether it is a provider that nobody declared: its steps are shown to nobody."""
    return is_provider(resource.type) and split(resource.urn).name.startswith("default")
