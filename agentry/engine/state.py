"""A stack's recorded state: resources and checkpoints, and their JSON as Pulumi writes it (version 3, or 4 with features)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agentry.engine.passphrase import Secrets
from agentry.engine.values import Properties


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resource:
    """One recorded resource. Never changed: `dataclasses.replace` makes the next one; identity says which one is meant.

    `created` and `modified` are RFC 3339 texts or empty. `extra` holds keys of the record that this engine does not
    know; they are written back as they were.
    """

    urn: str
    type: str
    custom: bool
    id: str = ""
    parent: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    provider: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    protect: bool = False
    external: bool = False
    delete: bool = False
    pending_replacement: bool = False
    taint: bool = False
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: tuple[str, ...] = ()
    init_errors: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    import_id: str = ""
    created: str = ""
    modified: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of the URN."""


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """An operation that had begun and of which no end is recorded; kind is creating, updating, deleting, reading, importing."""

    kind: str
    resource: Resource


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checkpoint:
    """A stack's state. `stack` is the whole name, `organization/<project>/<stack>`."""

    stack: str
    resources: tuple[Resource, ...] = ()
    pending: tuple[Pending, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)


def salt_of(data: bytes, where: str) -> str | None:
    """The salt of a checkpoint's passphrase; None when it has no secrets provider, `Unsupported` for any other one."""


def read(data: bytes, secrets: Secrets, where: str) -> Checkpoint:
    """Read a checkpoint and decrypt its secrets.

    Args:
        data: The file.
        secrets: Opened with the stack's passphrase and salt.
        where: The file's name, for errors.

    Raises:
        StateError: It is no checkpoint, or its graph is not whole.
        Unsupported: A newer version, or a feature that this engine does not implement, by name.
    """


def resource_json(resource: Resource, secrets: Secrets) -> dict[str, Any]:
    """A resource as the checkpoint has it, secrets encrypted."""


def write(checkpoint: Checkpoint, secrets: Secrets, *, time: str) -> bytes:
    """The file. `time` is RFC 3339."""


def by_urn(resources: tuple[Resource, ...]) -> Mapping[str, Resource]:
    """The live ones (not marked for deletion) by their URN."""


def equal(a: Resource, b: Resource) -> bool:
    """Whether two records say the same; when they were made does not count."""


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC, of seconds since the epoch."""
