"""YAML files as people write them: values as the Pulumi CLI reads them, and the line of each key, for messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agentry.errors import ConfigError


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core schema, as Go's library has it.

    PyYAML's own is YAML 1.1, in which `no` is false and `12:30:00` the number 45000.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's way


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("int", r"[-+]?[0-9]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", "<<", "<"),
):
    # An empty scalar is looked up under the empty string.
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), ["" if c == "\0" else c for c in _first]
    )


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML mapping. `lines` maps paths of keys (`("config", "agents:catalog")`) to their lines, counted from 1."""

    file: Path
    text: str
    content: dict[str, Any]
    lines: dict[tuple[str, ...], int]

    def where(self, *path: str) -> str:
        """`file:line` of a key, or the file."""
        return shown(self.file, self.lines.get(path))

    def mapping(self, key: str) -> dict[str, Any]:
        """What is below a key at the top, empty when there is nothing; `ConfigError` when it is no mapping."""
        value = self.content.get(key)
        if value is not None and not isinstance(value, dict):
            raise ConfigError(f"`{key}:` must be a mapping of keys", where=self.where(key))
        return value or {}

    def refuse_unknown(self, known: set[str]) -> None:
        """`ConfigError` for the first key at the top that is not among these."""
        for key in self.content:
            if key not in known:
                raise ConfigError(
                    f"unknown key {key!r}", where=self.where(key), fix=f"known keys: {', '.join(sorted(known))}"
                )


def shown(file: Path, line: int | None = None) -> str:
    """A file, and a line of it, as a message names them: from here, where it is below."""
    path = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
    return f"{path}:{line}" if line else str(path)


def read(file: Path) -> Document:
    """Read a YAML file whose content is a mapping (or nothing).

    Raises:
        ConfigError: It can not be read, is no YAML, is no mapping, or has a key twice.
    """
    try:
        text = file.read_text(encoding="utf-8")
        return parse(file, text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("the file can not be read", where=shown(file), why=str(error)) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError("this is no YAML", where=shown(file, line), why=error.problem or "") from error
    except yaml.YAMLError as error:
        raise ConfigError("this is no YAML", where=shown(file), why=str(error)) from error


def compose(text: str) -> yaml.Node | None:
    """The nodes of a text, with their places in it; None when it says nothing. PyYAML's errors."""
    node: yaml.Node | None = _Loader(text).get_single_node()
    return node


def value_of(text: str) -> Any:
    """What a text without a mapping around it is: `12` a number, `no` a text. PyYAML's errors."""
    return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader


def parse(file: Path, text: str) -> Document:
    """The document of a text; PyYAML's errors, and `ConfigError` when it is no mapping or has a key twice."""
    loader = _Loader(text)
    node = loader.get_single_node()
    if node is None or node.tag == "tag:yaml.org,2002:null":
        return Document(file, text, {}, {})
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError("this is no mapping of keys to values", where=shown(file, node.start_mark.line + 1))
    lines = _lines(node, file, ())
    return Document(file, text, _with_text_keys(loader.construct_document(node)), lines)


def _lines(node: yaml.MappingNode, file: Path, above: tuple[str, ...]) -> dict[tuple[str, ...], int]:
    lines: dict[tuple[str, ...], int] = {}
    for key, value in node.value:
        path, line = (*above, str(key.value)), key.start_mark.line + 1
        if path in lines:
            raise ConfigError(f"the key {key.value!r} is there twice", where=shown(file, line))
        lines[path] = line
        if isinstance(value, yaml.MappingNode):
            lines.update(_lines(value, file, path))
    return lines


def _with_text_keys(value: Any) -> Any:
    """Keys are texts, as in JSON."""
    if isinstance(value, dict):
        return {str(key): _with_text_keys(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_text_keys(item) for item in value]
    return value
