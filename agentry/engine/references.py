"""What other stacks of the same backend export, for stack references."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.engine import state
from agentry.engine.backend import FileBackend
from agentry.engine.values import has_secret
from agentry.errors import ConfigError, StateError, WrongPassphrase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agentry.clock import Clock
    from agentry.engine.passphrase import Secrets
    from agentry.engine.values import Properties

_ORGANIZATION = "organization"
"""A file backend knows one organization, which is called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherStacks:
    """The stacks that a program may refer to.

    Attributes:
        backend: The `file://` URL of the state.
        project: The program's own project.
        base: What a relative directory counts from.
        clock: Time.
        secrets: Opens the secrets of a state, given its salt.
        warn: Told of secrets that can not be read.
    """

    backend: str
    project: str
    base: Path
    clock: Clock
    secrets: Callable[[str], Secrets]
    warn: Callable[[str], None]

    async def outputs(self, name: str) -> Properties:
        """What a stack exports, as recorded; secrets stay marked.

        Args:
            name: `stack`, `organization/stack` or `organization/project/stack`.

        Raises:
            ConfigError: The name is of another form.
            StateError: There is no such stack, or its state is not whole.
        """
        return await asyncio.to_thread(self._outputs, name)

    def _outputs(self, name: str) -> Properties:
        project, stack = parse(name, self.project)
        store = FileBackend(self.backend, project, base=self.base, clock=self.clock)
        data = store.load(stack)
        if data is None:
            known = ", ".join(store.stacks())
            raise StateError(
                f"there is no stack {name!r}",
                where=str(store.checkpoint_file(stack)),
                why=f"the stacks of project {project} are {known}"
                if known
                else f"project {project} has no stacks here",
                fix="bring it up first, or correct the name of the StackReference",
            )
        where = str(store.checkpoint_file(stack))
        salt = state.salt_of(data, where)
        recorded = state.recorded_outputs(data, where)
        if salt is None:
            return recorded
        return self._opened(recorded, self.secrets(salt), name)

    def _opened(self, recorded: Properties, secrets: Secrets, name: str) -> Properties:
        """The outputs with their secrets; without those that the passphrase does not open, as Pulumi does."""
        try:
            return {key: secrets.unseal(value) for key, value in recorded.items()}
        except WrongPassphrase:
            plain = {key: value for key, value in recorded.items() if not has_secret(value)}
            hidden = ", ".join(sorted(recorded.keys() - plain.keys()))
            self.warn(f"left out of stack {name}: {hidden} (the passphrase does not open its secrets)")
            return plain


def parse(name: str, project: str) -> tuple[str, str]:
    """Project and stack of a reference's name; `ConfigError` when it is none."""
    parts = name.split("/")
    if len(parts) > 1 and parts[0] != _ORGANIZATION:
        raise ConfigError(
            f"{name!r} names the organization {parts[0]!r}",
            why="a file backend knows no organizations but the one called `organization`",
            fix=f"write {'/'.join([_ORGANIZATION, *parts[1:]])}",
        )
    if len(parts) > 3 or not all(parts):
        raise ConfigError(f"{name!r} is no name of a stack", fix="write organization/<project>/<stack>")
    return (parts[1] if len(parts) == 3 else project), parts[-1]
