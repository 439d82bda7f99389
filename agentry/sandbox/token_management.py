"""`/api/2.0/token-management/on-behalf-of/tokens`: how a service principal gets a token, given out by an admin."""

from __future__ import annotations

import hashlib

from agentry.sandbox.area import Area, Fact
from agentry.sandbox.errors import InvalidParameter, NotFound, PermissionDenied
from agentry.sandbox.web import Body, Json, Router, Sandbox, UserCaller

router = Router(prefix="/api/2.0/token-management/on-behalf-of")


class NewToken(Body):
    """A POST body."""

    application_id: str
    comment: str = ""
    lifetime_seconds: int | None = None


@router.post("/tokens")
async def create_token(body: NewToken, caller: UserCaller, sandbox: Sandbox) -> Json:
    """A token of a service principal; its value is shown this once."""
    if not sandbox.principals.is_admin(caller.principal):
        raise PermissionDenied(f"Only admins may create tokens on behalf of others. [Principal: {caller.name}]")
    if body.lifetime_seconds is not None and body.lifetime_seconds <= 0:
        raise InvalidParameter("lifetime_seconds must be positive.")
    principal = sandbox.principals.named(body.application_id, "ServicePrincipal")
    if principal is None:
        raise NotFound(f"Service principal {body.application_id} does not exist.")
    token = sandbox.tokens.issue(principal, lifetime=body.lifetime_seconds)
    now = sandbox.milliseconds()
    return {
        "token_value": token,
        "token_info": {
            "token_id": hashlib.sha256(token.encode()).hexdigest(),
            "creation_time": now,
            "expiry_time": -1 if body.lifetime_seconds is None else now + body.lifetime_seconds * 1000,
            "comment": body.comment,
            "created_by_id": int(caller.principal.id),
            "created_by_username": caller.name,
            "owner_id": int(principal.id),
            "workspace_id": int(sandbox.workspace.workspace_id),
        },
    }


FACTS = (
    Fact(
        "an admin gives a service principal a token: POST on-behalf-of/tokens with its application id",
        "docs.databricks.com, Token management API; databricks-sdk 0.156 service/settings.py, create_obo_token",
    ),
    Fact(
        "tokens can not be listed or revoked",
        "the sandbox keeps hashes only; what it leaves out no client of this project asks for",
        confirmed=False,
    ),
)

AREA = Area("tokens", router, FACTS)
