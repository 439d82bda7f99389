"""Which engine works on a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.deploy.embedded import EmbeddedEngine
from agentry.stacks import EngineName

if TYPE_CHECKING:
    from agentry.clock import Clock
    from agentry.deploy.engine import Engine
    from agentry.deploy.stack import Stack


def engine_of(stack: Stack, name: EngineName = EngineName.AUTO, clock: Clock | None = None) -> Engine:
    """The engine for a stack.

    Args:
        stack: The stack.
        name: Which was asked for; `auto` goes by where the state is (see `EngineName`).
        clock: Time.
    """
    if name is EngineName.EMBEDDED or (name is EngineName.AUTO and stack.in_directory):
        return EmbeddedEngine(clock)
    from agentry.deploy.pulumi import PulumiEngine  # noqa: PLC0415 - most commands never need it

    return PulumiEngine(clock)
