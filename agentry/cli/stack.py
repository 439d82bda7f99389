"""Which stack a command is about: its project, workspace, backend and passphrase."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from agentry.cli.options import LOCAL
from agentry.errors import ConfigError
from agentry.stacks import Settings, find_root, read_settings, state_directory

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class ChosenStack:
    """A stack, found and read.

    Attributes:
        name: `local`, `dev`.
        settings: Its `agentry:` settings; those of a sandbox where `--sandbox` was given.
        sandbox: The sandbox workspace it runs on, or "".
        own: Whether its state is below `.agentry/`, under the empty passphrase: stack local, and `--sandbox`.
    """

    name: str
    settings: Settings
    sandbox: str
    own: bool

    @property
    def root(self) -> Path:
        """The project's directory."""
        return self.settings.root

    @property
    def begins_sandbox(self) -> bool:
        """Whether `up` starts the sandbox: asked for by the stack's name or by `--sandbox`, never guessed."""
        return bool(self.sandbox) and self.own

    def backend(self, environment: Mapping[str, str] = os.environ) -> str:
        """Where its state is kept, `file://...`.

        Raises:
            ConfigError: The stack needs a backend and none is named.
        """
        if self.own:
            return (state_directory(self.root) / "state").as_uri()
        url = environment.get("PULUMI_BACKEND_URL", "")
        if not url:
            raise ConfigError(
                f"no backend for the state of stack {self.name}",
                why="PULUMI_BACKEND_URL is not set; the embedded engine keeps state in files only",
                fix=f"export PULUMI_BACKEND_URL=file://<directory>, or use the Pulumi CLI: pulumi up --stack {self.name}",
            )
        return url

    def passphrase(self, environment: Mapping[str, str] = os.environ) -> str:
        """What its secrets are encrypted under.

        Raises:
            ConfigError: The stack needs a passphrase and none is set.
        """
        from agentry.engine.passphrase import find_passphrase  # noqa: PLC0415 - not for commands that only read

        return "" if self.own else find_passphrase(environment)


def choose(name: str, *, on_sandbox: bool = False, start: Path | None = None) -> ChosenStack:
    """Find the project around a directory and read one of its stacks.

    Args:
        name: The stack.
        on_sandbox: Run it on a sandbox workspace of its own name, whatever its file says (`--sandbox`).
        start: Where to look from; the current directory.

    Raises:
        ConfigError: No project, no such stack (with those there are), or a stack file that does not parse.
    """
    settings = read_settings(find_root((start or Path.cwd()).resolve()), name)
    own = on_sandbox or name == LOCAL
    if on_sandbox and not settings.sandbox:
        settings = replace(settings, host="", profile="", owner="", sandbox=sandbox_name(name))
    return ChosenStack(name, settings, settings.sandbox, own)


def sandbox_name(stack: str) -> str:
    """The sandbox that `--sandbox` runs a stack on: the stack's name, as catalogs are spelled (`prod-eu`: `prod_eu`)."""
    return stack.replace("-", "_").lower()
