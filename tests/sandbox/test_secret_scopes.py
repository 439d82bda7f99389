"""Secrets: who reads and writes them, and that they are not shown."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from agentry.sandbox.errors import PermissionDenied
from agentry.sandbox.identity import Caller
from agentry.sandbox.secret_scopes import Secret, secret_value

if TYPE_CHECKING:
    from tests.sandbox.inside import Inside

API = "/api/2.0/secrets"
CANARY = "canary-4711"


@pytest.fixture
async def box(inside: Inside) -> Inside:
    """The deployer's scope `box` with a secret `key`."""
    await inside.done("deployer", "POST", f"{API}/scopes/create", {"scope": "box"})
    await inside.done("deployer", "POST", f"{API}/put", {"scope": "box", "key": "key", "string_value": CANARY})
    return inside


async def test_a_secret_is_read_as_base64(box: Inside) -> None:
    got = await box.done("deployer", "GET", f"{API}/get", scope="box", key="key")
    assert base64.b64decode(got["value"]).decode() == CANARY


async def test_lists_name_secrets_and_do_not_show_them(box: Inside) -> None:
    scopes = await box.done("deployer", "GET", f"{API}/scopes/list")
    secrets = await box.done("deployer", "GET", f"{API}/list", scope="box")
    assert [scope["name"] for scope in scopes["scopes"]] == ["box"]
    assert [secret["key"] for secret in secrets["secrets"]] == ["key"]
    assert CANARY not in str(secrets)


def test_a_secret_does_not_show_itself() -> None:
    assert CANARY not in repr(Secret("box", "key", CANARY, 0))


async def test_others_need_a_level_on_the_scope(box: Inside) -> None:
    asker = Caller(box.person("asker"))
    with pytest.raises(PermissionDenied, match="does not have READ permission on scope box"):
        secret_value(box.state, asker, "box", "key")
    acl = {"scope": "box", "principal": "analysts", "permission": "READ"}
    await box.done("deployer", "POST", f"{API}/acls/put", acl)
    assert secret_value(box.state, asker, "box", "key") == CANARY
    put = {"scope": "box", "key": "key", "string_value": "x"}
    assert "does not have WRITE" in await box.refused("asker", "POST", f"{API}/put", put)
    assert "does not have MANAGE" in await box.refused("asker", "POST", f"{API}/scopes/delete", {"scope": "box"})


async def test_bytes_are_taken_in_base64(box: Inside) -> None:
    body = {"scope": "box", "key": "b", "bytes_value": base64.b64encode(b"bytes").decode()}
    await box.done("deployer", "POST", f"{API}/put", body)
    assert secret_value(box.state, Caller(box.person("deployer")), "box", "b") == "bytes"
    refused = await box.refused("deployer", "POST", f"{API}/put", {**body, "bytes_value": "not base64!"})
    assert refused.startswith("INVALID_PARAMETER_VALUE: bytes_value must be base64")


async def test_a_scope_goes_with_its_secrets(box: Inside) -> None:
    await box.done("deployer", "POST", f"{API}/delete", {"scope": "box", "key": "key"})
    assert "does not exist" in await box.refused("deployer", "GET", f"{API}/get", scope="box", key="key")
    await box.done("deployer", "POST", f"{API}/scopes/delete", {"scope": "box"})
    assert (await box.refused("deployer", "GET", f"{API}/list", scope="box")) == (
        "RESOURCE_DOES_NOT_EXIST: Scope box does not exist!"
    )


async def test_a_scope_that_can_not_be_is_refused(box: Inside) -> None:
    assert "already exists" in await box.refused("deployer", "POST", f"{API}/scopes/create", {"scope": "box"})
    assert "is not valid" in await box.refused("deployer", "POST", f"{API}/scopes/create", {"scope": "a b"})
