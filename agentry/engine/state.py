"""A stack's recorded state: resources and checkpoints, and their JSON as Pulumi writes it.

Version 3, or 4 with a list of the features that a reader must know. Source: sdk/go/common/apitype/core.go and
pkg/resource/stack/deployment.go of Pulumi.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from agentry.engine import urn as urns
from agentry.engine.values import Properties, number
from agentry.engine.values import equal as equal_values
from agentry.errors import StateError, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet

    from agentry.engine.passphrase import Secrets

_OLDEST, _NEWEST = 3, 4
_FEATURES = frozenset({"replaceWith", "taint"})
_USE_CLI = "work on this stack with the Pulumi CLI: pulumi up"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resource:
    """One recorded resource. Never changed: `dataclasses.replace` makes the next one; identity says which one is meant.

    `custom_timeouts` are in seconds. `created` and `modified` are RFC 3339 texts or empty. `extra` holds keys of the
    record that this engine does not know; they are written back as they were.
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
    replacement_trigger: Any = None
    hide_diffs: tuple[str, ...] = ()
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    import_id: str = ""
    created: str = ""
    modified: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of the URN."""
        return urns.split(self.urn).name

    def __repr__(self) -> str:
        return f"Resource({self.urn!r}, id={self.id!r})"  # inputs and outputs may hold secrets


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """An operation that had begun and of which no end is recorded.

    `kind` is creating, updating, deleting, reading or importing.
    """

    kind: str
    resource: Resource


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checkpoint:
    """A stack's state. `stack` is the whole name, `organization/<project>/<stack>`.

    `extra` and `outer` hold the keys of `latest`, and of what is around it, that this engine does not know.
    """

    stack: str
    resources: tuple[Resource, ...] = ()
    pending: tuple[Pending, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    outer: dict[str, Any] = field(default_factory=dict)


# How the record's keys are called here; those in _SEALED may hold secrets.
_KEYS = {
    "urn": "urn",
    "type": "type",
    "custom": "custom",
    "id": "id",
    "parent": "parent",
    "inputs": "inputs",
    "outputs": "outputs",
    "provider": "provider",
    "dependencies": "dependencies",
    "propertyDependencies": "property_dependencies",
    "protect": "protect",
    "external": "external",
    "delete": "delete",
    "pendingReplacement": "pending_replacement",
    "taint": "taint",
    "retainOnDelete": "retain_on_delete",
    "deletedWith": "deleted_with",
    "replaceWith": "replace_with",
    "initErrors": "init_errors",
    "additionalSecretOutputs": "additional_secret_outputs",
    "ignoreChanges": "ignore_changes",
    "replaceOnChanges": "replace_on_changes",
    "replacementTrigger": "replacement_trigger",
    "hideDiff": "hide_diffs",
    "customTimeouts": "custom_timeouts",
    "importID": "import_id",
    "created": "created",
    "modified": "modified",
}
_SEALED = frozenset({"inputs", "outputs", "replacementTrigger"})
_ALWAYS = frozenset({"urn", "type", "custom"})
# Positions and stacks name files of the machine that deployed, and make most of a checkpoint. Aliases are names of the
# past; the CLI clears them too.
_DROPPED = frozenset({"sourcePosition", "stackTrace", "aliases"})


def salt_of(data: bytes, where: str) -> str | None:
    """The salt of a checkpoint's passphrase; None when it has no secrets provider.

    Raises:
        StateError: It is no checkpoint.
        Unsupported: Another secrets provider than the passphrase, by name.
    """
    provider = (parse(data, where).get("latest") or {}).get("secrets_providers")
    if not provider or not provider.get("type"):
        return None
    if provider["type"] != "passphrase":
        raise Unsupported(
            f"the embedded engine does not support the secrets provider {provider['type']!r}",
            where=where,
            fix=_USE_CLI,
        )
    return str(provider["state"]["salt"])


def read(data: bytes, secrets: Secrets, where: str, *, in_order: bool = True) -> Checkpoint:
    """Read a checkpoint and decrypt its secrets.

    Args:
        data: The file.
        secrets: Opened with the stack's passphrase and salt.
        where: The file's name, for errors.
        in_order: Refuse one in which a resource comes before one that it uses.

    Raises:
        StateError: It is no checkpoint, or its resources are not in order.
        Unsupported: A newer version, or a feature that this engine does not implement, by name.
        WrongPassphrase: The passphrase does not open it.
    """
    outer = parse(data, where)
    latest = outer.get("latest") or {}
    try:
        resources = tuple(_read_resource(record, secrets) for record in latest.get("resources") or ())
        pending = tuple(
            Pending(operation["type"], _read_resource(operation["resource"], secrets))
            for operation in latest.get("pending_operations") or ()
        )
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise StateError("a resource is malformed", where=where, why=f"{type(error).__name__}: {error}") from error
    if in_order and (why := broken_order(resources)):
        raise StateError("the recorded graph is not whole", where=where, why=why, fix="pulumi state repair")
    known = {"manifest", "secrets_providers", "resources", "pending_operations"}
    return Checkpoint(
        stack=outer.get("stack", ""),
        resources=resources,
        pending=pending,
        extra={key: value for key, value in latest.items() if key not in known},
        outer={key: value for key, value in outer.items() if key not in {"stack", "latest"}},
    )


def recorded_outputs(data: bytes, where: str) -> Properties:
    """What a stack exports, as its checkpoint has it: secrets still sealed. Raises as `read`."""
    records = (parse(data, where).get("latest") or {}).get("resources") or ()
    for record in records:
        if record["type"] == urns.ROOT_STACK_TYPE and not record.get("parent"):
            return dict(record.get("outputs") or {})
    return {}


def parse(data: bytes, where: str) -> dict[str, Any]:
    """What is inside the versioned envelope: `stack` and `latest`, secrets as they are.

    Raises:
        StateError: It is no checkpoint.
        Unsupported: A version or a feature that this engine does not know, by name.
    """
    try:
        whole = json.loads(data)
        version, features, checkpoint = whole["version"], whole.get("features") or (), whole["checkpoint"]
        dict(checkpoint)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError("this is no checkpoint of a stack", where=where, why=str(error)) from error
    if version > _NEWEST:
        raise Unsupported(
            f"the embedded engine reads checkpoints up to version {_NEWEST}, not {version}", where=where, fix=_USE_CLI
        )
    if version < _OLDEST:
        raise Unsupported(
            f"the embedded engine reads checkpoints from version {_OLDEST} on, not {version}",
            where=where,
            fix="bring it up to date with the Pulumi CLI: pulumi stack export | pulumi stack import",
        )
    if unknown := sorted(set(features) - _FEATURES):
        raise Unsupported(
            f"the embedded engine does not support what this state uses: {', '.join(unknown)}",
            where=where,
            fix=_USE_CLI,
        )
    return dict(checkpoint)


def _read_resource(record: dict[str, Any], secrets: Secrets) -> Resource:
    values: dict[str, Any] = {}
    for key, name in _KEYS.items():
        value = record.get(key)
        if value is None:
            continue
        if key in _SEALED:
            value = secrets.unseal(value, _place(record["urn"], record.get("id", ""), key))
        elif key == "propertyDependencies":
            value = {prop: tuple(names or ()) for prop, names in value.items()}
        elif key == "customTimeouts":
            value = {what: number(seconds) for what, seconds in value.items()}
        values[name] = tuple(value) if isinstance(value, list) and key not in _SEALED else value
    extra = {key: value for key, value in record.items() if key not in _KEYS and key not in _DROPPED}
    return Resource(**values, extra=extra)


def _place(urn: str, id: str, key: str) -> str:
    return f"{urn} {id} {key}"


def resource_json(resource: Resource, secrets: Secrets) -> dict[str, Any]:
    """A resource as the checkpoint has it, secrets encrypted; what is empty is left out."""
    record = dict(resource.extra)
    for key, name in _KEYS.items():
        value = getattr(resource, name)
        if value or key in _ALWAYS or (key in _SEALED and value not in (None, {})):
            record[key] = secrets.seal(value, _place(resource.urn, resource.id, key)) if key in _SEALED else value
    return record


def write(
    checkpoint: Checkpoint, secrets: Secrets, *, time: str, text: Callable[[Resource], str] | None = None
) -> bytes:
    """The file, one line for each resource.

    Args:
        checkpoint: What to write.
        secrets: To encrypt.
        time: When it is written, RFC 3339.
        text: Gives a resource's JSON text, for callers that keep those; `resource_text` by default.
    """
    record = text or (lambda resource: resource_text(resource, secrets))
    latest = {
        # An empty magic and version are what Pulumi accepts from others than itself.
        "manifest": _dump({"time": time, "magic": "", "version": ""}),
        "secrets_providers": _dump({"type": "passphrase", "state": {"salt": secrets.state}}),
        "resources": _lines(record(resource) for resource in checkpoint.resources),
        "pending_operations": _lines(
            f'{{"resource":{record(operation.resource)},"type":{_dump(operation.kind)}}}'
            for operation in checkpoint.pending
        ),
        "metadata": _dump({}),
    } | {key: _dump(value) for key, value in checkpoint.extra.items()}
    outer = {"stack": _dump(checkpoint.stack)} | {key: _dump(value) for key, value in checkpoint.outer.items()}
    features = sorted(_used_features(checkpoint))
    envelope = {"version": _dump(_NEWEST if features else _OLDEST)}
    if features:
        envelope["features"] = _dump(features)
    return _object(envelope | {"checkpoint": _object(outer | {"latest": _object(latest)})}).encode()


def _used_features(checkpoint: Checkpoint) -> set[str]:
    resources = (*checkpoint.resources, *(operation.resource for operation in checkpoint.pending))
    used = {"replaceWith" for resource in resources if resource.replace_with}
    return used | {"taint" for resource in resources if resource.taint}


def resource_text(resource: Resource, secrets: Secrets) -> str:
    """A resource's JSON text in the checkpoint."""
    return _dump(resource_json(resource, secrets))


def _dump(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _object(members: dict[str, str]) -> str:
    return "{" + ",".join(f'"{key}":{text}' for key, text in members.items()) + "}"


def _lines(texts: Iterable[str]) -> str:
    lines = ",\n".join(texts)
    return f"[\n{lines}\n]" if lines else "[]"


def by_urn(resources: Iterable[Resource]) -> dict[str, Resource]:
    """The live ones (not marked for deletion) by their URN."""
    return {resource.urn: resource for resource in resources if not resource.delete}


def uses(resource: Resource) -> set[str]:
    """The URNs that a resource uses: parent, provider, dependencies, those of its properties, what it is deleted with."""
    used = {resource.parent, resource.deleted_with, *resource.dependencies, *resource.replace_with}
    used.update(*resource.property_dependencies.values())
    if resource.provider:
        used.add(urns.split_reference(resource.provider)[0])
    return used - {"", resource.urn}


def broken_order(resources: Iterable[Resource]) -> str:
    """Empty when each resource comes after all that it uses; else a sentence that names one that does not."""
    seen: set[str] = set()
    for resource in resources:
        if missing := sorted(uses(resource) - seen):
            return f"{resource.urn} uses {missing[0]}, which is not recorded before it"
        seen.add(resource.urn)
    return ""


def renamed(resource: Resource, old: str, new: str) -> Resource | None:
    """The record with another name for what it uses; None when it does not use it."""
    if old not in uses(resource):
        return None

    def named(urn: str) -> str:
        return new if urn == old else urn

    provider = resource.provider
    if provider:
        used, identity = urns.split_reference(provider)
        provider = urns.reference(named(used), identity)
    return replace(
        resource,
        parent=named(resource.parent),
        provider=provider,
        deleted_with=named(resource.deleted_with),
        dependencies=tuple(map(named, resource.dependencies)),
        replace_with=tuple(map(named, resource.replace_with)),
        property_dependencies={key: tuple(map(named, used)) for key, used in resource.property_dependencies.items()},
    )


def released(resource: Resource, gone: AbstractSet[str]) -> Resource | None:
    """The record without what is gone; None when it uses none of it. A child then has no parent, as the CLI leaves it."""
    if not uses(resource) & gone:
        return None

    def there(named: Iterable[str]) -> tuple[str, ...]:
        return tuple(urn for urn in named if urn not in gone)

    return replace(
        resource,
        parent="" if resource.parent in gone else resource.parent,
        deleted_with="" if resource.deleted_with in gone else resource.deleted_with,
        dependencies=there(resource.dependencies),
        replace_with=there(resource.replace_with),
        property_dependencies={key: there(used) for key, used in resource.property_dependencies.items()},
    )


def equal(a: Resource, b: Resource) -> bool:
    """Whether two records say the same; when they were made does not count, which values are secret does."""
    return _comparable(a) == _comparable(b) and all(
        equal_values(getattr(a, _KEYS[key]), getattr(b, _KEYS[key])) for key in _SEALED
    )


def _comparable(resource: Resource) -> dict[str, Any]:
    ignored = {"created", "modified"}
    record = {name: getattr(resource, name) for name in _KEYS.values() if name not in ignored}
    return record | {"dependencies": sorted(resource.dependencies), "extra": resource.extra}


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC, of seconds since the epoch."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc).isoformat().replace("+00:00", "Z")
