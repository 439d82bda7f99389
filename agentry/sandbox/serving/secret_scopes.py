"""Secret scopes, for environment variables of served entities that say `{{secrets/scope/key}}`.

Databricks' secrets API as far as that needs (docs.databricks.com, Secrets API): scopes, their values and who may read
them. Values are kept in the sandbox's database, whose directory is its owner's only.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from agentry.sandbox.errors import AlreadyExists, BadRequest, NotFound, PermissionDenied
from agentry.sandbox.serving.forms import SECRET
from agentry.sandbox.store import Row
from agentry.sandbox.web import Body, Json, Router, Sandbox, UserCaller

if TYPE_CHECKING:
    from agentry.sandbox.principals import Principal
    from agentry.sandbox.state import State

router = Router(prefix="/api/2.0/secrets")
LEVELS = ("READ", "WRITE", "MANAGE")


@dataclass(frozen=True)
class SecretScope(Row):
    """A scope: values by key, and levels by principal."""

    TABLE = "secret_scopes"

    name: str
    values: dict[str, str] = field(default_factory=dict, repr=False)
    acls: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The name."""
        return self.name


class ScopeForm(Body):
    """A body that names a scope."""

    scope: str
    initial_manage_principal: str = ""


class SecretForm(Body):
    """A value; `bytes_value` comes in base64."""

    scope: str
    key: str
    string_value: str | None = None
    bytes_value: str | None = None


class AclForm(Body):
    """A level of a principal; without one it is taken away."""

    scope: str
    principal: str
    permission: str = ""


@router.post("/scopes/create")
async def create_scope(body: ScopeForm, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A new scope, which the caller manages."""
    if sandbox.store.get(SecretScope, body.scope) is not None:
        raise AlreadyExists(f"Scope {body.scope} already exists!")
    sandbox.store.add(SecretScope(body.scope, acls={body.initial_manage_principal or caller.name: "MANAGE"}))
    return {}


@router.get("/scopes/list")
async def list_scopes(caller: UserCaller, sandbox: Sandbox) -> Json:
    """The scopes that the caller may read."""
    scopes = [s for s in sandbox.store.rows(SecretScope) if _level(sandbox, caller.principal, s) >= 0]
    return {"scopes": [{"name": scope.name, "backend_type": "DATABRICKS"} for scope in scopes]}


@router.post("/scopes/delete")
async def delete_scope(body: ScopeForm, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Remove a scope with all that is in it."""
    _scope(sandbox, caller.principal, body.scope, "MANAGE")
    sandbox.store.delete(SecretScope, body.scope)
    return {}


@router.post("/put")
async def put_secret(body: SecretForm, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Set a value."""
    scope = _scope(sandbox, caller.principal, body.scope, "WRITE")
    if (body.string_value is None) == (body.bytes_value is None):
        raise BadRequest("Give either string_value or bytes_value.")
    value = body.string_value
    if value is None:
        value = base64.b64decode(body.bytes_value or "").decode()
    sandbox.store.put(replace(scope, values={**scope.values, body.key: value}))
    return {}


@router.post("/delete")
async def delete_secret(body: SecretForm, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Remove a value."""
    scope = _scope(sandbox, caller.principal, body.scope, "WRITE")
    _value(scope, body.key)
    sandbox.store.put(replace(scope, values={key: v for key, v in scope.values.items() if key != body.key}))
    return {}


@router.get("/list")
async def list_secrets(scope: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """The keys of a scope, never the values."""
    found = _scope(sandbox, caller.principal, scope, "READ")
    return {"secrets": [{"key": key} for key in found.values]}


@router.get("/get")
async def get_secret(scope: str, key: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A value, in base64."""
    value = _value(_scope(sandbox, caller.principal, scope, "READ"), key)
    return {"key": key, "value": base64.b64encode(value.encode()).decode()}


@router.post("/acls/put")
async def put_acl(body: AclForm, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Give a principal a level."""
    scope = _scope(sandbox, caller.principal, body.scope, "MANAGE")
    if body.permission not in LEVELS:
        raise BadRequest(f"permission must be one of {', '.join(LEVELS)}.")
    sandbox.store.put(replace(scope, acls={**scope.acls, body.principal: body.permission}))
    return {}


@router.post("/acls/delete")
async def delete_acl(body: AclForm, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Take a principal's level away."""
    scope = _scope(sandbox, caller.principal, body.scope, "MANAGE")
    sandbox.store.put(replace(scope, acls={p: level for p, level in scope.acls.items() if p != body.principal}))
    return {}


@router.get("/acls/list")
async def list_acls(scope: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Who has which level."""
    found = _scope(sandbox, caller.principal, scope, "READ")
    return {"items": [{"principal": p, "permission": level} for p, level in found.acls.items()]}


def resolve(state: State, reader: Principal, reference: str) -> str:
    """The value behind `{{secrets/scope/key}}`.

    Args:
        state: The sandbox.
        reader: Who needs READ on the scope: the creator of the endpoint.
        reference: The text of the environment variable.

    Raises:
        NotFound: No such scope or key.
        PermissionDenied: The reader may not read the scope.
    """
    match = SECRET.fullmatch(reference)
    if match is None:
        raise BadRequest("A reference to a secret must be {{secrets/scope/key}} and nothing else.")
    return _value(_scope(state, reader, match[1], "READ"), match[2])


def _scope(state: State, principal: Principal, name: str, level: str) -> SecretScope:
    scope = state.store.get(SecretScope, name)
    if scope is None:
        raise NotFound(f"Scope {name} does not exist!")
    if _level(state, principal, scope) < LEVELS.index(level):
        raise PermissionDenied(f"User {principal.name} does not have {level} permission on scope {name}")
    return scope


def _level(state: State, principal: Principal, scope: SecretScope) -> int:
    """Where the principal stands among the levels; -1 for none."""
    if state.principals.is_admin(principal):
        return LEVELS.index("MANAGE")
    names = [principal.name, *state.principals.groups_of(principal)]
    return max((LEVELS.index(scope.acls[name]) for name in names if name in scope.acls), default=-1)


def _value(scope: SecretScope, key: str) -> str:
    if key not in scope.values:
        raise NotFound(f"Secret does not exist with scope: {scope.name} and key: {key}")
    return scope.values[key]
