"""Pulumi.yaml and Pulumi.<stack>.yaml: the project, its stacks and their configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentry.engine.passphrase import Secrets


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of the project's `config:` block. type is string, integer, number, boolean, array or object ("" for any)."""

    key: str
    type: str = ""
    items: str = ""
    default: Any = None
    has_default: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A Pulumi.yaml. `plugins` maps a package to its provider's directory; `virtualenv` and `main` are relative to root."""

    name: str
    root: Path
    file: Path
    main: str = "."
    virtualenv: str = ""
    stack_directory: Path
    plugins: Mapping[str, Path]
    settings: Mapping[str, Setting]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackFile:
    """A Pulumi.<stack>.yaml, as written: `values` maps whole keys (`agents:catalog`) to YAML values; `salt` may be empty."""

    name: str
    file: Path
    salt: str
    values: Mapping[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Config:
    """A stack's configuration for the program: whole keys to texts, structured values as JSON text; `secret_keys` in clear too."""

    values: Mapping[str, str]
    secret_keys: frozenset[str]

    def namespace(self, name: str) -> dict[str, Any]:
        """The configuration of one namespace without its prefix, secrets marked: what a default provider is configured with."""


def find_project(start: Path) -> Project:
    """The project of a directory or of the nearest one above it; `ConfigError` if there is none."""


def read_project(file: Path) -> Project:
    """Read a Pulumi.yaml; `ConfigError` with file and line for what is wrong, `Unsupported` for what this engine lacks."""


def stack_names(project: Project) -> list[str]:
    """The stacks that have a file, sorted."""


def read_stack(project: Project, name: str) -> StackFile:
    """Read a stack's file; `ConfigError` for one that does not exist (the known ones named) and for unknown keys."""


def resolve_config(project: Project, stack: StackFile, secrets: Secrets) -> Config:
    """The configuration with the project's defaults, checked against its types, secrets decrypted."""


def history_config(project: Project, stack: StackFile) -> dict[str, dict[str, Any]]:
    """The configuration as an `Update` records it: secrets stay ciphertext."""


def open_secrets(stack: StackFile, passphrase: str, recorded: str | None) -> Secrets:
    """The secrets of a stack: with the file's salt, the recorded one, or a new one, written to the file if it had none.

    Args:
        stack: The stack's file.
        passphrase: May be empty.
        recorded: The salt of the checkpoint, if there is one. It must be the file's.
    """


def write_salt(file: Path, salt: str) -> None:
    """Put `encryptionsalt` into a stack file; comments and order stay."""
