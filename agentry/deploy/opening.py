"""How the secrets of a stack open: those of its state, and those in its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.engine import project as projects
from agentry.engine.passphrase import Secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentry.deploy.stack import Stack
    from agentry.engine.project import StackFile


def state_opener(stack: Stack, file: StackFile, *, write: bool) -> Callable[[str | None], Secrets]:
    """How the secrets of a stack's state are opened, given the salt that is recorded there."""

    def open_secrets(recorded: str | None) -> Secrets:
        if stack.apart:
            return Secrets.open(stack.passphrase, recorded) if recorded else Secrets.new(stack.passphrase)
        secrets = projects.open_secrets(file, stack.passphrase, recorded, write=write)
        if stack.passphrase:
            secrets.verify()
        return secrets

    return open_secrets


def config_secrets(stack: Stack, file: StackFile) -> Secrets | None:
    """What opens the stack file's own secrets in a run against the sandbox; None where it is the state's secrets."""
    if not (stack.apart and file.salt):
        return None
    # A passphrase that nobody gave is wrong as soon as there is something to decrypt, and not before.
    return Secrets.open(stack.config_passphrase or "", file.salt, where=str(file.file))
