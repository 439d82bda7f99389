from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.deploy import Stack
from agentry.errors import ConfigError
from agentry.stacks import EngineName

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = "name: shop\nruntime: python\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    return tmp_path


def test_stack_local_is_below_the_project_whatever_the_environment_says(root: Path) -> None:
    elsewhere = {"PULUMI_BACKEND_URL": "s3://bucket", "PULUMI_CONFIG_PASSPHRASE": "of production"}
    stack = Stack.resolve(root, environment=elsewhere)
    assert (stack.name, stack.backend) == ("local", f"file://{root}/.agentry/state")
    assert (stack.passphrase, stack.apart) == ("", False)


def test_against_the_sandbox_a_stack_has_its_state_apart_and_keeps_its_settings_passphrase(root: Path) -> None:
    elsewhere = {"PULUMI_BACKEND_URL": "file:///shared", "PULUMI_CONFIG_PASSPHRASE": "of production"}
    overrides = {"agentry:sandbox": "local", "agentry:profile": None}
    stack = Stack.resolve(root, "prod", sandbox=True, config_overrides=overrides, environment=elsewhere)
    assert (stack.backend, stack.passphrase) == (f"file://{root}/.agentry/state", "")
    assert stack.apart
    assert stack.config_passphrase == "of production"
    assert stack.config_overrides == overrides
    assert Stack.resolve(root, "prod", sandbox=True, environment={}).config_passphrase is None


def test_any_other_stack_is_where_pulumis_own_variables_say(root: Path) -> None:
    variables = {"PULUMI_BACKEND_URL": "file:///shared", "PULUMI_CONFIG_PASSPHRASE": "x"}
    stack = Stack.resolve(root, "dev", environment=variables)
    assert (stack.backend, stack.passphrase, stack.apart) == ("file:///shared", "x", False)


def test_the_project_may_say_where_its_state_is(root: Path) -> None:
    (root / "Pulumi.yaml").write_text(f"{PROJECT}backend:\n  url: file:///ours\n")
    assert Stack.resolve(root, "dev", environment={"PULUMI_CONFIG_PASSPHRASE": ""}).backend == "file:///ours"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PULUMI_CONFIG_PASSPHRASE": "x"}, "PULUMI_BACKEND_URL"),
        ({"PULUMI_BACKEND_URL": "file:///shared"}, "PULUMI_CONFIG_PASSPHRASE"),
    ],
)
def test_what_nobody_says_is_asked_for(root: Path, variables: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Stack.resolve(root, "dev", environment=variables)
    assert said in raised.value.fix


def test_a_backend_that_is_no_directory_needs_no_passphrase_of_ours(root: Path) -> None:
    stack = Stack.resolve(root, "dev", environment={"PULUMI_BACKEND_URL": "s3://bucket"})
    assert (stack.backend, stack.passphrase, stack.in_directory) == ("s3://bucket", "", False)


def test_the_pulumi_cli_knows_where_the_state_is_once_somebody_has_logged_in(root: Path) -> None:
    assert Stack.resolve(root, "dev", environment={}, engine=EngineName.PULUMI).backend == ""
    with pytest.raises(ConfigError, match="nobody says") as raised:
        Stack.resolve(root, "dev", environment={}, engine=EngineName.EMBEDDED)
    assert "--engine pulumi" in raised.value.fix


def test_no_passphrase_is_in_the_repr(root: Path) -> None:
    stack = Stack(root=root, name="dev", backend="file:///x", passphrase="hunter22", config_passphrase="swordfish")
    assert "hunter22" not in repr(stack)
    assert "swordfish" not in repr(stack)
