"""A stack's configuration as the commands see it: values with their defaults, secrets opened when somebody asks."""

from __future__ import annotations

import dataclasses
import os
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from agentry.cli.chosen import choose
from agentry.clock import RealClock
from agentry.deploy import LOCAL, Stack
from agentry.deploy.stored import Records
from agentry.engine import project as projects
from agentry.engine import stack_files, tree
from agentry.engine.passphrase import Secrets, find_passphrase
from agentry.engine.paths import MISSING
from agentry.engine.settings import whole_key
from agentry.errors import ConfigError
from agentry.stacks import KEYS, NAMESPACE, PLACES, Settings, unknown_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.engine.documents import Document
    from agentry.engine.project import Project, StackFile
    from agentry.engine.stack_files import Key

MASK = "[secret]"


@dataclass(frozen=True)
class Configured:
    """One stack's configuration.

    Attributes:
        project: The project.
        file: The stack's file.
        overrides: Settings that are others than the file says (`--sandbox`), None for none.
    """

    project: Project
    file: StackFile
    overrides: Mapping[str, str | None] = field(default_factory=dict)

    @cached_property
    def values(self) -> dict[str, Any]:
        """Values by whole key as they are in force: the file's, and the project's defaults; secrets encrypted."""
        defaults = {key: setting.default for key, setting in self.project.settings.items() if setting.has_default}
        values = {**defaults, **self.file.values, **self.overrides}
        return {key: value for key, value in values.items() if value is not None or key not in self.overrides}

    def find(self, key: Key) -> Any:
        """What is at a key, secrets encrypted; `paths.MISSING` where there is nothing."""
        return tree.get(self.values.get(key.whole, MISSING), key.path)

    @cached_property
    def secrets(self) -> Secrets:
        """What encrypts and decrypts the file's secrets; a file without a salt gets one.

        Raises:
            ConfigError: Nobody gave a passphrase, or says where the state is (whose salt the file has to have).
            WrongPassphrase: It is not this stack's.
        """
        passphrase = find_stack_passphrase(self.file.name, new=not self.file.salt)
        if self.file.salt:
            secrets = Secrets.open(passphrase, self.file.salt, where=str(self.file.file))
            secrets.verify()
            return secrets
        variables = {**os.environ, "PULUMI_CONFIG_PASSPHRASE": passphrase}
        stack = Stack.resolve(self.project.root, self.file.name, environment=variables)
        if not stack.in_directory:
            raise ConfigError(
                f"how the secrets of stack {self.file.name} are encrypted is up to {stack.backend}",
                where=str(self.file.file),
                fix="set its first secret with the Pulumi CLI: pulumi config set --secret",
            )
        return Records(stack, RealClock()).file_secrets()

    def in_clear(self, value: Any) -> Any:
        """A value with each secret in it decrypted."""
        if tree.is_ciphertext(value):
            return self.secrets.decrypt(value["secure"])
        return _rebuilt(value, self.in_clear)

    def check(self, key: Key, content: dict[str, Any], *, hidden: bool) -> None:
        """Refuse what a key must not be, before it is written.

        Args:
            key: What is set.
            content: What the file is to hold, the new value in clear.
            hidden: Whether it will be encrypted.

        Raises:
            ConfigError: An unknown key, with the nearest one; or a value of another type.
        """
        values = {whole_key(self.project.name, name): value for name, value in content["config"].items()}
        if key.whole.startswith(f"{NAMESPACE}:"):
            _check_settings(key, values, self.project.root, hidden=hidden)
            return
        value, where = values[key.whole], self.file.where(key.whole)
        projects.refuse_undeclared(self.project, dataclasses.replace(self.file, values={key.whole: value}))
        setting = self.project.settings.get(key.whole)
        if setting:
            hidden = hidden or projects.has_ciphertext(value)
            projects.check(setting, self.in_clear(value), hidden=hidden, where=where)


def _check_settings(key: Key, values: Mapping[str, Any], root: Path, *, hidden: bool) -> None:
    if hidden:
        raise ConfigError(
            f"{key.whole} can not be a secret",
            why="it says where the stack is, and is read before any secret is opened",
            fix="credentials are found as every Databricks tool finds them: in a profile, or in the environment",
        )
    prefix = f"{NAMESPACE}:"
    name = key.whole.removeprefix(prefix)
    if name not in KEYS:
        unknown = unknown_key(name)
        raise ConfigError(unknown.what, why=unknown.why)
    settings = {one.removeprefix(prefix): values[one] for one in values if one.startswith(prefix)}
    others = [place for place in PLACES if name in PLACES and place != name and settings.get(place)]
    if others and settings[name]:
        raise ConfigError(
            f"{prefix}{others[0]} says already which workspace this stack belongs to",
            why="a stack belongs to one workspace",
            fix=f"take it out first: agentry config rm {prefix}{others[0]}",
        )
    Settings.parse(settings, root)


def _rebuilt(value: Any, inside: Any) -> Any:
    if isinstance(value, dict):
        return {key: inside(item) for key, item in value.items()}
    return [inside(item) for item in value] if isinstance(value, list) else value


def masked(value: Any) -> Any:
    """A value of a stack file for a person's eyes."""
    return MASK if tree.is_ciphertext(value) else _rebuilt(value, masked)


def configured(stack: str, *, on_sandbox: bool = False) -> Configured:
    """The configuration of a stack of the project around this directory.

    Unlike `choose`, this also reads a file whose settings are wrong: these commands mend them.

    Args:
        stack: Its name.
        on_sandbox: As it is in force with `--sandbox`.

    Raises:
        ConfigError: No project, no such stack, or a file that does not parse.
    """
    project = projects.find_project(Path.cwd().resolve())
    overrides = choose(stack, on_sandbox=True).overrides if on_sandbox else {}
    return Configured(project, projects.read_stack(project, stack), overrides)


def document_of(configuration: Configured) -> Document:
    """The stack's file as it is now: opening the secrets may have given it a salt."""
    return stack_files.read_file(configuration.project, configuration.file.name)


def find_stack_passphrase(stack: str, *, new: bool = False) -> str:
    """The passphrase of a stack's secrets: none for `local`, else from the environment, else typed without an echo.

    Args:
        stack: The stack.
        new: Whether nothing was encrypted under it yet, so that a person types it twice.

    Raises:
        ConfigError: It is nowhere, and there is no terminal to ask on.
    """
    given = {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & os.environ.keys()
    if stack == LOCAL:
        return ""
    if given or not sys.stdin.isatty():
        return find_passphrase(os.environ)
    asked = f"{'New passphrase' if new else 'Passphrase'} for the secrets of stack {stack}"
    typed: str = typer.prompt(asked, hide_input=True, confirmation_prompt=new, default="", show_default=False, err=True)
    return typed
