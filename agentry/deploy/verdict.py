"""How an operation of the Pulumi CLI ended, as one of our errors."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from agentry.engine.events import Operation
from agentry.errors import AgentryError, DeploymentFailed, Interrupted, ProgramError, PulumiError, StackLocked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentry.deploy.stack import Stack
    from agentry.deploy.translation import Translation

_TRACEBACK = "Traceback (most recent call last):"
_FRAME = re.compile(r'^  File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)


def judge(
    error: BaseException | None,
    translation: Translation,
    stack: Stack,
    operation: Operation,
    *,
    stderr: str,
    interrupted: bool,
) -> BaseException:
    """What to raise for an operation that did not succeed.

    Args:
        error: What the Automation API raised.
        translation: What the CLI told.
        stack: The stack.
        operation: What was done with it.
        stderr: What the CLI wrote there, secrets masked.
        interrupted: Whether it was interrupted.

    Returns:
        An AgentryError; anything but the Automation API's own errors as it is.
    """
    from pulumi.automation import CommandError, ConcurrentUpdateError  # noqa: PLC0415 - heavy, and imported by now

    if interrupted:
        return interruption(stack, operation)
    if isinstance(error, ConcurrentUpdateError):
        return StackLocked(
            f"stack {stack.name} is locked", why=_said(stderr), fix="wait until the other update has ended"
        )
    if error is not None and not isinstance(error, CommandError):
        return error
    if translation.failures:
        what = "preview" if operation is Operation.PREVIEW else "deployment"
        steps = "a step" if translation.failures == 1 else f"{translation.failures} steps"
        return DeploymentFailed(f"the {what} failed: {steps} did not succeed")
    if translation.errors:
        return program_failed(reason_among(translation.errors)[1], stack.root)
    what, _, why = _said(stderr).partition("\n")
    return PulumiError(what or "the Pulumi CLI failed and did not say why", why=why)


def interruption(stack: Stack, operation: Operation) -> Interrupted:
    """What to raise for an operation that was interrupted."""
    sandbox = " --sandbox" if stack.apart else ""
    again = f"agentry {operation.value} --stack {stack.name}{sandbox} --engine pulumi"
    return Interrupted("interrupted; what was done is saved", fix=again)


def reason_among(errors: Sequence[str]) -> tuple[list[str], str]:
    """What a program said of its own accord, and what it failed with.

    A program's errors come in the order it logged them. Behind that of a program that ended itself (`sys.exit`, the
    SDK's RunError) the CLI says once more, in its own words, that it ended; an exception it tells whole instead.

    Args:
        errors: All errors of a failed run that are of no resource; not empty.
    """
    *said, last = errors
    if said and _TRACEBACK not in last:
        last = said.pop()
    return said, last


def program_failed(text: str, root: Path) -> AgentryError:
    """What a program failed with, as one error: without the words around its exception, with its line."""
    if _TRACEBACK not in text:
        what, _, why = text.partition("\n")
        return ProgramError(what, why=why)
    what = text.rstrip().splitlines()[-1]
    return ProgramError(what, where=_place(text, root), why=_TRACEBACK + text.partition(_TRACEBACK)[2].rstrip())


def _place(traceback: str, root: Path) -> str:
    """`file:line` of the last line of the project in a traceback, or nothing."""
    inside = [
        f"{Path(frame['file']).relative_to(root)}:{frame['line']}"
        for frame in _FRAME.finditer(traceback)
        if Path(frame["file"]).is_relative_to(root) and ".venv" not in Path(frame["file"]).parts
    ]
    return inside[-1] if inside else ""


def _said(stderr: str) -> str:
    """What the CLI wrote, without the word before it."""
    return stderr.strip().removeprefix("error: ")
