from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentry.engine import project
from agentry.engine.passphrase import Secrets
from agentry.engine.values import secret
from agentry.errors import AgentryError, ConfigError, Unsupported, WrongPassphrase
from tests.engine.records import secrets

if TYPE_CHECKING:
    from agentry.engine.project import Config, Project

YAML = """
name: shop
description: A shop
runtime: {name: python, options: {virtualenv: .venv}}
main: program
stackConfigDir: stacks
backend: {url: "file://./state"}
plugins:
  providers: [{name: fake, path: provider}]
config:
  color: {type: string, default: red}
  count: {type: integer}
  token: {type: string, secret: true, default: ""}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    return write_project(tmp_path, YAML)


def write_project(root: Path, text: str) -> Project:
    (root / "Pulumi.yaml").write_text(text)
    return project.read_project(root / "Pulumi.yaml")


def write_stack(shop: Project, text: str, name: str = "dev") -> project.StackFile:
    shop.stack_directory.mkdir(exist_ok=True)
    (shop.stack_directory / f"Pulumi.{name}.yaml").write_text(text)
    return project.read_stack(shop, name)


def resolve(shop: Project, text: str) -> Config:
    return project.resolve_config(shop, write_stack(shop, text), secrets())


def test_a_project_is_found_from_below(shop: Project) -> None:
    below = shop.root / "program" / "deep"
    below.mkdir(parents=True)
    assert project.find_project(below) == shop
    assert (shop.name, shop.main, shop.virtualenv, shop.backend) == ("shop", "program", ".venv", "file://./state")
    assert shop.stack_directory == shop.root / "stacks"
    assert shop.plugins == {"fake": shop.root / "provider"}


def test_no_project_anywhere(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no Pulumi\.yaml"):
        project.find_project(tmp_path)


def test_the_least_a_project_can_say(tmp_path: Path) -> None:
    least = write_project(tmp_path, "name: x\nruntime: python\n")
    assert (least.main, least.virtualenv, least.stack_directory, least.settings) == (".", "", tmp_path, {})


@pytest.mark.parametrize(
    ("line", "error", "what"),
    [
        ("name: a/b\nruntime: python", ConfigError, "'a/b'"),
        ("runtime: python", ConfigError, "project's name"),
        ("name: x\nruntime: nodejs", Unsupported, "runtime 'nodejs'"),
        ("name: x", Unsupported, "runtime"),
        ("name: x\nruntime: {name: python, options: {toolchain: uv}}", Unsupported, "toolchain: uv"),
        ("name: x\nruntime: python\nstackConfigDirr: a", ConfigError, "'stackConfigDirr'"),
        ("name: x\nruntime: python\npackages: {a: ./b}", Unsupported, "`packages`"),
        ("name: x\nruntime: python\noptions: {refresh: always}", Unsupported, "`options`"),
        ("name: x\nruntime: python\nplugins: {analyzers: [{name: a, path: b}]}", Unsupported, "'analyzers'"),
        ("name: x\nruntime: python\nplugins: {providers: [{name: a}]}", ConfigError, "a name and a path"),
        ("name: x\nruntime: python\nplugins: {providers: [{name: a, path: b, version: 1}]}", Unsupported, "version"),
    ],
)
def test_what_a_project_can_not_say(line: str, error: type[AgentryError], what: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=what) as caught:
        write_project(tmp_path, line + "\n")
    assert "Pulumi.yaml" in caught.value.where


def test_an_unknown_stack_names_the_known_ones(shop: Project) -> None:
    write_stack(shop, "", "dev")
    write_stack(shop, "", "prod-eu")
    assert project.stack_names(shop) == ["dev", "prod-eu"]
    with pytest.raises(ConfigError, match="no stack 'prod-e'") as caught:
        project.read_stack(shop, "prod-e")
    assert caught.value.why == "known stacks: dev, prod-eu; did you mean prod-eu?"


@pytest.mark.parametrize(
    ("text", "error", "what"),
    [
        ("config:\n  a: b\ncofnig: {}\n", ConfigError, "'cofnig'"),
        ("environment: [a]\n", Unsupported, "`environment`"),
        ("secretsprovider: awskms://x\n", Unsupported, "'awskms://x'"),
        ("config: 3\n", ConfigError, "must be a mapping"),
    ],
)
def test_what_a_stack_file_can_not_say(text: str, error: type[AgentryError], what: str, shop: Project) -> None:
    with pytest.raises(error, match=what) as caught:
        write_stack(shop, text)
    assert "Pulumi.dev.yaml:" in caught.value.where


def test_configuration_for_the_program(shop: Project) -> None:
    ciphertext = secrets().encrypt("hunter2")
    config = resolve(
        shop,
        f"""
config:
  shop:count: 3
  token: {{secure: "{ciphertext}"}}
  fake:region: eu
  fake:config:flag: true
  fake:tree: {{a: [1, {{secure: "{ciphertext}"}}]}}
""",
    )
    assert config.values == {
        "shop:color": "red",
        "shop:count": "3",
        "shop:token": "hunter2",
        "fake:region": "eu",
        "fake:flag": "true",
        "fake:tree": '{"a":[1,"hunter2"]}',
    }
    assert config.secret_keys == {"shop:token", "fake:tree"}
    assert config.namespace("fake") == {"region": "eu", "flag": "true", "tree": secret('{"a":[1,"hunter2"]}')}
    assert "hunter2" not in repr(config)


def test_without_secrets_nobody_waits_for_the_key(shop: Project) -> None:
    stack = write_stack(shop, "config:\n  count: 3\n")
    assert project.resolve_config(shop, stack, Secrets.open("any", secrets().state)).values["shop:count"] == "3"


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("config: {}\n", "lacks the configuration shop:count", ""),
        ("config:\n  count: three\n", "shop:count must be of type integer", ":2"),
        ("config:\n  count: 3\n  colour: red\n", "unknown key 'shop:colour'", ":3"),
        ("config:\n  count: 3\n  token: in clear\n", "shop:token is a secret", ":3"),
        ('config:\n  count: 3\n  fake:x: {secure: "v1:AAAA:AAAA"}\n', "can not be decrypted", ":3"),
    ],
)
def test_what_is_wrong_with_a_configuration(text: str, what: str, where: str, shop: Project) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        resolve(shop, text)
    assert caught.value.where.endswith(f"Pulumi.dev.yaml{where}")


def test_a_key_that_is_nearly_right_is_suggested(shop: Project) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(shop, "config:\n  count: 3\n  colour: red\n")
    assert caught.value.fix == "did you mean shop:color?"


def test_a_project_without_declarations_takes_any_key(tmp_path: Path) -> None:
    bare = write_project(tmp_path, "name: shop\nruntime: python\n")
    assert resolve(bare, "config:\n  anything: goes\n").values == {"shop:anything": "goes"}


def test_history_has_ciphertext_only(shop: Project) -> None:
    stack = write_stack(shop, "config:\n  count: 3\n  token: {secure: x}\n")
    assert project.history_config(shop, stack) == {
        "shop:color": "red",
        "shop:count": "3",
        "shop:token": {"secure": "x"},
    }


COMMENTED = """# Who may touch this.

config:
  # how many
  shop:count: 3   # not four
  fake:list:
      - "a"
"""


def test_a_new_salt_is_written_into_the_file_and_nothing_else_changes(shop: Project) -> None:
    stack = write_stack(shop, COMMENTED)
    opened = project.open_secrets(stack, "horse", None)
    line = f"encryptionsalt: {opened.state}\n"
    assert stack.file.read_text() == COMMENTED.replace("config:\n", line + "config:\n")
    again = project.read_stack(shop, "dev")
    project.open_secrets(again, "horse", opened.state).verify()
    with pytest.raises(WrongPassphrase):
        project.open_secrets(again, "another", opened.state).verify()


def test_a_preview_writes_no_salt(shop: Project) -> None:
    stack = write_stack(shop, COMMENTED)
    project.open_secrets(stack, "", None, write=False).verify()
    assert stack.file.read_text() == COMMENTED


def test_a_file_without_a_salt_gets_the_recorded_one(shop: Project) -> None:
    stack = write_stack(shop, "")
    with pytest.raises(WrongPassphrase):
        project.open_secrets(stack, "another", secrets().state)
    assert stack.file.read_text() == ""
    project.open_secrets(stack, "of the tests", secrets().state)
    assert stack.file.read_text() == f"encryptionsalt: {secrets().state}\n"


def test_another_salt_than_the_recorded_one_is_refused(shop: Project) -> None:
    stack = dataclasses.replace(write_stack(shop, ""), salt="v1:AAAA:v1:x:y")
    with pytest.raises(ConfigError, match="not the one") as caught:
        project.open_secrets(stack, "", secrets().state)
    assert secrets().state in caught.value.fix


@pytest.mark.parametrize("text", ["# only a comment", "---\nconfig: {}\n", "config: {}"])
def test_a_salt_finds_its_place(text: str, shop: Project) -> None:
    stack = write_stack(shop, text)
    project.write_salt(stack.file, "v1:AAAA:v1:x:y")
    assert project.read_stack(shop, "dev").salt == "v1:AAAA:v1:x:y"
    assert set(text.splitlines()) <= set(stack.file.read_text().splitlines())


def test_a_file_without_lines_says_what_to_write(shop: Project) -> None:
    stack = write_stack(shop, "{config: {a: b}}")
    with pytest.raises(ConfigError, match="no encryptionsalt") as caught:
        project.write_salt(stack.file, "v1:AAAA:v1:x:y")
    assert caught.value.fix == "write it there: encryptionsalt: v1:AAAA:v1:x:y"
    assert stack.file.read_text() == "{config: {a: b}}"
    assert [path.name for path in stack.file.parent.iterdir()] == ["Pulumi.dev.yaml"]


def test_the_stacks_of_this_repository_are_read() -> None:
    here = project.find_project(Path(__file__).parent)
    local = project.read_stack(here, "local")
    opened = project.open_secrets(local, "", None)
    opened.verify()
    assert project.resolve_config(here, local, opened).values["agents:schema"] == "agents"
