from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from agentry.clock import RealClock
from agentry.deploy import EmbeddedEngine, Stack, engine_of
from agentry.deploy.preparation import environment, prepare
from agentry.deploy.pulumi import PulumiEngine
from agentry.engine.events import Operation
from agentry.engine.passphrase import Secrets
from agentry.stacks import EngineName

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (root / "Pulumi.dev.yaml").write_text("config:\n  shop:kind: wide\n  shop:size: 3\n")
    return root


def stack(root: Path, **fields: Any) -> Stack:
    return Stack(**{"root": root, "name": "dev", "backend": f"file://{root}/state", **fields})


def test_for_a_state_in_a_directory_the_cli_has_a_home_of_its_own_and_no_login(root: Path) -> None:
    theirs = {
        "PULUMI_ACCESS_TOKEN": "t",
        "PULUMI_HOME": "/their/home",
        "PULUMI_CONFIG_PASSPHRASE_FILE": "/their/file",
        "PULUMI_BACKEND_URL": "https://api.example.com",
        "PATH": "/bin",
    }
    assert environment(stack(root, passphrase="x"), f"file://{root}/state", theirs) == {
        "PATH": "/bin",
        "PULUMI_BACKEND_URL": f"file://{root}/state",
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_HOME": f"{root}/.agentry/pulumi",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def test_for_every_other_backend_the_cli_is_the_persons(root: Path) -> None:
    theirs = {"PULUMI_ACCESS_TOKEN": "t", "PULUMI_CONFIG_PASSPHRASE_FILE": "/their/file"}
    made = environment(stack(root, backend="s3://bucket"), "s3://bucket", theirs)
    assert made == {**theirs, "PULUMI_BACKEND_URL": "s3://bucket", "PULUMI_SKIP_UPDATE_CHECK": "true"}
    assert "PULUMI_BACKEND_URL" not in environment(stack(root, backend=""), "", theirs)


def prepared(root: Path, operation: Operation, directory: Path, **fields: Any) -> Any:
    return prepare(stack(root, **fields), operation, directory, clock=RealClock(), warn=pytest.fail)


def test_a_stack_without_a_state_gets_an_empty_one_and_its_file_a_salt(root: Path, tmp_path: Path) -> None:
    made = prepared(root, Operation.UP, tmp_path)
    assert (made.backend, made.config_file) == (f"file://{root}/state", None)
    assert "encryptionsalt: v1:" in (root / "Pulumi.dev.yaml").read_text()
    recorded = json.loads((root / "state/.pulumi/stacks/shop/dev.json").read_text())
    assert recorded["checkpoint"]["stack"] == "organization/shop/dev"
    assert not list((root / "state").rglob("locks/**/*.json"))


def test_a_preview_of_one_has_an_empty_one_that_nobody_keeps(root: Path, tmp_path: Path) -> None:
    before = (root / "Pulumi.dev.yaml").read_text()
    made = prepared(root, Operation.PREVIEW, tmp_path)
    assert made.backend == f"file://{tmp_path}/state"
    assert not (root / "state").exists()
    assert (root / "Pulumi.dev.yaml").read_text() == before
    settings = json.loads(made.config_file.read_text())
    assert settings["config"] == {"shop:kind": "wide", "shop:size": 3}
    recorded = json.loads((tmp_path / "state/.pulumi/stacks/shop/dev.json").read_text())
    salt = recorded["checkpoint"]["latest"]["secrets_providers"]["state"]["salt"]
    assert salt == settings["encryptionsalt"]


def test_settings_for_one_run_are_in_a_file_of_their_own(root: Path, tmp_path: Path) -> None:
    made = prepared(root, Operation.UP, tmp_path, config_overrides={"shop:kind": None, "shop:more": "1"})
    assert json.loads(made.config_file.read_text())["config"] == {"shop:size": 3, "shop:more": "1"}
    assert "shop:more" not in (root / "Pulumi.dev.yaml").read_text()


def test_apart_the_settings_secrets_are_encrypted_as_the_states(root: Path, tmp_path: Path) -> None:
    theirs = Secrets.new("of production")
    sealed = {"secure": theirs.encrypt("swordfish")}
    text = json.dumps({"shop:token": sealed, "shop:deep": {"list": [sealed, "open"]}})
    (root / "Pulumi.dev.yaml").write_text(f"encryptionsalt: {theirs.state}\nconfig: {text}\n")
    made = prepared(root, Operation.UP, tmp_path, apart=True, config_passphrase="of production")
    settings = json.loads(made.config_file.read_text())
    own = Secrets.open("", settings["encryptionsalt"])
    assert own.decrypt(settings["config"]["shop:token"]["secure"]) == "swordfish"
    assert own.decrypt(settings["config"]["shop:deep"]["list"][0]["secure"]) == "swordfish"
    assert settings["config"]["shop:deep"]["list"][1] == "open"
    assert made.redactor.redact("a swordfish") == "a [secret]"


@pytest.mark.parametrize(
    ("backend", "name", "kind"),
    [
        ("file:///state", EngineName.AUTO, EmbeddedEngine),
        ("file:///state", EngineName.PULUMI, PulumiEngine),
        ("s3://bucket", EngineName.AUTO, PulumiEngine),
        ("s3://bucket", EngineName.EMBEDDED, EmbeddedEngine),
        ("https://api.example.com", EngineName.AUTO, PulumiEngine),
    ],
)
def test_who_deploys_goes_by_where_the_state_is(root: Path, backend: str, name: EngineName, kind: type) -> None:
    assert type(engine_of(stack(root, backend=backend), name)) is kind
