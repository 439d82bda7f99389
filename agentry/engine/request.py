"""What an engine is asked to do with a stack."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentry.engine.events import Operation
    from agentry.engine.passphrase import Secrets
    from agentry.engine.project import Project, StackFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be done.

    Attributes:
        operation: Preview, up, refresh or destroy.
        project: The project.
        stack: The stack's file; its values are taken as they are, so whoever overrides some has done it here.
        backend: A `file://` URL.
        secrets: Opens the stack's secrets, given the salt of its checkpoint (None when it has none), and refuses a
            wrong passphrase.
        config_secrets: Opens the secrets of the stack file, where these are others than those of the state.
        other_secrets: Opens the secrets of another stack's state, given its salt.
        refresh: Refresh before a preview or an update.
        parallel: How many changes may run side by side; None for no limit.
        clear_pending_creates: In a refresh, forget the creates of which no end is recorded.
        option: What chooses the stack on a command line.
        go_on: What a person types to go on after an interruption.
    """

    operation: Operation
    project: Project
    stack: StackFile
    backend: str
    secrets: Callable[[str | None], Secrets]
    other_secrets: Callable[[str], Secrets]
    config_secrets: Secrets | None = None
    refresh: bool = False
    parallel: int | None = None
    clear_pending_creates: bool = False
    option: str = ""
    go_on: str = ""
    organization: str = "organization"


def with_config(stack: StackFile, overrides: Mapping[str, str | None]) -> StackFile:
    """A stack file with other values for some whole keys, None for none; the file itself stays as it is."""
    values = {**stack.values, **overrides}
    return dataclasses.replace(stack, values={key: value for key, value in values.items() if value is not None})
