"""A stack's state outside of its backend: as `pulumi stack export` writes it and `pulumi stack import` takes it.

    {"version": 3, "deployment": {manifest, secrets_providers, resources, pending_operations, metadata}}

Secrets are encrypted, or in clear: `{SIGNATURE: SECRET, "plaintext": <the value's JSON text>}`.
Source: pkg/cmd/pulumi/stack/stack_import.go and sdk/go/common/apitype/core.go of Pulumi.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from agentry.engine import state
from agentry.engine import urn as urns
from agentry.engine.values import SECRET, SIGNATURE, reveal, signature
from agentry.errors import StateError, Unsupported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.engine.passphrase import Secrets
    from agentry.engine.repairs import Repair
    from agentry.engine.state import Checkpoint, Resource


@dataclass(frozen=True, slots=True)
class Overview:
    """What a checkpoint says without opening its secrets.

    Attributes:
        resources: How many it holds.
        updated: When it was written, in seconds since the epoch; None when it does not say.
        pending: Kind and URN of each pending operation.
    """

    resources: int
    updated: float | None
    pending: tuple[tuple[str, str], ...]


def overview(data: bytes, where: str) -> Overview:
    """Look over a checkpoint.

    Raises:
        StateError: It is no checkpoint.
        Unsupported: A version or a feature that this engine does not know.
    """
    latest = state.parse(data, where).get("latest") or {}
    try:
        pending = tuple(
            (str(operation["type"]), str(operation["resource"]["urn"]))
            for operation in latest.get("pending_operations") or ()
        )
        written = seconds(str((latest.get("manifest") or {}).get("time") or ""))
        return Overview(len(latest.get("resources") or ()), written, pending)
    except (KeyError, TypeError, AttributeError) as error:
        raise StateError("a resource is malformed", where=where, why=f"{type(error).__name__}: {error}") from error


def seconds(timestamp: str) -> float | None:
    """Seconds since the epoch of an RFC 3339 text with any number of digits (Go writes nine); None when it is none."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", timestamp)
    if not match:
        return None
    whole, fraction, zone = match.groups()
    return datetime.fromisoformat(whole + zone.replace("Z", "+00:00")).timestamp() + float(fraction or 0)


def export(data: bytes, where: str, secrets: Secrets | None = None) -> dict[str, Any]:
    """A checkpoint as a deployment, everything in it as it is.

    Args:
        data: The checkpoint.
        where: Its file, for errors.
        secrets: Opens its secrets, which come out in clear; without them they stay encrypted.

    Raises:
        StateError: It is no checkpoint, or a secret in it is damaged.
        WrongPassphrase: Its secrets do not open.
    """
    latest = state.parse(data, where).get("latest") or {}
    envelope = {key: value for key, value in json.loads(data).items() if key != "checkpoint"}
    return {**envelope, "deployment": _in_clear(latest, secrets) if secrets else latest}


def _in_clear(value: Any, secrets: Secrets) -> Any:
    if signature(value) == SECRET:
        plain = reveal(secrets.unseal(value))
        return {SIGNATURE: SECRET, "plaintext": json.dumps(plain, separators=(",", ":"), ensure_ascii=False)}
    if isinstance(value, dict):
        return {key: _in_clear(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_clear(item, secrets) for item in value]
    return value


def checkpoint_data(deployment: Mapping[str, Any], name: str) -> bytes:
    """A deployment as a checkpoint of a stack.

    Args:
        deployment: As it was exported, or a checkpoint.
        name: The stack's whole name, `organization/<project>/<stack>`.

    Raises:
        StateError: It has not the form of one.
    """
    latest = deployment.get("deployment")
    if latest is None:
        # A backup is a checkpoint as it was.
        checkpoint = deployment.get("checkpoint")
        latest = checkpoint.get("latest") if isinstance(checkpoint, dict) else None
    if not isinstance(latest, dict):
        raise StateError(
            "this is no deployment of a stack",
            why='expected {"version": 3, "deployment": {...}}',
            fix="give what `agentry stack export` or `pulumi stack export` printed, or a backup of the state",
        )
    envelope = {key: value for key, value in deployment.items() if key not in {"deployment", "checkpoint"}}
    whole = {**envelope, "checkpoint": {"stack": name, "latest": latest}}
    return json.dumps(whole, ensure_ascii=False).encode()


def repaired(data: bytes, where: str, repair: Repair, *, time: str) -> bytes:
    """A checkpoint with its records changed by hand, secrets closed.

    Args:
        data: The checkpoint.
        where: Its file, for errors.
        repair: The change.
        time: When, as RFC 3339.

    Raises:
        StateError: It is no checkpoint, or the change is refused.
    """
    state.parse(data, where)
    whole = json.loads(data)
    latest = whole["checkpoint"]["latest"] or {}
    latest["resources"] = repair.apply(latest.get("resources") or [])
    latest["manifest"] = {**(latest.get("manifest") or {}), "time": time}
    whole["checkpoint"]["latest"] = latest
    return json.dumps(whole, indent=4, ensure_ascii=False).encode()


def salt_of(data: bytes, where: str) -> str | None:
    """The salt that the secrets of an import were encrypted with; None when they are in clear, or there are none.

    Raises:
        Unsupported: They are encrypted by another secrets provider than the passphrase, by name.
    """
    provider = (state.parse(data, where).get("latest") or {}).get("secrets_providers") or {}
    kind = provider.get("type")
    if kind in (None, "", "passphrase"):
        return state.salt_of(data, where)
    if b'"ciphertext"' not in data:
        return None
    raise Unsupported(
        f"these secrets are encrypted by the secrets provider {kind!r}",
        where=where,
        why="only a passphrase can be opened here",
        fix="export them in clear: pulumi stack export --show-secrets",
    )


def without_pending(checkpoint: Checkpoint) -> tuple[Checkpoint, list[str]]:
    """The checkpoint without its pending operations, and a sentence about each."""
    left = [f"left out the pending operation {one.kind} of {one.resource.urn}" for one in checkpoint.pending]
    return replace(checkpoint, pending=()), left


def problems(checkpoint: Checkpoint, stack: str) -> list[str]:
    """What is not sound in the resources of a checkpoint, a sentence for each; empty when all is well.

    Args:
        checkpoint: What is to be imported.
        stack: The stack's name, that has to be in each URN.
    """
    every = {resource.urn for resource in checkpoint.resources}
    seen: set[str] = set()
    live: set[str] = set()
    found: list[str] = []
    for resource in checkpoint.resources:
        found += _problems(resource, stack, seen, every)
        if resource.urn in live and not resource.delete:
            found.append(f"{resource.urn} is there twice, and not marked for deletion")
        seen.add(resource.urn)
        live |= set() if resource.delete else {resource.urn}
    return found


def _problems(resource: Resource, stack: str, seen: set[str], every: set[str]) -> list[str]:
    try:
        owner, uses = urns.split(resource.urn).stack, sorted(state.uses(resource) - seen)
    except StateError as error:
        return [error.what]
    found = [] if owner == stack else [f"{resource.urn} is from another stack ({owner}, not {stack})"]
    for used in uses:
        word = "its parent" if used == resource.parent else "it uses"
        found.append(f"{resource.urn}: {word} {used}, which {'comes after it' if used in every else 'is not recorded'}")
    return found
