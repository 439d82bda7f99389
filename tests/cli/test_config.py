"""`agentry config`: what is written, what is refused, and that the rest of the file stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.cli.session import DEV, PASSPHRASE, session
from tests.engine.records import secrets

if TYPE_CHECKING:
    from tests.cli.conftest import Golden
    from tests.cli.session import Session

__all__ = ["session"]


def test_a_session(session: Session, golden: Golden) -> None:
    session.run("config --stack dev")
    session.run("config set catalog dev_2 --stack dev")
    session.run("config set --secret token --stack dev", "hunter22\n")
    session.run("config set --path 'models[0]' small --stack dev")
    session.run("config set --path 'models[1]' large --stack dev")
    session.run("config set aws:region north --stack dev")
    session.run("config ls --stack dev")
    session.run("config ls --stack dev --show-secrets")
    session.run("config ls --stack dev --json")
    session.run("config get token --stack dev")
    session.run("config get --path 'models[1]' --stack dev")
    session.run("config get models --json --stack dev")
    session.run("config get nonesuch --stack dev")
    session.run("config rm --path 'models[0]' --stack dev")
    session.run("config rm catalog --stack dev")
    session.run("config rm catalog --stack dev")
    session.show(session.dev)
    session.run("config ls --stack dev --sandbox")
    golden("session.config.txt", session.normal)


def test_what_is_refused(session: Session, golden: Golden) -> None:
    before = session.dev.read_bytes()
    for line in (
        "config set catalogue x --stack dev",
        "config set size large --stack dev",
        "config set models small --stack dev",
        "config set token hunter22 --stack dev",
        "config set agentry:profil dev --stack dev",
        "config set agentry:offline perhaps --stack dev",
        "config set agentry:sandbox mine --stack dev",
        "config set --secret agentry:owner user:a@example.com --stack dev",
        "config set --path agentry:profile.name x --stack dev",
        "config set --path 'models[1]' x --stack dev",
        "config set --path catalog.name x --stack dev",
        "config set --path 'models[' x --stack dev",
        "config set --path 'models[*]' x --stack dev",
        "config set a:b:c x --stack dev",
        "config set --type int size 3.5 --stack dev",
        "config set catalog --stack dev",
        "config set catalog x --stack dev --sandbox",
        "config get catalog --stack prod",
    ):
        session.refused(line)
    assert session.dev.read_bytes() == before
    golden("session.config_refused.txt", session.normal)


def test_the_rest_of_the_file_stays_byte_for_byte(session: Session) -> None:
    session.out("config set catalog other --stack dev")
    assert session.dev.read_text() == DEV.format(salt=secrets().state).replace(
        "shop:catalog: dev", "shop:catalog: other"
    )


def test_line_breaks_of_another_system_stay(session: Session) -> None:
    session.dev.write_bytes(b"# head\r\nconfig:\r\n  shop:catalog: dev\r\n")
    session.out("config set size 4 --stack dev")
    assert session.dev.read_bytes() == b'# head\r\nconfig:\r\n  shop:catalog: dev\r\n  shop:size: "4"\r\n'


def test_a_secret_is_nowhere_in_clear(session: Session) -> None:
    session.out("config set --secret token --stack dev", "hunter22\n")
    assert "hunter22" not in session.dev.read_text()
    assert "hunter22" not in session.out("config --stack dev") + session.out("config --stack dev --json")
    assert session.out("config get token --stack dev") == "hunter22"


def test_a_secret_is_not_set_in_clear_by_mistake(session: Session) -> None:
    session.out("config set --secret token one --stack dev")
    assert "is a secret so far" in session.refused("config set token two --stack dev")
    session.out("config set --secret token two --stack dev")
    assert session.out("config get token --stack dev") == "two"
    session.out("config set --secret aws:key one --stack dev")
    session.out("config set --plaintext aws:key two --stack dev")
    assert "aws:key: two" in session.dev.read_text()


def test_a_secret_inside_of_a_value(session: Session) -> None:
    session.out("config set --secret --path 'aws:login.password' hunter22 --stack dev")
    session.out("config set --path 'aws:login.tries' 3 --stack dev")
    value = yaml.safe_load(session.dev.read_text())["config"]["aws:login"]
    assert set(value["password"]) == {"secure"}
    assert value["tries"] == 3
    assert session.out("config get aws:login --stack dev") == '{"password":"hunter22","tries":3}'
    assert session.out("config get --path aws:login.password --stack dev") == "hunter22"
    assert '{"password":"[secret]","tries":3}' in session.out("config --stack dev")
    assert "is a secret so far" in session.refused("config set --path aws:login.password x --stack dev")
    assert "is not set" in session.refused("config get --path aws:login.password.secure --stack dev")
    assert "in a secret" in session.refused("config set --path aws:login.password.secure x --stack dev")


@pytest.mark.parametrize(
    ("text", "written"),
    [("true", True), ("false", False), ("12", 12), ("-3", -3), ("007", "007"), ("1.5", "1.5"), ("yes", "yes")],
)
def test_inside_of_a_value_some_texts_are_none(session: Session, text: str, written: object) -> None:
    session.out(f"config set --path aws:a.b --stack dev -- {text}")
    assert yaml.safe_load(session.dev.read_text())["config"]["aws:a"] == {"b": written}


def test_a_type_can_be_asked_for(session: Session) -> None:
    session.out("config set --type int size 12 --stack dev")
    assert yaml.safe_load(session.dev.read_text())["config"]["shop:size"] == 12
    session.out("config set size 12 --stack dev")
    assert yaml.safe_load(session.dev.read_text())["config"]["shop:size"] == "12"


def test_a_value_of_several_lines_comes_back(session: Session) -> None:
    session.out("config set catalog --stack dev", "one\n  two # no comment\n\n")
    assert session.out("config get catalog --stack dev") == "one\n  two # no comment"


def test_keys_as_the_file_has_them_are_found(session: Session) -> None:
    session.dev.write_text("config:\n  catalog: one\n  shop:config:size: 4\n")
    session.out("config set catalog two --stack dev")
    session.out("config set size 5 --stack dev")
    assert session.dev.read_text() == 'config:\n  catalog: two\n  shop:config:size: "5"\n'


def test_a_file_without_a_salt_gets_one_for_its_first_secret(session: Session) -> None:
    session.dev.write_text("# head\nconfig:\n  shop:catalog: dev\n")
    session.out("config set --secret token hunter22 --stack dev")
    assert session.dev.read_text().startswith("# head\nencryptionsalt: v1:")
    assert session.out("config get token --stack dev") == "hunter22"


def test_a_file_without_a_salt_gets_that_of_its_state(session: Session) -> None:
    session.save()
    session.dev.write_text("config:\n  shop:catalog: dev\n")
    session.out("config set --secret token hunter22 --stack dev")
    assert f"encryptionsalt: {secrets().state}\n" in session.dev.read_text()


def test_plain_settings_need_neither_passphrase_nor_backend(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    monkeypatch.delenv("PULUMI_BACKEND_URL")
    session.out("config set catalog other --stack dev")
    assert session.out("config get catalog --stack dev") == "other"
    assert "no passphrase" in session.refused("config set --secret token hunter22 --stack dev")
    session.dev.write_text("config:\n  shop:catalog: dev\n")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "")
    assert "where the state of stack 'dev' is" in session.refused("config set --secret token hunter22 --stack dev")


def test_a_wrong_passphrase_writes_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    before = session.dev.read_bytes()
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")
    assert "the passphrase is wrong" in session.refused("config set --secret token hunter22 --stack dev")
    assert session.dev.read_bytes() == before


def test_stack_local_needs_no_passphrase(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    session.out("config set --secret token hunter22")
    assert session.out("config get token") == "hunter22"


def test_a_setting_that_is_wrong_can_be_mended_here(session: Session) -> None:
    session.dev.write_text("config:\n  agentry:profil: dev\n  shop:catalog: dev\n")
    session.out("config rm agentry:profil --stack dev")
    session.out("config set agentry:profile dev --stack dev")
    assert session.dev.read_text() == "config:\n  shop:catalog: dev\n  agentry:profile: dev\n"


def test_settings_for_machines(session: Session) -> None:
    session.out("config set --secret token hunter22 --stack dev")
    assert json.loads(session.out("config --stack dev --json")) == {
        "agentry:profile": {"value": "dev", "secret": False},
        "shop:catalog": {"value": "dev", "secret": False},
        "shop:models": {"value": "[]", "objectValue": [], "secret": False},
        "shop:schema": {"value": "agents", "secret": False},
        "shop:size": {"value": "3", "secret": False},
        "shop:token": {"secret": True},
    }
    assert json.loads(session.out("config get token --json --stack dev")) == {"value": "hunter22", "secret": True}


@pytest.mark.parametrize(("key", "option"), [("token", "--secret"), ("catalog", "")])
def test_at_a_terminal_the_value_is_asked_for(session: Session, key: str, option: str) -> None:
    session.answers = ["hunter22"]
    session.out(f"config set {option} {key} --stack dev")
    assert session.asked == [(f"shop:{key}", bool(option))]
    assert session.out(f"config get {key} --stack dev") == "hunter22"


def test_at_a_terminal_the_passphrase_is_asked_for(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    session.answers = ["hunter22", PASSPHRASE, PASSPHRASE]
    session.out("config set --secret token --stack dev")
    assert session.out("config get token --stack dev") == "hunter22"
    assert session.asked[1:] == [("Passphrase for the secrets of stack dev", True)] * 2
