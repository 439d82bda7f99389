"""Whom a Grant means: a principal that is named, or the one behind an endpoint.

Passthrough gives a served agent credentials within the privileges of who created its endpoint, recorded for ever. So
the grants of an agent's own use are for that identity: the recorded creator of an endpoint that exists, else who runs
`up` now and will create it, else (offline) who `agentry:owner` says will.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentry.errors import ConfigError, NotFound, PermissionDenied
from agentry.provider.kinds.kind import UNKNOWN
from agentry.workspace.identity import recorded, resolve, split_principal

if TYPE_CHECKING:
    from agentry.provider.kinds.kind import Context, Properties
    from agentry.workspace import Identity, Workspace


@dataclass(frozen=True, slots=True)
class Resolved:
    """Who is meant: as the input `resolvedPrincipal`, and as an identity where the workspace was asked."""

    input: Any
    identity: Identity | None = None


async def principal_of(inputs: Properties, old: Properties, ctx: Context) -> Resolved:
    """Whom the inputs mean.

    Raises:
        ConfigError: Nobody is named, nobody has that name, or who runs is not who the stack says.
    """
    principal, endpoint = inputs.get("principal"), inputs.get("forEndpoint")
    if principal is None and endpoint is None:
        raise ConfigError("nobody is named whom to grant to", fix="give principal or forEndpoint")
    if principal is UNKNOWN:
        return Resolved(UNKNOWN)
    if isinstance(principal, str):
        split_principal(principal)
    if ctx.workspace is None:
        return _offline(inputs, old, ctx)
    if isinstance(principal, str):
        identity = await resolve(ctx.workspace, principal)
    else:
        identity = await _behind(ctx.workspace, endpoint, ctx)
    return Resolved(_input(identity), identity)


async def _behind(workspace: Workspace, endpoint: Any, ctx: Context) -> Identity:
    creator = "" if endpoint is UNKNOWN else await _creator(workspace, str(endpoint))
    if creator:
        kind = "user" if "@" in creator else "sp"
        return await resolve(workspace, f"{kind}:{creator}")
    me, declared = workspace.me, ctx.declared_owner
    if declared and declared.casefold() != me.principal.casefold():
        raise ConfigError(
            f"agentry:owner says that {declared} creates the endpoints of stack {ctx.stack}, and you are {me.principal}",
            why="an endpoint keeps the privileges of who created it for ever",
            fix=f"run as {declared}, or pulumi config set agentry:owner {me.principal}",
        )
    return me


async def _creator(workspace: Workspace, endpoint: str) -> str:
    try:
        return str((await workspace.get(f"/api/2.0/serving-endpoints/{endpoint}")).get("creator") or "")
    except (NotFound, PermissionDenied):
        return ""


def _offline(inputs: Properties, old: Properties, ctx: Context) -> Resolved:
    """As recorded, where the same is declared; else as far as the declaration itself tells."""
    ctx.report.unchecked(
        f"who {inputs.get('principal') or 'owns ' + str(inputs.get('forEndpoint'))} is, and holds what"
    )
    same = all(inputs.get(name) == old.get(name) for name in ("principal", "forEndpoint"))
    if same and old.get("resolvedPrincipal"):
        return Resolved(old["resolvedPrincipal"])
    principal = inputs.get("principal") or ctx.declared_owner
    if not principal:
        return Resolved(UNKNOWN)
    kind, name = split_principal(principal)
    return Resolved({"kind": kind, "id": name, "name": name})


def _input(identity: Identity) -> Properties:
    # Where principals may not be listed there is no id to compare by; the name has to do.
    return {"kind": identity.kind, "id": identity.id or identity.name, "name": identity.name}


async def identity_of_inputs(workspace: Workspace, inputs: Properties) -> Identity | None:
    """The identity that Check resolved, by its id; None where nobody was.

    Raises:
        NotFound: It was removed from the workspace since.
    """
    found = inputs.get("resolvedPrincipal")
    if not isinstance(found, dict):
        return None
    return await recorded(workspace, str(found["kind"]), str(found["id"]), str(found["name"]))
