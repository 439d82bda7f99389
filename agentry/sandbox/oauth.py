"""OAuth for machines: a service principal's secrets, and `/oidc/v1/token`, which gives tokens of an hour for them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qs

from fastapi import Request  # noqa: TC002 - FastAPI reads the annotations
from fastapi.responses import JSONResponse

from agentry.sandbox.area import Area, Fact
from agentry.sandbox.errors import NotFound, PermissionDenied
from agentry.sandbox.principals import Principal
from agentry.sandbox.store import Row
from agentry.sandbox.web import Json, Router, Sandbox, UserCaller

if TYPE_CHECKING:
    from agentry.sandbox.identity import Caller
    from agentry.sandbox.state import State

LIFETIME = 3600
"""Seconds that a token lives (docs.databricks.com, dev-tools/auth/oauth-m2m)."""
SECRETS = "/api/2.0/accounts/servicePrincipals/{number}/credentials/secrets"
router = Router()


@dataclass(frozen=True)
class OAuthSecret(Row):
    """A secret of a service principal; only its hash is remembered.

    Attributes:
        id: Its number.
        principal: The SCIM id of whose it is.
        hash: sha256, hexadecimal.
        created: Milliseconds since the epoch.
    """

    TABLE = "oauth_secrets"
    FRESH: ClassVar[bool] = True

    id: str
    principal: str
    hash: str
    created: int

    @property
    def key(self) -> str:
        """The number."""
        return self.id

    @property
    def parent(self) -> str:
        """The service principal."""
        return self.principal

    def to_wire(self) -> Json:
        """As the list shows it."""
        created = datetime.fromtimestamp(self.created / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"id": self.id, "secret_hash": self.hash, "create_time": created, "status": "ACTIVE"}


@router.get("/oidc/.well-known/oauth-authorization-server")
async def endpoints(sandbox: Sandbox) -> Json:
    """Where tokens are given out; asked without credentials."""
    oidc = f"{sandbox.address}/oidc"
    return {"issuer": oidc, "authorization_endpoint": f"{oidc}/v1/authorize", "token_endpoint": f"{oidc}/v1/token"}


@router.post("/oidc/v1/token")
async def give_token(request: Request, sandbox: Sandbox) -> JSONResponse:
    """A token for a client id (the application id) and one of its secrets; a new one each time."""
    form = {name: values[-1] for name, values in parse_qs((await request.body()).decode("latin-1")).items()}
    if form.get("grant_type") != "client_credentials":
        return _refused(400, "unsupported_grant_type", "Only client_credentials are taken here.")
    client, secret = _basic(request.headers.get("authorization", ""))
    principal = sandbox.principals.named(client or form.get("client_id", ""), "ServicePrincipal")
    known = {one.hash for one in sandbox.store.rows(OAuthSecret, parent=principal.id)} if principal else set()
    if principal is None or _hash(secret or form.get("client_secret", "")) not in known:
        return _refused(401, "invalid_client", "Client authentication failed")
    token = sandbox.tokens.issue(principal, lifetime=LIFETIME)
    said = {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME, "scope": "all-apis"}
    return JSONResponse(said)


@router.post(SECRETS)
async def create_secret(number: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A new secret; its value is shown this once."""
    principal = _managed(sandbox, caller, number)
    value = f"sandbox-secret-{secrets.token_hex(24)}"
    made = OAuthSecret(secrets.token_hex(8), principal.id, _hash(value), sandbox.milliseconds())
    return {**sandbox.store.add(made).to_wire(), "secret": value}


@router.get(SECRETS)
async def list_secrets(number: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """What secrets there are, without their values."""
    principal = _managed(sandbox, caller, number)
    return {"secrets": [one.to_wire() for one in sandbox.store.rows(OAuthSecret, parent=principal.id)]}


@router.delete(SECRETS + "/{secret}")
async def delete_secret(number: str, secret: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """No more tokens for it; those that were given live on."""
    principal = _managed(sandbox, caller, number)
    found = sandbox.store.get(OAuthSecret, secret)
    if found is None or found.principal != principal.id:
        raise NotFound(f"Secret {secret} does not exist.")
    sandbox.store.delete(OAuthSecret, secret)
    return {}


def _managed(sandbox: State, caller: Caller, number: str) -> Principal:
    if not sandbox.principals.is_admin(caller.principal):
        raise PermissionDenied(f"Only admins may manage secrets of service principals. [Principal: {caller.name}]")
    found = sandbox.store.get(Principal, number)
    if found is None or found.kind != "ServicePrincipal":
        raise NotFound(f"Service principal {number} does not exist.")
    return found


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        client, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client, secret


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _refused(status: int, error: str, description: str) -> JSONResponse:
    return JSONResponse({"error": error, "error_description": description}, status)


FACTS = (
    Fact(
        "a service principal has secrets; POST /oidc/v1/token gives a token of an hour for one",
        "docs.databricks.com, oauth-m2m; databricks-sdk 0.156 service/oauth2.py and credentials_provider.py, "
        "oauth_service_principal",
    ),
    Fact(
        "a wrong secret is refused with 401 invalid_client",
        "RFC 6749, 5.2; the platform's own text is not at hand",
        confirmed=False,
    ),
)

AREA = Area("oauth", router, FACTS)
