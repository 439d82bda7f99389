"""Which stack a command is about: its project, its workspace, and what `--sandbox` makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from agentry.deploy.stack import LOCAL, Stack
from agentry.engine.project import find_project, read_stack
from agentry.stacks import (
    KEYS,
    NAMESPACE,
    EngineName,
    Settings,
    find_root,
    read_settings,
    stack_names,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class ChosenStack:
    """A stack, found and read.

    Attributes:
        name: `local`, `dev`.
        settings: Its `agentry:` settings; those of a sandbox where `--sandbox` was given.
        on_sandbox: Whether `--sandbox` was given.
        overrides: Settings by whole key that are others than its file says, None for none.
        engine: Which engine was asked for.
    """

    name: str
    settings: Settings
    on_sandbox: bool = False
    overrides: Mapping[str, str | None] = field(default_factory=dict)
    engine: EngineName = EngineName.AUTO

    @property
    def root(self) -> Path:
        """The project's directory."""
        return self.settings.root

    @property
    def shown(self) -> str:
        """What people call it: `agents/local`."""
        return f"{find_project(self.root).name}/{self.name}"

    @property
    def sandbox(self) -> str:
        """The sandbox workspace it runs on, or ""."""
        return self.settings.sandbox

    @property
    def begins_sandbox(self) -> bool:
        """Whether `up` starts the sandbox: asked for by the stack's name or by `--sandbox`, never guessed."""
        return bool(self.sandbox) and (self.on_sandbox or self.name == LOCAL)

    @property
    def option(self) -> str:
        """What names it in a command, with a blank before; empty for stack local."""
        return ("" if self.name == LOCAL else f" --stack {self.name}") + (" --sandbox" if self.on_sandbox else "")

    def resolve(self, environment: Mapping[str, str] | None = None) -> Stack:
        """The stack as the engine needs it, with its backend and passphrase.

        Args:
            environment: Variables; those of this process by default.

        Raises:
            ConfigError: Nobody says where the state is, or what the passphrase is.
        """
        return Stack.resolve(
            self.root,
            self.name,
            sandbox=self.on_sandbox,
            config_overrides=dict(self.overrides),
            environment=environment,
            engine=self.engine,
        )


def choose(
    name: str,
    *,
    on_sandbox: bool = False,
    engine: EngineName = EngineName.AUTO,
    start: Path | None = None,
    allow_destructive: bool = False,
) -> ChosenStack:
    """Find the project around a directory and read one of its stacks.

    Args:
        name: The stack.
        on_sandbox: Run it on a sandbox workspace of its own, whatever its file says (`--sandbox`).
        engine: Which engine works on it (`--engine`).
        start: Where to look from; the current directory.
        allow_destructive: What is in use may be destroyed by this run (`--allow-destructive`); its file stays as it is.

    Raises:
        ConfigError: No project, no such stack (with those there are), or a stack file that does not parse.
    """
    settings = read_settings(find_root((start or Path.cwd()).resolve()), name)
    if not on_sandbox or settings.sandbox:
        overrides = {f"{NAMESPACE}:allowDestructive": "true"} if allow_destructive else {}
        return ChosenStack(name, settings, on_sandbox, overrides, engine)
    sandbox = sandbox_name(name)
    settings = replace(settings, host="", profile="", owner="", sandbox=sandbox)
    return ChosenStack(name, settings, on_sandbox, sandbox_overrides(settings.root, sandbox), engine)


def sandbox_name(stack: str) -> str:
    """The sandbox of a stack: the stack's name, as catalogs are spelled (`prod-eu`: `prod_eu`)."""
    return stack.replace("-", "_").lower()


def sandbox_overrides(root: Path, sandbox: str) -> dict[str, str | None]:
    """The settings of a stack that runs on a sandbox: those of stack local, which says what a sandbox has.

    Args:
        root: The project's directory.
        sandbox: The sandbox; where stack local names its own (which is also its catalog), this one stands instead.
    """
    # How strictly the code is read has nothing to do with where it runs.
    overrides: dict[str, str | None] = {f"{NAMESPACE}:{key}": None for key in KEYS if key != "strict"}
    if LOCAL in stack_names(root):
        values = read_stack(find_project(root), LOCAL).values
        own = values.get(f"{NAMESPACE}:sandbox")
        texts = {key: value for key, value in values.items() if isinstance(value, str)}
        overrides |= {key: sandbox if value == own else value for key, value in texts.items()}
    return {**overrides, f"{NAMESPACE}:sandbox": sandbox}
