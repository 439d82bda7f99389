from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from agentry.engine import values
from agentry.engine.passphrase import Secrets, find_passphrase
from agentry.engine.values import SECRET, SIGNATURE, secret
from agentry.errors import ConfigError, StateError, Unsupported, WrongPassphrase
from tests.engine.records import secrets
from tests.engine.test_values import plain, text

if TYPE_CHECKING:
    from pathlib import Path

# Written by the Pulumi CLI, for the passphrase "correct-horse".
STATE = "v1:u/tUJiTlt2I=:v1:LfOUd2gegNrlnxSW:6Iw7A12vQipv5fx56JNRMqzepn3kPA=="
TOKEN = "v1:+8o6vLQdruS2G5EF:U+a7fUeaj443bw7N4JvpG6hFJCWPyop3sikXKZPR"


def test_what_the_cli_encrypted_is_read() -> None:
    assert Secrets.open("correct-horse", STATE).decrypt(TOKEN) == "hunter2-canary"


def test_a_new_salt_opens_with_its_passphrase_and_no_other() -> None:
    made = secrets()
    ciphertext = made.encrypt("x")
    assert Secrets.open("of the tests", made.state).decrypt(ciphertext) == "x"
    with pytest.raises(WrongPassphrase) as caught:
        Secrets.open("another one", made.state, where="Pulumi.dev.yaml").decrypt(ciphertext)
    assert caught.value.where == "Pulumi.dev.yaml"
    assert "PULUMI_CONFIG_PASSPHRASE" in caught.value.fix


@given(text)
def test_decrypting_gives_back_what_was_encrypted(plaintext: str) -> None:
    assert secrets().decrypt(secrets().encrypt(plaintext)) == plaintext


@given(plain)
def test_unsealing_gives_back_what_was_sealed(value: Any) -> None:
    whole = {"a": [secret(value)], "b": value}
    sealed = secrets().seal(whole)
    assert secrets().unseal(sealed) == whole
    assert not any("value" in item for item in values.walk(sealed["a"]) if values.is_secret(item))


def test_a_secret_keeps_its_ciphertext_in_its_place_only() -> None:
    once, twice = secrets().encrypt('"x"'), secrets().encrypt('"x"')
    sealed = {"a": {SIGNATURE: SECRET, "ciphertext": once}, "b": {SIGNATURE: SECRET, "ciphertext": twice}}
    value = secrets().unseal(sealed, "urn inputs")
    assert secrets().seal(value, "urn inputs") == sealed
    changed = secrets().seal({**value, "b": secret("y")}, "urn inputs")
    assert changed["a"] == sealed["a"]
    assert changed["b"]["ciphertext"] not in {once, twice}


def test_secrets_inside_a_secret_are_read_and_need_no_mark() -> None:
    inner = {SIGNATURE: SECRET, "ciphertext": secrets().encrypt("1")}
    outer = {SIGNATURE: SECRET, "ciphertext": secrets().encrypt(json.dumps({"a": [inner]}))}
    assert secrets().unseal(outer) == secret({"a": [1]})


def test_plain_text_of_an_import_is_read() -> None:
    assert secrets().unseal({SIGNATURE: SECRET, "plaintext": "[1]"}) == secret([1])


def test_assets_in_a_state_are_refused() -> None:
    with pytest.raises(Unsupported, match="asset"):
        secrets().unseal({"a": {SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "hash": "0"}})


@pytest.mark.parametrize("bad", ["", "v1:nothing:here", TOKEN[:-8] + "AAAAAAA=", "v2:AAAA:AAAA", "no base64: at:all"])
def test_a_ciphertext_that_is_damaged_or_anothers_is_said(bad: str) -> None:
    with pytest.raises(StateError, match="can not be decrypted"):
        secrets().decrypt(bad)


@pytest.mark.parametrize("bad", ["", "v1", "v1:salt", "v2:AAAA:v1:x:y", "v1:???:v1:x:y"])
def test_a_malformed_salt_is_said(bad: str) -> None:
    with pytest.raises(ConfigError, match="malformed") as caught:
        Secrets.open("", bad, where="Pulumi.dev.yaml:1")
    assert caught.value.where == "Pulumi.dev.yaml:1"


def test_a_damaged_state_opens_with_no_passphrase() -> None:
    with pytest.raises(WrongPassphrase):
        Secrets.open("correct-horse", "v1:u/tUJiTlt2I=:v1:AAAA:AAAA").verify()


def test_nothing_secret_is_in_the_repr() -> None:
    assert "of the tests" not in repr(secrets())


def test_where_the_passphrase_comes_from(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text("from a file\n")
    assert find_passphrase({"PULUMI_CONFIG_PASSPHRASE": ""}) == ""
    assert find_passphrase({"PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}) == "from a file"
    with pytest.raises(ConfigError, match="no passphrase") as caught:
        find_passphrase({})
    assert "PULUMI_CONFIG_PASSPHRASE" in caught.value.fix
    with pytest.raises(ConfigError, match="can not be read"):
        find_passphrase({"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "none")})
