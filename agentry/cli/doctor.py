"""`agentry doctor`: what is missing on this machine or in the workspace, and what to type."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx
import typer

from agentry import __version__
from agentry.cli.app import new
from agentry.cli.checks import Facts, Right, all_well, checks, lines
from agentry.cli.chosen import ChosenStack, choose
from agentry.cli.console import show, show_json
from agentry.cli.loop import run
from agentry.cli.options import LOCAL, NO, AsJson, OnSandbox, StackName
from agentry.clock import Clock, RealClock
from agentry.engine.project import find_project, read_project, read_stack
from agentry.errors import AgentryError, ConfigError
from agentry.stacks import NAMESPACE, state_directory
from agentry.workspace import Workspace, connect
from agentry.workspace.plain import http_options
from agentry.workspace.privileges import standing
from agentry.workspace.standing import Securable

if TYPE_CHECKING:
    from pathlib import Path

app = new()

NEEDED = (("USE CATALOG", "CATALOG"), ("USE SCHEMA", "SCHEMA"), ("CREATE MODEL", "SCHEMA"), ("CREATE TABLE", "SCHEMA"))
"""What a deployment needs where the models are; CREATE TABLE is for the inference tables of endpoints."""
SECONDS = 5.0


@app.command()
def doctor(*, stack: StackName = LOCAL, sandbox: OnSandbox = NO, as_json: AsJson = NO) -> None:
    """Look at Python, uv, .venv and what is in it, the Pulumi CLI, credentials, the workspace, rights there and the clock.

    Exit code 1 when something that is needed is missing.
    """
    chosen = choose(stack, on_sandbox=sandbox)
    table = checks(run(look(chosen, RealClock())))
    if as_json:
        show_json({"stack": stack, "ok": all_well(table), "checks": [asdict(check) for check in table]})
    else:
        show(lines(table))
    if not all_well(table):
        raise typer.Exit(1)


async def look(stack: ChosenStack, clock: Clock) -> Facts:
    """Find everything out."""
    facts = _machine(stack)
    try:
        workspace = await connect(stack.settings, clock=clock)
        skew, rights = await asyncio.gather(_skew(workspace, clock), _rights(workspace, stack))
    except AgentryError as error:
        return replace(facts, trouble=(error.what, error.fix))
    me = workspace.me
    return replace(facts, host=workspace.host, identity=me.name, rights=rights, skew=skew)


def _machine(stack: ChosenStack) -> Facts:
    project = find_project(stack.root)
    venv = stack.root / (project.virtualenv or ".venv")
    plugin = project.plugins.get(NAMESPACE)
    return Facts(
        stack=stack.name,
        python=(sys.version_info.major, sys.version_info.minor, sys.version_info.micro),
        uv=_number(_uv()),
        pulumi=_number(shutil.which("pulumi")),
        venv=os.path.relpath(venv, stack.root),
        has_venv=(venv / "bin" / "python").exists(),
        running=__version__,
        installed=_installed(venv),
        provider=os.path.relpath(plugin, stack.root) if plugin and (plugin / "PulumiPlugin.yaml").is_file() else "",
        backend=_backend(stack),
        place=stack.settings.place,
        sandbox=stack.sandbox,
    )


def _installed(venv: Path) -> str:
    """The version of the Agentry in a virtual environment, by the name of its metadata; empty where there is none."""
    for found in venv.glob("lib/python3.*/site-packages/agentry-*.dist-info"):
        return found.name.removeprefix("agentry-").removesuffix(".dist-info")
    return ""


def _backend(stack: ChosenStack) -> str:
    try:
        url = stack.resolve({"PULUMI_CONFIG_PASSPHRASE": "", **os.environ}).backend
    except ConfigError:
        return ""
    return "kept below .agentry/" if url.startswith(f"file://{state_directory(stack.root)}") else url


def _uv() -> str | None:
    """The uv of this environment, else the one on PATH."""
    from uv import find_uv_bin  # noqa: PLC0415 - raises where its binary is missing, which is what is looked for

    try:
        return str(find_uv_bin())
    except FileNotFoundError:
        return shutil.which("uv")


def _number(program: str | Path | None) -> str:
    """The version that a program says it has; empty when there is none."""
    if program is None:
        return ""
    argument = "version" if str(program).endswith("pulumi") else "--version"
    try:
        said = subprocess.run([str(program), argument], capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+\.\d+\.\d+", said.stdout)
    return found.group() if found else ""


async def _skew(workspace: Workspace, clock: Clock) -> float | None:
    """How far our clock is ahead of the workspace's, in seconds, by the Date of any answer."""
    async with httpx.AsyncClient(timeout=SECONDS, **http_options(workspace.host)) as client:
        try:
            answer = await client.head(workspace.host)
        except httpx.HTTPError:
            return None
    date = answer.headers.get("date")
    return clock.now() - parsedate_to_datetime(date).timestamp() if date else None


async def _rights(workspace: Workspace, stack: ChosenStack) -> tuple[Right, ...]:
    catalog, schema = models_go_to(stack)
    if not catalog:
        return ()

    async def right(privilege: str, kind: str) -> Right:
        securable = Securable(kind, catalog if kind == "CATALOG" else f"{catalog}.{schema}")
        found = await standing(workspace, securable, privilege, workspace.me)
        missing = str(securable) if found.exists else f"{securable}, which does not exist"
        return Right(privilege, str(securable) if found.how else missing, found.how, found.givers)

    return tuple(await asyncio.gather(*(right(privilege, kind) for privilege, kind in NEEDED)))


def models_go_to(stack: ChosenStack) -> tuple[str, str]:
    """Catalog and schema of the stack's models, as its file, Pulumi.yaml and `--sandbox` say; empty where they do not."""
    project = read_project(stack.root / "Pulumi.yaml")
    values = {**read_stack(project, stack.name).values, **stack.overrides}

    def value(key: str) -> str:
        setting = project.settings.get(key)
        given = values.get(f"{project.name}:{key}", setting.default if setting else None)
        return str(given or "")

    return value("catalog"), value("schema")
