"""Tokens of service principals: given out by an admin, and theirs alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from agentry.clock import FakeClock
    from tests.sandbox.inside import Inside

SCIM, TOKENS = "/api/2.0/preview/scim/v2", "/api/2.0/token-management/on-behalf-of/tokens"


async def service_principal(inside: Inside) -> str:
    made = await inside.done("admin", "POST", f"{SCIM}/ServicePrincipals", {"displayName": "ci"})
    return str(made["applicationId"])


async def test_a_service_principal_speaks_for_itself(inside: Inside) -> None:
    application = await service_principal(inside)
    made = await inside.done("admin", "POST", TOKENS, {"application_id": application, "comment": "ci"})
    assert (made["token_info"]["comment"], made["token_info"]["expiry_time"]) == ("ci", -1)
    assert made["token_info"]["created_by_username"] == "admin@sandbox.example"
    inside.tokens["ci"] = made["token_value"]
    assert (await inside.done("ci", "GET", f"{SCIM}/Me"))["userName"] == application


async def test_a_token_with_a_lifetime_ends(inside: Inside) -> None:
    body = {"application_id": await service_principal(inside), "lifetime_seconds": 60}
    inside.tokens["ci"] = (await inside.done("admin", "POST", TOKENS, body))["token_value"]
    await inside.done("ci", "GET", f"{SCIM}/Me")
    clock: FakeClock = inside.state.clock  # type: ignore[assignment]
    clock.advance(60)
    assert "has expired" in await inside.refused("ci", "GET", f"{SCIM}/Me")


@pytest.mark.parametrize(
    ("who", "body", "said"),
    [
        ("deployer", {"application_id": "x"}, "PERMISSION_DENIED: Only admins"),
        ("admin", {"application_id": "x"}, "Service principal x does not exist"),
        ("admin", {"application_id": "x", "lifetime_seconds": 0}, "must be positive"),
    ],
)
async def test_what_is_refused(inside: Inside, who: str, body: dict[str, object], said: str) -> None:
    assert said in await inside.refused(who, "POST", TOKENS, body)
