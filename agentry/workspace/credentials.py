"""What a stack's settings mean for databricks-sdk: which profile, which address, and what to say where none is found."""

from __future__ import annotations

import configparser
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agentry.errors import ConfigError, Unavailable, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.stacks import Settings


def away(settings: Settings, error: Unavailable) -> WorkspaceError | ConfigError:
    """A workspace that does not answer; for a sandbox that is known to be cured by a command."""
    if not settings.sandbox:
        return error
    return ConfigError(
        f"sandbox {settings.sandbox!r} is not running", why=error.what, fix=f"type: {_start_command(settings.sandbox)}"
    )


def _start_command(name: str) -> str:
    return "agentry sandbox start" if name == "local" else f"agentry sandbox start --name {name}"


def arguments_for(settings: Settings) -> dict[str, str]:
    """What the SDK's Config is told; nothing where the default credentials are meant."""
    if settings.sandbox:
        return _sandbox_arguments(settings)
    if settings.profile:
        return {"profile": settings.profile, **_profile_host(settings.profile)}
    return {"host": settings.host} if settings.host else {}


def _sandbox_arguments(settings: Settings) -> dict[str, str]:
    """Address and token of a sandbox, given explicitly so that nothing of the environment mixes in."""
    found = _profiles(settings.configuration_file).get(settings.sandbox)
    if found is None or not {"host", "token"} <= found.keys():
        raise ConfigError(
            f"sandbox {settings.sandbox!r} is not running",
            why=f"{settings.configuration_file.parent.name}/{settings.configuration_file.name} has no such profile",
            fix=f"type: {_start_command(settings.sandbox)}",
        )
    return {"host": found["host"], "token": found["token"], "auth_type": "pat"}


def _profile_host(profile: str) -> dict[str, str]:
    """The profile's own address: the SDK prefers DATABRICKS_HOST, and a stack's profile must not mean another workspace."""
    path = Path(os.environ.get("DATABRICKS_CONFIG_FILE") or "~/.databrickscfg").expanduser()
    profiles = _profiles(path)
    if profile not in profiles:
        known = ", ".join(sorted(profiles)) or "none"
        raise ConfigError(
            f"no profile {profile!r} in {path.name}",
            why=f"profiles there: {known}",
            fix=f"databricks auth login --profile {profile}, or set agentry:host",
        )
    return {"host": profiles[profile]["host"]} if profiles[profile].get("host") else {}


def _profiles(path: Path) -> dict[str, dict[str, str]]:
    # As the SDK reads it: no interpolation of DEFAULT into other profiles.
    parser = configparser.ConfigParser(default_section="\0", interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
    except configparser.Error as error:
        raise ConfigError(f"{path.name} can not be read", why=str(error).splitlines()[0]) from error
    return {name: dict(parser[name]) for name in parser.sections()}


def direct_to_this_machine(host: str) -> None:
    """A workspace on this machine is never meant for a proxy; HTTP libraries know that only by NO_PROXY."""
    name = urlsplit(host).hostname
    if name in ("127.0.0.1", "localhost", "::1"):
        for variable in ("NO_PROXY", "no_proxy"):
            there = os.environ.get(variable) or os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
            if name not in there.split(","):
                os.environ[variable] = ",".join([*filter(None, [there]), name])


def address(settings: Settings, arguments: Mapping[str, str]) -> str:
    """The host as far as it is known before the SDK has found out."""
    return arguments.get("host") or os.environ.get("DATABRICKS_HOST") or settings.place
