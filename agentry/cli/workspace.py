"""The workspace of a stack, for the commands that look into it, and the sandbox that may have to run for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.sandbox import process

if TYPE_CHECKING:
    from agentry.cli.chosen import ChosenStack


def start_sandbox(stack: ChosenStack) -> list[str]:
    """Have the stack's sandbox run; what to tell the person about it, nothing if it ran already.

    Raises:
        SandboxError: It does not start.
    """
    if process.status(stack.root, stack.sandbox):
        return []
    running = process.start(stack.root, stack.sandbox)
    return [f"started the sandbox workspace {stack.sandbox} at {running.address} (stop it: {stop_command(stack)})"]


def start_command(name: str) -> str:
    """What starts a sandbox."""
    return "agentry sandbox start" if name == "local" else f"agentry sandbox start --name {name}"


def stop_command(stack: ChosenStack) -> str:
    """What stops the stack's sandbox."""
    return start_command(stack.sandbox).replace(" start", " stop")
