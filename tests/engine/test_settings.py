from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentry.engine import documents, settings
from agentry.engine.settings import Setting
from agentry.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def read(directory: Path, text: str) -> dict[str, Setting]:
    file = directory / "Pulumi.yaml"
    file.write_text(text)
    return settings.read_settings("shop", documents.read(file))


def test_declarations(tmp_path: Path) -> None:
    declared = read(
        tmp_path,
        """
config:
  color: {type: string, default: red, description: Of what}
  token: {type: string, secret: true}
  sizes: {type: array, items: {type: array, items: {type: integer}}}
  short: 5
  off: {type: boolean, default: false}
  fake:region: {value: eu}
  shop:full: {type: object}
""",
    )
    assert declared == {
        "shop:color": Setting("shop:color", "string", "red", has_default=True),
        "shop:token": Setting("shop:token", "string", secret=True),
        "shop:sizes": Setting("shop:sizes", "array<array<integer>>"),
        "shop:short": Setting("shop:short", default=5, has_default=True),
        "shop:off": Setting("shop:off", "boolean", default=False, has_default=True),
        "fake:region": Setting("fake:region", default="eu", has_default=True),
        "shop:full": Setting("shop:full", "object"),
    }


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("config: stacks\n", "must be a mapping"),
        ("config:\n  a: {typ: string}\n", "unknown key 'typ'"),
        ("config:\n  a: {type: number}\n", "'number' is no type"),
        ("config:\n  a: {type: array}\n", "only an array has"),
        ("config:\n  a: {type: string, items: {type: string}}\n", "only an array has"),
        ("config:\n  fake:a: {type: string}\n", "not a key of this project"),
    ],
)
def test_what_is_no_declaration(text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        read(tmp_path, text)
    assert "Pulumi.yaml:" in caught.value.where


@pytest.mark.parametrize(
    ("type", "value", "fits"),
    [
        ("string", "x", True),
        ("string", {}, False),
        ("integer", "-12", True),
        ("integer", "1.5", False),
        ("integer", "²", False),
        ("boolean", "true", True),
        ("boolean", "yes", False),
        ("object", {}, True),
        ("object", [], False),
        ("array<integer>", [1, 2.0, "3"], True),
        ("array<integer>", [1, 2.5], False),
        ("array<integer>", [True], False),
        ("array<array<boolean>>", [[True], ["false"]], True),
        ("array<string>", "x", False),
    ],
)
def test_types(type: str, value: Any, fits: bool) -> None:
    assert settings.fits(type, value) is fits


@pytest.mark.parametrize(
    ("value", "text"),
    [("x", "x"), (True, "true"), (5, "5"), (1.5, "1.5"), (None, ""), ({"b": [1, "ä"]}, '{"b":[1,"ä"]}')],
)
def test_the_program_gets_texts(value: Any, text: str) -> None:
    assert settings.as_text(value) == text


@pytest.mark.parametrize(("key", "whole"), [("a", "shop:a"), ("x:a", "x:a"), ("x:config:a", "x:a")])
def test_keys_have_a_namespace(key: str, whole: str) -> None:
    assert settings.whole_key("shop", key) == whole
