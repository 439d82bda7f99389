"""`/api/2.0/secrets`: scopes and secrets, for `{{secrets/scope/key}}` in the environment of an endpoint."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from agentry.sandbox.area import Area, Fact
from agentry.sandbox.errors import AlreadyExists, InvalidParameter, NotFound, PermissionDenied
from agentry.sandbox.store import KeyTaken, Row
from agentry.sandbox.web import Body, Caller, Json, Router, Sandbox, State, UserEntitled

router = Router(prefix="/api/2.0/secrets")
_NAME = re.compile(r"[A-Za-z0-9_.@/-]{1,128}")
LEVELS = ("READ", "WRITE", "MANAGE")


@dataclass(frozen=True)
class SecretScope(Row):
    """A scope; its creator manages it."""

    TABLE = "secret_scopes"

    name: str
    acl: dict[str, str]

    @property
    def key(self) -> str:
        """The name."""
        return self.name


@dataclass(frozen=True, repr=False)
class Secret(Row):
    """A secret. Its value is in the database file, which only the user who runs the sandbox can read."""

    TABLE = "secrets"

    scope: str
    name: str
    value: str
    updated: int

    @property
    def key(self) -> str:
        """Scope and name."""
        return f"{self.scope}/{self.name}"

    @property
    def parent(self) -> str:
        """The scope."""
        return self.scope


class NewScope(Body):
    """A scope to be."""

    scope: str
    initial_manage_principal: str = ""


class ScopeOnly(Body):
    """A body that names a scope."""

    scope: str


class NewSecret(ScopeOnly):
    """A secret to set."""

    key: str
    string_value: str | None = None
    bytes_value: str | None = None


class SecretOnly(ScopeOnly):
    """A body that names a secret."""

    key: str


class NewAcl(ScopeOnly):
    """The level of a principal on a scope."""

    principal: str
    permission: str


def secret_value(state: State, caller: Caller, scope: str, name: str) -> str:
    """The value of a secret, for a caller who may read it.

    Raises:
        NotFound: There is none.
        PermissionDenied: The caller lacks READ on the scope.
    """
    _require(state, caller, scope, "READ")
    found = state.store.get(Secret, f"{scope}/{name}")
    if found is None:
        raise NotFound(f"Secret {name} does not exist in scope {scope}.")
    return found.value


def _require(state: State, caller: Caller, scope: str, level: str) -> SecretScope:
    found = state.store.get(SecretScope, scope)
    if found is None:
        raise NotFound(f"Scope {scope} does not exist!")
    names = [caller.name, *state.principals.groups_of(caller.principal)]
    held = [LEVELS.index(found.acl[name]) for name in names if name in found.acl]
    if not state.principals.is_admin(caller.principal) and max(held, default=-1) < LEVELS.index(level):
        raise PermissionDenied(f"User does not have {level} permission on scope {scope}. [Principal: {caller.name}]")
    return found


@router.post("/scopes/create")
async def create_scope(body: NewScope, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """A new scope."""
    if not _NAME.fullmatch(body.scope):
        raise InvalidParameter(f"Scope name {body.scope!r} is not valid.")
    manager = body.initial_manage_principal or caller.name
    try:
        sandbox.store.add(SecretScope(body.scope, {caller.name: "MANAGE", manager: "MANAGE"}))
    except KeyTaken as error:
        raise AlreadyExists(f"Scope {body.scope} already exists!") from error
    return {}


@router.get("/scopes/list")
async def list_scopes(caller: UserEntitled, sandbox: Sandbox) -> Json:
    """The scopes that the caller may read."""
    names = {caller.name, *sandbox.principals.groups_of(caller.principal)}
    admin = sandbox.principals.is_admin(caller.principal)
    found = [s for s in sandbox.store.rows(SecretScope) if admin or names & set(s.acl)]
    return {"scopes": [{"name": scope.name, "backend_type": "DATABRICKS"} for scope in found]}


@router.post("/scopes/delete")
async def delete_scope(body: ScopeOnly, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Remove a scope and its secrets."""
    scope = _require(sandbox, caller, body.scope, "MANAGE")
    with sandbox.store.transaction():
        for secret in sandbox.store.rows(Secret, parent=scope.name):
            sandbox.store.delete(Secret, secret.key)
        sandbox.store.delete(SecretScope, scope.name)
    return {}


@router.post("/acls/put")
async def put_acl(body: NewAcl, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Give a principal a level on a scope."""
    scope = _require(sandbox, caller, body.scope, "MANAGE")
    if body.permission not in LEVELS:
        raise InvalidParameter(f"Permission {body.permission} is not one of {', '.join(LEVELS)}.")
    sandbox.store.put(SecretScope(scope.name, {**scope.acl, body.principal: body.permission}))
    return {}


@router.post("/put")
async def put_secret(body: NewSecret, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Set a secret."""
    _require(sandbox, caller, body.scope, "WRITE")
    if not _NAME.fullmatch(body.key):
        raise InvalidParameter(f"Secret key {body.key!r} is not valid.")
    if body.bytes_value is not None:
        try:
            value = base64.b64decode(body.bytes_value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise InvalidParameter("bytes_value must be base64, of UTF-8 text in this sandbox.") from error
    else:
        value = body.string_value or ""
    sandbox.store.put(Secret(body.scope, body.key, value, sandbox.milliseconds()))
    return {}


@router.get("/get")
async def get_secret(scope: str, key: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """A secret's value, in base64."""
    value = secret_value(sandbox, caller, scope, key)
    return {"key": key, "value": base64.b64encode(value.encode()).decode()}


@router.get("/list")
async def list_secrets(scope: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Names of the secrets of a scope."""
    _require(sandbox, caller, scope, "READ")
    found = sandbox.store.rows(Secret, parent=scope)
    return {"secrets": [{"key": secret.name, "last_updated_timestamp": secret.updated} for secret in found]}


@router.post("/delete")
async def delete_secret(body: SecretOnly, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Remove a secret."""
    _require(sandbox, caller, body.scope, "WRITE")
    if not sandbox.store.delete(Secret, f"{body.scope}/{body.key}"):
        raise NotFound(f"Secret {body.key} does not exist in scope {body.scope}.")
    return {}


FACTS = (
    Fact(
        "scopes, secrets and READ, WRITE, MANAGE on scopes; a value is read as base64",
        "docs.databricks.com, Secrets API; databricks-sdk 0.156 service/workspace.py",
    ),
)

AREA = Area("secrets", router, FACTS)
