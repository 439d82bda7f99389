"""What an agent is declared with, looked at before anything is registered: one error, at the user's own line."""

from __future__ import annotations

import inspect
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi

from agentry.errors import AgentryError, ProgramError
from agentry.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ACCESS_LEVELS = ("CAN_VIEW", "CAN_QUERY", "CAN_MANAGE")
"""The levels of a serving endpoint, least first (docs.databricks.com/security/auth/access-control)."""

_THREE_LEVELS = r"[^./\s:@]+\.[^./\s:@]+\.[^./\s:@]+"
_PRINCIPAL = re.compile(r"(?:user|group|sp):\S(?:.*\S)?")


def call_site() -> str:
    """`file:line` of the newest call from outside of this package, relative to the current directory."""
    here = os.path.dirname(__file__)
    frame = inspect.currentframe()
    while frame and os.path.dirname(frame.f_code.co_filename) == here:
        frame = frame.f_back
    if frame is None:
        return ""
    path = os.path.relpath(frame.f_code.co_filename)
    return f"{frame.f_code.co_filename if path.startswith('..') else path}:{frame.f_lineno}"


def as_run_error(error: AgentryError) -> AgentryError:
    """The same error, which Pulumi's own language host shows without a traceback: it does so for a `RunError` only."""
    cls = type(error)
    both = type(cls.__name__, (cls, pulumi.RunError), {"__module__": cls.__module__})
    stopped: AgentryError = both(error.what, where=error.where, why=error.why, fix=error.fix)
    return stopped


def check_name(name: object, where: str) -> None:
    """The agent's name is part of the name of every node."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
        raise ProgramError(
            f"{name!r} can not be the name of an agent",
            where=where,
            why="it names every node of the agent, and its experiment",
            fix='letters, digits, dashes and underscores: Agent("weather", ...)',
        )


def check_origin(code: object, model: object, source: object, where: str) -> str:
    """Code and model, or the address of an existing version; returns the model's name."""
    if (code is None) == (source is None):
        raise ProgramError(
            "give code= and model=, or source=",
            where=where,
            why="an agent is either made of a directory, or an existing version",
            fix='code="agents/weather", model="main.agents.weather", or source="models:/main.agents.weather/7"',
        )
    if source is not None:
        match = (
            re.fullmatch(rf"models:/({_THREE_LEVELS})(?:/\d+|@[^/@\s]+)", source) if isinstance(source, str) else None
        )
        if match is None:
            raise ProgramError(
                f"source={source!r} is not the address of a version",
                where=where,
                why="a version has the address models:/<catalog>.<schema>.<model>/<number>, or ...@<alias>",
                fix='source="models:/main.agents.weather@champion"',
            )
        if model not in (None, match[1]):
            raise ProgramError(
                f"model={model!r} is another model than that of source=",
                where=where,
                why="with model= the model of the version is this stack's own",
                fix=f'model="{match[1]}", or leave it out',
            )
        return match[1]
    if not isinstance(model, str) or not re.fullmatch(_THREE_LEVELS, model):
        raise ProgramError(
            f"model={model!r} is not a name of three levels" if isinstance(model, str) else "model= is no plain string",
            where=where,
            why="a model lives in a schema of a catalog of Unity Catalog",
            fix='model="<catalog>.<schema>.<model>"',
        )
    if not isinstance(code, str):
        raise ProgramError("code= is no plain string", where=where, fix='code="agents/weather"')
    return model


def check_resources(resources: object, *, check: bool, made_of_code: bool, where: str) -> None:
    """A list of resources; `check=False` needs one, so that nothing is left out by accident."""
    if resources is None:
        if not check and made_of_code:
            raise ProgramError(
                "check=False needs resources=[...]",
                where=where,
                why="without a list, what the agent uses is found by the very check that is switched off",
                fix="resources=[...], or leave check out",
            )
        return
    wrong = [each for each in _list(resources, where) if not isinstance(each, Resource)]
    if wrong:
        raise ProgramError(
            f"resources= holds {wrong[0]!r}, which is no Resource",
            where=where,
            fix='Resource("serving_endpoint", "databricks-claude-sonnet-4-5")',
        )


def _list(resources: object, where: str) -> Sequence[Any]:
    if not isinstance(resources, list | tuple):
        raise ProgramError("resources= is no list", where=where, fix="resources=[Resource(...), ...]")
    return resources


def check_model_config(config: object, where: str, path: str = "model_config") -> None:
    """Plain values only: the MLmodel file is readable for everybody who may read the model."""
    if isinstance(config, pulumi.Output):
        raise ProgramError(
            f"{path} is an Output, maybe a secret",
            where=where,
            why="the MLmodel file holds it, which everybody who may read the model can read, and preview needs it",
            fix="a plain value here; a secret or a value of another resource goes into environment_vars",
        )
    if isinstance(config, dict):
        for key, value in config.items():
            if not isinstance(key, str):
                raise ProgramError(f"{path} has the key {key!r}, which is no string", where=where, fix=f'"{key}"')
            check_model_config(value, where, f"{path}[{key!r}]")
    elif isinstance(config, list | tuple):
        for index, value in enumerate(config):
            check_model_config(value, where, f"{path}[{index}]")
    elif path == "model_config" or not (config is None or isinstance(config, str | int | float | bool)):
        raise ProgramError(
            f"{path} is {type(config).__name__}, which is no plain value",
            where=where,
            why="the MLmodel file holds it as YAML",
            fix="a string, a number, True, False, None, a list or a dict",
        )


def check_asking(packaging: Mapping[str, Any], where: str) -> None:
    """Signature and input example, which are part of what preview reads: plain values, as `model_config`."""
    for name in ("signature", "input_example"):
        given = packaging[name]
        if given is None:
            continue
        check_model_config(given, where, name)
        if not isinstance(given, dict):
            raise ProgramError(
                f"{name} is {type(given).__name__}, which is no mapping",
                where=where,
                fix='signature={"inputs": [...], "outputs": [...]}'
                if name == "signature"
                else 'input_example={"inputs": [...]}',
            )


def check_config_keys(given: Mapping[str, Any], read: frozenset[str] | None, code: str, where: str) -> None:
    """A key that the code never reads is a slip of the pen."""
    unknown = sorted(set(given) - read) if read is not None else []
    if unknown:
        known = ", ".join(sorted(read or ())) or "none"
        raise ProgramError(
            f"model_config has a key {unknown[0]!r}, which the agent never reads",
            where=where,
            why=f"{code} reads from its model config: {known}",
            fix="correct the name, or take it out",
        )


def check_access(access: Mapping[str, str], where: str) -> None:
    """Principals and levels."""
    for principal, level in access.items():
        check_principal(principal, where)
        if level not in ACCESS_LEVELS:
            raise ProgramError(
                f"{level!r} is no level of access to an endpoint",
                where=where,
                why=f"the levels are {', '.join(ACCESS_LEVELS)}",
                fix=f'access={{"{principal}": "CAN_QUERY"}}',
            )


def check_principal(principal: object, where: str) -> None:
    """`user:`, `group:` or `sp:`: a name alone does not say what it is of."""
    if not isinstance(principal, str) or not _PRINCIPAL.fullmatch(principal):
        raise ProgramError(
            f"{principal!r} is no principal",
            where=where,
            why="a principal says what it is: user:<name>, group:<name> or sp:<application id>",
            fix='"group:analysts"',
        )


def check_aliases(aliases: object, where: str) -> tuple[str, ...]:
    """Names that MLflow takes: `latest`, and `v` with digits, mean something else to it."""
    if isinstance(aliases, str):
        raise ProgramError(f"aliases={aliases!r} is one string", where=where, fix=f'aliases=("{aliases}",)')
    names = tuple(aliases) if isinstance(aliases, list | tuple) else ()
    for alias in names:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", str(alias)) or re.fullmatch(r"(?i)latest|v?\d+", str(alias)):
            raise ProgramError(
                f"{alias!r} can not be an alias of a model",
                where=where,
                why="letters, digits, dashes and underscores; not latest, not a number, not v1",
                fix='aliases=("champion",)',
            )
    if len(set(names)) != len(names):
        raise ProgramError("an alias is there twice", where=where, fix='aliases=("champion",)')
    return names


def project_directory() -> Path:
    """Where Pulumi.yaml is: what `code` is relative to."""
    root = pulumi.get_root_directory()
    # Under Pulumi's mocks, in the unit tests of a program, it is the word "root_directory".
    return Path(root if root and os.path.isabs(root) else os.getcwd())


def check_experiment(path: object, where: str) -> None:
    """An experiment has an absolute path; False is none."""
    if (
        path is not None
        and path is not False
        and (not isinstance(path, str) or not path.startswith("/") or path.endswith("/"))
    ):
        raise ProgramError(
            f"experiment={path!r} is no path of a workspace",
            where=where,
            why="an experiment lives in a directory of the workspace",
            fix='experiment="/Shared/weather"',
        )
