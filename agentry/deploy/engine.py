"""What the commands, reviews and rollouts know of an engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentry.deploy.stack import Stack
    from agentry.engine.events import Event, Finished, Operation


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


class Engine(Protocol):
    """Brings stacks up, previews, refreshes and destroys them."""

    async def run(
        self,
        operation: Operation,
        stack: Stack,
        *,
        listen: Callable[[Event], None],
        parallel: int | None = None,
        refresh: bool = False,
    ) -> Finished:
        """Do something with a stack.

        Args:
            operation: What.
            stack: With which.
            listen: Gets every event as it happens, the end (`Finished`) too. A preview plans steps and does none, so
                it has `StepPlanned` events only.
            parallel: How many changes may run side by side; None for no limit.
            refresh: Look at what is there before a preview or an update.

        Raises:
            DeploymentFailed: Steps failed; each was told as a `StepFailed`.
            Interrupted: SIGINT or SIGTERM; what was done is saved.
            AgentryError: Anything else that is wrong, in one error of a few lines.
        """
        ...

    async def outputs(self, stack: Stack) -> dict[str, Any]:
        """What the stack exports, as recorded, secrets masked; empty for a stack that was never brought up."""
        ...

    async def resources(self, stack: Stack) -> tuple[RecordedResource, ...]:
        """What the stack holds, as recorded, users after what they use; nothing for one that was never brought up."""
        ...
