"""How a stack comes to be: its file with what the project requires, and an empty state."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from agentry.cli.chosen import sandbox_name, sandbox_overrides
from agentry.cli.configured import Configured, find_stack_passphrase
from agentry.deploy import LOCAL, Stack, engine_of
from agentry.engine import documents, stack_files
from agentry.engine import project as projects
from agentry.engine.project import StackFile
from agentry.engine.settings import whole_key
from agentry.engine.stack_files import read_key
from agentry.errors import AgentryError, ConfigError
from agentry.stacks import EngineName

if TYPE_CHECKING:
    from agentry.engine.documents import Document
    from agentry.engine.project import Project

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


def init(
    name: str,
    *,
    copy_from: str = "",
    config: list[str],
    on_sandbox: bool = False,
    engine: EngineName = EngineName.AUTO,
) -> list[str]:
    """Make a stack; what to tell the person about it.

    Args:
        name: The new stack.
        copy_from: A stack whose file it begins with; its secrets are not copied to another passphrase's file.
        config: `KEY=VALUE`, over what is copied.
        on_sandbox: On a sandbox of its own, with the settings that stack local has for its own.
        engine: Who makes its state.

    Raises:
        ConfigError: There is one of that name, a setting is missing or wrong, or the name is none.
    """
    project = projects.find_project(Path.cwd().resolve())
    _require_new(project, name)
    document = _begun(project, name, copy_from)
    content = _without_idle_salt(document.content)
    values: dict[str, Any] = dict(content.get("config") or {})
    if on_sandbox:
        overrides = sandbox_overrides(project.root, sandbox_name(name))
        values = {**{key: one for key, one in values.items() if key not in overrides}, **_given(overrides)}
    for line in config:
        key, equals, text = line.partition("=")
        if not equals:
            raise ConfigError(f"--config {line} has no value", fix="write it like --config catalog=dev")
        values[read_key(project.name, key).whole] = text
    values |= _missing(project, name, values)
    empty = Configured(project, StackFile(name=name, file=document.file, salt="", values={}, lines={}))
    for key in values:
        if not projects.has_ciphertext(values[key]):
            empty.check(read_key(project.name, key), {"config": values}, hidden=False)
    document.file.parent.mkdir(parents=True, exist_ok=True)
    stack_files.save(document, {**content, "config": values})
    shown = documents.shown(document.file)
    return [f"wrote {shown}", *_made(project, name, engine, on_sandbox=on_sandbox)]


def _given(overrides: dict[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in overrides.items() if value is not None}


def _require_new(project: Project, name: str) -> None:
    if not _NAME.fullmatch(name) or set(name) == {"."}:
        raise ConfigError(
            f"{name!r} can not be a stack's name", fix="use letters, digits, hyphens, underscores and periods"
        )
    file = stack_files.stack_file(project, name)
    if file.exists():
        raise ConfigError(f"there is a stack {name} already", where=documents.shown(file))


def _begun(project: Project, name: str, copy_from: str) -> Document:
    """The new file with the text of another stack's, comments and all; or with none."""
    text = ""
    if copy_from:
        projects.read_stack(project, copy_from)  # refuses an unknown one, by the known
        text = stack_files.read_file(project, copy_from).text
    return documents.parse(stack_files.stack_file(project, name), text)


def _without_idle_salt(content: dict[str, Any]) -> dict[str, Any]:
    """Secrets go along with the salt that opens them; where there are none, each stack has a salt of its own."""
    if projects.has_ciphertext(content.get("config")):
        return dict(content)
    return {key: value for key, value in content.items() if key != "encryptionsalt"}


def _missing(project: Project, stack: str, values: dict[str, Any]) -> dict[str, str]:
    """The settings that the project requires and nobody gave, from whoever sits at the terminal.

    Raises:
        ConfigError: Nobody does; says which are missing.
    """
    given = {whole_key(project.name, key) for key in values}
    missing = [
        setting
        for key, setting in project.settings.items()
        if key not in given and not setting.has_default and key.startswith(f"{project.name}:") and not setting.secret
    ]
    if missing and not sys.stdin.isatty():
        options = " ".join(f"--config {setting.key.partition(':')[2]}=VALUE" for setting in missing)
        raise ConfigError(
            f"stack {stack} needs {', '.join(setting.key for setting in missing)}",
            where=documents.shown(project.file),
            why="the project requires them",
            fix=f"agentry stack init {stack} {options}; or --copy-config-from a stack that has them",
        )
    return {setting.key: typer.prompt(setting.key, err=True) for setting in missing}


def _made(project: Project, name: str, engine: EngineName, *, on_sandbox: bool) -> list[str]:
    """Make its state, where that is a directory that somebody named."""
    go_on = "agentry up" if name == LOCAL else f"agentry up --stack {name}"
    if on_sandbox:
        return [f"bring it up on its own sandbox: agentry up --stack {name} --sandbox"]
    variables = {"PULUMI_CONFIG_PASSPHRASE": "", **os.environ}
    try:
        stack = Stack.resolve(project.root, name, environment=variables, engine=engine)
    except ConfigError:
        return [
            "nobody says where its state is to be: set PULUMI_BACKEND_URL=file://<directory> for agentry",
            f"or make it with the Pulumi CLI: pulumi stack init {name}",
        ]
    try:
        if stack.in_directory:
            salt = projects.read_stack(project, name).salt
            variables["PULUMI_CONFIG_PASSPHRASE"] = find_stack_passphrase(name, new=not salt)
            stack = Stack.resolve(project.root, name, environment=variables, engine=engine)
        made = asyncio.run(engine_of(stack, engine).create(stack))
    except AgentryError as error:
        return [f"its state is made by the first run: {error.fix or error.what}", go_on]
    where = stack.backend or "the backend that `pulumi login` chose"
    return [f"{'made an empty state' if made else 'found its state'} in {where}", f"bring it up: {go_on}"]
