"""Pulumi.yaml and Pulumi.<stack>.yaml: the project, its stacks and their configuration."""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentry.engine import documents
from agentry.engine.documents import shown
from agentry.engine.passphrase import Secrets
from agentry.engine.settings import Setting, as_text, fits, read_settings, whole_key
from agentry.engine.tree import is_ciphertext
from agentry.engine.values import secret
from agentry.errors import ConfigError, StateError, Unsupported

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agentry.engine.documents import Document

_NAMES = ("Pulumi.yaml", "Pulumi.yml")
_ABOUT = {"name", "description", "author", "website", "license", "template"}
_PROJECT_KEYS = _ABOUT | {"runtime", "main", "config", "stackConfigDir", "backend", "options", "packages", "plugins"}
_STACK_KEYS = {"config", "encryptionsalt", "secretsprovider", "encryptedkey", "environment"}
_USE_CLI = "deploy with the Pulumi CLI: pulumi up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A Pulumi.yaml.

    `main` (the program) and `virtualenv` are relative to `root`, as written; `plugins` maps packages to the directories
    of their providers; `settings` is by whole key; `backend` is a URL or empty.
    """

    name: str
    root: Path
    file: Path
    stack_directory: Path
    main: str = "."
    virtualenv: str = ""
    backend: str = ""
    plugins: Mapping[str, Path]
    settings: Mapping[str, Setting]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackFile:
    """A Pulumi.<stack>.yaml, as written: `values` maps whole keys (`agents:catalog`) to YAML values.

    `salt` is empty when the file has none. `lines` says where a key is.
    """

    name: str
    file: Path
    salt: str
    values: Mapping[str, Any]
    lines: Mapping[str, int]

    def where(self, key: str) -> str:
        """`file:line` of a whole key, or the file."""
        return shown(self.file, self.lines.get(key))


@dataclass(frozen=True, slots=True, repr=False)
class Config:
    """A stack's configuration for the program: whole keys to texts, structured values as JSON text, secrets in clear."""

    values: Mapping[str, str]
    secret_keys: frozenset[str]

    def namespace(self, name: str) -> dict[str, Any]:
        """One namespace without its prefix, secrets marked: what a package's default provider is configured with."""
        return {
            key.removeprefix(f"{name}:"): secret(text) if key in self.secret_keys else text
            for key, text in self.values.items()
            if key.startswith(f"{name}:")
        }


def find_project(start: Path) -> Project:
    """The project of a directory or of the nearest one above it; `ConfigError` if there is none."""
    start = start.absolute()
    for directory in (start, *start.parents):
        for name in _NAMES:
            if (directory / name).is_file():
                return read_project(directory / name)
    raise ConfigError(f"there is no Pulumi.yaml in {start} or above it", fix="change into a project's directory")


def read_project(file: Path) -> Project:
    """Read a Pulumi.yaml.

    Raises:
        ConfigError: With file and line, for what is wrong.
        Unsupported: For what this engine lacks, by name.
    """
    document = documents.read(file)
    document.refuse_unknown(_PROJECT_KEYS)
    content, root = document.content, file.parent
    name = str(content.get("name") or "")
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", name):
        raise ConfigError(
            f"the project's name {name!r} is not one",
            where=document.where("name"),
            fix="use letters, digits, hyphens, underscores and periods",
        )
    for key in ("options", "packages"):
        if content.get(key):
            _refuse(f"`{key}` of a Pulumi.yaml", document.where(key))
    return Project(
        name=name,
        root=root,
        file=file,
        main=str(content.get("main") or "."),
        virtualenv=_virtualenv(document),
        stack_directory=root / str(content.get("stackConfigDir") or "."),
        backend=str(document.mapping("backend").get("url") or ""),
        plugins=_plugins(document, root),
        settings=read_settings(name, document),
    )


def _refuse(what: str, where: str) -> None:
    raise Unsupported(f"the embedded engine does not support {what}", where=where, fix=_USE_CLI)


def _virtualenv(document: Document) -> str:
    runtime = document.content.get("runtime")
    if not isinstance(runtime, dict):
        runtime = {"name": runtime or ""}
    if runtime.get("name") != "python":
        _refuse(f"the runtime {runtime.get('name') or '(none)'!r}, only python", document.where("runtime"))
    options = runtime.get("options") or {}
    for key in sorted(set(options) - {"virtualenv"}):
        if (key, options[key]) != ("toolchain", "pip"):
            _refuse(f"the runtime option {key}: {options[key]}", document.where("runtime", "options", key))
    return str(options.get("virtualenv") or "")


def _plugins(document: Document, root: Path) -> dict[str, Path]:
    plugins = document.mapping("plugins")
    for kind in sorted(set(plugins) - {"providers"}):
        if plugins[kind]:
            _refuse(f"plugins of the kind {kind!r}", document.where("plugins", kind))
    found = {}
    for entry in plugins.get("providers") or ():
        if not isinstance(entry, dict) or not {"name", "path"} <= set(entry):
            raise ConfigError("a provider plugin needs a name and a path", where=document.where("plugins", "providers"))
        if entry.get("version"):
            _refuse("the version of a plugin in Pulumi.yaml", document.where("plugins", "providers"))
        found[str(entry["name"])] = root / str(entry["path"])
    return found


def stack_names(project: Project) -> list[str]:
    """The stacks that have a file, sorted."""
    suffix = project.file.suffix
    files = project.stack_directory.glob(f"Pulumi.*{suffix}")
    return sorted(file.name.removeprefix("Pulumi.").removesuffix(suffix) for file in files)


def read_stack(project: Project, name: str) -> StackFile:
    """Read a stack's file.

    Raises:
        ConfigError: There is no such stack (the known ones are named), or its file has an unknown key.
        Unsupported: For what this engine lacks, by name.
    """
    known = stack_names(project)
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        raise ConfigError(
            f"there is no stack {name!r}",
            where=str(project.stack_directory),
            why=f"known stacks: {', '.join(known) or 'none'}" + (f"; did you mean {near[0]}?" if near else ""),
            fix=f"write {project.stack_directory / f'Pulumi.{name}{project.file.suffix}'}",
        )
    document = documents.read(project.stack_directory / f"Pulumi.{name}{project.file.suffix}")
    document.refuse_unknown(_STACK_KEYS)
    content = document.content
    for key in ("environment", "encryptedkey"):
        if content.get(key):
            _refuse(f"`{key}` of a stack file", document.where(key))
    if content.get("secretsprovider") not in (None, "", "default", "passphrase"):
        _refuse(f"the secrets provider {content['secretsprovider']!r}", document.where("secretsprovider"))
    values = document.mapping("config")
    keys = {key: whole_key(project.name, key) for key in values}
    return StackFile(
        name=name,
        file=document.file,
        salt=str(content.get("encryptionsalt") or ""),
        values={keys[key]: value for key, value in values.items()},
        lines={keys[key]: document.lines[("config", key)] for key in values},
    )


def resolve_config(project: Project, stack: StackFile, secrets: Secrets) -> Config:
    """The configuration with the project's defaults, checked against its types, secrets decrypted.

    Raises:
        ConfigError: A key is missing, of another type, or not the project's; a secret is not encrypted, or is not
            this stack's. With file and line.
        WrongPassphrase: A secret can not be decrypted.
    """
    refuse_undeclared(project, stack)
    defaults = {key: setting.default for key, setting in project.settings.items() if setting.has_default}
    written = {**defaults, **stack.values}
    plain = {key: _decrypted(value, secrets, stack.where(key)) for key, value in written.items()}
    hidden = frozenset(key for key, value in written.items() if has_ciphertext(value))
    missing = [key for key in project.settings if key not in plain and key.startswith(f"{project.name}:")]
    if missing:
        raise ConfigError(
            f"stack {stack.name} lacks the configuration {', '.join(missing)}",
            where=shown(stack.file),
            fix=f"write below `config:`   {missing[0]}: <value>",
        )
    for key in stack.values:
        if key in project.settings:
            check(project.settings[key], plain[key], hidden=key in hidden, where=stack.where(key))
    return Config({key: as_text(value) for key, value in plain.items()}, hidden)


def refuse_undeclared(project: Project, stack: StackFile) -> None:
    """Refuse a key that the project does not declare: a misspelt one would leave the default in force, unseen.

    Raises:
        ConfigError: With the nearest key. A project that declares none has any.
    """
    prefix = f"{project.name}:"
    own = {key.removeprefix(prefix): key for key in project.settings if key.startswith(prefix)}
    for key in stack.values:
        if own and key.startswith(prefix) and key not in own.values():
            near = [own[name] for name in difflib.get_close_matches(key.removeprefix(prefix), own, 1)]
            raise ConfigError(
                f"unknown key {key!r}",
                where=stack.where(key),
                why=f"the `config:` block of {project.file.name} does not declare it",
                fix=f"did you mean {near[0]}?" if near else "take it out, or declare it there",
            )


def has_ciphertext(value: Any) -> bool:
    """Whether a value of a stack file is encrypted, or has something in it that is."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return is_ciphertext(value) or any(map(has_ciphertext, inside))


def _decrypted(value: Any, secrets: Secrets, where: str) -> Any:
    """The value with each `{secure: ciphertext}` in it decrypted."""
    if is_ciphertext(value):
        try:
            return secrets.decrypt(value["secure"])
        except StateError as error:
            raise ConfigError(error.what, where=where, why=error.why, fix=error.fix) from error
    if isinstance(value, dict):
        return {key: _decrypted(item, secrets, where) for key, item in value.items()}
    if isinstance(value, list):
        return [_decrypted(item, secrets, where) for item in value]
    return value


def check(setting: Setting, value: Any, *, hidden: bool, where: str) -> None:
    """Refuse a value that a declared key must not have; `ConfigError`.

    Args:
        setting: The key's declaration.
        value: Its value, in clear.
        hidden: Whether it is, or will be, encrypted.
        where: `file:line`, for the error.
    """
    if setting.secret and not hidden:
        raise ConfigError(
            f"{setting.key} is a secret and is not encrypted",
            where=where,
            fix=f"agentry config set --secret {setting.key}",
        )
    content = value if isinstance(value, (dict, list)) else as_text(value)
    if setting.type and not fits(setting.type, content):
        raise ConfigError(f"{setting.key} must be of type {setting.type}", where=where)


def history_config(project: Project, stack: StackFile) -> dict[str, Any]:
    """The configuration as an `Update` records it: with the project's defaults, secrets as ciphertext."""
    defaults = {key: setting.default for key, setting in project.settings.items() if setting.has_default}
    return {
        key: value if isinstance(value, (dict, list)) else as_text(value)
        for key, value in {**defaults, **stack.values}.items()
    }


def open_secrets(stack: StackFile, passphrase: str, recorded: str | None, *, write: bool = True) -> Secrets:
    """The secrets of a stack: with the file's salt, else the recorded one, else a new one.

    Args:
        stack: The stack's file.
        passphrase: May be empty.
        recorded: The salt of the checkpoint, if there is one. It must be the file's.
        write: Whether a file without a salt gets it (not for a preview, nor for a stack run against the sandbox).

    Raises:
        ConfigError: File and checkpoint have different salts, or the file can not take one.
        WrongPassphrase: The passphrase does not open the recorded salt that the file is to get.
    """
    if stack.salt and recorded and stack.salt != recorded:
        raise ConfigError(
            "encryptionsalt is not the one that this stack's state was written with",
            where=shown(stack.file),
            why="the secrets in the state could not be read any more",
            fix=f"put it back: encryptionsalt: {recorded}",
        )
    if stack.salt:
        return Secrets.open(passphrase, stack.salt, where=shown(stack.file))
    secrets = Secrets.open(passphrase, recorded, where=shown(stack.file)) if recorded else Secrets.new(passphrase)
    if write:
        secrets.verify()
        write_salt(stack.file, secrets.state)
    return secrets


def write_salt(file: Path, salt: str) -> None:
    """Put `encryptionsalt` into a stack file, above its first key; nothing else of the text changes.

    Raises:
        ConfigError: The file is not written in lines (`{...}`), so there is no place for one.
    """
    document = documents.read(file)
    lines = document.text.splitlines(keepends=True)
    first = min(document.lines.values(), default=len(lines) + 1) - 1
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    text = "".join([*lines[:first], f"encryptionsalt: {salt}\n", *lines[first:]])
    temporary = file.with_name(f".{file.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    try:
        if documents.read(temporary).content != {"encryptionsalt": salt, **document.content}:
            raise ConfigError("the file has no line of its own for a key", where=shown(file))
        os.replace(temporary, file)
    except ConfigError as error:
        temporary.unlink()
        raise ConfigError(
            "no encryptionsalt can be written into this file",
            where=shown(file),
            why=error.what,
            fix=f"write it there: encryptionsalt: {salt}",
        ) from error
