"""What the commands about a stack's records share: where these are, and who works on them."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from agentry.cli.configured import find_stack_passphrase
from agentry.cli.display.layout import Line, Piece
from agentry.deploy import LOCAL, Stack, StackSummary, engine_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentry.cli.chosen import ChosenStack
    from agentry.deploy import PendingOperation


def without_passphrase(stack: ChosenStack) -> Stack:
    """A stack for what opens no secrets; `ConfigError` when nobody says where its state is."""
    return stack.resolve({"PULUMI_CONFIG_PASSPHRASE": "", **os.environ})


def with_passphrase(stack: ChosenStack) -> Stack:
    """A stack for what opens secrets: the passphrase from the environment, or typed.

    Raises:
        ConfigError: Nobody says where its state is, or what the passphrase is.
    """
    # Where it is comes first: nobody types a passphrase for nothing, and other backends than directories need none.
    found = without_passphrase(stack)
    if found.apart or stack.name == LOCAL or not found.in_directory:
        return stack.resolve()
    return stack.resolve({**os.environ, "PULUMI_CONFIG_PASSPHRASE": find_stack_passphrase(stack.name)})


def summary(stack: ChosenStack) -> StackSummary:
    """What is known of a stack's state without opening its secrets; an empty summary for one that has none.

    Raises:
        AgentryError: Nobody says where it is, or it is not there.
    """
    resolved = without_passphrase(stack)
    found = asyncio.run(engine_of(resolved, stack.engine).stacks(resolved))
    return next((one for one in found if one.name == stack.name), StackSummary(name=stack.name))


def pending(stack: ChosenStack) -> tuple[PendingOperation, ...]:
    """The operations of which no end is recorded; other backends than directories do not list them."""
    return summary(stack).pending if without_passphrase(stack).in_directory else ()


def pending_lines(operations: Sequence[PendingOperation], option: str) -> list[Line]:
    """The operations that were interrupted, and how to go on; nothing where there are none."""
    if not operations:
        return []
    first = "1 operation was" if len(operations) == 1 else f"{len(operations)} operations were"
    return [
        (Piece(f"{first} interrupted; what it was about may be there, or half there:", "yellow"),),
        *((Piece(f"  {one.kind.ljust(9)} {one.type} {one.name}"),) for one in operations),
        (
            Piece(
                f"  → agentry up{option} goes on from there; agentry refresh{option} reads what is there and forgets these"
            ),
        ),
    ]
