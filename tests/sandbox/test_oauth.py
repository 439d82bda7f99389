"""Tokens of service principals for a secret, and what happens when one ends in the middle."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from agentry.sandbox.oauth import LIFETIME, SECRETS

if TYPE_CHECKING:
    from agentry.clock import FakeClock
    from tests.sandbox.inside import Answer, Inside

SCIM = "/api/2.0/preview/scim/v2"


class Machine:
    """A service principal that has a secret."""

    def __init__(self, inside: Inside, made: dict[str, Any], secret: dict[str, Any]) -> None:
        self._inside = inside
        self.application = str(made["applicationId"])
        self.secrets = SECRETS.format(number=made["id"])
        self.secret = secret

    async def ask(self, secret: str = "", grant: str = "client_credentials") -> Answer:
        """For a token, as databricks-sdk does."""
        basic = base64.b64encode(f"{self.application}:{secret or self.secret['secret']}".encode()).decode()
        self._inside.http.headers["authorization"] = f"Basic {basic}"
        try:
            return await self._inside.call("", "POST", "/oidc/v1/token", f"grant_type={grant}&scope=all-apis".encode())
        finally:
            del self._inside.http.headers["authorization"]

    async def sign_in(self) -> None:
        """With a new token."""
        self._inside.tokens["machine"] = (await self.ask()).body["access_token"]

    async def me(self) -> Answer:
        return await self._inside.call("machine", "GET", f"{SCIM}/Me")


@pytest.fixture
async def machine(inside: Inside) -> Machine:
    made = await inside.done("admin", "POST", f"{SCIM}/ServicePrincipals", {"displayName": "ci"})
    return Machine(inside, made, await inside.done("admin", "POST", SECRETS.format(number=made["id"])))


async def test_a_secret_is_good_for_a_token_of_an_hour(inside: Inside, machine: Machine) -> None:
    said = (await machine.ask()).body
    assert (said["token_type"], said["expires_in"]) == ("Bearer", LIFETIME)
    await machine.sign_in()
    assert (await machine.me()).body["userName"] == machine.application
    clock: FakeClock = inside.state.clock  # type: ignore[assignment]
    clock.advance(LIFETIME)
    assert (await machine.me()).status == 401
    await machine.sign_in()
    assert (await machine.me()).status == 200


async def test_a_token_ends_in_the_middle_and_the_secret_is_good_for_another(inside: Inside, machine: Machine) -> None:
    await machine.sign_in()
    await inside.done("admin", "POST", "/sandbox/faults", {"path": ".*", "skip": 1, "expire": True})
    assert [(await machine.me()).status for _ in range(3)] == [200, 403, 403]
    await machine.sign_in()
    assert (await machine.me()).status == 200


async def test_a_wrong_secret_or_grant(machine: Machine) -> None:
    refused = await machine.ask("wrong")
    assert (refused.status, refused.body["error"]) == (401, "invalid_client")
    refused = await machine.ask(grant="password")
    assert (refused.status, refused.body["error"]) == (400, "unsupported_grant_type")


async def test_secrets_are_listed_without_values_and_deleted(inside: Inside, machine: Machine) -> None:
    listed = (await inside.done("admin", "GET", machine.secrets))["secrets"]
    assert [(one["id"], one["status"]) for one in listed] == [(machine.secret["id"], "ACTIVE")]
    assert "secret" not in listed[0]
    await inside.done("admin", "DELETE", f"{machine.secrets}/{machine.secret['id']}")
    assert (await machine.ask()).status == 401
    assert "does not exist" in await inside.refused("admin", "DELETE", f"{machine.secrets}/{machine.secret['id']}")


async def test_only_admins_manage_them(inside: Inside, machine: Machine) -> None:
    for method in ("GET", "POST"):
        assert "Only admins" in await inside.refused("deployer", method, machine.secrets)
    assert "does not exist" in await inside.refused("admin", "POST", SECRETS.format(number="7"))


async def test_where_tokens_are_is_said_to_everybody(inside: Inside) -> None:
    said = await inside.done("", "GET", "/oidc/.well-known/oauth-authorization-server")
    assert said["token_endpoint"] == f"{inside.state.address}/oidc/v1/token"
