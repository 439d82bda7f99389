"""A stack as an engine needs it: where its state is, how its secrets open, which of its settings are others this time."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from agentry.engine.passphrase import find_passphrase
from agentry.engine.project import find_project
from agentry.errors import ConfigError
from agentry.stacks import EngineName, state_directory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LOCAL = "local"
"""The stack of the sandbox on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One stack of one project. `resolve` finds what is not said.

    Attributes:
        root: The project's directory, the one that holds Pulumi.yaml.
        name: The stack's name; its settings are in `stacks/Pulumi.<name>.yaml`.
        backend: Where its state is: `file://` and a directory; any other URL of Pulumi's, which only the Pulumi CLI
            knows; empty for where `pulumi login` says.
        passphrase: Opens the secrets of its state, where that is in a directory.
        config_overrides: Settings by whole key (`agents:catalog`) that are others for this run, None for none. The
            stack's file stays as it is.
        apart: Whether the state is not the stack's own, but that of a run against the sandbox. Its secrets have a salt
            of their own then, and the stack's file is not written.
        config_passphrase: Opens the secrets in the stack's file, where that is another one; None if nobody gave it.
    """

    root: Path
    name: str
    backend: str
    passphrase: str = field(default="", repr=False)
    config_overrides: Mapping[str, str | None] = field(default_factory=dict)
    apart: bool = False
    config_passphrase: str | None = field(default=None, repr=False)

    @property
    def in_directory(self) -> bool:
        """Whether its state is in a directory, where the embedded engine can read and write it."""
        return self.backend.startswith("file://")

    @property
    def option(self) -> str:
        """What chooses it on a command line."""
        return f"--stack {self.name}" + (" --sandbox" if self.apart else "")

    @classmethod
    def resolve(
        cls,
        root: Path,
        name: str = LOCAL,
        *,
        sandbox: bool = False,
        config_overrides: Mapping[str, str | None] | None = None,
        environment: Mapping[str, str] | None = None,
        engine: EngineName = EngineName.AUTO,
    ) -> Stack:
        """A stack with its backend and passphrase.

        Stack `local`, and every stack that is run against the sandbox, has its state below `.agentry/state` and the
        empty passphrase: nothing in it is worth a secret. All others are where Pulumi's own variables say.

        Args:
            root: The project's directory.
            name: The stack's name.
            sandbox: Run against the sandbox on this machine, with its state apart.
            config_overrides: Settings that are others for this run.
            environment: Variables; those of this process by default.
            engine: Who will work on it. The Pulumi CLI knows where to, without being told, once somebody has logged in.

        Raises:
            ConfigError: Nobody says where the state is, or what the passphrase is.
        """
        variables = os.environ if environment is None else environment
        overrides = dict(config_overrides or {})
        if name == LOCAL or sandbox:
            return cls(
                root=root,
                name=name,
                backend=f"file://{state_directory(root) / 'state'}",
                config_overrides=overrides,
                apart=name != LOCAL,
                config_passphrase=_given(variables) if name != LOCAL else None,
            )
        backend = variables.get("PULUMI_BACKEND_URL") or find_project(root).backend
        if not backend and engine is not EngineName.PULUMI:
            raise ConfigError(
                f"nobody says where the state of stack {name!r} is kept",
                why="the embedded engine keeps it in a directory; every other backend is the Pulumi CLI's",
                fix="set PULUMI_BACKEND_URL=file://<directory>, or deploy where `pulumi login` says: --engine pulumi",
            )
        stack = cls(root=root, name=name, backend=backend, config_overrides=overrides)
        # Elsewhere the CLI finds out by itself how secrets open, and says so when it can not.
        return replace(stack, passphrase=find_passphrase(variables)) if stack.in_directory else stack


def _given(variables: Mapping[str, str]) -> str | None:
    named = {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & variables.keys()
    return find_passphrase(variables) if named else None
