"""A stack's file as it is changed from the command line: one key at a time, the rest of the text as it was."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentry.engine import documents, edits, paths, tree
from agentry.engine.settings import whole_key
from agentry.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from agentry.engine.documents import Document
    from agentry.engine.project import Project

_NAMESPACED = re.compile(r"([^:.\[\]\"]+):(?:config:)?(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Key:
    """A configuration key, and a place inside its value.

    Attributes:
        whole: With its namespace: `agents:catalog`.
        path: The place inside, empty for the value itself.
    """

    whole: str
    path: tree.Path = field(default=())

    def __str__(self) -> str:
        return (
            self.whole if not self.path else f"{self.whole}{'' if isinstance(self.path[0], int) else '.'}{self._place}"
        )

    @property
    def _place(self) -> str:
        return paths.render(self.path)


def read_key(project: str, text: str, *, path: bool = False) -> Key:
    """A key as somebody types it.

    Args:
        project: The project's name, which is the namespace of keys that name none.
        text: `catalog`, `agentry:profile`; with `path` also `agents:models[0].name`.
        path: Whether there is a place inside.

    Raises:
        ConfigError: It is no key, or no path.
    """
    found = _NAMESPACED.fullmatch(text)
    namespace, name = found.groups() if found else (project, text)
    if not name or (not path and ":" in name):
        raise ConfigError(f"{text!r} is no configuration key", fix="write it like catalog, or agentry:profile")
    if not path:
        return Key(f"{namespace}:{name}")
    first, *rest = tree.parse(name)
    if not isinstance(first, str):
        raise ConfigError(f"{text!r} begins with an index", fix="begin with a key: names[0]")
    return Key(f"{namespace}:{first}", tuple(rest))


def read_file(project: Project, stack: str) -> Document:
    """A stack's file; `ConfigError` when it can not be read or is no mapping."""
    return documents.read(stack_file(project, stack))


def stack_file(project: Project, stack: str) -> Path:
    """Where a stack's file is, or would be."""
    return project.stack_directory / f"Pulumi.{stack}{project.file.suffix}"


def with_value(document: Document, project: str, key: Key, value: Any) -> dict[str, Any]:
    """The content of a stack file with another value of a key.

    Raises:
        ConfigError: There is no such place, and none can be made.
    """
    config = document.mapping("config")
    written = _written(config, project, key)
    try:
        changed = tree.put(config.get(written, paths.MISSING), key.path, value)
    except ConfigError as error:
        raise ConfigError(error.what, where=document.where("config", written), fix=error.fix) from error
    return {**document.content, "config": {**config, written: changed}}


def without(document: Document, project: str, key: Key) -> dict[str, Any] | None:
    """The content of a stack file without a key, or without a place in its value; None when it is not there."""
    config = document.mapping("config")
    written = _written(config, project, key)
    if tree.get(config.get(written, paths.MISSING), key.path) is paths.MISSING:
        return None
    return {**document.content, "config": tree.take(config, (written, *key.path))}


def _written(config: dict[str, Any], project: str, key: Key) -> str:
    """The key as this file writes it: the project's own may be there without their namespace."""
    return next((name for name in config if whole_key(project, name) == key.whole), key.whole)


def save(document: Document, content: dict[str, Any]) -> None:
    """Write the document with other content; whole or not at all.

    Raises:
        ConfigError: Its text can not be changed from here, or the file can not be written.
    """
    text = edits.rewrite(document, content)
    file = document.file
    temporary = file.with_name(f".{file.name}.tmp")
    try:
        temporary.write_bytes(_with_breaks_of(file, document.text, text).encode())
        if file.exists():
            shutil.copymode(file, temporary)
        os.replace(temporary, file)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConfigError("the file can not be written", where=documents.shown(file), why=str(error)) from error


def _with_breaks_of(file: Path, before: str, text: str) -> str:
    """The text with the line breaks of the file."""
    raw = file.read_bytes().decode() if file.exists() else before
    if raw == before:
        return text
    if raw == before.replace("\n", "\r\n"):
        return text.replace("\n", "\r\n")
    raise ConfigError(
        "the file has line breaks of several kinds", where=documents.shown(file), fix="make them one kind"
    )
